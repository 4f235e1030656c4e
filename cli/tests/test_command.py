"""The command as people and scripts meet it: real processes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import commands
import pytest
import yaml
from throwaway import Handler, listening

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs the command in an empty folder."""
    return partial(commands.run, tmp_path)


class Empty(Handler):
    """Answers everything with a version and nothing else."""

    def do_GET(self) -> None:
        self.content()
        self.respond({"projectVersion": ""})

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_GET


@pytest.fixture
def empty_answers() -> Iterator[str]:
    with listening(Empty) as url:
        yield url


RELEASES = ("replay", "record", "compare", "rehearse", "deviations", "faults", "report diff")


def test_bare_command_shows_its_help_and_is_a_usage_error(run: Run):
    done = run()
    assert done.returncode == ExitStatus.USAGE
    assert "Usage:" in done.stdout + done.stderr


@pytest.mark.parametrize("words", ["", "conform", "serve", "spec", "ledger", "explain", "report", "docs", *RELEASES])
def test_help_is_whole_and_has_an_example(run: Run, words: str):
    done = run(*words.split(), "--help")
    assert done.returncode == 0
    assert "…" not in done.stdout, "a line of the help is cut off"
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert f"$ seatunnel-v2 {words}" in done.stdout or not words


def test_help_of_report_tells_what_is_typed(run: Run):
    assert "Usage: seatunnel-v2 report [OPTIONS] {FILE}" in run("report", "--help").stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("report ", ["diff", "trend"]),
        ("serve --release 2.3.1", ["2.3.10", "2.3.11", "2.3.12", "2.3.13"]),
        ("explain job-info.unknown-id-", ["job-info.unknown-id-time"]),
    ],
)
def test_tab_offers_what_fits(run: Run, typed: str, offered: list[str]):
    words = f"seatunnel-v2 {typed}"
    last = str(len(words.split(" ")) - 1)
    done = run(_SEATUNNEL_V2_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=last)
    assert done.stdout.split() == offered


def test_help_is_wrapped_where_the_terminal_ends(run: Run):
    lines = run("record", "--help", COLUMNS="400").stdout.splitlines()
    assert any("--tag or --no-tags" in line for line in lines)


def test_help_tells_every_exit_status(run: Run):
    text = " ".join(run("--help").stdout.split())
    assert all(f"{status.value} {status.meaning}" in text for status in ExitStatus)


def test_every_exit_status_has_a_meaning():
    assert len({status.meaning for status in ExitStatus}) == len(ExitStatus)


