"""A run of many faults."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final, TypeAlias

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.plan import FaultPlan, select
from seatunnel_conformance.faults.results import (
    Event,
    FaultResult,
    FaultsFinished,
    FaultsStarted,
    FaultStatus,
    ResultsWriter,
    count_fates,
    read_results,
    require_same,
    results_file,
)
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.faults.trial import CleanRuns, clean_runs, groups, trials, untried
from seatunnel_conformance.report.formats import require_writable
from seatunnel_conformance.text.redaction import Redactor, redact_url
from seatunnel_openapi import in_own_words, load

_PATIENCE: Final = 600.0
"""Seconds without a result after which workers count as dead; a trial takes much less."""

_PROCESSES: Final = 4
"""The most processes unless the plan has a number. Trials wait most of the time."""

_FAULTS_PER_PROCESS: Final = 20
"""Faults that are worth another process, which takes seconds to start."""

_LOOK: Final = 1.0
"""Seconds between two tests whether workers are alive."""

_Ids: TypeAlias = "multiprocessing.Queue[tuple[str, ...] | None]"
_Results: TypeAlias = "multiprocessing.Queue[FaultResult]"


def in_processes(plan: FaultPlan, clean: CleanRuns, faults: Sequence[Fault]) -> Iterator[FaultResult]:
    """Try faults in several processes, and yield the results; the fault of a dead worker is `BROKEN`."""
    context = multiprocessing.get_context("spawn")
    todo, done = context.Queue(), context.Queue()
    for item in (*(tuple(fault.id for fault in group) for group in groups(faults)), *[None] * plan.jobs):
        todo.put(item)
    left = {fault.id: fault for fault in faults}
    with _working(context, plan, (plan, clean, todo, done)) as workers:
        for result in _results(plan, done, workers):
            left.pop(result.fault)
            yield result
            if not left:
                break
        if plan.is_over:
            return
        contract = in_own_words(load(plan.settings.release))
        for fault in left.values():
            yield untried(fault, contract, FaultStatus.BROKEN, "the worker process died")


@contextlib.contextmanager
def _working(context: SpawnContext, plan: FaultPlan, arguments: tuple[Any, ...]) -> Iterator[Sequence[SpawnProcess]]:
    """Yield the worker processes. They are terminated if the block ends with an exception, such as Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-", ignore_cleanup_errors=True) as folder:
        workers = [context.Process(target=_work, args=(folder, *arguments)) for _ in range(plan.jobs)]
        for worker in workers:
            worker.start()
        try:
            yield workers
        except BaseException:
            for worker in workers:
                worker.terminate()
            raise
        finally:
            _end(plan, workers)


def _results(plan: FaultPlan, done: Any, workers: Sequence[SpawnProcess]) -> Iterator[FaultResult]:
    """Yield results until no worker is alive or time is over."""
    waited = 0.0
    while waited < _PATIENCE and plan.settings.limits.left > 0:
        try:
            yield done.get(timeout=_LOOK)
            waited = 0.0
        except queue.Empty:
            waited += _LOOK
            if not any(worker.is_alive() for worker in workers):
                return


def _end(plan: FaultPlan, workers: Sequence[SpawnProcess]) -> None:
    for worker in workers:
        worker.join(timeout=min(10.0, max(0.0, plan.settings.limits.left)))
        if worker.is_alive():
            worker.kill()


def _work(folder: str, plan: FaultPlan, clean: CleanRuns, todo: _Ids, done: _Results) -> None:
    """Try faults until the queue is empty. This is the main function of a worker process.

    Ctrl-C is left to the process that has started it, which terminates this one. Hypothesis stores tables in `folder`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    contract = in_own_words(load(plan.settings.release))
    known = {fault.id: fault for fault in select(contract, plan)}
    for result in trials(plan, clean, ([known[fault_id] for fault_id in group] for group in iter(todo.get, None))):
        done.put(result)


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` is called with each event.

    When time is over or the run is interrupted, the score has the results so far, and another run can resume them.

    Raises `NothingSelected`, a subclass of `ResultsError` if the results to resume are invalid, and the errors of
    deployments that can't be started. Before the first fault: `LimitReached` if time is over, `KeyboardInterrupt` if
    the run is interrupted.
    """
    begun, plan = time.monotonic(), _timed(_restricted(plan))
    contract = in_own_words(load(plan.settings.release))
    chosen = select(contract, plan)
    header, known = read_results(plan.resume) if plan.resume else (None, [])
    path = plan.report or plan.resume
    require_writable({"ndjson": path} if path else {})
    done = {result.fault: result for result in known}
    left = [fault for fault in chosen if fault.id not in done]
    plan = replace(plan, jobs=plan.jobs or processes_for(len(left)))
    started = FaultsStarted(
        target=redact_url(plan.settings.url),
        release=contract.release,
        profile=plan.settings.profile,
        seed=plan.settings.seed,
        generated=plan.generated,
        selected=len(chosen),
        clean={},
    )
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


def processes_for(faults: int) -> int:
    """Return the number of processes for a number of faults, if the plan has none."""
    return max(1, min(_PROCESSES, faults // _FAULTS_PER_PROCESS))


def _timed(plan: FaultPlan) -> FaultPlan:
    """Return the plan with the current time as the beginning of the run, in this process and in others."""
    limits = plan.settings.limits.started(time.monotonic())
    return replace(plan, settings=replace(plan.settings, limits=limits))


def _out_of_time(plan: FaultPlan) -> LimitReached:
    return LimitReached(f"the time of {plan.settings.limits.run:g} s is used up (--max-time)")


def _restricted(plan: FaultPlan) -> FaultPlan:
    """Return the plan, restricted to reads for another deployment without --allow-writes."""
    asked, own = plan.settings, not plan.foreign
    settings = replace(asked, reference=asked.reference or own, dedicated=asked.dedicated or own)
    is_allowed = settings.may_write or not settings.depth.writes
    return replace(plan, settings=settings if is_allowed else replace(settings, profile="read-only"))


def _tried(plan: FaultPlan, clean: CleanRuns, left: Sequence[Fault]) -> Iterator[Event]:
    if plan.jobs > 1 and len(left) > 1:
        yield from in_processes(plan, clean, left)
    else:
        yield from trials(plan, clean, groups(left))


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
