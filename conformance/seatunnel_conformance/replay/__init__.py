"""Recordings played again: how much of what a real engine answered another deployment answers alike.

    from seatunnel_conformance.replay import carried, replay

    fidelity = replay("http://localhost:8080", carried("2.3.10"))
    print(fidelity.matched, fidelity.total, fidelity.areas())

A recording holds, line by line, a step of a scenario and the exchange that came of it. `scenarios` plays the steps,
`wire` sends exactly the bytes that they ask for, `normalise` says what of an answer counts, and `comparison` tells what
differs.
"""

from seatunnel_conformance.replay.carried import carried, recorded_releases, scenarios_for
from seatunnel_conformance.replay.fidelity import Fidelity, Mark, replay
from seatunnel_conformance.replay.recording import BrokenRecording, Recording

__all__ = [
    "BrokenRecording",
    "Fidelity",
    "Mark",
    "Recording",
    "carried",
    "recorded_releases",
    "replay",
    "scenarios_for",
]
