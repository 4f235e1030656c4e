"""Recordings played again: how much of what a real engine answered another deployment answers alike.

    from seatunnel_conformance.replay import carried, replay

    fidelity = replay("http://localhost:8080", carried("2.3.10"))
    print(fidelity.matched, fidelity.total, fidelity.areas())

A recording holds, line by line, a step of a scenario and the exchange that came of it. `scenarios` plays the steps,
`wire` sends exactly the bytes that they ask for, `normalise` says what of an answer counts, `comparison` tells what
differs, and `writing` makes new recordings.
"""

from seatunnel_conformance.replay.carried import carried, recorded_releases, scenarios_for
from seatunnel_conformance.replay.fidelity import Fidelity, Mark, replay
from seatunnel_conformance.replay.recording import BrokenRecording, RecordedStep, Recording, Scenario
from seatunnel_conformance.replay.wire import Address, NoAnswer
from seatunnel_conformance.replay.writing import Take, Taken, record

__all__ = [
    "Address",
    "BrokenRecording",
    "Fidelity",
    "Mark",
    "NoAnswer",
    "RecordedStep",
    "Recording",
    "Scenario",
    "Take",
    "Taken",
    "carried",
    "record",
    "recorded_releases",
    "replay",
    "scenarios_for",
]
