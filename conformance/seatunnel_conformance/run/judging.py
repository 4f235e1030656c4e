"""A check is made, whatever its kind, and comes to an outcome."""

from __future__ import annotations

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.checks import registry
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.attempts import attempt, outcome_of
from seatunnel_conformance.run.changes import Allowances
from seatunnel_conformance.run.kinds import ClauseCheck, GeneratedRequests, RandomHistories, RecordedScenario
from seatunnel_conformance.run.selection import Planned, plan
from seatunnel_conformance.target.alarm import TimeIsUp, time_limit


def judge(context: Context, planned: Planned) -> Outcome:
    """Make one check and return what it came to; nothing is raised but interrupts."""
    if planned.skipped:
        return outcome_of(context, planned, Verdict.SKIPPED, reason=planned.skipped)
    if (ended := context.target.governor.ended) is not None:
        return outcome_of(context, planned, Verdict.INCONCLUSIVE, reason=str(ended))
    governor = context.target.governor
    try:
        with time_limit(governor.seconds_left, may_ring=lambda: not governor.is_tidying):
            allowed = context.once(Allowances, lambda: _allowances(context))
            with governor.changing(allowed.share(planned), allowed.reserve(planned.kind)):
                return _made(context, planned)
    except TimeIsUp:
        return outcome_of(context, planned, Verdict.INCONCLUSIVE, reason=str(governor.out_of_time))


def _allowances(context: Context) -> Allowances:
    return Allowances(
        context.settings, context.contract, plan(context.settings, context.contract, registry.all_checks())
    )


def _made(context: Context, planned: Planned) -> Outcome:
    match planned.kind:
        case ClauseCheck(check):
            return attempt(context, planned, check)
        case GeneratedRequests() as generated:
            from seatunnel_conformance.run import generated as requests  # noqa: PLC0415 - a heavy import that few sessions need

            return requests.judge(context, planned, generated)
        case RandomHistories() as histories:
            from seatunnel_conformance.run import stateful  # noqa: PLC0415 - as above

            return stateful.judge(context, planned, histories)
        case RecordedScenario() as recorded:
            from seatunnel_conformance.run import scenarios  # noqa: PLC0415 - as above

            return scenarios.judge(context, planned, recorded)
