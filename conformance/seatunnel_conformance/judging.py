"""A check is made, whatever its kind, and comes to an outcome."""

from __future__ import annotations

from seatunnel_conformance import registry
from seatunnel_conformance.alarm import TimeIsUp, time_limit
from seatunnel_conformance.bench import Bench
from seatunnel_conformance.changes import Allowances
from seatunnel_conformance.kinds import ClauseCheck, GeneratedRequests, RandomHistories, RecordedScenario
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.selection import Planned, plan
from seatunnel_conformance.verdicts import Verdict


def judge(bench: Bench, planned: Planned) -> Outcome:
    """Make one check and return what it came to; nothing is raised but interrupts."""
    if planned.skipped:
        return bench.outcome(planned, Verdict.SKIPPED, reason=planned.skipped)
    if (ended := bench.target.governor.ended) is not None:
        return bench.outcome(planned, Verdict.INCONCLUSIVE, reason=str(ended))
    governor = bench.target.governor
    try:
        with time_limit(governor.seconds_left, may_ring=lambda: not governor.is_tidying):
            allowed = bench.once(Allowances, lambda: _allowances(bench))
            with governor.changing(allowed.share(planned), allowed.reserve(planned.kind)):
                return _made(bench, planned)
    except TimeIsUp:
        return bench.outcome(planned, Verdict.INCONCLUSIVE, reason=str(governor.out_of_time))


def _allowances(bench: Bench) -> Allowances:
    return Allowances(bench.settings, bench.contract, plan(bench.settings, bench.contract, registry.all_checks()))


def _made(bench: Bench, planned: Planned) -> Outcome:
    match planned.kind:
        case ClauseCheck(check):
            return bench.attempt(planned, check)
        case GeneratedRequests() as generated:
            from seatunnel_conformance.generated import run  # noqa: PLC0415 - a heavy import that few sessions need

            return run.judge(bench, planned, generated)
        case RandomHistories() as histories:
            from seatunnel_conformance.model import run as model  # noqa: PLC0415 - as above

            return model.judge(bench, planned, histories)
        case RecordedScenario() as recorded:
            from seatunnel_conformance.recorded import run as recordings  # noqa: PLC0415 - as above

            return recordings.judge(bench, planned, recorded)
