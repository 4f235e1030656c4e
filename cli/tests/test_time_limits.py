"""Every command that connects to a deployment ends within --max-time or when it is told to, and leaves nothing."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest
from commands import command, run
from throwaway import Handler, listening

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow

MOST: Final = 4.0
LATE: Final = 15.0
"""Seconds for the end of a process on a machine with other work: less than the 30 s of one request that hangs."""

COMMANDS: Final = {
    "record": ("record", "--allow-writes", "--release", "2.3.10", "--no-tags", "-o", "own.ndjson"),
    "replay": ("replay", "--allow-writes", "--release", "2.3.10"),
    "faults": ("faults", "--generated", "0", "--report-ndjson", "faults.ndjson"),
    "faults of a release": ("faults", "--release", "2.3.10", "--only", "unknown-id-is-404"),
    "compare": ("compare", "URL"),
}


class Hanging(Handler):
    """Says who it is and which jobs there are, takes jobs, and answers nothing else as long as the test goes on."""

    over: Event
    asked: list[tuple[str, Any]]
    moments: list[float]
    known = ("/overview", "/running-jobs", "/finished-jobs", "/pending-jobs")

    def parse_request(self) -> bool:
        self.moments.append(time.monotonic())
        return super().parse_request()

    def do_GET(self) -> None:
        if self.path == "/overview":
            self.respond({"projectVersion": "2.3.10", "runningJobs": 0, "pendingJobs": 0})
        elif self.path in self.known:
            self.respond([])
        else:
            self.hang()

    def do_POST(self) -> None:
        self.asked.append((self.path, self.content()))
        self.hang()

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_POST

    def hang(self) -> None:
        self.over.wait(60)
        self.close_connection = True


class Dripping(Hanging):
    """Sends a byte of its answer from time to time."""

    def hang(self) -> None:
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
            while not self.over.wait(0.1):
                self.wfile.write(b" ")
        self.close_connection = True


class Mute(Dripping):
    """Says who it is, and drips elsewhere."""

    known = ()


class Jobs(Hanging):
    """Takes a job under the id 777, shows and stops it; other requests get no response."""

    def do_GET(self) -> None:
        name = next((path.partition("jobName=")[2] for path, _ in self.asked if "jobName=" in path), "")
        if self.path == "/job-info/777":
            self.respond({"jobId": "777", "jobStatus": "RUNNING", "jobName": name})
        else:
            super().do_GET()

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.content())))
        if self.path.startswith(("/submit-job", "/stop-job", "/update-tags")):
            self.respond({"jobId": "777"})
        else:
            self.hang()


@dataclass
class Deployment:
    """A server with one of these handlers."""

    url: str
    handler: type[Hanging]

    def run(self, folder: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], float]:
        """Run a command, and return what came of it and its seconds since the first request, if there was one."""
        done = run(folder, *words)
        return done, time.monotonic() - min(self.handler.moments, default=time.monotonic())


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    over = Event()
    handler = type("Fresh", (request.param,), {"over": over, "asked": [], "moments": []})
    with listening(handler) as url:
        yield Deployment(url, handler)
        over.set()


@pytest.mark.parametrize("called", COMMANDS)
@pytest.mark.parametrize("target", [Hanging, Dripping, Mute], ids=lambda kind: kind.__name__, indirect=True)
def test_target_without_responses_takes_no_longer_than_the_command_may(target: Deployment, called: str, tmp_path: Path):
    name, *words = COMMANDS[called]
    words = [target.url if word == "URL" else word for word in words]
    done, seconds = target.run(tmp_path, name, target.url, *words, "--max-time", f"{MOST:g}")
    assert (done.returncode, "Traceback" in done.stderr) == (ExitStatus.UNDECIDED, False), done.stderr
    assert "he time of 4 s is used up (--max-time)" in done.stdout + done.stderr
    assert seconds < MOST + LATE


@pytest.mark.parametrize("target", [Hanging, Mute], ids=lambda kind: kind.__name__, indirect=True)
def test_doctor_ends_in_time_with_what_it_has_seen(target: Deployment, tmp_path: Path):
    done, seconds = target.run(tmp_path, "doctor", target.url, "--max-time", f"{MOST:g}")
    assert done.returncode in {ExitStatus.OK, ExitStatus.UNDECIDED}
    assert seconds < MOST + LATE


def step(path: str, **more: Any) -> dict[str, Any]:
    request = {"method": "POST", "path": path, "json": {}}
    return {"area": "a", "scenario": "s", "step": {"id": path, "request": request, **more}, "exchange": None}


@pytest.fixture
def replaying(target: Deployment, tmp_path: Path) -> tuple[str, ...]:
    """The words that replay a recording, which replaces tags, submits a job, and waits for a response after that."""
    steps = [step("/update-tags"), step("/submit-job?jobName=nightly", capture={"own": "/jobId"}), step("/next")]
    recording = tmp_path / "own.ndjson"
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in steps), encoding="utf-8")
    return ("replay", target.url, "--allow-writes", "--recordings", str(recording), "--tag", "team=a")


LEFT: Final = [("/stop-job", {"jobId": "777", "isStopWithSavePoint": False}), ("/update-tags", {"team": "a"})]
"""What a replay that ends early asks last: it stops its job, and gives the node its tags."""


@pytest.mark.parametrize("target", [Jobs], ids=["Jobs"], indirect=True)
def test_replay_whose_time_is_over_stops_its_jobs_and_restores_tags(
    target: Deployment, replaying: tuple[str, ...], tmp_path: Path
):
    done, seconds = target.run(tmp_path, *replaying, "--max-time", "4")
    assert (done.returncode, seconds < MOST + LATE) == (ExitStatus.UNDECIDED, True)
    assert "the rest of the recording was not replayed" in done.stderr
    assert target.handler.asked[-2:] == LEFT


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
@pytest.mark.parametrize("target", [Jobs], ids=["Jobs"], indirect=True)
def test_replay_that_is_told_to_end_stops_its_jobs_and_restores_tags(
    target: Deployment, replaying: tuple[str, ...], signalled: signal.Signals
):
    with subprocess.Popen(command(*replaying), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        # Whoever asks for the third has read what the second was answered.
        while "/next" not in [path for path, _ in target.handler.asked]:
            assert time.monotonic() < end, "it never began"
            time.sleep(0.02)
        process.send_signal(signalled)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (ExitStatus.INTERRUPTED, b"")
    assert target.handler.asked[-2:] == LEFT


class Partly(Hanging):
    """Answers reads of the overview, and nothing else but lists."""

    def do_GET(self) -> None:
        if self.path.startswith("/overview"):
            self.respond({"projectVersion": "2.3.10"})
        else:
            super().do_GET()


@pytest.mark.parametrize("target", [Partly], ids=["Partly"], indirect=True)
def test_recording_whose_time_is_over_keeps_what_it_has(target: Deployment, tmp_path: Path):
    words = ("--allow-writes", "--release", "2.3.10", "--only", "overview/*", "-o", "own.ndjson", "--max-time", "4")
    done, seconds = target.run(tmp_path, "record", target.url, *words)
    assert (done.returncode, seconds < MOST + LATE) == (ExitStatus.UNDECIDED, True)
    assert "own.ndjson.part contains the steps so far" in done.stderr
    assert not (tmp_path / "own.ndjson").exists()
    kept = [json.loads(line) for line in (tmp_path / "own.ndjson.part").read_text(encoding="utf-8").splitlines()]
    assert "plain" in {line["scenario"] for line in kept}
    assert not [line for line in kept if line["exchange"] and "error" in line["exchange"]]
