"""Runs a comparison within a time limit: recorded histories, generated ones, then minimisation of differing ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import hypothesis
from hypothesis import HealthCheck, Phase, strategies

from seatunnel_conformance.compare.histories import histories
from seatunnel_conformance.compare.pair import ComparedStep, Pair
from seatunnel_conformance.compare.result import DeploymentComparison, DifferingHistory, Signature, signatures
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay import Address, Scenario, scenarios_for
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_openapi import Contract


class _Differs(Exception):
    """The responses of a generated history differ."""


class _TimeOver(BaseException):
    """The time is over. It is a `BaseException`, so that hypothesis does not take it for a failing example."""


@dataclass(slots=True)
class Search:
    """Plays histories on a pair of deployments until `deadline`, in seconds of `clock`."""

    pair: Pair
    comparison: DeploymentComparison
    deadline: float
    clock: Callable[[], float] = time.monotonic

    @property
    def is_over(self) -> bool:
        """Whether time is over."""
        return self.clock() > self.deadline

    def recorded(self, history: Scenario) -> DifferingHistory | None:
        """Play a recorded history. Return its steps up to the first difference, or None if there is none.

        Raises `ForeignJob` if it names a foreign job on either side.
        """
        played = self.pair.play(history)
        self.comparison.count(played)
        found = self._finding(history.full_name, played)
        return found and replace(found, keeps_connection=history.keeps_connection)

    def minimised(self, finding: DifferingHistory) -> DifferingHistory | None:
        """Play a history again without steps that its difference does not need, and return the shortest such history.

        Return None if the difference can't be repeated. Steps that wait are only removed with the request before them:
        a job that is stopped before it runs can cause another difference.
        """
        wanted = finding.signatures
        again: DifferingHistory | None = finding
        with suppress(LimitReached):
            again = self._played_again(finding, finding.steps, wanted, lag=self.pair.lag)
            moves = _moves(finding.steps[:-1])
            for position in reversed(range(len(moves))):
                if again is None or self.is_over:
                    break
                without = (*chain(*moves[:position], *moves[position + 1 :]), finding.steps[-1])
                smaller = self._played_again(finding, without, wanted)
                if smaller is not None:
                    again = smaller
                    del moves[position]
        return again

    def generated(
        self, histories: strategies.SearchStrategy[Scenario], *, cases: int, seed: int, known: frozenset[Signature]
    ) -> DifferingHistory | None:
        """Let hypothesis find and shrink a history with a difference that is not `known`; None if it finds none."""
        best: list[DifferingHistory] = []

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.given(histories)
        def has_same_responses(history: Scenario) -> None:
            if self.is_over:
                raise _TimeOver
            found = self._generated(history, known)
            if found is not None:
                best[:] = [min([*best, found], key=lambda each: each.size)]
                raise _Differs

        with suppress(_Differs, _TimeOver, hypothesis.errors.Flaky):
            has_same_responses()
        return best[0] if best else None

    def _generated(self, history: Scenario, known: frozenset[Signature]) -> DifferingHistory | None:
        """Play a generated history. Hypothesis rejects one that names a foreign job."""
        try:
            played = self.pair.play(history)
        except ForeignJob:
            hypothesis.reject()
        except LimitReached:
            raise _TimeOver from None
        self.comparison.count(played)
        self.comparison.generated += 1
        return self._finding(history.name, played, known)

    def _finding(
        self, origin: str, played: Sequence[ComparedStep], known: frozenset[Signature] = frozenset()
    ) -> DifferingHistory | None:
        for position, each in enumerate(played):
            found = frozenset(signatures(self.comparison.contract, each))
            if found - known:
                return DifferingHistory(origin, tuple(played[: position + 1]), found)
        return None

    def _played_again(
        self, finding: DifferingHistory, steps: Sequence[ComparedStep], wanted: frozenset[Signature], lag: float = 0.0
    ) -> DifferingHistory | None:
        """Play steps, and return them as a finding if only the last step differs, with one of the wanted signatures."""
        recorded = tuple(each.recorded for each in steps)
        history = Scenario("again", finding.origin, finding.keeps_connection, recorded)
        try:
            played = self.pair.play(history, lag=lag)
        except ForeignJob:
            # Another client has submitted a job with this id since the first time.
            return None
        found = self._finding(finding.origin, played)
        if found is None or len(found.steps) < len(steps) or not found.signatures & wanted:
            return None
        return replace(found, keeps_connection=finding.keeps_connection, repeated=True)


_WAITING: Final = frozenset({"poll", "observe", "wait"})


def _moves(steps: Sequence[ComparedStep]) -> list[list[ComparedStep]]:
    """Return groups of steps that are removed together: a step, and the steps after it that wait."""
    moves: list[list[ComparedStep]] = []
    for each in steps:
        if moves and _WAITING & each.step.keys():
            moves[-1].append(each)
        else:
            moves.append([each])
    return moves


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a comparison: the time in seconds, the number of generated histories, and the waits of a scenario.

    Without `jobs`, scenarios that wait for a job are left out; without `writes`, only requests that read are sent.
    """

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
"""The limits by profile."""

