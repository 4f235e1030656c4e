"""Faults shared out among processes, each with a deployment and a proxy of its own."""

from __future__ import annotations

import multiprocessing
import os
import queue
import tempfile
from collections.abc import Iterator, Sequence
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final, TypeAlias

import seatunnel_openapi
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.deployed import Clean, trials
from seatunnel_conformance.faults.judging import Fate
from seatunnel_conformance.faults.plan import FaultPlan, select
from seatunnel_conformance.faults.results import Result

_PATIENCE: Final = 600.0
"""Seconds without any result after which workers count as lost: a trial is bounded, and far below that."""

_LOOK: Final = 1.0
"""Seconds between two looks at whether workers live."""

_Ids: TypeAlias = "multiprocessing.Queue[str | None]"
_Results: TypeAlias = "multiprocessing.Queue[Result]"


def shared_out(plan: FaultPlan, clean: Clean, faults: Sequence[Fault]) -> Iterator[Result]:
    """Try faults in several processes, and yield results as they come; a fault whose worker died is broken."""
    context = multiprocessing.get_context("spawn")
    todo, done = context.Queue(), context.Queue()
    for fault in faults:
        todo.put(fault.id)
    workers = [_started(context, plan, clean, todo, done) for _ in range(plan.jobs)]
    left = {fault.id: fault for fault in faults}
    try:
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
            yield Result(fault.id, fault.kind, Fate.BROKEN, fault.due, must, fault.breaks, note="its worker has died")
    finally:
        _end(plan, workers)


def _started(context: SpawnContext, plan: FaultPlan, clean: Clean, todo: Any, done: Any) -> SpawnProcess:
    todo.put(None)
    worker = context.Process(target=_work, args=(plan, clean, todo, done))
    worker.start()
    return worker


def _results(plan: FaultPlan, done: Any, workers: Sequence[SpawnProcess]) -> Iterator[Result]:
    """Yield results until nobody is left who could give one, or the time is over."""
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
            worker.terminate()


def _work(plan: FaultPlan, clean: Clean, todo: _Ids, done: _Results) -> None:
    """Try faults until there are none left. This is what a process does."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        contract = seatunnel_openapi.load(plan.settings.release)
        known = {fault.id: fault for fault in select(contract, plan)}
        for result in trials(plan, clean, (known[fault_id] for fault_id in iter(todo.get, None))):
            done.put(result)
