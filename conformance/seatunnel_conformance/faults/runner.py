"""A run of many faults, in one or several processes."""

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
"""The most processes if the plan has no number of them; more than processors, because trials mostly wait."""

_FAULTS_PER_PROCESS: Final = 20
"""The number of faults for which another process is started, which takes seconds."""

_todo: Final = deque[tuple[str, ...]]()
"""In a worker process, the groups of faults to try, by the ids of their faults."""

_results: Iterator[FaultResult] = iter(())
"""In a worker process, the results of the groups that are put into `_todo`."""


def _begin(folder: str, plan: FaultPlan, clean: CleanRuns) -> None:
    """Set up a worker process. It leaves Ctrl-C to its parent. Hypothesis keeps its tables in `folder`."""
    global _results  # noqa: PLW0603 - the state of a worker process lasts only in globals
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
    known = {fault.id: fault for fault in select(plan)}
    _results = trials(plan, clean, ([known[fault_id] for fault_id in ids] for ids in iter(_todo.popleft, None)))


def _try(ids: tuple[str, ...]) -> list[FaultResult]:
    """Return the results of a group of faults, in a worker process. If time is over, there are fewer results."""
    _todo.append(ids)
    return list(islice(_results, len(ids)))


def in_processes(plan: FaultPlan, clean: CleanRuns, faults: Sequence[Fault]) -> Iterator[FaultResult]:
    """Try faults in several processes. Yield results as soon as a group is done, until time is over.

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
            # The servers that a process has started end with it.
            for process in set(active_children()) - others:
                process.kill()
            pool.shutdown(cancel_futures=True)


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` is called with each event.

    If time is over or the run is interrupted, the score has the results so far, and another run can resume them.

    Raises `NothingSelected`, `ResultsError` if the results can't be written or the results to resume are invalid, and
    the errors of deployments that can't be started. Before the first fault: `LimitReached` if time is over,
    `KeyboardInterrupt` if the run is interrupted.
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
    """Return `clean` and `failing` of the header (see `FaultsStarted`)."""
    found = [(check_id, verdict) for each in clean.values() for check_id, verdict in each.items()]
    good = {Verdict.PASS, Verdict.SKIPPED}
    failing = tuple(check_id for check_id, verdict in found if verdict not in good)
    return {"clean": dict(Counter(verdict.value for _, verdict in found)), "failing": failing}


def processes_for(faults: int) -> int:
    """Return the number of processes for this number of faults if the plan does not state one."""
    return max(1, min(_PROCESSES, faults // _FAULTS_PER_PROCESS))


def _out_of_time(plan: FaultPlan) -> LimitReached:
    return LimitReached(f"the time of {plan.settings.limits.run:g} s is used up (--max-time)")


def _prepared(plan: FaultPlan, begun: float) -> FaultPlan:
    """Return the plan with the time at which it began, which all processes need.

    A deployment that the run starts is a dedicated reference server. If the target may not be changed, the profile is
    `read-only`.
    """
    asked, own = plan.settings, not plan.foreign
    settings = replace(asked, reference=asked.reference or own, dedicated=asked.dedicated or own)
    settings = replace(settings, limits=settings.limits.started(begun))
    is_allowed = settings.may_write or not settings.depth.writes
    return replace(plan, settings=settings if is_allowed else replace(settings, profile="read-only"))


def _tried(plan: FaultPlan, clean: CleanRuns, left: Sequence[Fault]) -> Iterator[FaultResult]:
    return in_processes(plan, clean, left) if plan.jobs > 1 and len(left) > 1 else trials(plan, clean, groups(left))
