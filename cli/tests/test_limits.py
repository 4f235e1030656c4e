"""Commands that play recorded scenarios ask no faster, and wait no longer, than they were told to."""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import run

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow

RATE = 20.0
CALLS = {
    "replay": ("replay", "--release", "2.3.10", "--only", "finished-jobs/unknown-state"),
    "record": ("record", "--release", "2.3.10", "--only", "finished-jobs/unknown-state", "-o", "own.ndjson"),
    "compare": ("compare", "reference:2.3.10", "--profile", "read-only", "--only", "finished-jobs/unknown-state"),
}
PATIENCE = 25
"""Seconds: less than an answer may take if nobody says otherwise."""


@pytest.mark.parametrize("command", CALLS)
def test_rate_is_kept(serve: Callable[[Any], str], tmp_path: Path, command: str):
    # A busy machine delays single requests, so the mean tells the rate.
    assert any(_mean_gap(serve, tmp_path, command) > 0.8 / RATE for _ in range(3))


def _mean_gap(serve: Callable[[Any], str], folder: Path, command: str) -> float:
    moments = []

    async def app(scope: dict[str, Any], _: Any, send: Any) -> None:
        if scope["type"] == "http":
            moments.append(time.monotonic())
            head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            await send(head)
            await send({"type": "http.response.body", "body": b'{"projectVersion": "2.3.10"}'})

    run(folder, *CALLS[command], serve(app), "--rate-limit", f"{RATE:g}", timeout=PATIENCE)
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert len(gaps) >= 3
    return sum(gaps) / len(gaps)


@pytest.mark.parametrize("command", CALLS)
def test_waiting_ends_when_it_was_told_to(serve: Callable[[Any], str], tmp_path: Path, command: str):
    async def app(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.Event().wait()

    done = run(tmp_path, *CALLS[command], serve(app), "--timeout", "0.2", timeout=PATIENCE)
    assert done.returncode in {ExitStatus.UNREACHABLE, ExitStatus.UNDECIDED}
    assert "GET /overview" in done.stderr.splitlines()[0]
