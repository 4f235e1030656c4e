"""The suite as a pytest plugin in another repository, with real pytest processes, or real sessions in this process."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from makers import MakeApp, Serve

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import FORMATS

pytestmark = pytest.mark.slow

App = Callable[..., Any]
Run = Callable[..., subprocess.CompletedProcess[str]]

PLUGINS = ("-p", "seatunnel_conformance.run.plugin", "-p", "no:cacheprovider")
ROOMS = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Another repository, with its own test."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert 1 + 1 == 2\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(repository: Path) -> Run:
    """Return a function that runs pytest in the other repository, with the plugin as if it were installed."""

    def pytest_run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", *PLUGINS]
        rooms = os.pathsep.join(str(ROOMS / room) for room in ("openapi", "conformance"))
        return subprocess.run(
            [*command, *arguments],
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": rooms, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "120"},
            check=False,
        )

    return pytest_run


@pytest.fixture
def run_here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that does the same in this process, which takes half of the time."""

    def session(*arguments: str) -> subprocess.CompletedProcess[str]:
        said, complaints = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patched, redirect_stdout(said), redirect_stderr(complaints):
            patched.chdir(repository)
            patched.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            patched.setenv("COLUMNS", "120")
            status = pytest.main([*PLUGINS, "--import-mode=importlib", *arguments])
        return subprocess.CompletedProcess(arguments, status, said.getvalue(), complaints.getvalue())

    return session


@pytest.fixture
def one_answer(one_answer: MakeApp) -> Callable[..., App]:
    """Return a maker of apps with one response for everything but `/overview`, which identifies a target."""
    overview = one_answer(200, b'{"projectVersion": ""}')

    def make(status: int, body: bytes) -> App:
        other = one_answer(status, body)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await (overview if scope.get("path") == "/overview" else other)(scope, receive, send)

        return app

    return make


@pytest.fixture
def unknown_id_only(one_answer: MakeApp) -> App:
    """Responds to everything as for an unknown job: right for one clause, wrong for the others."""
    return one_answer(200, b'{"jobId": ""}')


def test_without_its_option_the_plugin_imports_nothing_and_changes_nothing(repository: Path, run: Run):
    heavy = "{'httpx2', 'schemathesis', 'seatunnel_openapi'}"
    own = f"import sys\n\n\ndef test_own():\n    assert not {heavy} & set(sys.modules)\n"
    (repository / "test_own.py").write_text(own, encoding="utf-8")
    done = run()
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_checks_stand_beside_the_repositorys_own_tests(run: Run, serve: Serve, unknown_id_only: App):
    done = run("--seatunnel-url", serve(unknown_id_only), "-k", "unknown-id and job-info or test_own", "-v")
    assert done.returncode == 0, done.stdout
    assert "test_own.py::test_own PASSED" in done.stdout
    assert re.search("seatunnel::job-info.unknown-id .*PASSED", done.stdout)
    assert "2 passed" in done.stdout
    assert re.search(r"collected \d{3} items / \d{3} deselected / 3 selected", done.stdout)


def test_failure_speaks_the_contracts_language(run_here: Run, serve: Serve, one_answer: MakeApp):
    done = run_here("--seatunnel-url", serve(one_answer(404, b"{}")), "--seatunnel-only", "job-info.unknown-id")
    assert done.returncode == 1, done.stdout
    for said in (
        "The contract says",
        "An unknown job id is answered with 200",
        "at status: expected 200, found 404",
        "curl -sS",
        "--only",
    ):
        assert said in done.stdout
    assert "Traceback" not in done.stdout


def test_dead_target_ends_the_session_with_a_status_of_its_own(run_here: Run):
    done = run_here("--seatunnel-url", "http://127.0.0.1:1")
    assert done.returncode == 3, done.stdout
    assert "can't be reached" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seatunnel-profile", "thorough"], "there is no profile 'thorough'"),
        (["--seatunnel-release", "0.0.1"], "0.0.1"),
        (["--seatunnel-tag", "node"], "name=value"),
        (
            ["--seatunnel-only", "job-info.unkown-id"],
            "--seatunnel-only job-info.unkown-id matches no check; did you mean",
        ),
        (["--seatunnel-baseline", "nowhere.yaml"], "nowhere.yaml"),
        (["--seatunnel-skip", "*"], "--seatunnel-skip leaves no check of the deployment"),
        (["-p", "xdist", "-n", "1"], "leave out its options"),
    ],
)
def test_wrong_option_is_a_usage_error(
    run_here: Run, serve: Serve, unknown_id_only: App, arguments: list[str], said: str
):
    done = run_here("--seatunnel-url", serve(unknown_id_only), *arguments)
    assert done.returncode == 4, done.stdout
    assert said in done.stderr


