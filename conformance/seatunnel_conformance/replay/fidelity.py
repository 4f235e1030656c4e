"""Replays a recording on a target. The result, called fidelity, is the share of steps with the recorded response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.normalise import differences
from seatunnel_conformance.replay.player import Player, put_tags, stop_own_jobs
from seatunnel_conformance.replay.recording import Recording, other_set_up
from seatunnel_conformance.replay.sender import Address, Sender
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.target.job_guard import ForeignJob

MOST: Final = 100
"""The maximum number of differences that are kept for one step."""

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """One step, and the differences of its response from the recording. `left_out` says why it was not sent, if so."""

    area: str
    scenario: str
    step: str
    differences: tuple[str, ...]
    left_out: str = ""

    @property
    def matches(self) -> bool:
        """Whether the step was replayed, and its response is the recorded one."""
        return not self.differences and not self.left_out

    @property
    def name(self) -> str:
        """The name that `--only` and evidence use: area, scenario and step, separated by slashes."""
        return f"{self.area}/{self.scenario}/{self.step}"


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The result of a replay. `ended` says why it is incomplete, if so. `left` has the ids of jobs that still run."""

    steps: tuple[ReplayedStep, ...]
    ended: str = ""
    left: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The number of compared steps."""
        return sum(not step.left_out for step in self.steps)

    @property
    def left_out(self) -> Mapping[str, str]:
        """The reasons why scenarios, or some of their steps, were left out, by area and name."""
        return {f"{step.area}/{step.scenario}": step.left_out for step in self.steps if step.left_out}

    @property
    def matched(self) -> int:
        """The number of steps with the recorded response."""
        return sum(step.matches for step in self.steps)

    @property
    def share(self) -> float:
        """The proportion of matching steps, from 0 to 1; 0 if there are none."""
        return self.matched / self.total if self.total else 0.0

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if self.matched < self.total:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.ended or self.left or not self.total else RunExit.CONFORMS

    def areas(self) -> dict[str, Fidelity]:
        """Return the fidelity by area."""
        names = sorted({step.area for step in self.steps})
        return {name: Fidelity(tuple(step for step in self.steps if step.area == name)) for name in names}


def replay(
    to: str | Address,
    recording: Recording,
    *,
    tags: Mapping[str, str] = NO_TAGS,
    pace: float = 1.0,
    report: Callable[[ReplayedStep], None] = lambda _: None,
) -> Fidelity:
    """Replay a recording on the target at an address; `report` is called with each step.

    `pace` is the factor by which time passes faster on the target than on an engine. If a scenario replaces the tags of
    the node, they are set to `tags` at the end, because the API does not show the previous ones. The jobs of the replay
    are always stopped.

    Raises `TargetUnreachable` or a subclass.
    """
    sender = Sender(to)
    sender.require_api()
    player, steps, ended, left = Player(sender, pace=pace), list[ReplayedStep](), "", list[str]()
    try:
        for step in _steps(player, recording):
            report(step)
            steps.append(step)
    except LimitReached as problem:
        ended = str(problem)
    finally:
        left = stop_own_jobs(player)
        if any(scenario.touches_tags for scenario in recording):
            put_tags(player, tags)
    return Fidelity(tuple(steps), ended, tuple(left))


def _steps(player: Player, recording: Recording) -> Iterator[ReplayedStep]:
    for scenario in recording:
        sent = []
        for recorded in scenario.steps:
            if reason := other_set_up(scenario, recorded, player.sender.to):
                yield ReplayedStep(scenario.area, scenario.name, recorded.id, (), reason)
            else:
                sent.append(recorded)
        left = [recorded.id for recorded in sent if recorded.exchange is not None]
        try:
            for recorded, got in player.play(replace(scenario, steps=tuple(sent))):
                if recorded.exchange is not None:
                    found = tuple(islice(differences(recorded.exchange, got), MOST))
                    yield ReplayedStep(scenario.area, scenario.name, left.pop(0), found)
        except ForeignJob as reason:
            yield from (ReplayedStep(scenario.area, scenario.name, step, (), str(reason)) for step in left)
