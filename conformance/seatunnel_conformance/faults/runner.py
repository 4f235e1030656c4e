"""A run of many faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import seatunnel_openapi
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.deployments import CleanRuns, clean_runs, trials
from seatunnel_conformance.faults.plan import FaultPlan, select
from seatunnel_conformance.faults.results import (
    Event,
    FaultResult,
    FaultsFinished,
    FaultsStarted,
    ResultsWriter,
    count_fates,
    read_results,
    require_same,
    results_file,
)
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.faults.workers import in_processes
from seatunnel_conformance.report.formats import require_writable
from seatunnel_conformance.text.redaction import Redactor, redact_url
from seatunnel_openapi import Contract


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` is called with each event.

    When time is over or the run is interrupted, the score has the results so far, and another run can resume them.

    Raises `NothingSelected`, a subclass of `ResultsError` if the results to resume are invalid, and the errors of
    deployments that can't be started. Before the first fault: `LimitReached` if time is over, `KeyboardInterrupt` if
    the run is interrupted.
    """
    begun, plan = time.monotonic(), _timed(_restricted(plan))
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
        redactor = plan.settings.connection.redactor()
        results = list(taken)
        try:
            results.extend(_reported(_tried(plan, clean, left), writer, listener, redactor))
            ended = str(_out_of_time(plan)) if len(results) < len(chosen) else ""
        except KeyboardInterrupt:
            ended = "interrupted"
        if not ended:
            finished = FaultsFinished(count_fates(results), round(time.monotonic() - begun, 3))
            writer.write(finished)
            listener(finished)
    return Score(tuple(results), ended)


def _timed(plan: FaultPlan) -> FaultPlan:
    """Return the plan with the current time as the beginning of the run, in this process and in others."""
    limits = plan.settings.limits.started(time.monotonic())
    return replace(plan, settings=replace(plan.settings, limits=limits))


def _out_of_time(plan: FaultPlan) -> LimitReached:
    return LimitReached(f"the time of {plan.settings.limits.run:g} s is used up (--max-time)")


def _restricted(plan: FaultPlan) -> FaultPlan:
    """Return the plan, restricted to reads if nobody has allowed changes of a deployment that is not ours."""
    settings = replace(plan.settings, reference=plan.settings.reference or not plan.foreign)
    is_allowed = settings.may_write or not settings.depth.writes
    return replace(plan, settings=settings if is_allowed else replace(settings, profile="read-only"))


def _tried(plan: FaultPlan, clean: CleanRuns, left: Sequence[Fault]) -> Iterator[Event]:
    if plan.jobs > 1 and len(left) > 1:
        yield from in_processes(plan, clean, left)
    else:
        yield from trials(plan, clean, left)


def _reported(
    events: Iterable[Event], writer: ResultsWriter, listener: Callable[[Event], None], redactor: Redactor
) -> Iterator[FaultResult]:
    """Write events and pass them to the listener, redacted, and yield the results."""
    for each in events:
        event = each.redacted(redactor) if isinstance(each, FaultResult) else each
        writer.write(event)
        listener(event)
        if isinstance(event, FaultResult):
            yield event


def _started(plan: FaultPlan, contract: Contract, selected: int) -> FaultsStarted:
    return FaultsStarted(
        target=redact_url(plan.settings.url),
        release=contract.release,
        profile=plan.settings.profile,
        seed=plan.settings.seed,
        generated=plan.generated,
        selected=selected,
        clean={},
    )
