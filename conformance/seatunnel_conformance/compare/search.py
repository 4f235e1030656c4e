"""Differences looked for, and made small: by leaving out steps of recorded histories, by hypothesis for its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import hypothesis
from hypothesis import HealthCheck, Phase, strategies

from seatunnel_conformance.compare.pair import Compared, Pair
from seatunnel_conformance.compare.result import Comparison, Finding, Signature, signatures
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_conformance.target.job_guard import ForeignJob


class _Differs(Exception):
    """The history that is tried is answered differently."""


class _TimeOver(BaseException):
    """The time is over; hypothesis lets pass what is no `Exception`."""


@dataclass(slots=True)
class Search:
    """One search on a pair of deployments, up to a moment of the monotonic clock (in seconds)."""

    pair: Pair
    comparison: Comparison
    deadline: float
    clock: Callable[[], float] = time.monotonic

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return self.clock() > self.deadline

    def recorded(self, history: Scenario) -> Finding | None:
        """Play a recorded history; return the part of it that ends with the first difference, None if there is none.

        Raises `ForeignJob` for one that is about somebody else's job on either side.
        """
        played = self.pair.play(history)
        self.comparison.count(played)
        found = self._finding(f"{history.area}/{history.name}", played)
        return found and replace(found, keeps_connection=history.keeps_connection)

    def made_small(self, finding: Finding) -> Finding | None:
        """Leave out steps that the difference does not need; None if the difference does not come again at all.

        Steps that wait go with what they wait for, never alone: a job that is stopped too early differs for that.
        """
        wanted = finding.signatures
        again: Finding | None = finding
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
    ) -> Finding | None:
        """Let hypothesis look for a difference that isn't `known`, and shrink it; None if it finds none."""
        best: list[Finding] = []

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
        def is_answered_alike(history: Scenario) -> None:
            if self.is_over:
                raise _TimeOver
            found = self._drawn(history, known)
            if found is not None:
                best[:] = [min([*best, found], key=lambda each: each.size)]
                raise _Differs

        with suppress(_Differs, _TimeOver, hypothesis.errors.Flaky):
            is_answered_alike()
        return best[0] if best else None

    def _drawn(self, history: Scenario, known: frozenset[Signature]) -> Finding | None:
        """Play a history that hypothesis has made; one about somebody else's job doesn't count."""
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
        self, origin: str, played: Sequence[Compared], known: frozenset[Signature] = frozenset()
    ) -> Finding | None:
        for position, each in enumerate(played):
            told = frozenset(signatures(self.comparison.contract, each))
            if told - known:
                return Finding(origin, tuple(played[: position + 1]), told)
        return None

    def _played_again(
        self, finding: Finding, steps: Sequence[Compared], wanted: frozenset[Signature], lag: float = 0.0
    ) -> Finding | None:
        """Play steps and return them as a finding if the last one, and it alone, still differs in a wanted place."""
        recorded = tuple(each.recorded for each in steps)
        history = Scenario("again", finding.origin, finding.keeps_connection, recorded)
        try:
            played = self.pair.play(history, lag=lag)
        except ForeignJob:
            # It has come meanwhile.
            return None
        found = self._finding(finding.origin, played)
        if found is None or len(found.steps) < len(steps) or not found.signatures & wanted:
            return None
        return replace(found, keeps_connection=finding.keeps_connection, repeated=True)


_WAITING: Final = frozenset({"poll", "observe", "wait"})


def _moves(steps: Sequence[Compared]) -> list[list[Compared]]:
    """Return steps in groups, each a step with those behind it that wait."""
    moves: list[list[Compared]] = []
    for each in steps:
        if moves and _WAITING & each.step.keys():
            moves[-1].append(each)
        else:
            moves.append([each])
    return moves
