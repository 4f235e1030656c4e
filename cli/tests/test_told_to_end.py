"""A replay that is told to end stops its jobs and gives the node its tags, whichever signal tells it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from throwaway import Handler, listening

from seatunnel_v2.exits import ExitStatus

pytestmark = pytest.mark.slow


class Deployment(Handler):
    """Takes jobs, which run on, and keeps the requests that change it."""

    asked: list[tuple[str, Any]]

    def do_GET(self) -> None:
        name = next((path.partition("jobName=")[2] for path, _ in self.asked if "jobName=" in path), "")
        shown = {"jobId": "777", "jobStatus": "RUNNING", "jobName": name}
        known = {"/job-info/777": shown, "/overview": {"projectVersion": "2.3.10"}}
        self.respond(known.get(self.path, {}))

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.content())))
        self.respond({"jobId": "777"})


def step(path: str, **more: Any) -> dict[str, Any]:
    request = {"method": "POST", "path": path, "json": {}}
    told = {"area": "a", "scenario": "s", "step": {"id": path, "request": request, **more}}
    return {**told, "exchange": None}


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_replay_that_is_told_to_end_leaves_nothing(signalled: signal.Signals, tmp_path: Path):
    recording = tmp_path / "own.ndjson"
    # Whoever asks for the third has read what the second was answered.
    steps = [
        step("/update-tags"),
        step("/submit-job?jobName=nightly", capture={"own": "/jobId"}),
        step("/next"),
        step("/late", wait=30),
    ]
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in steps), encoding="utf-8")
    handler = type("Fresh", (Deployment,), {"asked": []})
    with listening(handler) as url:
        words = ["replay", url, "--allow-writes", "--recordings", str(recording), "--tag", "team=a"]
        command = [sys.executable, "-m", "seatunnel_v2", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            end = time.monotonic() + 60
            while "/next" not in [path for path, _ in handler.asked]:
                assert time.monotonic() < end, "it never began"
                time.sleep(0.02)
            process.send_signal(signalled)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (ExitStatus.INTERRUPTED, b"")
    assert handler.asked[-2:] == [("/stop-job", {"jobId": "777"}), ("/update-tags", {"team": "a"})]
