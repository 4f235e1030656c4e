"""The recordings that this package carries: one of each release whose engine somebody could run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatunnel_conformance.replay.recording import BrokenRecording, Recording


def recorded_releases() -> tuple[str, ...]:
    """Return the releases with a recording of their own, special set-ups (`2.3.10+context-path`) left out."""
    return tuple(sorted(file.stem for file in carried_folder().glob("*.ndjson") if "+" not in file.stem))


def carried(release: str) -> Recording:
    """Return the recording of a release, or of a special set-up of one. Raises `BrokenRecording`."""
    file = carried_folder() / f"{release}.ndjson"
    if not file.is_file():
        raise BrokenRecording(release, f"no recording of it is carried, only of {', '.join(recorded_releases())}")
    return Recording.load(file)


def scenarios_for(release: str, chain: Sequence[str]) -> Recording:
    """Return the carried recording whose requests suit a release best: its own, else that of the latest before it.

    `chain` are the releases in their order. One that isn't in it counts as newer than all, one older than all that
    were recorded gets the oldest. A recording holds its requests, so there is no second list of scenarios.
    """
    recorded = [name for name in chain if name in recorded_releases()]
    until = chain.index(release) if release in chain else len(chain)
    suitable = [name for name in recorded if chain.index(name) <= until]
    return carried(suitable[-1] if suitable else recorded[0])


def carried_folder() -> Path:
    """Return where the recordings are: within an installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "recordings"
    return installed if installed.is_dir() else package.parent / "recordings"