def test_reason_to_skip_a_check_names_the_option_of_pytest(run_here: Run, serve: Serve, unknown_id_only: App):
    done = run_here("--seatunnel-url", serve(unknown_id_only), "--seatunnel-only", "submit-job.receipt", "-rs")
    assert "the check changes the target; --seatunnel-allow-writes permits it" in done.stdout


def test_pattern_that_matches_nothing_beside_one_that_does_is_told(run_here: Run, serve: Serve, unknown_id_only: App):
    only = ["--seatunnel-only", "job-info.unknown-id", "--seatunnel-only", "no-such", "--seatunnel-skip", "SHOULD"]
    done = run_here("--seatunnel-url", serve(unknown_id_only), *only)
    assert done.returncode == 0, done.stdout
    assert "seatunnel: --seatunnel-only no-such matches no check" in done.stdout


def test_every_report_is_written(run_here: Run, serve: Serve, unknown_id_only: App, tmp_path: Path):
    paths = {kind: tmp_path / f"out/report.{kind}" for kind in FORMATS}
    reports = [argument for kind, path in paths.items() for argument in (f"--seatunnel-report-{kind}", str(path))]
    done = run_here("--seatunnel-url", serve(unknown_id_only), "--seatunnel-only", "job-info.unknown-id", *reports)
    assert done.returncode == 0, done.stdout
    report = Report.read(paths["ndjson"])
    assert [outcome.id for outcome in report.outcomes] == ["job-info.unknown-id"]
    assert report.header.selected == 1
    assert 'name="job-info.unknown-id"' in paths["junit"].read_text(encoding="utf-8")
    assert "job-info.unknown-id" in paths["html"].read_text(encoding="utf-8")


def test_run_that_stops_at_the_first_failure_is_no_whole_run(
    run_here: Run, serve: Serve, unknown_id_only: App, tmp_path: Path
):
    path = tmp_path / "report.ndjson"
    only = ["--seatunnel-only", "overview.members", "--seatunnel-only", "job-info.unknown-id"]
    run_here("--seatunnel-url", serve(unknown_id_only), *only, "-x", "--seatunnel-report-ndjson", str(path))
    assert Report.read(path).footer.missing == 1


def test_known_deviation_passes_and_a_stale_one_fails(run: Run, repository: Path, serve: Serve, unknown_id_only: App):
    both = "monitoring.text-values: So it is.\njob-info.unknown-id: It was not so.\n"
    (repository / "known.yaml").write_text(both, encoding="utf-8")
    only = ["--seatunnel-only", "monitoring.text-values", "--seatunnel-only", "job-info.unknown-id"]
    only += ["-v", "--seatunnel-baseline", "known.yaml", "--seatunnel-report-ndjson", "report.ndjson"]
    done = run("--seatunnel-url", serve(unknown_id_only), *only)
    assert done.returncode == 1, done.stdout
    assert "KNOWN DEVIATION" in done.stdout
    assert "remove job-info.unknown-id from the baseline" in done.stdout
    assert "1 failed, 1 passed, 1 known deviations" in done.stdout
    report = Report.read(repository / "report.ndjson")
    assert {outcome.id for outcome in report.outcomes} == {"monitoring.text-values", "job-info.unknown-id"}
    assert report.footer.missing == 0


def test_stream_is_complete_up_to_a_kill(repository: Path, serve: Serve, unknown_id_only: App):
    path = repository / "report.ndjson"
    url = serve(unknown_id_only)
    code = (
        "import os, signal, sys, pytest\n"
        "class Killer:\n"
        "    def pytest_seatunnel_event(self, event):\n"
        "        if type(event).__name__ == 'CheckFinished': os.kill(os.getpid(), signal.SIGKILL)\n"
        "pytest.main(sys.argv[1:], plugins=[Killer()])\n"
    )
    rooms = os.pathsep.join(str(ROOMS / room) for room in ("openapi", "conformance"))
    arguments = [
        "-p",
        "seatunnel_conformance.run.plugin",
        "--seatunnel-url",
        url,
        "--seatunnel-report-ndjson",
        str(path),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--seatunnel-only", "*.unknown-id", "--seatunnel-workers", "1"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": rooms, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    kinds = [json.loads(line)["event"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert done.returncode == -signal.SIGKILL
    assert kinds == ["run-started", "check-started", "check-finished"]
    report = Report.salvage(path)
    assert (report.cut, report.footer.exit, len(report.missing)) == (True, 5, report.header.selected - 1)


def test_full_disk_costs_no_verdict_and_is_told(run_here: Run, serve: Serve, unknown_id_only: App):
    only = ["--seatunnel-url", serve(unknown_id_only), "--seatunnel-only", "job-info.unknown-id"]
    done = run_here(*only, "--seatunnel-report-ndjson", "/dev/full", "--seatunnel-report-html", "/dev/full")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("the report /dev/full could not be written: No space left on device") == 2
