"""A recording: the steps of scenarios with the responses of an engine; and the recordings in this package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Self

from seatunnel_conformance.errors import InvalidSettings

STOPS_MASTER: Final = "stop-master"
"""The member of a step before which the master of the cluster is stopped."""

_TAGS_PATH: Final = "/update-tags"


class BrokenRecording(InvalidSettings):
    """A file is not a valid recording."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step, and its normalised exchange; None for a step that only prepares others."""

    step: dict[str, Any] = field(repr=False)
    exchange: dict[str, Any] | None = field(repr=False)

    @property
    def id(self) -> str:
        """The step's name within its scenario."""
        return str(self.step["id"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fixed sequence of steps."""

    area: str
    name: str
    keeps_connection: bool
    steps: tuple[RecordedStep, ...] = field(repr=False)

    @property
    def touches_tags(self) -> bool:
        """Whether a step could replace the tags of the node, even on a deployment that ignores the method."""
        return any(each.step["request"]["path"].startswith(_TAGS_PATH) for each in self.steps)


@dataclass(frozen=True, slots=True)
class Recording:
    """All scenarios of a file."""

    scenarios: tuple[Scenario, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of one JSON object per line. Raises `BrokenRecording`."""
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        try:
            with path.open(encoding="utf-8") as lines:
                for line in map(json.loads, lines):
                    groups.setdefault((line["area"], line["scenario"]), []).append(line)
            return cls(tuple(_scenario(*key, lines) for key, lines in groups.items()))
        except OSError as problem:
            raise BrokenRecording(str(path), problem.strerror or str(problem)) from None
        except (ValueError, LookupError, TypeError) as problem:
            raise BrokenRecording(str(path), f"not a recording: {problem}") from None

    @property
    def nodes(self) -> int:
        """The number of nodes that the steps need."""
        return max((int(step.step.get("node", 1)) for scenario in self.scenarios for step in scenario.steps), default=1)

    @property
    def stops_master(self) -> bool:
        """Whether a step stops the master of the cluster. It is the last node then: the others have numbers below."""
        return any(step.step.get(STOPS_MASTER) for scenario in self.scenarios for step in scenario.steps)

    def only(self, glob: str) -> Self:
        """Return the scenarios whose `area/name` matches a pattern."""
        return type(self)(tuple(it for it in self.scenarios if fnmatchcase(f"{it.area}/{it.name}", glob)))

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.scenarios)


def _scenario(area: str, name: str, lines: list[dict[str, Any]]) -> Scenario:
    steps = tuple(RecordedStep(line["step"], line["exchange"]) for line in lines)
    return Scenario(area, name, bool(lines[0].get("keepAlive")), steps)


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
