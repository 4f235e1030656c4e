"""Fidelity: how many of the recorded steps are answered alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.comparison import differences
from seatunnel_conformance.replay.leaving import put_tags, stop_own_jobs
from seatunnel_conformance.replay.recording import Recording
from seatunnel_conformance.replay.scenarios import Player
from seatunnel_conformance.replay.wire import Address, Wire
from seatunnel_conformance.report.verdicts import RunExit
from seatunnel_conformance.target.job_guard import ForeignJob

MOST: Final = 100
"""Differences of one step that are kept."""

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mark:
    """One recorded step, and what is different about its answer; nothing if it matches."""

    area: str
    scenario: str
    step: str
    differences: tuple[str, ...]

    @property
    def matches(self) -> bool:
        """Whether the answer is the recorded one."""
        return not self.differences

    @property
    def name(self) -> str:
        """The step as `--only` and evidence name it: area, scenario and step."""
        return f"{self.area}/{self.scenario}/{self.step}"


@dataclass(frozen=True, slots=True)
class Fidelity:
    """All marks of one replay; `ended` says why not everything was replayed, `left` which jobs could not be stopped."""

    marks: tuple[Mark, ...]
    ended: str = ""
    left: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many steps were compared."""
        return len(self.marks)

    @property
    def matched(self) -> int:
        """How many were answered alike."""
        return sum(mark.matches for mark in self.marks)

    @property
    def share(self) -> float:
        """The part that was answered alike, from 0 to 1; 0 of nothing."""
        return self.matched / self.total if self.marks else 0.0

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if self.matched < self.total:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.ended else RunExit.CONFORMS

    def areas(self) -> dict[str, Fidelity]:
        """Return the same for each area, by name."""
        names = sorted({mark.area for mark in self.marks})
        return {name: Fidelity(tuple(mark for mark in self.marks if mark.area == name)) for name in names}


def replay(
    to: str | Address,
    recording: Recording,
    *,
    tags: Mapping[str, str] = NO_TAGS,
    pace: float = 1.0,
    report: Callable[[Mark], None] = lambda _: None,
) -> Fidelity:
    """Play a recording against the target at an address; `report` is told each mark at once.

    `pace` is how many times faster than an engine's the target's time passes.

    Where a scenario replaces the tags of the node, it has `tags` afterwards, whatever happens: nobody can ask for those
    before. Interrupted by the user, or when the time is over, it stops its own jobs. Raises `TargetUnreachable` or a
    leaf of it.
    """
    wire = Wire(to)
    wire.knock()
    player, marks, ended, left = Player(wire, pace=pace), list[Mark](), "", list[str]()
    try:
        for mark in _marks(player, recording):
            report(mark)
            marks.append(mark)
    except KeyboardInterrupt:
        # Whole scenarios end their jobs themselves.
        stop_own_jobs(player)
        raise
    except LimitReached as problem:
        ended, left = str(problem), stop_own_jobs(player)
    finally:
        if any(scenario.touches_tags for scenario in recording):
            put_tags(player, tags)
    return Fidelity(tuple(marks), ended, tuple(left))


def _marks(player: Player, recording: Recording) -> Iterator[Mark]:
    for scenario in recording:
        try:
            for recorded, got in player.play(scenario):
                if recorded.exchange is not None:
                    found = tuple(islice(differences(recorded.exchange, got), MOST))
                    yield Mark(scenario.area, scenario.name, recorded.id, found)
        except ForeignJob as reason:
            # None of its steps has been played.
            told = (recorded.id for recorded in scenario.steps if recorded.exchange is not None)
            yield from (Mark(scenario.area, scenario.name, step, (str(reason),)) for step in told)
