"""The recordings in this package: one of each release whose engine could be run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatunnel_conformance.replay.recording import BrokenRecording, Recording


def recorded_releases() -> tuple[str, ...]:
    """Return the releases that have a recording, without special set-ups such as `2.3.10+context-path`."""
    return tuple(sorted(file.stem for file in recordings_folder().glob("*.ndjson") if "+" not in file.stem))


def bundled(release: str) -> Recording:
    """Return the recording of a release, or of a special set-up of one. Raises `BrokenRecording`."""
    file = recordings_folder() / f"{release}.ndjson"
    if not file.is_file():
        raise BrokenRecording(
            release, f"there is no recording of it; the package has recordings of {', '.join(recorded_releases())}"
        )
    return Recording.load(file)


def scenarios_for(release: str, chain: Sequence[str]) -> Recording:
    """Return the recording whose scenarios suit a release: its own, else that of the latest release before it.

    `chain` are the releases in order. A release that is not in it is treated as newer than all; one that is older than
    all recorded releases gets the oldest recording.
    """
    recorded = [name for name in chain if name in recorded_releases()]
    until = chain.index(release) if release in chain else len(chain)
    suitable = [name for name in recorded if chain.index(name) <= until]
    return bundled(suitable[-1] if suitable else recorded[0])


def recordings_folder() -> Path:
    """Return the folder of the recordings: in an installed package, or next to it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "recordings"
    return installed if installed.is_dir() else package.parent / "recordings"
