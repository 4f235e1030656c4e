"""A run of many faults."""

from __future__ import annotations

import math
import os
import signal
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice
from multiprocessing import active_children, get_context
from typing import Any, Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.plan import FaultPlan, select
from seatunnel_conformance.faults.results import (
    Event,
    FaultResult,
    FaultsFinished,
    FaultsStarted,
    count_fates,
    read_results,
    require_same,
    results_file,
)
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.faults.trial import CleanRuns, clean_runs, groups, trials
from seatunnel_conformance.report.formats import require_writable
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.text.redaction import redact_url

_PROCESSES: Final = 4
"""The most processes unless the plan has a number. Trials wait most of the time."""

_FAULTS_PER_PROCESS: Final = 20
"""Faults that are worth another process, which takes seconds to start."""

_todo: Final = deque[tuple[str, ...]]()
"""The faults that are tried together next, by id, in a worker process."""

_results: Iterator[FaultResult] = iter(())
"""The results of a worker process, which tries faults as long as there are some to do."""


def _begin(folder: str, plan: FaultPlan, clean: CleanRuns) -> None:
    """Begin a worker process. Ctrl-C is left to the process that started it. Hypothesis stores tables in `folder`."""
    global _results  # noqa: PLW0603 - a worker process has nothing else that lasts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    known = {fault.id: fault for fault in select(plan)}
    _results = trials(plan, clean, ([known[fault_id] for fault_id in ids] for ids in iter(_todo.popleft, None)))


def _try(ids: tuple[str, ...]) -> list[FaultResult]:
    """Try a group of faults in a worker process; if time is over, there are fewer results."""
    _todo.append(ids)
    return list(islice(_results, len(ids)))


def in_processes(plan: FaultPlan, clean: CleanRuns, faults: Sequence[Fault]) -> Iterator[FaultResult]:
    """Try faults in several processes, and yield the results until time is over.

    Raises `BrokenProcessPool` if a process dies.
    """
    with tempfile.TemporaryDirectory(prefix="seatunnel-", ignore_cleanup_errors=True) as folder:
        others = set(active_children())
        pool = ProcessPoolExecutor(plan.jobs, get_context("spawn"), _begin, (folder, plan, clean))
        try:
            todo = [pool.submit(_try, tuple(fault.id for fault in group)) for group in groups(faults)]
            left = plan.settings.limits.left
            for done in as_completed(todo, None if math.isinf(left) else max(0.0, left)):
                yield from done.result()
        except TimeoutError:
            return
        finally:
            # Their servers end with them.
            for process in set(active_children()) - others:
                process.kill()
            pool.shutdown(cancel_futures=True)


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` is called with each event.

    When time is over or the run is interrupted, the score has the results so far, and another run can resume them.

    Raises `NothingSelected`, a subclass of `ResultsError` if the results to resume are invalid, and the errors of
    deployments that can't be started. Before the first fault: `LimitReached` if time is over, `KeyboardInterrupt` if
    the run is interrupted.
    """
    begun = time.monotonic()
    plan = _prepared(plan, begun)
    contract, chosen = plan.contract, select(plan)
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
    clean = clean_runs(plan, left)
    if plan.is_over and left:
        raise _out_of_time(plan)
    started = replace(started, **_counted(clean))
    taken = [done[fault.id] for fault in chosen if fault.id in done]
    redactor = plan.settings.connection.redactor()
    results = list(taken)
    with results_file(path, [started, *known]) as write:
        listener(started)
        for result in taken:
            listener(result)
        try:
            for result in _tried(plan, clean, left):
                results.append(result.redacted(redactor))
                write(results[-1])
                listener(results[-1])
            ended = str(_out_of_time(plan)) if len(results) < len(chosen) else ""
        except KeyboardInterrupt:
            ended = "interrupted"
        except BrokenProcessPool:
            ended = "a process of the run has died"
        if not ended:
            finished = FaultsFinished(count_fates(results), round(time.monotonic() - begun, 3))
            write(finished)
            listener(finished)
    return Score(tuple(results), ended)


def _counted(clean: CleanRuns) -> dict[str, Any]:
    """Return the number of checks by verdict without a fault, and those that neither pass nor are skipped."""
    found = [(check_id, verdict) for each in clean.values() for check_id, verdict in each.items()]
    good = {Verdict.PASS, Verdict.SKIPPED}
    failing = tuple(check_id for check_id, verdict in found if verdict not in good)
    return {"clean": dict(Counter(verdict.value for _, verdict in found)), "failing": failing}


def processes_for(faults: int) -> int:
    """Return the number of processes for a number of faults, if the plan has none."""
    return max(1, min(_PROCESSES, faults // _FAULTS_PER_PROCESS))


def _out_of_time(plan: FaultPlan) -> LimitReached:
    return LimitReached(f"the time of {plan.settings.limits.run:g} s is used up (--max-time)")


def _prepared(plan: FaultPlan, begun: float) -> FaultPlan:
    """Return the plan with its begin for all processes, and only reads of a deployment without --allow-writes."""
    asked, own = plan.settings, not plan.foreign
    settings = replace(asked, reference=asked.reference or own, dedicated=asked.dedicated or own)
    settings = replace(settings, limits=settings.limits.started(begun))
    is_allowed = settings.may_write or not settings.depth.writes
    return replace(plan, settings=settings if is_allowed else replace(settings, profile="read-only"))


def _tried(plan: FaultPlan, clean: CleanRuns, left: Sequence[Fault]) -> Iterator[FaultResult]:
    return in_processes(plan, clean, left) if plan.jobs > 1 and len(left) > 1 else trials(plan, clean, groups(left))
