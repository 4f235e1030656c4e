"""The reference server, speaking as each recorded release, answers every recorded step alike."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatunnel_conformance.replay import Address, Recording, replay

ROOT = Path(__file__).parents[2]
RECORDINGS = sorted((ROOT / "conformance" / "recordings").glob("*.ndjson"))
SPEED = 10.0
VARIANTS = {
    "static-slots": "seatunnel: {engine: {slot-service: {dynamic-slot: false, slot-num: 2}}}",
    "waiting-slots": "seatunnel: {engine: {slot-service: {dynamic-slot: false, slot-num: 2}, "
    "job-schedule-strategy: WAIT}}",
    "cleanup-delay": "seatunnel: {engine: {state-cleanup-delay-ms: 60000}}",
    "context-path": "seatunnel: {engine: {http: {enable-http: true, context-path: /seatunnel}, "
    "telemetry: {metric: {enabled: true}}}}",
}
"""How an engine was set up for a recording whose name has a plus."""


@contextmanager
def served(recorded: str, nodes: int, folder: Path) -> Iterator[tuple[list[str], Callable[[str], None]]]:
    """Serve as the engine of a recording was set up; yield the address of each node, and what stops the master."""
    release, _, variant = recorded.partition("+")
    config = folder / "seatunnel.yaml"
    config.write_text(VARIANTS.get(variant, "{}"), encoding="utf-8")
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--release", release, "--config", str(config)]
    command += ["--port", "0", "--nodes", str(nodes), "--speed", str(SPEED), "--files", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        urls = [process.stdout.readline().rpartition(" ")[2].strip() for _ in range(nodes)]
        yield urls, lambda _: process.send_signal(signal.SIGUSR1)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_every_recorded_step_is_answered_alike(file: Path, tmp_path: Path) -> None:
    recording = Recording.load(file)
    with served(file.stem, recording.nodes, tmp_path) as (urls, stop_master):
        url, *further = reversed(urls) if recording.stops_master else urls
        fidelity = replay(Address(url, nodes=tuple(further), stop_master=stop_master), recording, pace=SPEED)
    assert {mark.name: mark.differences for mark in fidelity.steps if not mark.matches} == {}
    assert fidelity.total >= 10
