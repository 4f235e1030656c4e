"""Whatever a target sends, the command ends in time and within memory, and whenever it is told to."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Final

import psutil
import pytest
from commands import command
from throwaway import Handler, listening

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow

MEMORY: Final = 500 * 2**20
WRONG: Final = {"jobId": "1", "jobName": 2, "jobStatus": 3, "errorMsg": 4, "createTime": 5, "jobDag": 6, "metrics": 7}

BODIES: Final[dict[str, Callable[[], bytes]]] = {
    "digits": lambda: b'{"jobId": ' + b"9" * 5_000_000 + b"}",
    "deviating-jobs": lambda: json.dumps([WRONG] * 40_000).encode(),
    "megabyte": lambda: json.dumps({"jobId": "x" * 1_000_000}).encode(),
    "objects": lambda: b"[" + b"{}," * 10_000_000 + b"{}]",
}

LATE: Final = 3.0
"""Seconds that a run may go on after its time, the start of the process among them, on a quiet machine."""


class Sending(Handler):
    """Says who it is, and sends one body in answer to everything else."""

    body = b""

    def do_GET(self) -> None:
        with suppress(OSError):
            self.respond({"projectVersion": "2.3.10"} if self.path == "/overview" else self.body)

    def do_POST(self) -> None:
        self.content()
        self.do_GET()

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_GET


class Hanging(Sending):
    """Says who it is, and nothing else as long as the test goes on."""

    over: Event

    def do_GET(self) -> None:
        if self.path == "/overview":
            super().do_GET()
        else:
            self.over.wait(60)
            self.close_connection = True


def conform(url: str, *words: str) -> list[str]:
    return command("conform", url, "--release", "2.3.10", "--seed", "1", *words)


def ended(line: list[str]) -> tuple[int, int, float]:
    """Run a command; return its exit status, the bytes of memory that it took at most, and its seconds."""
    begun, most = time.monotonic(), 0
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        seen = psutil.Process(process.pid)
        # The system's own count of the most begins with what this process has.
        while process.poll() is None:
            with suppress(psutil.Error):
                most = max(most, seen.memory_info().rss)
            time.sleep(0.02)
    return process.returncode, most, time.monotonic() - begun


def late() -> float:
    """Return how long a run may go on after its time while the machine is as busy as now.

    That is the time of three starts with their imports, or of nine without (`preloaded`).
    """
    _, _, seconds = ended(conform("http://127.0.0.1:1"))
    return max(LATE, 9 * seconds)


@pytest.mark.parametrize("kind", BODIES)
def test_run_stays_within_memory_and_time(kind: str):
    most = 8 + late()
    with listening(type("Fresh", (Sending,), {"body": BODIES[kind]()})) as url:
        status, memory, seconds = ended(conform(url, "--max-time", "8"))
    assert status in {ExitStatus.DEVIATES, ExitStatus.UNDECIDED}
    assert memory < MEMORY
    assert seconds < most


def test_target_that_hangs_takes_no_longer_than_the_run_may():
    over, most = Event(), 3 + late()
    with listening(type("Fresh", (Hanging,), {"over": over})) as url:
        status, _, seconds = ended(conform(url, "--max-time", "3"))
        over.set()
    assert status == ExitStatus.UNDECIDED
    assert seconds < most


SIGNALLED: Final = """
import os, signal, sys, threading
from seatunnel_v2.__main__ import run
moment, number = float(sys.argv.pop(1)), int(sys.argv.pop(1))
timer = threading.Timer(moment, os.kill, (os.getpid(), number))
timer.daemon = True
timer.start()
run()
"""
"""A process that sends itself a signal some time after the command has begun."""

MOMENTS: Final = tuple(0.05 + at * 0.25 for at in range(12))


def test_signal_at_any_moment_ends_the_command_with_130():
    def signalled(moment: float, number: int, url: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", SIGNALLED, str(moment), str(number), *conform(url)[3:]]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    # It ends in no other way meanwhile.
    over = Event()
    with listening(type("Fresh", (Hanging,), {"over": over})) as url, ThreadPoolExecutor(4) as pool:
        calls = [(moment, (signal.SIGTERM, signal.SIGINT)[at % 2]) for at, moment in enumerate(MOMENTS)]
        found = list(pool.map(lambda call: signalled(*call, url), calls))
        over.set()
    assert [done.returncode for done in found] == [ExitStatus.INTERRUPTED] * len(calls)
    assert not any("Traceback" in done.stderr for done in found)
