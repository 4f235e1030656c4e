"""Runs the checks of a run on several threads, because most of its time is spent waiting for jobs of the target.

Each worker has its own connections; limits and jobs are shared (`Context.for_worker`). Verdicts do not depend on the
number of workers: a check that needs a part of the target alone gets it. The thread that asks for outcomes runs no
checks, and only waits: Ctrl-C interrupts it, so no check can catch the exception.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from itertools import zip_longest
from typing import Final
from urllib.parse import urlsplit

from seatunnel_conformance import errors
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.waiting import FEWEST
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.model.checker import PARTS
from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.attempts import (
    OF_ALL_CHECKS,
    Causes,
    Needs,
    PlannedCheck,
    not_made,
    outcome_of,
    own_failure,
)
from seatunnel_conformance.run.interrupts import LOOK, require_no_interrupt
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.releases import is_absent
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.routes import find, label, met_parts
from seatunnel_openapi.contract import Operation


def run_check(context: Context, check: PlannedCheck) -> Outcome:
    """Run a check of any kind and return its outcome, with the parts of the contract in its exchanges.

    Raises only interrupts.
    """
    wires = [node.wire for node in (context.target, *context.others)]
    for wire in wires:
        wire.met.clear()
    causes = Causes.of(context, lambda: select(context.settings, context.contract).checks)
    outcome = _run_check(context, check, causes)
    met = met_parts(context.contract, context.target.context_path, set().union(*(wire.met for wire in wires)))
    return replace(outcome, met=tuple(sorted(set(met))))


def _run_check(context: Context, check: PlannedCheck, causes: Causes) -> Outcome:
    if check.skipped:
        return outcome_of(context, check, Verdict.SKIPPED, reason=check.skipped)
    if (ended := _ended(context)) is not None:
        return not_made(context, check, ended)
    try:
        outcome = _unless_absent(context, check, check.kind.run(context, check))
        if outcome.verdict is not Verdict.PASS:
            with suppress(errors.Inconclusive):
                context.jobs.release()
    except Exception as error:  # noqa: BLE001 - a defect of the suite must not end the run without a word
        outcome = outcome_of(context, check, Verdict.INCONCLUSIVE, reason=own_failure(error))
    ended = _ended(context)
    if outcome.verdict is Verdict.INCONCLUSIVE and isinstance(ended, OF_ALL_CHECKS):
        verdict, reason = causes.not_run(ended, check.id)
        return outcome.judged(verdict, reason)
    return causes.concluded(outcome)


def _ended(context: Context) -> errors.Inconclusive | None:
    """Return the error because of which no further check can run; None if they can."""
    return context.jobs.journal.error or context.target.governor.ended


def _responds(context: Context, operation: Operation, absent: int) -> bool:
    """Return whether an operation has responded to the check with a status other than 404 and `absent`."""
    path = context.target.context_path
    return any(
        status not in {absent, HTTPStatus.NOT_FOUND}
        and find(context.contract, method, target.partition("?")[0].removeprefix(path).rstrip("/"))[0] == operation
        for method, target, status in context.target.wire.met
    )


def _unless_absent(context: Context, check: PlannedCheck, outcome: Outcome) -> Outcome:
    """Return the outcome of a check. If it failed because the target lacks an operation, this becomes its cause.

    So only one check reports the missing operation.
    """
    for exchange in outcome.exchanges[::-1] if outcome.verdict is Verdict.FAIL else ():
        url = urlsplit(exchange.url)
        path = url.path.removeprefix(context.target.context_path).rstrip("/")
        found, _ = find(context.contract, exchange.method, path)
        response = Response(exchange.status or 0, list(exchange.headers), exchange.body.encode(), 0.0)
        # With a query, one object can be what is missing; and without a body, a 200 to HEAD does not show its form.
        is_certain = not url.query and (exchange.method != "HEAD" or response.status == HTTPStatus.NOT_FOUND)
        is_certain = is_certain and found is not None and not _responds(context, found, response.status)
        if found and is_certain and is_absent(response, context.contract, found):
            other = ", in the form of another operation" if response.status == HTTPStatus.OK else ""
            said = f"{exchange.method} {path} was answered {exchange.status}{other}"
            error = errors.OperationMissing(label(found), said)
            made = not_made(context, check, error)
            return replace(outcome, verdict=made.verdict, reason=made.reason, cause=made.cause, see=made.see)
    return outcome


_ENDING: Final = 1.0
"""Seconds that running checks have to end when the run ends."""

_NO_SLOTS: Final = Reason(ReasonKind.NO_SLOTS, str(FEWEST))

_MOST: Final = {Needs.GENERATION: 3, Needs.HISTORIES: PARTS, Needs.LAST: 100}
"""How many checks with the same need can run at the same time; with other needs, one."""

_SHARED: Final = (Jobs.running, Jobs.saved, Jobs.canceled, Jobs.finished, Jobs.finished_parallel, Jobs.failed)
"""The functions that make the shared jobs. Workers call them at the same time, before several checks count the jobs."""

_EITHER: Final = {Needs.HISTORIES: Needs.TAGS, Needs.TAGS: Needs.HISTORIES}
"""Needs that are not met at the same time: histories set tags."""

_WITHOUT_JOBS: Final = {"GET /overview", "POST /encrypt-config", "POST /update-tags", "POST /update-local-member-tags"}
"""Operations whose checks change no jobs, unless they need slots: they set tags or encrypt."""


def needs_of(check: PlannedCheck) -> frozenset[Needs]:
    """Return the parts of the target that a check needs for itself."""
    return frozenset(check.kind.needs)


def changes_jobs(check: PlannedCheck) -> bool:
    """Return whether a check can change the jobs of the target."""
    return check.writes and (Needs.SLOTS in needs_of(check) or check.operation not in _WITHOUT_JOBS)


def _priority(check: PlannedCheck) -> int:
    """Return the rank of a check in the order of starts: first the checks for which others wait, then long ones."""
    needs, linked = needs_of(check), check.kind.is_linked
    writing = Needs.GENERATION in needs and check.writes
    return (Needs.QUIET in needs, Needs.HISTORIES in needs, linked, Needs.TAGS in needs, writing, True).index(True)


def _in_order(checks: Iterable[PlannedCheck]) -> list[PlannedCheck]:
    """Return checks in the order in which they begin: a quick one, then the others by priority.

    The quick one shows whether responses are large. It does not read `/overview`, as that is small on every target.
    """
    ordered = sorted(checks, key=_priority)
    quick = [check for check in ordered if not check.writes and not needs_of(check)]
    first = next((check for check in quick if check.operation not in {None, "GET /overview"}), next(iter(quick), None))
    return sorted(ordered, key=lambda check: check is not first)


class Workers:
    """Threads that run checks; they begin with the first call of `outcome`.

    `judged` turns the outcome of a check into the final one. `on_event` is called with the start and the end of checks.
    """

    def __init__(
        self,
        context: Context,
        checks: Sequence[PlannedCheck],
        number: int,
        judged: Callable[[Outcome], Outcome] = lambda outcome: outcome,
        on_event: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self.context = context
        self.number = number
        self.judged = judged
        self.on_event = on_event
        self._waiting = _in_order(checks) if number > 1 else list(checks)
        self._is_first = True
        self._running: list[PlannedCheck] = []
        self._outcomes: dict[str, Future[Outcome]] = {check.id: Future() for check in checks}
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._contexts: list[Context] = []
        self._is_over = False
        self._arranging = 0
        self._most = {**_MOST, Needs.SLOTS: number}

    def outcome(self, check: PlannedCheck) -> Outcome:
        """Return the outcome of a check after it has run."""
        if not self._threads:
            if self.context.settings.may_write and (most := self.context.jobs.checks_at_once()) is not None:
                self._most[Needs.SLOTS] = most
            self._contexts = [self.context.for_worker() for _ in range(min(self.number, len(self._waiting)))]
            counting = sum(needs_of(one) >= {Needs.QUIET, Needs.SLOTS} and not one.skipped for one in self._waiting)
            room = min(self._most[Needs.SLOTS], len(self._contexts))
            makers = _SHARED if counting > 1 and room > len(_SHARED) else ()
            self._arranging, works = len(makers), zip_longest(self._contexts, makers)
            self._threads = [threading.Thread(target=self._work, args=each, daemon=True) for each in works]
            for thread in self._threads:
                thread.start()
        future, governor = self._outcomes[check.id], self.context.target.governor
        left = math.inf
        while left > LOOK:
            # Python drops the exception of a signal that it receives within a callback of its own, as in an import.
            require_no_interrupt()
            left = max(governor.seconds_left + _ENDING, 0.0)
            with suppress(NotYet):
                return future.result(min(left, LOOK))
        reason = str(governor.ended or governor.out_of_time)
        outcome = self.judged(outcome_of(self.context, check, Verdict.INCONCLUSIVE, reason=reason))
        self._tell(outcome)
        return outcome

    def _work(self, context: Context, make: Callable[[Jobs], object] | None) -> None:
        with context.connections():
            if make is not None:
                with suppress(Exception):  # the check that needs the job raises it again
                    make(context.jobs)
                with self._changed:
                    self._arranging -= 1
                    self._changed.notify_all()
            while (check := self._next()) is not None:
                try:
                    self._outcomes[check.id].set_result(self._reported(context, check))
                except BaseException as error:  # noqa: BLE001 - raised again where the outcome is waited for
                    self._outcomes[check.id].set_exception(error)
                with self._changed:
                    self._running.remove(check)
                    self._is_first = False
                    self._changed.notify_all()

    def _reported(self, context: Context, check: PlannedCheck) -> Outcome:
        self.on_event(CheckStarted(check.id))
        outcome = self._run(context, check)
        self._tell(outcome)
        return outcome

    def _tell(self, outcome: Outcome) -> None:
        """Report an outcome. After the end of the run, nothing is reported, because the check was cut off."""
        if not self._is_over:
            self.on_event(CheckFinished(outcome))

    def _run(self, context: Context, check: PlannedCheck) -> Outcome:
        if not self._most[Needs.SLOTS] and Needs.SLOTS in needs_of(check) and not check.skipped:
            return self.judged(outcome_of(context, check, Verdict.SKIPPED, reason=_NO_SLOTS))
        return self.judged(run_check(context, check))

    def _next(self) -> PlannedCheck | None:
        """Wait for the next check that can run now, and return it; None if no check is left."""
        with self._changed:
            while self._waiting and not self._is_over:
                check = next(self._possible(), None)
                if check is not None:
                    self._waiting.remove(check)
                    self._running.append(check)
                    return check
                self._changed.wait()
            return None

    def _possible(self) -> Iterator[PlannedCheck]:
        """Yield the waiting checks that can run at the same time as those that are running.

        The first check of a run runs alone, and shows whether responses are large. If so, all run alone.
        """
        if self._running and (self._is_first or self.context.target.governor.usage.large):
            return
        running = Counter(need for check in self._running for need in needs_of(check))
        taken = {need for need, number in running.items() if number >= self._most.get(need, 1)}
        taken |= {_EITHER[need] for need in running if need in _EITHER}
        changing = self._arranging > 0 or any(map(changes_jobs, self._running))
        is_quiet = self._arranging > 0 or Needs.QUIET in taken
        others_left = any(Needs.LAST not in needs_of(check) for check in (*self._running, *self._waiting))
        for check in self._waiting:
            needs = needs_of(check)
            is_noise = (is_quiet and changes_jobs(check)) or (Needs.LAST in needs and others_left)
            if not (needs & taken or is_noise or (Needs.QUIET in needs and changing)):
                yield check

    def stop(self) -> None:
        """Begin no further check, and end the running ones: their requests fail, except for the cleanup's.

        A check that does not end within `_ENDING` is left behind.
        """
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        until = time.monotonic() + _ENDING
        with self.context.stopped(self._contexts):
            # An interrupt can come between the starts of two threads; one that has not begun can't be joined.
            for thread in filter(threading.Thread.is_alive, self._threads):
                thread.join(max(until - time.monotonic(), 0.0))
