"""What a run has left that was killed is tidied up by its journal: real processes, really killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import commands
import httpx2
import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]

ENDLESS = ("life-cycle.savepoint-end", "stop-job.*", "running-jobs.*", "running-job.*", "update-tags.*")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "COLUMNS": "80",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    return partial(commands.run, None, **environment)


@pytest.fixture
def serving() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A reference server: its address, and its process."""
    line = commands.command("serve", "--port", "0", "--speed", "10")
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"https?://\S+", process.stdout.readline())
        assert found, "the server did not start"
        yield found[0], process
        process.terminate()


@pytest.fixture
def server(serving: tuple[str, subprocess.Popen[str]]) -> str:
    return serving[0]


def running(server: str) -> list[dict[str, Any]]:
    return list(httpx2.get(f"{server}/running-jobs", trust_env=False).json())


@pytest.fixture
def conform(server: str, environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a run, and returns its process when jobs of the run that don't end are running."""
    started = []

    def start(*command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        ends = time.monotonic() + 60
        while not any(is_endless(job) for job in running(server)):
            assert process.poll() is None, process.stdout and process.stdout.read()
            assert time.monotonic() < ends, "no job of the run was seen"
            time.sleep(0.02)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_endless(job: dict[str, Any]) -> bool:
    return job["jobName"].startswith("conformance-") and job["envOptions"]["job.mode"] == "STREAMING"


def journals(tmp_path: Path) -> list[Path]:
    return list(tmp_path.rglob("journals/*.ndjson"))


def test_jobs_of_a_killed_run_are_stopped(server: str, conform: Callable[..., Any], run: Run, tmp_path: Path):
    only = [word for name in ENDLESS for word in ("--only", name)]
    process = conform("seatunnel_v2", "conform", server, *only)
    process.send_signal(signal.SIGSTOP)
    going_on = run("cleanup")
    assert (going_on.returncode, "still running" in going_on.stdout) == (5, True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    other = httpx2.post(
        f"{server}/submit-job", params={"jobName": "conformance-of-others"}, json=endless(), trust_env=False
    ).json()
    shown = run("cleanup", "--list")
    assert (shown.returncode, server in shown.stdout) == (0, True)
    done = run("cleanup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b(1 job|[1-9]\d* jobs) stopped", done.stdout)
    assert {job["jobId"] for job in settled(server, 1)} == {other["jobId"]}, "a job was left, or another one stopped"
    assert journals(tmp_path) == []
    again = run("cleanup", server)
    assert (again.returncode, again.stdout) == (0, f"Nothing to clean up on {server}.\n")


def endless() -> dict[str, Any]:
    source = {"plugin_name": "FakeSource", "plugin_output": "fake", "row.num": 5, "schema": {"fields": {"a": "int"}}}
    sink = {"plugin_name": "Console", "plugin_input": "fake"}
    return {"env": {"job.mode": "STREAMING"}, "source": [source], "transform": [], "sink": [sink]}


def settled(server: str, left: int = 0) -> list[dict[str, Any]]:
    """The running jobs when those that were told to stop have had the time to; `left` are those of others."""
    ends = time.monotonic() + 10
    while len(found := running(server)) > left and time.monotonic() < ends:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_pytest_tidies_up(server: str, conform: Callable[..., Any], tmp_path: Path, number: int):
    plugin = ["-p", "seatunnel_conformance.run.plugin", "-p", "no:cacheprovider", str(tmp_path)]
    process = conform("pytest", *plugin, f"--seatunnel-url={server}", "--seatunnel-only=running-*")
    process.send_signal(number)
    assert process.wait(60) == 2, "pytest's word for interrupted"
    assert [job for job in settled(server) if job["jobName"].startswith("conformance-")] == []
    assert journals(tmp_path) == []


def test_target_that_dies_ends_the_run_within_seconds(
    serving: tuple[str, subprocess.Popen[str]], conform: Callable[..., Any], run: Run, tmp_path: Path
):
    server, served = serving
    report = tmp_path / "report.ndjson"
    process = conform("seatunnel_v2", "conform", server, "--only", "*.*", "--report-ndjson", str(report))
    served.kill()
    begun = time.monotonic()
    assert process.wait(60) == 5
    assert time.monotonic() - begun < 20
    footer = json.loads(report.read_text(encoding="utf-8").splitlines()[-1])
    assert footer["counts"]["fail"] == 0
    assert footer["counts"]["skipped"] > 50  # not run
    assert footer["counts"]["inconclusive"] > 0
    assert len(journals(tmp_path)) == 1
    assert run("cleanup").returncode == 3


def test_journal_that_is_none_is_said_so(run: Run, tmp_path: Path):
    (tmp_path / "other.ndjson").write_text('{"event": "job"}\n', encoding="utf-8")
    done = run("cleanup", "--journal", str(tmp_path / "other.ndjson"))
    assert done.returncode == 2
    assert "is not a journal of a run" in done.stderr
