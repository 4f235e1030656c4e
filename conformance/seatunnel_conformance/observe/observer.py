"""Compares all responses of a run with the contract and with each other.

A check only asserts its own clause. The observer reads the responses to the requests of all checks, and so finds
deviations that only some jobs have, such as jobs that were submitted as a file.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.observe.forms import COUNTS, END, END_STATES, ROW_COUNTS, counters, ends_before_it_begins
from seatunnel_conformance.observe.schemas import is_valid, response_schema, violations
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.target.ambiguity import named_ids
from seatunnel_conformance.target.deployment import ResponseObserver
from seatunnel_conformance.target.exchange import READING, Exchange, Request, Response
from seatunnel_conformance.target.job_guard import HISTORY, OwnIds
from seatunnel_conformance.target.reads import ListReads
from seatunnel_conformance.target.routes import find, label
from seatunnel_conformance.text.differences import Difference, shown
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

_LARGE: Final = 2**16
"""Size in bytes. Of larger responses, only one per second and operation is compared, because it takes long."""

_MOST: Final = 3
"""The maximum number of findings that are kept for an operation."""

_MOST_SHOWN: Final = 60
"""The maximum number of `/job-info` objects that are kept for a job."""

_DETAILS: Final = ("get_job_info", "get_running_job")

_RECEIPTS: Final = ("submit_job", "submit_job_by_upload")

LISTS_OF_ENDED: Final = ("get_finished_jobs", "get_finished_jobs_by_state")

SUBMITTED: Final = "submitted"
"""A key in addition to the operation ids: the values with which a job was submitted."""

_CONSTANT: Final = ("jobName", "createTime", "isStartWithSavePoint")
"""Members of a job that must keep the value of the first response."""

_SOON: Final = 1.0
"""Seconds after which all operations must show the end of a job that a list and the details of the job have shown."""

_KEPT_ENDED: Final = 50.0
"""Seconds for which an ended job must be listed: engines can be configured to forget ended jobs after a minute."""

_Found: TypeAlias = tuple[str, Difference]
"""The id of a job, or an empty text, and the difference that was found."""

_NO_JSON: Final[Sequence[_Found]] = (("", Difference("", "JSON", "a body that is not JSON")),)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A JSON response: `value` is the path parameter of its request, `began` the request's time (monotonic clock)."""

    operation: Operation
    value: str
    query: str
    document: Any
    began: float


@dataclass(frozen=True, slots=True)
class _Ended:
    """An end state that both a list and the details of a job have shown.

    `first` is the time (monotonic clock) at which one of the two had shown it, `known` when both had.
    """

    state: str
    known: float
    first: float

    def holds_at(self, moment: float) -> bool:
        """Return whether a request at this time must find the job ended."""
        return self.known + _SOON < moment < self.first + _KEPT_ENDED


