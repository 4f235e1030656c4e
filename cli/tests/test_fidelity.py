"""The reference server, speaking as each recorded release, answers every recorded step alike."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatunnel_conformance.replay import Address, Fidelity, Recording, replay

ROOT = Path(__file__).parents[2]
RECORDINGS = sorted((ROOT / "conformance" / "recordings").glob("*.ndjson"))
SPEED = 10.0
RECORDED_SPEED = 1.0
"""The speed of the engine that was recorded: on a busy machine, a job is over sooner than a fast replay can read it."""

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
def served(recorded: str, nodes: int, folder: Path, speed: float) -> Iterator[tuple[list[str], Callable[[str], None]]]:
    """Serve as the engine of a recording was set up; yield the address of each node, and what stops the master."""
    release, _, variant = recorded.partition("+")
    config = folder / "seatunnel.yaml"
    config.write_text(VARIANTS.get(variant, "{}"), encoding="utf-8")
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--release", release, "--config", str(config)]
    command += ["--port", "0", "--nodes", str(nodes), "--speed", str(speed), "--files", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        urls = [process.stdout.readline().rpartition(" ")[2].strip() for _ in range(nodes)]
        yield urls, lambda _: process.send_signal(signal.SIGUSR1)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def replayed(recording: Recording, recorded: str, folder: Path, speed: float, only: str = "*") -> Fidelity:
    """Replay scenarios of a recording on a server of its own."""
    with served(recorded, recording.nodes, folder, speed) as (urls, stop_master):
        url, *further = reversed(urls) if recording.stops_master else urls
        return replay(Address(url, nodes=tuple(further), stop_master=stop_master), recording.only(only), pace=speed)


def differences(fidelity: Fidelity) -> dict[str, tuple[str, ...]]:
    return {mark.name: mark.differences for mark in fidelity.steps if not mark.matches}


@pytest.mark.slow
@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_every_recorded_step_is_answered_alike(file: Path, tmp_path: Path) -> None:
    recording = Recording.load(file)
    fidelity = replayed(recording, file.stem, tmp_path, SPEED)
    assert fidelity.total >= 10
    for name in sorted({name.rpartition("/")[0] for name in differences(fidelity)}):
        assert differences(replayed(recording, file.stem, tmp_path, RECORDED_SPEED, name)) == {}
