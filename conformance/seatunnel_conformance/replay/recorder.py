"""Makes recordings: plays scenarios on a deployment, and writes the exchanges to a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.player import Player, put_tags, stop_own_jobs
from seatunnel_conformance.replay.recording import BrokenRecording, Recording, Scenario
from seatunnel_conformance.replay.sender import Address, Sender, json_of
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_conformance.text.visible import as_json
from seatunnel_openapi.files import parse_json, read_lines, replace_text

_LISTS: Final = ("/running-jobs", "/finished-jobs", "/pending-jobs")
_TELLING: Final = 4
"""The minimum length of a job name that is searched for in responses; shorter ones could occur by chance."""


def foreign_names(player: Player, own: str) -> frozenset[str]:
    """Return the names of the foreign jobs in the lists of a deployment, except for names that occur in `own`.

    `own` is the text of the scenarios, which is published anyway. Raises `NoResponse`.
    """
    every = (job for path in _LISTS for job in _listed(player, path))
    names = (str(job.get("jobName", "")) for job in every if str(job.get("jobId")) not in player.job_ids)
    return frozenset(name for name in names if len(name) >= _TELLING and name not in own)


def contains_name(exchange: Any, names: frozenset[str]) -> bool:
    """Return whether a text anywhere in an exchange contains one of the names."""
    if isinstance(exchange, str):
        return any(name in exchange for name in names)
    if isinstance(exchange, dict):
        return any(contains_name(inner, names) for inner in (*exchange, *exchange.values()))
    return isinstance(exchange, list) and any(contains_name(inner, names) for inner in exchange)


def _listed(player: Player, path: str) -> Iterator[Mapping[str, Any]]:
    found = json_of(player.sender.send({"method": "GET", "path": path}, keep=False))
    # In later releases, the response can be an object with a list.
    pages = found.values() if isinstance(found, dict) else [found]
    for page in pages:
        yield from (job for job in page if isinstance(job, dict)) if isinstance(page, list) else ()


_CUT: Final = ".part"


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """The settings of a recording: `release` is its name, `only` a glob for `area/scenario`.

    `tags` has the tags to restore on the node at the end. If None, scenarios that replace tags are left out.
    """

    release: str
    file: Path
    scenarios: Recording
    only: str = "*"
    tags: Mapping[str, str] | None = None

    @property
    def part(self) -> Path:
        """The file of the recording while it is incomplete, with the extension `.part`."""
        return self.file.with_name(self.file.name + _CUT)

    def selected(self) -> list[Scenario]:
        """Return the scenarios to play."""
        allowed = self.tags is not None
        return [scenario for scenario in self.scenarios.only(self.only) if allowed or not scenario.touches_tags]

    def barred(self) -> int:
        """Return the number of scenarios that are not played because they replace tags."""
        return len(self.scenarios.only(self.only).scenarios) - len(self.selected())


@dataclass(slots=True)
class RecordingSummary:
    """The result of making a recording.

    `steps` and `scenarios` are the numbers of recorded ones, `resumed` the number of scenarios from an earlier call.
    `foreign` has the scenarios that were left out because they name a foreign job. `withheld` has the steps whose
    responses were left out because they name a foreign job. `failed` has the steps without the response that they need.
    `left` has the ids of jobs that could not be stopped. `ended` is the reason if it is incomplete.
    """

    steps: int = 0
    scenarios: int = 0
    resumed: int = 0
    foreign: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ended: str = ""

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        return RunExit.UNDECIDED if self.failed or self.left else RunExit.CONFORMS


def record(
    to: str | Address, plan: RecordingPlan, *, report: Callable[[Scenario], None] = lambda _: None
) -> RecordingSummary:
    """Record scenarios on the deployment at an address; `report` is called with each complete one.

    Complete scenarios are appended to `plan.part`, which becomes the recording when all are complete. After an
    interruption, the next call continues from there. The jobs are always stopped, and the tags restored.

    Raises `TargetUnreachable` or a subclass, `LimitReached` if time is over before the first scenario, `NoResponse` if
    the lists of jobs can't be read, `OSError` if a file can't be written, and `BrokenRecording` if `plan.part` is of
    another release.
    """
    sender = Sender(to)
    sender.require_api()
    player, summary = Player(sender), RecordingSummary()
    public_text = json.dumps([recorded.step for scenario in plan.scenarios for recorded in scenario.steps])
    others = foreign_names(player, public_text)
    try:
        _play(player, plan, summary, report)
        others |= foreign_names(player, public_text)
    except LimitReached as problem:
        summary.ended = str(problem)
    finally:
        summary.left = stop_own_jobs(player)
        if plan.tags is not None:
            put_tags(player, plan.tags)
    if not summary.ended:
        _finish(plan, summary, others)
    return summary


def _play(player: Player, plan: RecordingPlan, summary: RecordingSummary, report: Callable[[Scenario], None]) -> None:
    """Play the scenarios that are missing in the part file, and append each one as a whole."""
    done = {(line["area"], line["scenario"]) for line in _recorded(plan)}
    summary.resumed = len(done)
    with plan.part.open("a", encoding="utf-8") as out:
        for scenario in plan.selected():
            if (scenario.area, scenario.name) not in done:
                try:
                    lines = [_written(line) for line in _lines(player, scenario, plan.release)]
                except ForeignJob:
                    summary.foreign.append(scenario.full_name)
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


def _finish(plan: RecordingPlan, summary: RecordingSummary, others: frozenset[str]) -> None:
    """Remove exchanges with names of foreign jobs from the part file, and make it the recording."""
    lines = list(_recorded(plan))
    for line in lines:
        name = f"{line['area']}/{line['scenario']}/{line['step']['id']}"
        if contains_name(line["exchange"], others):
            line["exchange"] = None
            summary.withheld.append(name)
        elif line["exchange"] is not None:
            summary.steps += 1
            summary.failed += [name] if {"error", "timedOut"} & line["exchange"].keys() else []
    summary.scenarios = len({(line["area"], line["scenario"]) for line in lines})
    replace_text(plan.part, "".join(map(_written, lines)))
    plan.part.replace(plan.file)


def _recorded(plan: RecordingPlan) -> Iterator[dict[str, Any]]:
    """Yield the lines of the part file. Raises `BrokenRecording` if it is of another release."""
    if not plan.part.exists():
        return
    for text in read_lines(plan.part):
        try:
            line: dict[str, Any] = parse_json(text)
        except ValueError:
            raise BrokenRecording(str(plan.part), "a line is not JSON") from None
        if line.get("release") != plan.release:
            raise BrokenRecording(str(plan.part), f"it is a recording of {line.get('release')}, not of {plan.release}")
        yield line


def _written(line: dict[str, Any]) -> str:
    return as_json(line) + "\n"
