"""Runs a comparison within a time limit: recorded histories, generated ones, then minimisation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.compare.histories import histories
from seatunnel_conformance.compare.pair import Pair, words_of
from seatunnel_conformance.compare.result import DeploymentComparison, DifferingHistory, Signature
from seatunnel_conformance.compare.search import Search
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay import Address, Scenario, scenarios_for
from seatunnel_conformance.target.deployment import READING, Target
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_openapi import Contract, releases


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits: `seconds` in total, `cases` generated histories, `longest_wait` of a scenario in seconds."""

    seconds: float
    cases: int
    longest_wait: float
    jobs: bool = True
    writes: bool = True


BOUNDS: Final[Mapping[str, Bounds]] = {
    "smoke": Bounds(seconds=15, cases=20, longest_wait=0.0, jobs=False),
    "read-only": Bounds(seconds=30, cases=40, longest_wait=0.0, jobs=False, writes=False),
    "standard": Bounds(seconds=60, cases=40, longest_wait=1.0),
    "full": Bounds(seconds=600, cases=300, longest_wait=60.0),
}
"""The bounds by profile."""

_LONGEST_LAG: Final = 2.0
"""Seconds by which one side may be slower than the other to show the state of a job."""
_RECORDED: Final = 0.6
"""The part of the time for recorded histories."""
_GENERATED: Final = 0.85
"""The part of the time after which generated histories end, and minimisation begins."""


@dataclass(frozen=True, slots=True)
class ComparePlan:
    """What to compare: two addresses, with their contracts.

    `tags` tells whether tags may be replaced, `writes` whether the targets may be changed at all. `only` is a glob for
    recorded scenarios; with any other value than `*`, no histories are generated.
    """

    urls: tuple[str | Address, str | Address]
    contracts: tuple[Contract, Contract]
    bounds: Bounds
    seed: int = 0
    only: str = "*"
    tags: bool = False
    writes: bool = True

    @property
    def may_write(self) -> bool:
        """Whether requests that change a target may be sent."""
        return self.writes and self.bounds.writes

    def may_play(self, scenario: Scenario) -> bool:
        """Return whether bounds and permissions allow a recorded scenario."""
        return (
            _waits(scenario) <= self.bounds.longest_wait
            and (self.tags or not scenario.touches_tags)
            and (self.may_write or _only_reads(scenario))
            and (self.bounds.jobs or not _runs_jobs(scenario))
        )


def compare(
    plan: ComparePlan, *, report: Callable[[str], None] = lambda _: None, clock: Callable[[], float] = time.monotonic
) -> DeploymentComparison:
    """Compare two deployments; `report` is called with the current activity. Raises `TargetUnreachable` or a subclass.

    If the user interrupts it, or time is over, it stops its jobs and returns the result so far, with a note.
    """
    begun = clock()
    first = plan.contracts[0]
    words = words_of(first), words_of(plan.contracts[1])
    pair = Pair(plan.urls, words, lag=min(_LONGEST_LAG, plan.bounds.longest_wait))
    comparison = DeploymentComparison(first)
    pair.open()
    try:
        _compare(plan, pair, comparison, report, lambda part: begun + plan.bounds.seconds * part)
    except KeyboardInterrupt:
        comparison.notes.append("interrupted: the result is incomplete")
        comparison.interrupted = True
    if reason := pair.out_of_time:
        comparison.notes.append(f"{reason}: this is what was compared until then")
        comparison.cut_off = True
    comparison.notes += [f"the job {job_id} could not be stopped" for job_id in pair.left]
    comparison.seconds = clock() - begun
    return comparison


def _compare(
    plan: ComparePlan,
    pair: Pair,
    comparison: DeploymentComparison,
    report: Callable[[str], None],
    until: Callable[[float], float],
) -> None:
    found = _recorded(plan, Search(pair, comparison, until(_RECORDED)), report)
    known = frozenset(signature for finding in found for signature in finding.signatures)
    if plan.only == "*":
        report("generated histories")
        found += _generated(plan, Search(pair, comparison, until(_GENERATED)), known)
    report("the smallest history")
    _keep(Search(pair, comparison, until(1.0)), found)


def _recorded(plan: ComparePlan, search: Search, report: Callable[[str], None]) -> list[DifferingHistory]:
    selected = list(_scenarios(plan))
    found: list[DifferingHistory] = []
    foreign: list[str] = []
    for number, scenario in enumerate(selected):
        if search.is_over:
            search.comparison.notes.append(
                f"{len(selected) - number} recorded scenarios are left out because time is over"
            )
            break
        report(f"{scenario.area}/{scenario.name}")
        try:
            finding = search.recorded(scenario)
        except ForeignJob:
            foreign.append(f"{scenario.area}/{scenario.name}")
            continue
        except LimitReached:
            break
        search.comparison.recorded += 1
        found += [finding] if finding else []
    if foreign:
        search.comparison.notes.append(f"left out because they name foreign jobs: {', '.join(foreign)}")
    return found


def _scenarios(plan: ComparePlan) -> Iterator[Scenario]:
    """Yield the allowed recorded scenarios, the shortest first, so that long ones are left out when time is over."""
    every = scenarios_for(plan.contracts[0].release, releases()).only(plan.only)
    return iter(sorted(filter(plan.may_play, every), key=lambda it: (_waits(it), len(it.steps))))


def _waits(scenario: Scenario) -> float:
    return sum(float(recorded.step.get("wait", 0)) for recorded in scenario.steps)


def _only_reads(scenario: Scenario) -> bool:
    return all(recorded.step["request"]["method"] in READING for recorded in scenario.steps)


def _runs_jobs(scenario: Scenario) -> bool:
    return any("poll" in recorded.step or "observe" in recorded.step for recorded in scenario.steps)


def _generated(plan: ComparePlan, search: Search, known: frozenset[Signature]) -> list[DifferingHistory]:
    contract = plan.contracts[0]
    jobs = Jobs(Target(str(plan.urls[0])), contract) if plan.bounds.jobs else None
    strategy = histories(contract, jobs, posts=plan.may_write)
    finding = search.generated(strategy, cases=plan.bounds.cases, seed=plan.seed, known=known)
    return [finding] if finding else []


def _keep(search: Search, found: list[DifferingHistory]) -> None:
    """Keep the histories with new differences, the smallest first; minimise and repeat them while there is time."""
    known: set[Signature] = set()
    for finding in sorted(found, key=lambda each: each.size):
        if finding.signatures <= known:
            continue
        small = finding if search.is_over else search.minimised(finding)
        if small is None:
            search.comparison.unstable.append(finding.origin)
        else:
            search.comparison.findings.append(small)
            known |= finding.signatures
    search.comparison.findings.sort(key=lambda each: (not each.repeated, each.size))
