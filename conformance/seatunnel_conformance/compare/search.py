"""Finds differences and minimises them: hypothesis shrinks its own histories, recorded ones lose steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import hypothesis
from hypothesis import HealthCheck, Phase, strategies

from seatunnel_conformance.compare.pair import ComparedStep, Pair
from seatunnel_conformance.compare.result import DeploymentComparison, DifferingHistory, Signature, signatures
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_conformance.target.job_guard import ForeignJob


class _Differs(Exception):
    """The responses of a generated history differ."""


class _TimeOver(BaseException):
    """The time is over. A `BaseException`, which hypothesis does not handle."""


@dataclass(slots=True)
class Search:
    """One search on a pair of deployments, until `deadline` on the monotonic clock, in seconds."""

    pair: Pair
    comparison: DeploymentComparison
    deadline: float
    clock: Callable[[], float] = time.monotonic

    @property
    def is_over(self) -> bool:
        """Whether time is over."""
        return self.clock() > self.deadline

    def recorded(self, history: Scenario) -> DifferingHistory | None:
        """Play a recorded history; return its part up to the first difference, or None.

        Raises `ForeignJob` if it names a foreign job on either side.
        """
        played = self.pair.play(history)
        self.comparison.count(played)
        found = self._finding(f"{history.area}/{history.name}", played)
        return found and replace(found, keeps_connection=history.keeps_connection)

    def minimised(self, finding: DifferingHistory) -> DifferingHistory | None:
        """Remove steps that the difference does not need; None if the difference can't be repeated.

        Steps that wait are only removed with the request before them, because a job that is stopped too early may
        differ for that reason.
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
        """Let hypothesis find a difference that is not `known`, and shrink it; None if it finds none."""
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
        """Play a generated history; reject one that names a foreign job."""
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
        """Play steps, and return them as a finding if only the last one differs, in a wanted place."""
        recorded = tuple(each.recorded for each in steps)
        history = Scenario("again", finding.origin, finding.keeps_connection, recorded)
        try:
            played = self.pair.play(history, lag=lag)
        except ForeignJob:
            # The job was submitted meanwhile.
            return None
        found = self._finding(finding.origin, played)
        if found is None or len(found.steps) < len(steps) or not found.signatures & wanted:
            return None
        return replace(found, keeps_connection=finding.keeps_connection, repeated=True)


_WAITING: Final = frozenset({"poll", "observe", "wait"})


def _moves(steps: Sequence[ComparedStep]) -> list[list[ComparedStep]]:
    """Return groups of steps, each with the following steps that wait."""
    moves: list[list[ComparedStep]] = []
    for each in steps:
        if moves and _WAITING & each.step.keys():
            moves[-1].append(each)
        else:
            moves.append([each])
    return moves
