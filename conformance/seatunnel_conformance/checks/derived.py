"""Checks that are derived from operations, not from clauses. There are two kinds.

The first kind reads each GET operation while jobs run and after they have ended. It validates the responses against
their schema, and compares each job with what the other operations show: an operation that differs from all others is
wrong. The second kind reports at the end of the run what the observer found.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.arrange.comparisons import SeveralFindings
from seatunnel_conformance.arrange.expectations import added_up, ids
from seatunnel_conformance.arrange.job_reads import takes_page
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.arrange.waiting import at_rest, settled
from seatunnel_conformance.checks.job_views import (
    VIEWS,
    Members,
    Reader,
    compared,
    is_paged_in_order,
    lists_despite_parameters,
    reads_of,
    shown_everywhere,
    witnesses,
)
from seatunnel_conformance.checks.logs import must_show_new_logs
from seatunnel_conformance.checks.overview import must_count_ended
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.checks.submit_job import NAME
from seatunnel_conformance.errors import IncompleteResponse, LimitMissed, NotObservable
from seatunnel_conformance.observe import rules
from seatunnel_conformance.observe.accusation import comparable, consistent, disagreement
from seatunnel_conformance.observe.forms import COUNTS, END, END_STATES
from seatunnel_conformance.observe.observer import SUBMITTED, Observer
from seatunnel_conformance.observe.rules import Timeline
from seatunnel_conformance.observe.schemas import response_schema, violations
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Exchange, Response
from seatunnel_conformance.target.job_guard import HISTORY
from seatunnel_conformance.target.reads import FIRST_PAGE
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.differences import Difference, differences
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation
from seatunnel_openapi.documents import walk

WITH_JOBS_TEXT: Final = (
    "While jobs run and after they end, every response is as the contract states, shows a job as other operations do, "
    "and has counters by table that add up to the totals."
)

_PAUSE: Final = 0.2

_LOOKS: Final = 4
"""The number of polls of a job that has moved rows. Its counters must not fall in between."""

_WATCHING: Final = 5.0
"""Seconds to wait until an operation shows that a job has moved rows."""


_QUERIES: Final[Mapping[str, Mapping[str, str]]] = {"page": FIRST_PAGE, "format": {"format": "json"}}
"""Queries that select another form of the response, by the name of the parameter."""

_UNMEASURED: Final = "/metrics/realtime"
"""The prefix of paths that have data only where a deployment measures the data flow of jobs."""


def checks_with_jobs(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield a check for each GET operation whose path can be filled in with the jobs of the run."""
    for operation in contract.operations:
        if operation.method == "GET" and _can_be_filled(operation) and not operation.path.startswith(_UNMEASURED):
            needs = ("target", "contract", "jobs")
            # The lists of ended jobs are compared with the overview, which counts the jobs of the whole cluster.
            alone = operation.id in VIEWS and not VIEWS[operation.id].running
            yield operation, Check(operation.id, _check_with_jobs(operation), writes=True, needs=needs, alone=alone)


def _can_be_filled(operation: Operation) -> bool:
    required = {parameter["name"] for parameter in operation.parameters if parameter.get("required")}
    return required <= {"jobId", "state", "jobIdOrFile", "file"}


def _check_with_jobs(operation: Operation) -> Callable[..., None]:
    view = VIEWS.get(operation.id)

    def check(target: Target, contract: Contract, jobs: Jobs) -> None:
        """A client that reads this operation gets wrong or contradictory data about running or ended jobs."""
        running, ended, parallel = jobs.running(), jobs.of_each_end(), jobs.finished_parallel()
        is_long = target.wire.lists.is_long
        for path, query in _requests(operation, [running, *ended.values(), parallel]):
            response = target.listed(path, 0.0) if is_long(path) and not query else target.get(path, query=query)
            _must_be_stated(contract, operation, response)
            assert "format" not in query or response.media_type == "application/json", response
            if "runningJobIds" in response.text:
                assert int(running.id) in _all_named("runningJobIds", response.json), response
        if view:
            _must_agree(target, operation, jobs, {"RUNNING": running, **ended})
            _must_agree(target, operation, jobs, {"FINISHED": parallel})
            for state, job in {"RUNNING": running, "FINISHED": parallel}.items():
                lists_despite_parameters(target, contract, operation, state, job)
        if view and view.running:
            _must_go_on(target, operation, jobs)
        if view and not view.running:
            if not view.is_long(target, "FINISHED"):  # the check of the whole run reads long lists
                _must_list_a_new_job(target, operation, jobs)
            _must_list_the_same(target, contract, operation, ended)
        must_show_new_logs(target, contract, operation, jobs)

    return check


