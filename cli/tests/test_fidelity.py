"""The reference server, speaking as each recorded release, answers every recorded step alike."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.replay import Address, Fidelity, Recording, replay
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_openapi import releases

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

WHOLE = {"docs-2024-10", "2.3.10", "2.3.13", "development-2026-08-29"}
"""Releases of which all scenarios are replayed."""


def release_before(file: Path) -> Path | None:
    """Return the recording of the last release before that was set up alike."""
    alike = {name: file.with_stem(file.stem.replace(file.stem.partition("+")[0], name, 1)) for name in releases()}
    recorded = [path for path in alike.values() if path in RECORDINGS]
    return {after: before for before, after in pairwise(recorded)}.get(file)


def as_recorded(scenario: Scenario) -> list[Any]:
    """Return the steps and responses, without notes on how they were recorded."""
    return [(it.step, it.exchange and {**it.exchange, "note": None}) for it in scenario.steps]


def changed(file: Path) -> Recording:
    """Return the scenarios that engines of the release before answered otherwise.

    An overlay that changes the server by mistake for these is in force in the next release that is replayed as a whole.
    """
    recording, before = Recording.load(file), release_before(file)
    if before is None or file.stem in WHOLE:
        return recording
    known = [as_recorded(scenario) for scenario in Recording.load(before)]
    return Recording(tuple(scenario for scenario in recording if as_recorded(scenario) not in known))


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
    recording = changed(file)
    fidelity = replayed(recording, file.stem, tmp_path, SPEED)
    assert fidelity.total == sum(step.exchange is not None for scenario in recording for step in scenario.steps)
    for name in sorted({name.rpartition("/")[0] for name in differences(fidelity)}):
        assert differences(replayed(recording, file.stem, tmp_path, RECORDED_SPEED, name)) == {}
