"""Run the stateful tests: once for all invariants, then for each broken one until the commands are minimal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import Inconclusive, SuiteError, forget_frames
from seatunnel_conformance.model.checker import InvariantBroken, InvariantChecker, InvariantViolation, StopGenerating
from seatunnel_conformance.model.machine import LifeCycle
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.attempts import not_made, outcome_of
from seatunnel_conformance.run.repetition import with_new_ids
from seatunnel_conformance.run.selection import PlannedCheck, StatefulTest
from seatunnel_conformance.text.redaction import redact_text

_LONGEST_RUN: Final = 60.0
"""Seconds after which no further sequence of commands is started. A slow target gets fewer sequences."""

_LONGEST_SEARCH: Final = 15.0
"""Seconds of the search for shorter commands that break an invariant. Each search takes half of what is left."""

_ALL_SEARCHES: Final = 30.0
"""Seconds of all searches of a run."""


@dataclass(slots=True)
class StatefulResults:
    """The results of the stateful tests of a run, shared by all checks; `error` is the reason if they ended early."""

    checker: InvariantChecker
    error: SuiteError | None
    seconds: float
    left: float = _ALL_SEARCHES

    def search_time(self) -> float:
        """Return the seconds for the next search."""
        seconds = min(self.left / 2, _LONGEST_SEARCH)
        self.left -= seconds
        return seconds

    def take_cost(self) -> tuple[int, float]:
        """Return the number of requests and the seconds at the first call, then zeros."""
        cost = self.checker.requests, self.seconds
        self.checker.requests, self.seconds = 0, 0.0
        return cost


def run_check(context: Context, check: PlannedCheck, kind: StatefulTest) -> Outcome:
    """Return the outcome for one invariant. The first call runs the tests for all invariants."""
    begun = time.monotonic()
    results = context.once(StatefulResults, lambda: results_of(context))
    broken = results.checker.broken.get(kind.invariant.clause_id)
    if broken:
        outcome = _failed(context, check, shortest(context, kind.invariant, broken, results.search_time()))
    elif results.error:
        outcome = _not_made(context, check, results.error)
    elif not results.checker.cases[kind.invariant.clause_id]:
        reason = f"{results.checker.histories} random histories, and none came to where this could be seen"
        outcome = outcome_of(context, check, Verdict.SKIPPED, reason=reason)
    else:
        outcome = outcome_of(context, check, Verdict.PASS)
    requests, _ = results.take_cost()
    return replace(outcome, requests=requests, seconds=time.monotonic() - begun)


def _not_made(context: Context, check: PlannedCheck, error: SuiteError) -> Outcome:
    if isinstance(error, Inconclusive):
        return not_made(context, check, error)
    return outcome_of(context, check, Verdict.SKIPPED, reason=redact_text(str(error)))


def results_of(context: Context) -> StatefulResults:
    """Run the stateful tests of the profile, and check all invariants of the contract."""
    begun = time.monotonic()
    known = {clause.id for clause in context.contract.clauses}
    rules = [rule for clause_id, rule in all_invariants().items() if clause_id in known]
    checker = InvariantChecker(context, tuple(rules), begun + _LONGEST_RUN)
    error = _play(checker, (Phase.generate,))
    return StatefulResults(checker, error, time.monotonic() - begun)


def shortest(
    context: Context, rule: Invariant, known: InvariantViolation, seconds: float = _LONGEST_SEARCH
) -> InvariantViolation:
    """Return the shortest commands found in time that break an invariant. `known` is a violation."""
    checker = InvariantChecker(
        context, (rule,), time.monotonic() + seconds, raising=True, broken={rule.clause_id: known}
    )
    _play(checker, (Phase.generate, Phase.shrink))
    return checker.broken[rule.clause_id]


def _play(checker: InvariantChecker, phases: Sequence[Phase]) -> SuiteError | None:
    """Run sequences of commands, drawn with the seed of the run. Returns the error that ended them early, if any."""
    profile = checker.context.settings.depth
    drawing = settings(
        max_examples=profile.histories,
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
        run_state_machine_as_test(seed(checker.context.settings.seed)(history), settings=drawing)  # type: ignore[arg-type]
    except StopGenerating as over:
        forget_frames(over)
        forget_frames(over.error)
        return over.error
    except (InvariantBroken, HypothesisException):
        # The checker has the shortest commands. If a violation is not repeatable, that is only a matter of time.
        return None
    return None


def _failed(context: Context, check: PlannedCheck, violation: InvariantViolation) -> Outcome:
    detail = f"This was done before:\n{violation.history.sentences()}"
    finding = Finding(
        redact_text(violation.problem),
        redact_text(detail),
        with_new_ids(violation.curl(), context.target.own.generated),
    )
    shown = tuple(exchange.reported() for exchange in violation.exchanges)
    return outcome_of(context, check, Verdict.FAIL, reason=finding.summary, findings=(finding,), exchanges=shown)