def _requests(operation: Operation, jobs: list[OwnJob]) -> Iterator[tuple[str, Mapping[str, str]]]:
    if "{file}" in operation.path:
        return  # clauses about log files have checks
    values = END_STATES if "{state}" in operation.path else [job.id for job in jobs]
    paths = dict.fromkeys(re.sub(r"{\w+}", value, operation.path) for value in values)
    names = [parameter["name"] for parameter in operation.parameters if parameter["name"] in _QUERIES]
    for path in paths:
        yield path, {}
        for name in names:
            yield path, _QUERIES[name]


def _must_be_stated(contract: Contract, operation: Operation, response: Response) -> None:
    facts = operation.behaviour
    if response.status == 500 and "server-error" in {facts.get("waitingJob"), facts.get("unscheduledJob")}:
        raise NotObservable("a job of another client waits, or has never been scheduled")
    assert response.status == 200, response
    content = operation.responses["200"]["content"]
    kinds = sorted({kind.partition(";")[0].strip() for kind in content})
    assert response.media_type in kinds, f"the content type is {response.media_type}, not {' or '.join(kinds)}"
    is_json = response.media_type == "application/json"
    assert not is_json or (response.charset or "none") == contract.behaviour.choice("jsonCharset"), response
    if schema := response_schema(contract, operation.id, response.media_type):
        assert violations(contract, schema, response.json if is_json else response.text) == []


def _all_named(name: str, document: Any) -> list[Any]:
    """Return the items of all lists in members with this name, at any depth."""
    return [item for _, node in walk(document) if isinstance(node, dict) for item in node.get(name) or ()]


def _must_agree(target: Target, operation: Operation, jobs: Jobs, by_state: Mapping[str, OwnJob]) -> None:
    """Assert that an operation shows each job as other operations do, and that its counters by table add up."""
    for state, job in by_state.items():
        for read in reads_of(operation)[VIEWS[operation.id].is_long(target, state) :]:
            found, expected = settled(partial(compared, jobs, operation.id, read, job, state), pause=_PAUSE)
            assert found == expected
            added_up(partial(_metrics, read, target, job, state))


def _metrics(read: Reader, target: Target, job: OwnJob, state: str) -> Members:
    found = (read(target, job, state) or {}).get("metrics")
    return found if isinstance(found, Mapping) else {}


def _must_go_on(target: Target, operation: Operation, jobs: Jobs) -> None:
    """Assert that an operation never shows an earlier state, lower counters or other times of a running job."""
    # Its counters and plan differ from those of the shared running job, so that mixing them up is noticed.
    job = jobs.submitted(jobs.endless_parallel(rows=ROWS + 2), suffix=f" {NAME}")
    reads = reads_of(operation)
    by_read = _watched(target, reads, job)
    others = list(witnesses(target, operation.id, job, "RUNNING"))
    _look(target, reads, job, by_read)  # a job that starts slowly may have its first rows now
    _must_agree(target, operation, jobs, {"RUNNING": job})  # while the shared job runs, too
    if takes_page(operation):
        is_paged_in_order(target, operation.path, {job.id, jobs.running().id})
    jobs.until_stoppable(job.id)
    jobs.stop(job.id)
    assert by_read[0], f"{operation.id} does not show the running job {job.id}"
    # On a busy cluster, the job can be on another page.
    for shown in filter(None, by_read):
        timeline = Timeline(job.id, job.name, shown)
        for rule in (rules.times, rules.states_in_order, rules.counters_never_fall):
            rule(timeline)
        rows = [_rows_read(found) for found in (comparable(shown[-1]), *others)]
        assert rows[0] or not all(rows[2:]), (
            f"{operation.id} shows no rows of the job {job.id}, others show {max(rows)}"
        )


