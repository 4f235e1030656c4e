"""The histories of a run are made once, for all rules together; for each broken rule the shortest is sought."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import NotObservable, SuiteError, forget_frames
from seatunnel_conformance.model.checker import InvariantBroken, InvariantChecker, StopGenerating
from seatunnel_conformance.model.history import InvariantViolation
from seatunnel_conformance.model.machine import LifeCycle
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.attempts import outcome_of
from seatunnel_conformance.run.kinds import RandomHistories
from seatunnel_conformance.run.selection import Planned
from seatunnel_conformance.text.redaction import redact_text

_LONGEST_SURVEY: Final = 60.0
"""Seconds after which no further history is begun: on a slow target there are fewer, and that is no failure."""

_LONGEST_SEARCH: Final = 15.0
"""Seconds for which a shorter history that breaks a rule is sought."""


@dataclass(slots=True)
class Survey:
    """What the histories of one run came to; `error` ended them early. The first who asks is told what they cost."""

    checker: InvariantChecker
    error: SuiteError | None
    seconds: float

    def bill(self) -> tuple[int, float]:
        """Return requests and seconds, once; then nothing."""
        cost = self.checker.requests, self.seconds
        self.checker.requests, self.seconds = 0, 0.0
        return cost


def judge(context: Context, planned: Planned, kind: RandomHistories) -> Outcome:
    """Return what the histories of this run came to for one rule, and make them unless that has been done."""
    begun = time.monotonic()
    survey = context.once(Survey, lambda: surveyed(context))
    broken = survey.checker.broken.get(kind.invariant.clause_id)
    if broken:
        outcome = _failed(context, planned, shortest(context, kind.invariant, broken))
    elif survey.error:
        verdict = Verdict.SKIPPED if isinstance(survey.error, NotObservable) else Verdict.INCONCLUSIVE
        outcome = outcome_of(context, planned, verdict, reason=redact_text(str(survey.error)))
    elif not survey.checker.cases[kind.invariant.clause_id]:
        reason = f"{survey.checker.histories} random histories, and none came to where this could be seen"
        outcome = outcome_of(context, planned, Verdict.SKIPPED, reason=reason)
    else:
        outcome = outcome_of(context, planned, Verdict.PASS)
    requests, _ = survey.bill()
    return replace(outcome, requests=requests, seconds=time.monotonic() - begun)


def surveyed(context: Context) -> Survey:
    """Make the histories of the run's profile, and hold them against all rules of the contract."""
    begun = time.monotonic()
    known = {clause.id for clause in context.contract.clauses}
    rules = [rule for clause_id, rule in all_invariants().items() if clause_id in known]
    checker = InvariantChecker(context, tuple(rules), begun + _LONGEST_SURVEY)
    trouble = _play(checker, (Phase.generate,))
    return Survey(checker, trouble, time.monotonic() - begun)


def shortest(context: Context, rule: Invariant, known: InvariantViolation) -> InvariantViolation:
    """Return the shortest history that breaks a rule, as far as it is found in time; `known` is one that does."""
    checker = InvariantChecker(
        context, (rule,), time.monotonic() + _LONGEST_SEARCH, raising=True, broken={rule.clause_id: known}
    )
    _play(checker, (Phase.generate, Phase.shrink))
    return checker.broken[rule.clause_id]


def _play(checker: InvariantChecker, phases: Sequence[Phase]) -> SuiteError | None:
    """Draw histories as the run's seed wants them; return the trouble that ended them, if any."""
    profile = checker.context.settings.depth
    drawing = settings(
        max_examples=profile.histories,
        stateful_step_count=profile.steps,
        phases=phases,
        database=None,  # what an earlier run has learned would make this one another
        deadline=None,  # how long a job takes is not what is measured
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
        # The shortest history is kept by the court. That one could not be repeated says something about time only.
        return None
    return None


def _failed(context: Context, planned: Planned, violation: InvariantViolation) -> Outcome:
    detail = f"This was done before:\n{violation.history.sentences()}"
    finding = Finding(redact_text(violation.problem), redact_text(detail), violation.curl())
    shown = tuple(exchange.as_event() for exchange in violation.exchanges)
    return outcome_of(context, planned, Verdict.FAIL, reason=finding.summary, findings=(finding,), exchanges=shown)
