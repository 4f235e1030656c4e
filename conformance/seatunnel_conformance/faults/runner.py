"""A run of faults: once without any, and once for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import seatunnel_openapi
from seatunnel_conformance.errors import InvalidSettings, LimitReached
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.deployed import Clean, clean_runs, trials
from seatunnel_conformance.faults.plan import FaultPlan, Judge, select
from seatunnel_conformance.faults.results import (
    Event,
    FaultsFinished,
    FaultsStarted,
    Result,
    ResultsWriter,
    count_fates,
    read_results,
    require_same,
    results_file,
)
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.faults.workers import shared_out
from seatunnel_conformance.report.formats import require_writable
from seatunnel_conformance.target.deployment import is_loopback
from seatunnel_conformance.text.redaction import Veil, redact_url
from seatunnel_openapi import Contract


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` hears of every event as it happens.

    When the time of the plan's settings is over, the score has what was tried until then, and another run can go on
    with its results.

    Raises `NothingSelected`, a leaf of `ResultsError` when the results to go on with are no such, `LimitReached` when
    the time is over before a fault is tried, and what deployments raise when they can't be had.
    """
    begun, plan = time.monotonic(), _timed(_careful(plan))
    contract = seatunnel_openapi.load(plan.settings.release)
    chosen = select(contract, plan)
    header, known = read_results(plan.resume) if plan.resume else (None, [])
    path = plan.report or plan.resume
    require_writable({"ndjson": path} if path else {})
    done = {result.fault: result for result in known}
    left = [fault for fault in chosen if fault.id not in done]
    started = _started(plan, contract, len(chosen))
    require_same(header, started)
    clean = clean_runs(plan, contract, left)
    if plan.is_over and left:
        raise _out_of_time(plan)
    started = replace(started, clean=clean.counts, failing=clean.failing)
    taken = [done[fault.id] for fault in chosen if fault.id in done]
    with results_file(path, [started, *known]) as writer:
        listener(started)
        for result in taken:
            listener(result)
        veil = plan.settings.connection.veil()
        results = [*taken, *_told(_tried(plan, clean, left), writer, listener, veil)]
        ended = str(_out_of_time(plan)) if len(results) < len(chosen) else ""
        if not ended:
            finished = FaultsFinished(count_fates(results), round(time.monotonic() - begun, 3))
            writer.write(finished)
            listener(finished)
    return Score(tuple(results), ended)


def _timed(plan: FaultPlan) -> FaultPlan:
    """Return the plan with one beginning for all that is connected to from now on, in this process and others."""
    limits = plan.settings.limits.started(time.monotonic())
    return replace(plan, settings=replace(plan.settings, limits=limits))


def _out_of_time(plan: FaultPlan) -> LimitReached:
    return LimitReached(f"the time of {plan.settings.limits.run:g} s is used up (--max-time)")


def _careful(plan: FaultPlan) -> FaultPlan:
    """Return the plan with what another machine's deployment may not suffer taken out.

    The proxy is on this machine wherever the deployment is, so the suite can't see by itself that it must be careful.
    """
    if not plan.foreign or is_loopback(plan.settings.url):
        return plan
    if plan.judge is Judge.SCHEMATHESIS:
        raise InvalidSettings(
            "stock schemathesis changes what it is pointed at: it judges deployments of this machine only"
        )
    allowed = plan.settings.allow_writes
    return plan if allowed else replace(plan, settings=replace(plan.settings, profile="read-only"))


def _tried(plan: FaultPlan, clean: Clean, left: Sequence[Fault]) -> Iterator[Event]:
    if plan.jobs > 1 and len(left) > 1:
        yield from shared_out(plan, clean, left)
    else:
        yield from trials(plan, clean, left)


def _told(
    events: Iterable[Event], writer: ResultsWriter, listener: Callable[[Event], None], veil: Veil
) -> Iterator[Result]:
    """Write and tell events, without the secrets of the run, and yield the results among them."""
    for each in events:
        event = each.veiled(veil) if isinstance(each, Result) else each
        writer.write(event)
        listener(event)
        if isinstance(event, Result):
            yield event


def _started(plan: FaultPlan, contract: Contract, selected: int) -> FaultsStarted:
    return FaultsStarted(
        target=redact_url(plan.settings.url),
        release=contract.release,
        profile=plan.settings.profile,
        judge=plan.judge.value,
        seed=plan.settings.seed,
        generated=plan.generated,
        selected=selected,
        clean={},
    )