def _watched(target: Target, reads: Sequence[Reader], job: OwnJob) -> list[list[Members]]:
    """Poll a running job until all of `reads` have shown its rows `_LOOKS` times, and return the objects by read."""
    until, moved = time.monotonic() + _WATCHING, 0
    shown: list[list[Members]] = [[] for _ in reads]
    while moved < _LOOKS and time.monotonic() < until:
        _look(target, reads, job, shown)
        moved += all(so_far and _rows_read(comparable(so_far[-1])) > 0 for so_far in shown)
        time.sleep(_PAUSE / 4)
    return shown


def _look(target: Target, reads: Sequence[Reader], job: OwnJob, shown: Sequence[list[Members]]) -> None:
    """Read a running job with each of `reads`, and append its object to the list in `shown` at the same position."""
    target.observer.touch(job.id)
    for read, so_far in zip(reads, shown, strict=True):
        try:
            found = read(target, job, "RUNNING")
        except AssertionError:
            found = None  # a job that has just been submitted may not be shown yet
        if isinstance(found, Mapping) and "jobStatus" in found:
            so_far.append(found)


def _rows_read(found: Members) -> int:
    count = found.get("metrics/sourcereceivedcount")
    return int(count) if isinstance(count, str) and count.isdecimal() else 0


def _must_list_a_new_job(target: Target, operation: Operation, jobs: Jobs) -> None:
    """Assert that a list of ended jobs and its first page include a job that has just ended, so neither is cached."""
    path = operation.path.replace("{state}", "FINISHED")
    before = ids(target.listed(path, 0.0).items)
    job = jobs.submitted(suffix=f" {NAME}")
    jobs.ended(job)
    found = jobs.listed_soon(lambda: [job_id for job_id in ids(jobs.listed(path).items) if job_id == job.id])
    times = f"{len(found)} times, not once; before its end, the list had {len(before)} jobs"
    assert found == [job.id], f"the ended job {job.id} is in the list {times}"
    _must_agree(target, operation, jobs, {"FINISHED": job})
    if takes_page(operation):
        is_paged_in_order(target, path, {job.id, jobs.finished().id})


def _is_later(one: list[str], other: list[str]) -> bool:
    """Return whether one list is the other with more jobs, so that both can be right at different moments."""
    few, many = sorted((one, other), key=len)
    known = {*few}
    return [job_id for job_id in many if job_id in known] == few


