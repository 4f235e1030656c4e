"""Checks of all responses of a run, at its end: one for each operation of the contract, not for a clause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.arrange.comparisons import SeveralFindings
from seatunnel_conformance.arrange.job_reads import OwnJob
from seatunnel_conformance.checks.job_views import VIEWS, Members, shown_everywhere
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.errors import IncompleteResponse, NotObservable
from seatunnel_conformance.observe.accusation import comparable, consistent, disagreement
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.observe.observer import SUBMITTED, Observer
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Exchange
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.differences import Difference, differences
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

TEXT: Final = (
    "Every successful response in the run is one that the contract states, and shows a job with the id and the name "
    "that it was submitted with, as it was shown before, and, when it has ended, as the other operations show it, in "
    "lists and counts, too."
)

_MIXED_UP: Final = "get_system_monitoring_information"
"""The operation whose entries engines mix up if several clients request it at the same time."""

_MOST: Final = 5
"""The maximum number of differing jobs that are read again."""

_MOST_READ: Final = 50
"""The approximate maximum number of ended jobs that are read at an operation which has not shown them yet."""


def derived_checks(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield the check of each operation whose responses have a schema."""
    for operation in contract.operations:
        if operation.response_schema(200) is not None and operation.id != _MIXED_UP:
            needs = ("target", "observer")
            yield operation, Check(operation.id, _check_of(operation), writes=False, needs=needs, last=True)


def _check_of(operation: Operation) -> Callable[..., None]:
    def check(target: Target, observer: Observer) -> None:
        """A client reads every response, also those that no clause is about."""
        _must_be_right(operation, target, observer)

    return check


def _must_be_right(operation: Operation, target: Target, observer: Observer) -> None:
    if operation.id in VIEWS or operation.id == "get_overview":
        with observer.completing:
            _read_ended(target, observer)
    if not observer.has_read(operation):
        raise NotObservable("no other check has got such a response")
    if deviations := observer.findings(operation):
        findings, exchanges = zip(*deviations, strict=True)
        raise SeveralFindings(findings, exchanges)
    trusted = {name for name in VIEWS if not observer.has_findings(name)} | {operation.id, SUBMITTED}
    for job_id, shown in islice(_unlike_others(operation, observer, trusted), _MOST):
        state, _ = Counter(job["jobStatus"] for job in shown.values() if "jobStatus" in job).most_common(1)[0]
        job = OwnJob(job_id, "", {})
        now = time.monotonic()
        again = _only(trusted, shown_everywhere(target, job, state, now) | {SUBMITTED: shown[SUBMITTED]})
        found, expected = _disagreement(operation, again)
        if found:
            VIEWS[operation.id](target, job, state)
            raise _odd_job(operation, job_id, differences(expected, found), target.exchanges[-1])


def _odd_job(operation: Operation, job_id: str, places: tuple[Difference, ...], exchange: Exchange) -> SeveralFindings:
    summary = f"{label(operation)} shows the ended job {job_id} in another way than the other operations"
    finding = Finding(summary, "\n".join(map(str, places)), exchange.request.curl(), places)
    return SeveralFindings((finding,), (exchange,))


def _read_ended(target: Target, observer: Observer) -> None:
    """Read ended jobs of the run at operations that have not shown them yet; once in a run."""
    if observer.is_complete:
        return
    changed = max(map(observer.changed, observer.ended()), default=0.0)
    for path in (*map(VIEWS["get_finished_jobs_by_state"].path_of, END_STATES), VIEWS["get_finished_jobs"].path):
        with suppress(IncompleteResponse):
            target.listed(path, changed)
    _read(target, ["/overview"])
    for operation_id in ("get_job_info", "get_running_job"):
        left = [job_id for job_id, shown in observer.ended().items() if operation_id not in shown]
        path, some = VIEWS[operation_id].path, left[:: len(left) // _MOST_READ + 1]
        _read(target, [path.replace("{jobId}", job_id) for job_id in some])
    observer.is_complete = True


def _read(target: Target, paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(IncompleteResponse):  # the checks of the operation report it
            target.get(path)


def _only(trusted: Container[str], shown: Mapping[str, Members]) -> dict[str, Members]:
    return {name: job for name, job in shown.items() if name in trusted}


def _unlike_others(
    operation: Operation, observer: Observer, trusted: Container[str]
) -> Iterator[tuple[str, Mapping[str, Members]]]:
    """Yield the id of each ended job that the operation has shown with other values than the trusted operations.

    With it comes the job as each of these has shown it. Operations with findings of their own are not trusted, because
    their wrong values would make others look wrong.
    """
    for job_id, every in observer.ended().items():
        shown = _only(trusted, every)
        if any(_disagreement(operation, shown)):
            yield job_id, shown


def _disagreement(operation: Operation, shown: Mapping[str, Members]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members in which an operation differs from most others: its values, and those of the others.

    If two operations differ from two others, it can't be known which ones are wrong: nothing is returned.
    """
    if operation.id not in shown:
        return {}, {}
    own = comparable(shown[operation.id])
    return disagreement(own, [own, *(consistent(job) for name, job in shown.items() if name != operation.id)])
