"""A recording being made: scenarios are played on a deployment, and what comes of it is written down for replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.leaving import put_tags, stop_own_jobs
from seatunnel_conformance.replay.privacy import foreign_names, tells
from seatunnel_conformance.replay.recording import BrokenRecording, Recording, Scenario
from seatunnel_conformance.replay.scenarios import Player
from seatunnel_conformance.replay.wire import Address, Wire
from seatunnel_conformance.report.verdicts import RunExit
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_conformance.text.visible import as_json

_CUT: Final = ".part"


@dataclass(frozen=True, slots=True)
class Take:
    """What is recorded: `release` is the name that the recording gets, `only` a pattern for `area/scenario`.

    `tags` are those of the node afterwards. Without them (None), scenarios that would replace them are left out.
    """

    release: str
    file: Path
    scenarios: Recording
    only: str = "*"
    tags: Mapping[str, str] | None = None

    @property
    def part(self) -> Path:
        """The file that holds what has been recorded, until everything has."""
        return self.file.with_name(self.file.name + _CUT)

    def selected(self) -> list[Scenario]:
        """Return the scenarios that are to be played."""
        allowed = self.tags is not None
        return [scenario for scenario in self.scenarios.only(self.only) if allowed or not scenario.touches_tags]

    def barred(self) -> int:
        """Return how many are not played because they replace tags."""
        return len(self.scenarios.only(self.only).scenarios) - len(self.selected())


@dataclass(slots=True)
class Taken:
    """What came of it, counted in steps.

    `resumed` scenarios were there already, `strange` ones name jobs of others. `withheld` are steps whose answers tell
    of other people's jobs, `troubled` those that got no answer, or not the one that they wait for. `left` are ids of
    jobs that could not be stopped. `ended` says why not everything was played; the recording then is no whole one yet.
    """

    steps: int = 0
    scenarios: int = 0
    resumed: int = 0
    strange: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    troubled: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ended: str = ""

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        return RunExit.UNDECIDED if self.troubled or self.left else RunExit.CONFORMS


def record(to: str | Address, take: Take, *, report: Callable[[Scenario], None] = lambda _: None) -> Taken:
    """Record scenarios on the deployment at an address; `report` is told each that is complete.

    The file appears when all are. Until then, and after an interruption or the end of the time, whole scenarios are
    kept in `take.part`, and the next call goes on from there. Whatever happens, own jobs are stopped and tags put back.

    Raises `TargetUnreachable` or a leaf of it, `NoAnswer` when the deployment does not tell which jobs there are,
    `LimitReached` when the time is over before anything is played,
    `OSError` when a file can't be written, and `BrokenRecording` when `take.part` is of another release.
    """
    wire = Wire(to)
    wire.knock()
    player, taken = Player(wire), Taken()
    own_words = json.dumps([recorded.step for scenario in take.scenarios for recorded in scenario.steps])
    others = foreign_names(player, own_words)
    try:
        _play(player, take, taken, report)
        others |= foreign_names(player, own_words)
    except LimitReached as problem:
        taken.ended = str(problem)
    finally:
        taken.left = stop_own_jobs(player)
        if take.tags is not None:
            put_tags(player, take.tags)
    if not taken.ended:
        _finish(take, taken, others)
    return taken


def _play(player: Player, take: Take, taken: Taken, report: Callable[[Scenario], None]) -> None:
    """Add the scenarios that are not there yet to the part file, each as a whole."""
    done = {(line["area"], line["scenario"]) for line in _recorded(take)}
    taken.resumed = len(done)
    with take.part.open("a", encoding="utf-8") as out:
        for scenario in take.selected():
            if (scenario.area, scenario.name) not in done:
                try:
                    lines = [_written(line) for line in _lines(player, scenario, take.release)]
                except ForeignJob:
                    taken.strange.append(f"{scenario.area}/{scenario.name}")
                    continue
                out.writelines(lines)
                out.flush()
                report(scenario)


def _lines(player: Player, scenario: Scenario, release: str) -> Iterator[dict[str, Any]]:
    for recorded, exchange in player.play(scenario):
        yield {
            "release": release,
            "area": scenario.area,
            "scenario": scenario.name,
            "keepAlive": scenario.keeps_connection,
            "step": recorded.step,
            "exchange": exchange if recorded.step.get("record", True) else None,
        }


def _finish(take: Take, taken: Taken, others: frozenset[str]) -> None:
    """Leave out what tells of other people's jobs; then the recording is whole."""
    lines = list(_recorded(take))
    for line in lines:
        name = f"{line['area']}/{line['scenario']}/{line['step']['id']}"
        if tells(line["exchange"], others):
            line["exchange"] = None
            taken.withheld.append(name)
        elif line["exchange"] is not None:
            taken.steps += 1
            taken.troubled += [name] if {"error", "timedOut"} & line["exchange"].keys() else []
    taken.scenarios = len({(line["area"], line["scenario"]) for line in lines})
    take.part.write_text("".join(map(_written, lines)), encoding="utf-8")
    take.part.replace(take.file)


def _recorded(take: Take) -> Iterator[dict[str, Any]]:
    """Yield the lines that are in the part file. Raises `BrokenRecording` for those of another release."""
    if not take.part.exists():
        return
    for text in take.part.read_text(encoding="utf-8").splitlines():
        try:
            line: dict[str, Any] = json.loads(text)
        except ValueError:
            raise BrokenRecording(str(take.part), "a line of it is no JSON") from None
        if line.get("release") != take.release:
            raise BrokenRecording(str(take.part), f"it was begun for {line.get('release')}, not for {take.release}")
        yield line


def _written(line: dict[str, Any]) -> str:
    return as_json(line) + "\n"