def _must_list_the_same(target: Target, contract: Contract, operation: Operation, ended: Mapping[str, OwnJob]) -> None:
    """Assert that the list of all ended jobs and the lists by state have the same jobs, in the same order.

    If they differ, the run's own jobs, the overview's counts and the end times decide which list is wrong. On a cluster
    where other clients' jobs keep ending, only own jobs are compared.
    """
    is_newest_first, times = contract.list_order(operation.id) == "newest-first", dict[str, str]()

    def listed(read: Callable[[str], Response] = target.get) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        every = read(HISTORY).items
        times.update({job["jobId"]: str(job.get(END)) for job in every})
        return (
            {state: [job["jobId"] for job in every if job["jobStatus"] == state] for state in END_STATES},
            {state: ids(read(f"{HISTORY}/{state}").items) for state in END_STATES},
        )

    is_long = target.wire.lists.is_long(HISTORY)
    every, by_state = listed(partial(target.listed, since=0.0 if is_long else target.observer.latest))
    if every == by_state or (is_long and all(map(_is_later, every.values(), by_state.values()))):
        return

    try:
        lists, overview = at_rest(listed, lambda: target.get("/overview").json_as(dict) or {})
    except LimitMissed:
        own_ids = {job.id for job in ended.values()}
        every, by_state = (
            {state: [one for one in job_ids if one in own_ids] for state, job_ids in each.items()} for each in listed()
        )
        lists, overview = (every, by_state), {}
    own, other = lists if operation.id == "get_finished_jobs" else reversed(lists)
    different = [state for state in ended if own[state] != other[state]]

    def is_ordered(job_ids: list[str]) -> bool:
        ends = [times.get(job_id, "") for job_id in job_ids]
        return ends == sorted(ends, reverse=is_newest_first)

    def score(lists: Mapping[str, list[str]], state: str) -> tuple[bool, ...]:
        job_ids, count = lists[state], str(overview.get(COUNTS.get(state, "")))
        return str(len(job_ids)) == count, job_ids.count(ended[state].id) == 1, is_ordered(job_ids)

    is_as_good = [state for state in different if score(own, state) <= score(other, state)]
    states = ", ".join(different)
    assert not is_as_good, f"{operation.id} shows other jobs in the state {states} than the other lists of ended jobs"


WHOLE_RUN_TEXT: Final = (
    "Every successful response in the run is as the contract states. It shows each job with its submitted id and name, "
    "and does not contradict earlier responses. An ended job is the same in all operations, lists and counts."
)

_MIXED_UP: Final = "get_system_monitoring_information"
"""The operation whose entries engines mix up if several clients request it at the same time."""

_MOST: Final = 5
"""The maximum number of jobs that are read again because operations have shown different values of them."""

_MOST_READ: Final = 50
"""The approximate maximum number of ended jobs that are read at an operation which has not shown them yet."""


def whole_run_checks(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield the check of each operation whose responses have a schema."""
    for operation in contract.operations:
        if operation.response_schema(200) is not None and operation.id != _MIXED_UP:
            needs = ("target", "observer")
            yield operation, Check(operation.id, _whole_run_check(operation), writes=False, needs=needs, last=True)


def _whole_run_check(operation: Operation) -> Callable[..., None]:
    def check(target: Target, observer: Observer) -> None:
        """A client that reads a response which no clause covers gets wrong or contradictory data."""
        _must_be_right(operation, target, observer)

    return check


def _must_be_right(operation: Operation, target: Target, observer: Observer) -> None:
    if operation.id in VIEWS or operation.id == "get_overview":
        with observer.completing:
            _read_ended(target, observer)
    if not observer.has_read(operation):
        raise NotObservable("no other check got a successful response of this operation")
    if deviations := observer.findings(operation):
        findings, exchanges = zip(*deviations, strict=True)
        raise SeveralFindings(findings, exchanges)
    if operation.id == "get_overview":
        must_count_ended(target, observer)
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
    summary = f"{label(operation)} shows the ended job {job_id} differently from the other operations"
    finding = Finding(summary, "\n".join(map(str, places)), exchange.request.curl(), places)
    return SeveralFindings((finding,), (exchange,))


def _read_ended(target: Target, observer: Observer) -> None:
    """Read the ended jobs of the run, once per run, at operations that have not shown them yet."""
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
    """Yield the id of each ended job that the operation shows with other values than the trusted operations do.

    With each id come the job's objects by operation id, without those of operations that are not trusted: wrong values
    of operations with findings would make others look wrong.
    """
    for job_id, every in observer.ended().items():
        shown = _only(trusted, every)
        if any(_disagreement(operation, shown)):
            yield job_id, shown


def _disagreement(operation: Operation, shown: Mapping[str, Members]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members in which an operation differs from most others: its own values, then theirs.

    If two operations differ from two others, nothing is returned: either pair could be wrong.
    """
    if operation.id not in shown:
        return {}, {}
    own = comparable(shown[operation.id])
    return disagreement(own, [own, *(consistent(job) for name, job in shown.items() if name != operation.id)])