def test_version_is_one_line(run: Run):
    done = run("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"seatunnel-v2 \S.*\n", done.stdout)


def test_light_commands_import_nothing_heavy(tmp_path: Path):
    (tmp_path / "probe.py").write_text(
        "import sys\nimport seatunnel_v2.main\n"
        "print(sorted({'connexion', 'httpx2', 'pytest', 'rich', 'schemathesis', 'yaml'} & set(sys.modules)))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, "probe.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_commands_without_a_target_import_no_web_framework_and_no_client(tmp_path: Path):
    job = {"env": {}, "source": [{"plugin_name": "FakeSource"}], "sink": [{"plugin_name": "Console"}]}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    code = (
        "import sys\nfrom seatunnel_v2.main import app\n"
        "for words in (['explain', 'job-info.unknown-id'], ['ledger'], ['check', 'job.json']):\n"
        "    app(words, standalone_mode=False)\n"
        "    heavy = {'connexion', 'httpx2', 'starlette', 'schemathesis'} & set(sys.modules)\n"
        "    print(f'{words[0]}: {sorted(heavy)}')\n"
    )
    for _ in range(2):  # the first one may derive what is stored
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert re.findall(r"^(\w+): (\[.*\])$", done.stdout, re.MULTILINE) == [
        ("explain", "[]"), ("ledger", "[]"), ("check", "[]")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["conform"], "pass either the URL of a deployment or --serve"),
        (["conform", "http://localhost:1", "--serve"], "pass either the URL of a deployment or --serve"),
        (["conform", "not a url"], "'not a url' is not the address of an API"),
        (["conform", "http://localhost:1", "--tag", "node"], "name=value"),
        (["conform", "http://localhost:1", "--profile", "thorough"], "thorough"),
        (["conform", "http://localhost:1", "--seed", "x"], "--seed"),
        (["conform", "http://localhost:1", "--no-such-option"], "--no-such-option"),
        (["conform", "http://localhost:1", "--release", "0.0.1"], "0.0.1"),
        (["spec", "--release", "0.0.1"], "0.0.1"),
        (["spec", "--format", "xml"], "xml"),
        (["serve", "--speed", "fast"], "`max`"),
        (["serve", "--speed", "-1"], "`max`"),
        (["serve", "--port", "99999"], "65535"),
        (["serve", "--release", "0.0.1"], "0.0.1"),
        (["no-such-command"], "no-such-command"),
        (["spec", "--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_usage_says_what_is_wrong(run: Run, arguments: list[str], said: str):
    done = run(*arguments)
    assert done.returncode == ExitStatus.USAGE, done.stderr
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_selection_of_nothing_is_no_success(run: Run, empty_answers: str):
    done = run("conform", empty_answers, "--only", "job-info.unkown-id")
    assert done.returncode == ExitStatus.NOTHING_SELECTED
    assert "job-info.unknown-id" in done.stderr, "the clause that was meant is not suggested"


@pytest.mark.slow
def test_pattern_that_matches_nothing_beside_one_that_does_is_told(run: Run, empty_answers: str):
    done = run("conform", empty_answers, "--only", "job-info.unknown-id", "--only", "job-info.unkown-id")
    assert done.returncode == ExitStatus.DEVIATES
    assert "--only job-info.unkown-id matches no check; did you mean job-info.unknown-id" in done.stderr


@pytest.mark.slow
def test_skipping_of_everything_is_no_success(run: Run, empty_answers: str):
    done = run("conform", empty_answers, "--only", "job-info", "--skip", "MUST", "--skip", "SHOULD")
    assert done.returncode == ExitStatus.NOTHING_SELECTED
    assert "--skip leaves nothing to check" in done.stderr


@pytest.mark.slow
def test_selection_of_checks_that_are_all_skipped_is_no_success(run: Run, empty_answers: str):
    done = run("conform", empty_answers, "--only", "stop-job.again", "--profile", "smoke")
    assert done.returncode == ExitStatus.NOTHING_SELECTED
    assert "the profile smoke runs no jobs" in done.stdout


@pytest.mark.slow
def test_deviation_is_told_on_standard_output(run: Run, empty_answers: str):
    done = run("conform", empty_answers, "--only", "job-info.unknown-id", "--only", "monitoring.*")
    assert done.returncode == ExitStatus.DEVIATES, done.stderr
    assert "FAIL job-info.unknown-id" in done.stdout
    assert 'at /jobId: expected "", found nothing' in " ".join(done.stdout.split())
    assert "The target deviates from the contract." in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_reports_are_written(run: Run, empty_answers: str, tmp_path: Path):
    reports = ["--report-junit", "a/r.xml", "--report-html", "a/r.html", "--report-ndjson", "a/r.ndjson"]
    run("conform", empty_answers, "--only", "job-info.unknown-id", *reports)
    assert 'name="job-info.unknown-id"' in (tmp_path / "a/r.xml").read_text(encoding="utf-8")
    assert "job-info.unknown-id" in (tmp_path / "a/r.html").read_text(encoding="utf-8")
    last = (tmp_path / "a/r.ndjson").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["event"] == "run-finished"


@pytest.mark.slow
def test_run_leaves_nothing_behind_in_the_folder(run: Run, empty_answers: str, tmp_path: Path):
    run("conform", empty_answers, "--profile", "smoke", "--only", "GET /overview")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_run_heeds_no_pytest_settings_of_its_surroundings(run: Run, empty_answers: str, tmp_path: Path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    done = run("conform", empty_answers, "--only", "job-info.unknown-id", PYTEST_ADDOPTS="--no-such-option")
    assert done.returncode == ExitStatus.DEVIATES, done.stderr


@pytest.mark.parametrize(("kind", "parse"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_spec_is_the_contract(run: Run, kind: str, parse: Callable[[str], Any]):
    from seatunnel_openapi import load  # noqa: PLC0415 - the truth to compare with

    done = run("spec", "--format", kind)
    assert done.returncode == 0
    assert parse(done.stdout) == load().published
    assert done.stderr.startswith(
        "seatunnel-v2: the release is `documented`, the API of the documentation page, which no"
    )
    assert run("spec", "--release", "documented").stderr == ""
    assert parse(run("spec", "--format", kind, "--strict").stdout) == load().document


def test_spec_without_extensions_has_everything_else(run: Run):
    whole, plain = run("spec").stdout, run("spec", "--no-extensions").stdout
    assert re.findall(r"^ *(x-[a-z-]+):", plain, re.MULTILINE) == []
    assert yaml.safe_load(plain)["paths"].keys() == yaml.safe_load(whole)["paths"].keys()


def test_spec_goes_to_a_file(run: Run, tmp_path: Path):
    done = run("spec", "-o", "openapi.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    assert yaml.safe_load((tmp_path / "openapi.yaml").read_text(encoding="utf-8"))["openapi"] == "3.0.3"


def test_spec_that_can_not_be_written_is_one_line(run: Run):
    done = run("spec", "--release", "documented", "-o", "no/such/folder/openapi.yaml")
    assert done.returncode == ExitStatus.USAGE
    assert len(done.stderr.splitlines()) == 1


def test_reader_that_goes_away_is_no_trouble(tmp_path: Path):
    line = f"{sys.executable} -m seatunnel_v2 spec | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607 - our own
    assert done.stdout.startswith("openapi")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_somebody_who_watches_sees_progress_and_a_pipe_does_not(run: Run, empty_answers: str, tmp_path: Path):
    arguments = ["conform", empty_answers, "--profile", "smoke", "--only", "logs.*"]
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        with subprocess.Popen(
            commands.command(*arguments), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs, env=environment
        ) as process:
            os.close(theirs)
            seen = b"".join(_chunks(terminal)).decode("utf-8", "replace")
    assert process.returncode == ExitStatus.DEVIATES
    assert re.search(r"\d+/\d+", seen)
    assert run(*arguments).stderr == ""


def _chunks(terminal: Any) -> Iterator[bytes]:
    # A terminal whose other side is gone can't be read any more, which is its way to end.
    with suppress(OSError):
        while chunk := terminal.read(4096):
            yield chunk
