"""`seatunnel-v2 stubs` as its users type it, and the vendor of `examples/` who began with it."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import yaml
from commands import run

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "seatunnel_v2"]
VENDOR = Path(__file__).parents[2] / "examples" / "vendor"


@contextmanager
def served(folder: Path, package: str) -> Iterator[str]:
    """Run a project's own server, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", package, "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    assert run(folder, "stubs", "-o", "acme", "--package", "acme", "--release", "2.3.10").returncode == 0
    return folder / "acme"


def test_project_runs_at_once_and_owes_every_operation(project: Path):
    with served(project, "acme") as address:
        answers = [httpx2.get(f"{address}{path}", trust_env=False) for path in ("/overview", "/running-jobs", "/logs")]

    assert {answer.status_code for answer in answers} == {501}
    assert {answer.json()["status"] for answer in answers} == {"fail"}


def test_suite_is_red_for_every_operation_that_is_owed(project: Path):
    with served(project, "acme") as address:
        result = run(project, "conform", address, "--release", "2.3.10", "--profile", "smoke")

    assert result.returncode == 1
    assert "FAIL GET /overview" in result.stdout


def test_flask_project_runs_too(tmp_path: Path):
    pytest.importorskip("flask")
    run(tmp_path, "stubs", "-o", "f", "--package", "flasked", "--framework", "flask")

    with served(tmp_path / "f", "flasked") as address:
        assert httpx2.get(f"{address}/overview", trust_env=False).status_code == 501


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--check",), 0, "matches its contract"),
        (("--check", "--release", "2.3.13"), 1, "the function get_pending_jobs is missing"),
        (("--release", "1.0"), 2, "documented"),
        (("--package", "1st"), 2, "not a valid name of a Python package"),
    ],
)
def test_command_ends_as_it_says(project: Path, words: tuple[str, ...], status: int, told: str):
    release = () if "--release" in words else ("--release", "2.3.10")

    result = run(project, "stubs", "-o", ".", *release, *words)

    assert result.returncode == status
    assert told in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_command_lines_of_the_readme_work(project: Path):
    """All but those that make an environment, which stands already, and the tests, which are red by design."""
    lines = re.findall(r"^\.venv/bin/(?!pip|python -m acme)(.+)$", (project / "README.md").read_text(), re.MULTILINE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project), os.environ.get("PYTHONPATH", "")])}
    ends = {}
    with served(project, "acme") as address:
        for line in lines:
            words = shlex.split(line.replace("http://127.0.0.1:8080", address).replace("read-only", "smoke"))
            words = [*COMMAND, *words[1:]] if words[0] == "seatunnel-v2" else [sys.executable, *words[1:]]
            if "pytest" not in words:
                done = subprocess.run(
                    words, cwd=project, env=environment, capture_output=True, timeout=300, check=False
                )
                ends[line.split("--")[0].strip()] = done.returncode

    assert ends == {"seatunnel-v2 conform http://127.0.0.1:8080": 1, "python -m mypy": 0, "seatunnel-v2 stubs -o .": 0}


def test_project_keeps_its_release_if_no_other_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEATUNNEL_RELEASE", "2.3.9")
    run(tmp_path, "stubs", "-o", "p", "--package", "older", "--release", "2.3.10")

    again = run(tmp_path, "stubs", "-o", "p")

    assert "the release is 2.3.10, that of the project" in again.stderr
    assert again.stdout == "p: up to date\n"
    assert "2.3.9" in run(tmp_path, "stubs", "-o", "new").stdout + (tmp_path / "new" / "README.md").read_text("utf-8")


def test_update_to_another_release_tells_what_the_author_must_change(tmp_path: Path):
    run(tmp_path, "stubs", "-o", "p", "--package", "older", "--release", "2.3.10")
    jobs = tmp_path / "p" / "older" / "handlers" / "jobs.py"
    jobs.write_text(jobs.read_text(encoding="utf-8").replace("raise Unimplemented", "return []"), encoding="utf-8")

    done = run(tmp_path, "stubs", "-o", "p", "--release", "2.3.13")

    assert "appended the function get_pending_jobs" in done.stdout
    told = done.stdout.partition("the server doesn't start until they do:\n")[2].splitlines()
    assert [line.partition(": ")[2] for line in told] == [
        f"{name} lacks the argument {argument}"
        for name in ("get_running_jobs", "get_finished_jobs", "get_finished_jobs_by_state")
        for argument in ("page", "rows")
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "p"), os.environ.get("PYTHONPATH", "")])}
    started = subprocess.run(
        [sys.executable, "-m", "older", "--port", "0"], env=environment, capture_output=True, text=True, check=False
    )
    assert (started.returncode, "Traceback" in started.stderr) == (1, False)
    assert "The handler of get_running_jobs must be" in started.stderr
    checked = run(tmp_path, "stubs", "-o", "p", "--release", "2.3.13", "--check").stdout
    assert checked.splitlines()[:-1] == [line.strip() for line in told]


def test_vendors_server_keeps_every_clause_that_only_reads():
    with served(VENDOR, "vendor_seatunnel") as address:
        result = run(VENDOR, "conform", address, "--release", "2.3.10", "--profile", "read-only")

    assert result.returncode == 0, result.stdout


def test_hook_notices_drift(tmp_path: Path):
    hook = yaml.safe_load(VENDOR.parents[1].joinpath(".pre-commit-hooks.yaml").read_text())[0]
    words = hook["entry"].split()
    assert words[0] == "seatunnel-v2"
    run(None, "stubs", "-o", str(tmp_path / "acme"))
    (tmp_path / "acme" / "acme" / "handlers" / "jobs.py").write_text("")

    done = run(None, *words[1:], "-o", str(tmp_path / "acme"))

    assert done.returncode == 1
    assert "the function get_job_info is missing" in done.stdout
