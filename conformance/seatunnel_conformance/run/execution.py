"""Run a planned check of any kind within the limits of its run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from seatunnel_conformance import errors
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.attempts import Causes, not_made, outcome_of, own_failure
from seatunnel_conformance.run.changes import Allowances
from seatunnel_conformance.run.planned import PlannedCheck
from seatunnel_conformance.run.recognition import is_absent
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.limits import TimeIsUp, time_limit
from seatunnel_conformance.target.routes import find, label, met_parts
from seatunnel_openapi.contract import Operation


def run_check(context: Context, check: PlannedCheck) -> Outcome:
    """Run a check of any kind and return its outcome, with what it met of the contract. Only interrupts are raised."""
    wires = [node.wire for node in (context.target, *context.others)]
    for wire in wires:
        wire.met.clear()
    causes = Causes.of(context, Allowances.of(context).checks)
    outcome = _run_check(context, check, causes)
    met = met_parts(context.contract, context.target.context_path, set().union(*(wire.met for wire in wires)))
    return replace(outcome, met=tuple(sorted(set(met))))


def _run_check(context: Context, check: PlannedCheck, causes: Causes) -> Outcome:
    if check.skipped:
        return outcome_of(context, check, Verdict.SKIPPED, reason=check.skipped)
    if (ended := context.target.governor.ended) is not None:
        return not_made(context, check, ended)
    outcome = _limited(context, check)
    ended = context.target.governor.ended
    if outcome.verdict is Verdict.INCONCLUSIVE and isinstance(ended, errors.TargetUnreachable):
        verdict, reason = causes.not_run(ended, check.id)
        return outcome.judged(verdict, reason)
    return causes.concluded(outcome)


def _limited(context: Context, check: PlannedCheck) -> Outcome:
    governor = context.target.governor
    with context.target.watched() as exchanges:
        try:
            with time_limit(governor.seconds_left, may_ring=lambda: not governor.is_cleaning_up):
                allowed = Allowances.of(context)
                with governor.changing(allowed.share(check), allowed.reserve(check.kind)):
                    outcome = _unless_absent(context, check, check.kind.run(context, check))
                    if outcome.verdict is not Verdict.PASS:
                        with suppress(errors.Inconclusive):
                            context.jobs.release()
                    return outcome
        except TimeIsUp:
            reason, sent = str(governor.out_of_time), len(exchanges)
            return outcome_of(context, check, Verdict.INCONCLUSIVE, reason=reason, requests=sent)
        except Exception as error:  # noqa: BLE001 - a defect of the suite must not end the run without a word
            return outcome_of(context, check, Verdict.INCONCLUSIVE, reason=own_failure(error))


def _responds(context: Context, operation: Operation, absent: int) -> bool:
    """Return whether an operation has responded to the check with a status other than 404 and that of its absence."""
    path = context.target.context_path
    return any(
        status not in {absent, HTTPStatus.NOT_FOUND}
        and find(context.contract, method, target.partition("?")[0].removeprefix(path).rstrip("/"))[0] == operation
        for method, target, status in context.target.wire.met
    )


def _unless_absent(context: Context, check: PlannedCheck, outcome: Outcome) -> Outcome:
    """Return the outcome of a check; if it failed at an operation that is not there, one that says so only once."""
    for exchange in outcome.exchanges[::-1] if outcome.verdict is Verdict.FAIL else ():
        url = urlsplit(exchange.url)
        path = url.path.removeprefix(context.target.context_path).rstrip("/")
        found, _ = find(context.contract, exchange.method, path)
        response = Response(exchange.status or 0, list(exchange.headers), exchange.body.encode(), 0.0)
        # A query can ask for one thing that is not there, and a HEAD for a page may have the fields of another.
        is_certain = not url.query and (exchange.method != "HEAD" or response.status == HTTPStatus.NOT_FOUND)
        is_certain = is_certain and found is not None and not _responds(context, found, response.status)
        if found and is_certain and is_absent(response, context.contract, found):
            error = errors.OperationMissing(label(found), f"{exchange.method} {path} was answered {exchange.status}")
            made = not_made(context, check, error)
            return replace(outcome, verdict=made.verdict, reason=made.reason, cause=made.cause, see=made.see)
    return outcome
