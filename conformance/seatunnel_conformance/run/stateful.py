"""Run the stateful tests: once for all invariants, then for each broken one, to find the shortest commands in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import Inconclusive, SuiteError, forget_frames
from seatunnel_conformance.model.checker import (
    PARTS,
    InvariantBroken,
    InvariantChecker,
    InvariantViolation,
    StopGenerating,
    shares,
)
from seatunnel_conformance.model.invariants import INVARIANTS, Invariant
from seatunnel_conformance.model.machine import LifeCycle
from seatunnel_conformance.report.outcomes import Finding, Outcome, Verdict
from seatunnel_conformance.run.attempts import PlannedCheck, not_made, outcome_of
from seatunnel_conformance.run.repetition import with_new_ids
from seatunnel_conformance.text.redaction import redact_text

_LONGEST_RUN: Final = 50.0
"""Maximum seconds for the histories of a part. A slow target gets fewer of them."""

_LONGEST_SEARCH: Final = 15.0
"""Maximum seconds of a search for shorter commands that break an invariant."""

_ALL_SEARCHES: Final = 30.0
"""Seconds of all searches of a run. A search takes at most half of what is left."""


@dataclass(slots=True)
class StatefulResults:
    """The results of a run's stateful tests. Their checks share one object.

    `error` is the reason if they ended early, else None. `left` are the seconds that further searches may take.
    """

    error: SuiteError | None = None
    left: float = _ALL_SEARCHES
    _parts: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(PARTS)))
    _checkers: dict[int, InvariantChecker] = field(default_factory=dict)

    def complete(self, context: Context) -> None:
        """Run the parts that no other check has begun, then wait for the rest."""
        for waits in (False, True):
            for part, lock in enumerate(self._parts):
                if not lock.acquire(blocking=waits):
                    continue
                try:
                    if part not in self._checkers:
                        self._checkers[part], error = results_of(context, part)
                        self.error = self.error or error
                finally:
                    lock.release()

    @property
    def histories(self) -> int:
        """The number of complete histories."""
        return sum(checker.histories for checker in self._checkers.values())

    def cases(self, clause_id: str) -> int:
        """Return the number of times that the invariant of a clause was checked."""
        return sum(checker.cases[clause_id] for checker in self._checkers.values())

    def broken(self, clause_id: str) -> InvariantViolation | None:
        """Return the shortest found violation of an invariant, or None."""
        found = [checker.broken[clause_id] for checker in self._checkers.values() if clause_id in checker.broken]
        return min(found, key=lambda violation: len(violation.history.steps), default=None)

    def search_time(self) -> float:
        """Return the seconds for the next search, and subtract them from the remaining time."""
        seconds = min(self.left / 2, _LONGEST_SEARCH)
        self.left -= seconds
        return seconds

    def take_requests(self) -> int:
        """Return the number of requests since the last call, so that each request counts for one check only."""
        requests = sum(checker.requests for checker in self._checkers.values())
        for checker in self._checkers.values():
            checker.requests = 0
        return requests


def run_histories(context: Context, check: PlannedCheck, rule: Invariant) -> Outcome:
    """Return the outcome for one invariant. The first calls in a run play all invariants' histories."""
    begun = time.monotonic()
    results, clause_id = context.once(StatefulResults, StatefulResults), rule.clause_id
    results.complete(context)
    if broken := results.broken(clause_id):
        outcome = _failed(context, check, shortest(context, rule, broken, results.search_time()))
    elif isinstance(results.error, Inconclusive):
        outcome = not_made(context, check, results.error)
    elif results.error:
        outcome = outcome_of(context, check, Verdict.SKIPPED, reason=redact_text(str(results.error)))
    elif not results.cases(clause_id):
        reason = f"none of the {results.histories} random histories reached a state that the check needs"
        outcome = outcome_of(context, check, Verdict.SKIPPED, reason=reason)
    else:
        outcome = outcome_of(context, check, Verdict.PASS)
    return replace(outcome, requests=results.take_requests(), seconds=time.monotonic() - begun)


def results_of(context: Context, part: int) -> tuple[InvariantChecker, SuiteError | None]:
    """Play a part of the profile's histories, and check all invariants of the contract. Returns the error, if any."""
    known = {clause.id for clause in context.contract.clauses}
    rules = [rule for clause_id, rule in INVARIANTS.items() if clause_id in known]
    first = part == 0
    checker = InvariantChecker(
        context, tuple(rules), time.monotonic() + _LONGEST_RUN, part=part, taggable=first, reads_history=first
    )
    return checker, _play(checker, (Phase.generate,))


def shortest(
    context: Context, rule: Invariant, known: InvariantViolation, seconds: float = _LONGEST_SEARCH
) -> InvariantViolation:
    """Search a few seconds for a shorter violation of an invariant than `known`, and return the shortest."""
    checker = InvariantChecker(
        context, (rule,), time.monotonic() + seconds, raising=True, broken={rule.clause_id: known}
    )
    _play(checker, (Phase.generate, Phase.shrink))
    return checker.broken[rule.clause_id]


def _play(checker: InvariantChecker, phases: Sequence[Phase]) -> SuiteError | None:
    """Play random histories, drawn with the seed of the run. Returns the error that ended them early, if any."""
    profile = checker.context.settings.depth
    drawing = settings(
        max_examples=shares(profile.histories)[checker.part],
        stateful_step_count=profile.steps,
        phases=phases,
        database=None,  # earlier runs must not change this one
        deadline=None,  # the duration of jobs is not tested
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
    )

    def history() -> LifeCycle:
        return LifeCycle(checker)

    try:
        drawn = seed(checker.context.settings.seed + checker.part)(history)
        run_state_machine_as_test(drawn, settings=drawing)  # type: ignore[arg-type]
    except StopGenerating as over:
        forget_frames(over)
        forget_frames(over.error)
        return over.error
    except (InvariantBroken, HypothesisException):
        # The checker has the shortest violation. Hypothesis also raises an error for one that it can't repeat, which is
        # only a matter of time.
        return None
    return None


def _failed(context: Context, check: PlannedCheck, violation: InvariantViolation) -> Outcome:
    detail = f"This was done before:\n{violation.history.sentences()}"
    finding = Finding(
        redact_text(violation.problem),
        redact_text(detail),
        with_new_ids(violation.curl(), context.target.own.generated),
    )
    shown = violation.exchanges
    return outcome_of(context, check, Verdict.FAIL, reason=finding.summary, findings=(finding,), exchanges=shown)