@dataclass(slots=True)
class Observer(ResponseObserver):
    """Compares the responses of one run, which several threads add.

    At the end of the run, one thread holds `completing`, reads the ended jobs at all operations, and sets
    `is_complete`.
    """

    contract: Contract
    own: OwnIds
    context_path: str = ""
    lists: ListReads = field(default_factory=ListReads)
    is_complete: bool = False
    completing: Lock = field(default_factory=Lock)
    _found: defaultdict[str, list[tuple[str, Difference, Exchange]]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[str, str] = field(default_factory=dict)
    _first: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _ended: defaultdict[str, dict[str, Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    _ends: defaultdict[str, dict[str, tuple[str, float]]] = field(default_factory=lambda: defaultdict(dict))
    _generated: set[str] = field(default_factory=set)
    _known_ends: dict[str, _Ended] = field(default_factory=dict)
    _read: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _states: dict[str, Any] = field(default_factory=dict)
    _running: dict[str, float] = field(default_factory=dict)
    _absent: dict[str, tuple[float, Exchange]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, request: Request, response: Response) -> None:
        """Compare a response with the contract and with the responses before it."""
        if request.method not in READING:
            self._touch_named(request, response)
        if request.method not in {"GET", "POST"}:
            return
        path, _, query = request.target.removeprefix(self.context_path).partition("?")
        operation, value = find(self.contract, request.method, path)
        if operation is None or response.media_type != "application/json":
            return
        if response.status != HTTPStatus.OK or not self._is_read(operation, response):
            self._add_refusal(operation, "" if query else value, request, response)
            return
        try:
            seen = _Seen(operation, value, query, response.json, time.monotonic() - response.seconds)
        except Inconclusive:
            return  # the checks of the operation report it
        except AssertionError:
            seen = None
        exchange = Exchange(request, response)
        with self._lock:
            if seen:
                self._note(seen)
                self._note_running(seen, exchange)
            for job_id, difference in self._differences(seen) if seen else _NO_JSON:
                self._keep(operation.id, job_id, difference, exchange)

    def _keep(self, operation_id: str, job_id: str, difference: Difference, exchange: Exchange) -> None:
        """Keep a finding of an operation, unless it has enough."""
        if len(self._found[operation_id]) < _MOST:
            self._found[operation_id].append((job_id, difference, exchange.shortened()))

    def _touch_named(self, request: Request, response: Response) -> None:
        """Record that a request changes the jobs that it names; ended jobs change only by an accepted submission."""
        named, accepted = named_ids(request.target, request.body), response.status == HTTPStatus.OK
        starts = accepted and "/submit" in request.target
        self.touch(*(job_id for job_id in named if starts or self._states.get(job_id, ("",))[0] not in END_STATES))

    def _note(self, seen: _Seen) -> None:
        """Record the state, form and rows of a job from `/job-info`, and the numbers of jobs from the overview."""
        if seen.operation.id == "get_job_info" and isinstance(seen.document, dict):
            rows = [counters(seen.document.get("metrics")).get(name) for name in ROW_COUNTS]
            found = seen.document.get("jobStatus"), seen.document.keys(), rows
            if self._states.get(seen.value) != found:
                self._states[seen.value] = found
                self.touch(seen.value)
            shown = self._shown[seen.value]
            if seen.value in self.own.submissions and shown[-1:] != [seen.document]:
                shown.append(seen.document)
                del shown[_MOST_SHOWN // 2 : len(shown) - _MOST_SHOWN // 2]
        elif seen.operation.id == "get_overview" and isinstance(seen.document, dict) and not seen.query:
            counts = {state: str(seen.document.get(name)) for state, name in COUNTS.items()}
            numbers = {state: int(count) for state, count in counts.items() if count.isdecimal()}
            for state, number in numbers.items():
                self.lists.count(f"{HISTORY}/{state}", number)
            self.lists.count(HISTORY, sum(numbers.values()))

    def _note_running(self, seen: _Seen, exchange: Exchange) -> None:
        """Keep a finding if `/running-jobs` lacks a job that `/job-info` shows as running before and after it."""
        now = time.monotonic()
        if seen.operation.id == "get_job_info" and seen.value in self.own.submissions:
            self._running.pop(seen.value, None)
            absent, without = self._absent.pop(seen.value, (now, exchange))
            if isinstance(seen.document, dict) and seen.document.get("jobStatus") == "RUNNING":
                self._running[seen.value] = now
                if absent < seen.began:
                    lacks = Difference("", f"the job {seen.value} (RUNNING) in the list", "a list without it")
                    self._keep("get_running_jobs", seen.value, lacks, without)
        elif seen.operation.id == "get_running_jobs" and isinstance(seen.document, list) and not seen.query:
            listed = {str(job["jobId"]) for _, job in _jobs(seen.document)}
            lost = (job_id for job_id, known in self._running.items() if known < seen.began and job_id not in listed)
            self._absent |= dict.fromkeys(lost, (now, exchange))

    def _add_refusal(self, operation: Operation, job_id: str, request: Request, response: Response) -> None:
        """Keep a forbidden error for a job of the run as a finding."""
        is_own = operation.id in _DETAILS and self.own.submissions.get(job_id)
        if not is_own or not is_wrong_refusal(operation, response.status):
            return
        said = (response.json_as(dict) or {}).get("message")
        difference = Difference("status", str(HTTPStatus.OK.value), f"{response.status} with {shown(said)}")
        self._is_read(operation, response)
        with self._lock:
            self._keep(operation.id, "", difference, Exchange(request, response))

    def has_read(self, operation: Operation) -> bool:
        """Return whether a response of an operation was compared."""
        return operation.id in self._read

    def has_findings(self, operation_id: str) -> bool:
        """Return whether responses of an operation deviated from the contract or from earlier responses."""
        return bool(self.findings(self.contract.operation(operation_id)))

    def findings(self, operation: Operation) -> list[tuple[Finding, Exchange]]:
        """Return the findings in the responses of an operation, each with its exchange."""
        with self._lock:
            # A job that was submitted again may have other values.
            found = [one for one in self._found[operation.id] if self.own.submissions[one[0]] <= 1]
        return [(_finding(operation, difference, exchange), exchange) for _, difference, exchange in found]

    def ended(self) -> dict[str, dict[str, Mapping[str, Any]]]:
        """Return the last shown object of each ended job of the run, by job id and then by operation id.

        The key `SUBMITTED` has the name with which the job was submitted.
        """
        with self._lock:
            return {
                job_id: {**shown, SUBMITTED: {"jobName": self._names[job_id]} if job_id in self._names else {}}
                for job_id, shown in self._ended.items()
                if self.own.submissions[job_id] <= 1
            }

    def _is_read(self, operation: Operation, response: Response) -> bool:
        now = time.monotonic()
        if len(response.body) > _LARGE and now < self._read[operation.id]:
            return False
        self._read[operation.id] = now + 1
        return True

    def _differences(self, seen: _Seen) -> Iterator[_Found]:
        schema = response_schema(self.contract, seen.operation.id)
        if schema and not is_valid(self.contract, schema, seen.document):
            yield from (("", wrong) for wrong in violations(self.contract, schema, seen.document)[:1])
        if seen.operation.id in _RECEIPTS and isinstance(seen.document, dict):
            yield from self._of_receipt(seen, seen.document)
        for place, job in _jobs(seen.document):
            for name, expected in self._expected(seen, str(job["jobId"]), job):
                yield str(job["jobId"]), Difference(f"{place}/{name}", shown(expected), shown(job[name]))
        yield from self._lost(seen)

    def _lost(self, seen: _Seen) -> Iterator[_Found]:
        """Yield the known ended jobs that a list lacks, or a too low count of the overview, as differences."""
        known = [(job_id, end) for job_id, end in self._known_ends.items() if end.holds_at(seen.began)]
        if seen.operation.id == "get_overview" and isinstance(seen.document, dict):
            for state, name in COUNTS.items():
                number = sum(end.state == state and self.own.submissions[job_id] <= 1 for job_id, end in known)
                count = str(seen.document.get(name))
                if count.isdecimal() and int(count) < number:
                    yield "", Difference(f"/{name}", f"at least {number}", count)
        elif seen.operation.id in LISTS_OF_ENDED and isinstance(seen.document, list) and not seen.query:
            listed = {str(job["jobId"]) for _, job in _jobs(seen.document)}
            for job_id, end in known:
                if job_id not in listed and seen.value in {"", end.state}:
                    yield job_id, Difference("", f"the job {job_id} ({end.state}) in the list", "a list without it")

    def _of_receipt(self, seen: _Seen, receipt: Mapping[str, Any]) -> Iterator[_Found]:
        # Repeated parameters are left out: some releases use the first value, others the last.
        given = {name: values[0].strip() for name, values in parse_qs(seen.query).items() if len(values) == 1}
        expected = {}
        follows = seen.operation.behaviour.get("restoreMode") == "followed"
        restored = follows and given.get("restoreMode", "").upper() == "SAVEPOINT"
        given_id = given.get("restoreSourceJobId" if restored else "jobId", "")
        # Only names of the suite: some releases treat other names, such as a default one, as missing.
        if self.own.is_own_name(given.get("jobName")):
            expected["jobName"] = self._names[str(receipt.get("jobId"))] = given["jobName"]
        if re.fullmatch(r"\+?\d+", given_id):
            expected["jobId"] = str(int(given_id))
        new = str(receipt.get("jobId") or "")
        if new and seen.operation.id == "submit_job" and not given_id and "jobId" not in parse_qs(seen.query):
            if new in self._generated:
                yield "", Difference("/jobId", "an id that no other job has", new)
            self._generated.add(new)
        for name, value in expected.items():
            got = receipt.get(name)
            # Surrounding blanks are checked by `submit-job.given-name`.
            if (got.strip() if isinstance(got, str) else got) != value:
                yield given.get("jobId", ""), Difference(f"/{name}", shown(value), shown(receipt.get(name, ...)))

    def _expected(self, seen: _Seen, job_id: str, job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield each member of a job with a wrong value, and the expected value."""
        key = (seen.operation.id, job_id)
        if seen.value.isdecimal() and "{jobId}" in seen.operation.path and job_id != str(int(seen.value)):
            yield "jobId", str(int(seen.value))
        if job_id not in self.own.submissions:
            return  # another client may start it again from its savepoint
        first = self._first.setdefault(key, {name: job[name] for name in _CONSTANT if name in job})
        yield from ((name, first[name]) for name in first.keys() & job.keys() if job[name] != first[name])
        state, (end, since) = str(job["jobStatus"]), self._ends[job_id].get(seen.operation.id, ("", 0.0))
        if end and end != state and seen.began > since:
            yield "jobStatus", end
        if state in END_STATES:
            if ends_before_it_begins(job):
                yield END, job["createTime"]  # `life-cycle.times`
            self._take_note(seen.operation.id, job_id, state)
            self._ended[job_id][seen.operation.id] = job

    def _take_note(self, operation_id: str, job_id: str, state: str) -> None:
        """Record that an operation shows the end of a job. The end is known when a list and the details show it."""
        now, ends = time.monotonic(), self._ends[job_id]
        ends.setdefault(operation_id, (state, now))
        if (
            job_id not in self._known_ends
            and len({name in LISTS_OF_ENDED for name, (end, _) in ends.items() if end == state}) > 1
        ):
            self._known_ends[job_id] = _Ended(state, now, min(since for _, since in ends.values()))


def is_wrong_refusal(operation: Operation, status: int) -> bool:
    """Return whether a status for an accepted job is wrong: 400, or a 500 that the contract does not state."""
    states = {operation.behaviour.get(fact) for fact in ("waitingJob", "unscheduledJob")}
    return status == HTTPStatus.BAD_REQUEST or (
        status == HTTPStatus.INTERNAL_SERVER_ERROR and "server-error" not in states
    )


def _jobs(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each job in a response (a job, a list or a page), with its JSON pointer."""
    match document:
        case {"jobStatus": _, "jobId": _}:
            yield "", document
        case {"data": list(items)}:
            yield from ((f"/data{place}", job) for place, job in _jobs(items))
        case list():
            yield from (
                (f"/{number}", job)
                for number, job in enumerate(document)
                if isinstance(job, dict) and {"jobStatus", "jobId"} <= job.keys()
            )


def _finding(operation: Operation, difference: Difference, exchange: Exchange) -> Finding:
    return Finding(f"{label(operation)}: {difference}", str(difference), exchange.request.curl(), (difference,))
