"""Replay: sends the requests of a recording to a deployment, and compares the responses.

    from seatunnel_conformance.replay import bundled, replay

    fidelity = replay("http://localhost:8080", bundled("2.3.10"))
    print(fidelity.matched, fidelity.total, fidelity.areas())

Each line of a recording is a step of a scenario with its exchange. `player` plays the steps, `sender` sends exactly
the bytes of their requests, `normalise` replaces the variable parts of responses and finds differences, and `recorder`
makes new recordings.
"""

from seatunnel_conformance.replay.fidelity import Fidelity, ReplayedStep, replay
from seatunnel_conformance.replay.recorder import RecordingPlan, RecordingSummary, record
from seatunnel_conformance.replay.recording import (
    BrokenRecording,
    RecordedStep,
    Recording,
    Scenario,
    bundled,
    recorded_releases,
    scenarios_for,
)
from seatunnel_conformance.replay.sender import Address

__all__ = [
    "Address",
    "BrokenRecording",
    "Fidelity",
    "RecordedStep",
    "Recording",
    "RecordingPlan",
    "RecordingSummary",
    "ReplayedStep",
    "Scenario",
    "bundled",
    "record",
    "recorded_releases",
    "replay",
    "scenarios_for",
]
