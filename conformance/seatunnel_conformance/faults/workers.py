"""Tries faults in several processes, each with its own deployment and proxy."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import tempfile
from collections.abc import Iterator, Sequence
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final, TypeAlias

import seatunnel_openapi
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.deployments import CleanRuns, trials
from seatunnel_conformance.faults.plan import FaultPlan, select
from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.faults.status import FaultStatus

_PATIENCE: Final = 600.0
"""Seconds without a result after which workers count as dead; a trial takes much less."""

_LOOK: Final = 1.0
"""Seconds between two tests whether workers are alive."""

_Ids: TypeAlias = "multiprocessing.Queue[str | None]"
_Results: TypeAlias = "multiprocessing.Queue[FaultResult]"


def in_processes(plan: FaultPlan, clean: CleanRuns, faults: Sequence[Fault]) -> Iterator[FaultResult]:
    """Try faults in several processes, and yield the results; the fault of a dead worker is `BROKEN`."""
    context = multiprocessing.get_context("spawn")
    todo, done = context.Queue(), context.Queue()
    for item in (*(fault.id for fault in faults), *[None] * plan.jobs):
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
        contract = seatunnel_openapi.load(plan.settings.release)
        for fault in left.values():
            must = fault.breaks_a_must(contract)
            yield FaultResult(
                fault.id,
                fault.kind,
                FaultStatus.BROKEN,
                fault.expected,
                must,
                fault.breaks,
                note="the worker process died",
            )


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
    contract = seatunnel_openapi.load(plan.settings.release)
    known = {fault.id: fault for fault in select(contract, plan)}
    for result in trials(plan, clean, (known[fault_id] for fault_id in iter(todo.get, None))):
        done.put(result)