_LONGEST_LAG: Final = 2.0
"""The maximum number of seconds by which one side may show the state of a job later than the other."""
_RECORDED: Final = 0.6
"""The share of the time after which recorded histories end."""
_GENERATED: Final = 0.85
"""The share of the time after which generated histories end, and minimisation begins."""


@dataclass(frozen=True, slots=True)
class ComparePlan:
    """The settings of a comparison: two addresses, with their contracts.

    `tags` allows scenarios that replace tags, `writes` any request that changes the targets. `only` is a glob for
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
        """Return whether the limits and permissions allow a recorded scenario."""
        return (
            _waits(scenario) <= self.bounds.longest_wait
            and (self.tags or not scenario.touches_tags)
            and (self.may_write or all(recorded.step["request"]["method"] in READING for recorded in scenario.steps))
            and (self.bounds.jobs or not any({"poll", "observe"} & each.step.keys() for each in scenario.steps))
        )


def compare(
    plan: ComparePlan, *, report: Callable[[str], None] = lambda _: None, clock: Callable[[], float] = time.monotonic
) -> DeploymentComparison:
    """Compare two deployments; `report` is called with the current activity. Raises `TargetUnreachable` or a subclass.

    After an interruption, or if time is over, own jobs are stopped, and the result so far is returned with a note.
    """
    begun = clock()
    pair = Pair(plan.urls, lag=min(_LONGEST_LAG, plan.bounds.longest_wait))
    comparison = DeploymentComparison(plan.contracts[0])
    pair.open()
    try:
        _compare(plan, pair, comparison, report, lambda part: begun + plan.bounds.seconds * part)
    except KeyboardInterrupt:
        comparison.notes.append("interrupted: the result is incomplete")
        comparison.interrupted = True
    pair.close()
    if reason := pair.out_of_time:
        comparison.notes.append(f"{reason}: this is what was compared until then")
        comparison.cut_off = True
    comparison.notes += [f"the job {job_id} could not be stopped" for job_id in sorted(pair.left)]
    comparison.seconds = clock() - begun
    return comparison


def _compare(
    plan: ComparePlan,
    pair: Pair,
    comparison: DeploymentComparison,
    report: Callable[[str], None],
    until: Callable[[float], float],
) -> None:
    every = scenarios_for(plan.contracts[0].release).only(plan.only)
    # The shortest first, so that long ones are left out when time is over.
    selected = sorted(filter(plan.may_play, every), key=lambda it: (_waits(it), len(it.steps)))
    found = _recorded(selected, Search(pair, comparison, until(_RECORDED)), report)
    known = frozenset(signature for finding in found for signature in finding.signatures)
    if plan.only == "*":
        report("generated histories")
        search = Search(pair, comparison, until(_GENERATED))
        drawn = histories(plan.contracts[0], selected)
        finding = search.generated(drawn, cases=plan.bounds.cases, seed=plan.seed, known=known)
        found += [finding] if finding else []
    report("the smallest history")
    _keep(Search(pair, comparison, until(1.0)), found)


def _recorded(selected: Sequence[Scenario], search: Search, report: Callable[[str], None]) -> list[DifferingHistory]:
    found: list[DifferingHistory] = []
    foreign: list[str] = []
    for number, scenario in enumerate(selected):
        if search.is_over:
            search.comparison.notes.append(
                f"{len(selected) - number} recorded scenarios are left out because time is over"
            )
            break
        report(scenario.full_name)
        try:
            finding = search.recorded(scenario)
        except ForeignJob:
            foreign.append(scenario.full_name)
            continue
        except LimitReached:
            break
        search.comparison.recorded += 1
        found += [finding] if finding else []
    if foreign:
        search.comparison.notes.append(f"left out because they name foreign jobs: {', '.join(foreign)}")
    return found


def _waits(scenario: Scenario) -> float:
    return sum(float(recorded.step.get("wait", 0)) for recorded in scenario.steps)


def _keep(search: Search, found: list[DifferingHistory]) -> None:
    """Minimise histories while there is time, the smallest first, and put them into the result.

    Histories whose differences the result already has are left out.
    """
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
