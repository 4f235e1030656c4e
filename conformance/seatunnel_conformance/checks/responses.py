"""Responses of each GET operation while jobs run and have ended: not for one clause, but derived for every operation.

Their schema covers every member, at any depth. What the schema allows is compared with what the other operations show
of the same job: the operation that differs from all others is wrong.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.expectations import accepted, added_up, entry, ids
from seatunnel_conformance.arrange.forms import END_STATES, STAGES, end_member
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.arrange.schemas import response_schema, violations
from seatunnel_conformance.arrange.stable_reads import at_rest
from seatunnel_conformance.checks.logs import LOG_NAMES, must_list_new_files
from seatunnel_conformance.checks.pages import FIRST_PAGE, is_paged_in_order, on_first_page, takes_page
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.checks.submit_job import NAME
from seatunnel_conformance.errors import Inconclusive, NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

_Members: TypeAlias = Mapping[str, Any]

_Reader: TypeAlias = Callable[[Target, OwnJob, str], Mapping[str, Any] | None]
"""Returns a job in a state as an operation shows it; None where it does not show the job."""

TEXT: Final = (
    "While jobs run and have ended, every response is one that the contract states, and shows a job as the other "
    "operations show it, with counters by table that add up to the totals."
)

_TRIES: Final = 3
_PAUSE: Final = 0.2

_LOOKS: Final = 4
"""Responses about a job that has moved rows, in which its counters must not fall."""

_WATCHING: Final = 5.0
"""Seconds to wait until an operation shows that a job has moved rows."""

_NESTED: Final = frozenset({"metrics", "jobDag"})
"""Members whose own members are compared."""

_ALIKE: Final = re.compile("jobDag/(vertexInfoMap|pipelineEdges)|metrics/s.*(count|bytes)")
"""Members that jobs of equal sources and sinks have in common."""

_ROWS_READ: Final = "metrics/sourcereceivedcount"

_COUNTS: Final[Mapping[str, str]] = {"FINISHED": "finishedJobs", "FAILED": "failedJobs", "CANCELED": "cancelledJobs"}
"""The counts of the overview, by state."""

_QUERIES: Final[Mapping[str, Mapping[str, str]]] = {"page": FIRST_PAGE, "format": {"format": "json"}}
"""Queries that select another form of the response, by the name of the parameter."""

_UNMEASURED: Final = "/metrics/realtime"
"""The paths of operations that respond only where the flow of jobs is measured."""


def derived_checks(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield the check of each GET operation whose path can be filled in with jobs of the run."""
    for operation in contract.operations:
        if operation.method == "GET" and _can_be_filled(operation) and not operation.path.startswith(_UNMEASURED):
            needs = ("target", "contract", "jobs")
            alone = operation.id in _VIEWS and not _VIEWS[operation.id].running  # jobs of the whole cluster are counted
            yield operation, Check(operation.id, _check_of(operation), writes=True, needs=needs, alone=alone)


def _can_be_filled(operation: Operation) -> bool:
    required = {parameter["name"] for parameter in operation.parameters if parameter.get("required")}
    return required <= {"jobId", "state", "jobIdOrFile"}


def _check_of(operation: Operation) -> Callable[..., None]:
    view = _VIEWS.get(operation.id)

    def check(target: Target, contract: Contract, jobs: Jobs) -> None:
        """A client reads these members of every job, whatever its state."""
        try:
            running, ended, parallel = jobs.running(), jobs.of_each_end(), jobs.finished_parallel()
        except Inconclusive:
            if view:
                _must_show_the_end(target, operation.id, jobs)
            raise
        for path, query in _requests(operation, [running, *ended.values(), parallel]):
            response = target.get(path, query=query)
            _must_be_stated(contract, operation, response)
            assert "format" not in query or response.media_type == "application/json", response
            if "runningJobIds" in response.text:
                assert int(running.id) in _all_named("runningJobIds", response.json), response
        if view:
            _must_agree(target, operation, jobs, {"RUNNING": running, **ended})
            _must_agree(target, operation, jobs, {"FINISHED": parallel})
        if view and view.polled:
            _must_go_on(target, operation, jobs)
        if view and not view.running:
            _must_list_a_new_job(target, operation, jobs)
            _must_list_the_same(target, operation.id, ended)
        if operation.id in LOG_NAMES:
            must_list_new_files(target, contract, operation.id, jobs)

    return check


def _must_show_the_end(target: Target, operation_id: str, jobs: Jobs) -> None:
    """Assert that an operation shows the end of a job that has ended in the list of ended jobs."""
    job = jobs.submitted()
    with suppress(AssertionError):
        _VIEWS[operation_id](target, job, "RUNNING")
    until = time.monotonic() + _WATCHING
    while job.id not in ids(target.get("/finished-jobs").items) and time.monotonic() < until:
        time.sleep(_PAUSE)
    read = partial(_compared, jobs, operation_id, _VIEWS[operation_id], job, "FINISHED")
    found, expected = _settled(read, lambda shown: shown.get("jobStatus"))
    assert found.get("jobStatus") == expected.get("jobStatus")


def _requests(operation: Operation, jobs: list[OwnJob]) -> Iterator[tuple[str, Mapping[str, str]]]:
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
        raise NotObservable("a job of somebody else waits, or has never been scheduled")
    assert response.status == 200, response
    content = operation.responses["200"]["content"]
    assert response.media_type in {kind.partition(";")[0].strip() for kind in content}, response
    schema = operation.response_schema(200)
    if response.media_type == "application/json" and schema is not None:
        assert violations(contract, response_schema(contract, operation.id), response.json) == []


def _all_named(name: str, document: Any) -> list[Any]:
    """Return the items of the lists that have a name, at any depth."""
    if isinstance(document, list):
        return [item for one in document for item in _all_named(name, one)]
    if not isinstance(document, Mapping):
        return []
    below = [item for value in document.values() for item in _all_named(name, value)]
    return [*(document.get(name) or ()), *below]


@dataclass(frozen=True, slots=True)
class _JobView:
    """An operation that shows `running` jobs, `ended` jobs or both; `polled` ones are also read while a job runs."""

    path: str
    running: bool = True
    ended: bool = True
    polled: bool = False

    def shows(self, state: str) -> bool:
        """Return whether it shows jobs in a state."""
        return self.running if state == "RUNNING" else self.ended

    def __call__(self, target: Target, job: OwnJob, state: str) -> Mapping[str, Any] | None:
        """Read a job in a state; None if it does not show such jobs."""
        if not self.shows(state):
            return None
        if "{jobId}" not in self.path:
            return entry(target.get(self.path.replace("{state}", state)).items, job.id)
        found: Mapping[str, Any] = accepted(target.get(self.path, jobId=job.id))
        return found


_VIEWS: Final[Mapping[str, _JobView]] = {
    "get_job_info": _JobView("/job-info/{jobId}"),  # clauses say more about its states and counters
    "get_running_job": _JobView("/running-job/{jobId}", polled=True),
    "get_running_jobs": _JobView("/running-jobs", ended=False, polled=True),
    "get_finished_jobs": _JobView("/finished-jobs", running=False),
    "get_finished_jobs_by_state": _JobView("/finished-jobs/{state}", running=False),
}
"""The operations that show a job."""


def _must_agree(target: Target, operation: Operation, jobs: Jobs, by_state: Mapping[str, OwnJob]) -> None:
    """Assert that an operation shows each job as the others do, in its list and on its pages, and counters add up."""
    for state, job in by_state.items():
        for read in _reads(operation):
            found, expected = _settled(partial(_compared, jobs, operation.id, read, job, state))
            assert found == expected
            added_up(partial(_metrics, read, target, job, state))


def _metrics(read: _Reader, target: Target, job: OwnJob, state: str) -> _Members:
    found = (read(target, job, state) or {}).get("metrics")
    return found if isinstance(found, Mapping) else {}


def _reads(operation: Operation) -> list[_Reader]:
    """Return how an operation shows a job: in its list and, if it has pages, on the first one."""
    return [_VIEWS[operation.id], *[partial(_on_page, operation)] * takes_page(operation)]


def _on_page(operation: Operation, target: Target, job: OwnJob, state: str) -> Mapping[str, Any] | None:
    """Return a job as the first page of a list shows it; None if it can be on another page."""
    if not _VIEWS[operation.id].shows(state):
        return None
    return on_first_page(target, operation.path.replace("{state}", state), job.id)


def _settled(
    read: Callable[[], tuple[_Members, _Members]], part: Callable[[_Members], Any] = lambda shown: shown
) -> tuple[_Members, _Members]:
    """Return the found and the expected members. They are read again while a part differs, which may just change."""
    found, expected = read()
    for _ in range(_TRIES):
        if part(found) != part(expected):
            time.sleep(_PAUSE)
            found, expected = read()
    return found, expected


def _compared(
    jobs: Jobs, operation_id: str, read: _Reader, job: OwnJob, state: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of a job that an operation shows in another way than the others, and their values there.

    If two operations differ from two others, those are right that show the known values.
    """
    found, expected = _unlike_others(jobs.target, operation_id, read, job, state)
    if not found:
        return found, expected
    known = _submitted(job, state) | _like_another(jobs, job, state)
    found, expected = _unlike_others(jobs.target, operation_id, read, job, state)
    is_right = any(value == known[name] for name, value in found.items() if name in known)
    wrong = [name for name, value in found.items() if (value != known[name] if name in known else not is_right)]
    return {name: found[name] for name in wrong}, {name: expected[name] for name in wrong}


def _unlike_others(
    target: Target, operation_id: str, read: _Reader, job: OwnJob, state: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of a job in which an operation differs from all others, and the values of those."""
    others = list(_witnesses(target, operation_id, job, state))
    shown = read(target, job, state)
    return ({}, {}) if shown is None else _disagreement(_comparable(shown), others)


def _like_another(jobs: Jobs, job: OwnJob, state: str) -> dict[str, Any]:
    """Return the plan and the counters of a job as another list shows them of a job like it.

    All of the suite's plain jobs are alike; the checks of `/job-info` compare that of any other job with its config.
    """
    with suppress(AssertionError, Inconclusive):
        if job.config["transform"] or len(job.config["source"]) > 1:
            like, other, its_state = job, "get_job_info", state
        elif state == "RUNNING":
            like, other, its_state = jobs.canceled(), "get_finished_jobs", "CANCELED"
        else:
            like, other, its_state = jobs.running(), "get_running_jobs", "RUNNING"
        shown = _comparable(_VIEWS[other](jobs.target, like, its_state) or {}).items()
        return {name: value for name, value in shown if ("/" in name if like is job else _ALIKE.fullmatch(name))}
    return {}


def _witnesses(target: Target, operation_id: str, job: OwnJob, state: str) -> Iterator[Mapping[str, Any]]:
    """Yield the job as it was submitted, and as the other operations show it."""
    yield _submitted(job, state)
    for other, read in _VIEWS.items():
        if other != operation_id:
            try:
                shown = read(target, job, state)
            except AssertionError:
                continue  # the check of that operation fails
            if isinstance(shown, Mapping):
                yield _comparable(shown)


def _must_go_on(target: Target, operation: Operation, jobs: Jobs) -> None:
    """Assert that states, counters and times of a job never go back in an operation, from the start of the job."""
    # Other counters than those of the other running job.
    job = jobs.submitted(jobs.endless(rows=ROWS + 2), suffix=f" {NAME}")
    by_read = _watched(target, _reads(operation), job)
    others = list(_witnesses(target, operation.id, job, "RUNNING"))
    _must_agree(target, operation, jobs, {"RUNNING": job})  # beside another running job
    if takes_page(operation):
        is_paged_in_order(target, operation.path, {job.id, jobs.running().id})
    jobs.until_stoppable(job.id)
    jobs.stop(job.id)
    assert by_read[0], f"{operation.id} does not show the running job {job.id}"
    # On a busy cluster, the job can be on another page.
    for shown in filter(None, by_read):
        _must_have_gone_on(f"{operation.id} shows no rows of the job {job.id}", shown, others)


def _must_have_gone_on(no_rows: str, shown: Sequence[_Members], others: Sequence[_Members]) -> None:
    assert len({found.get("createTime") for found in shown}) == 1, "the create time of a job changed"
    states = [found["jobStatus"] for found in shown]
    assert states == sorted(states, key=lambda state: STAGES.get(state, 0)), f"the job went back: {', '.join(states)}"
    for before, after in pairwise(map(_counts, shown)):
        fallen = [
            f"{name} from {count} to {after[name]}" for name, count in before.items() if after.get(name, count) < count
        ]
        assert not fallen, f"counters of a job fell: {', '.join(fallen)}"
    rows = [_counts(found).get(_ROWS_READ, 0) for found in (shown[-1], *others)]
    assert rows[0] or not all(rows[2:]), f"{no_rows}, the others {max(rows)}"


def _watched(target: Target, reads: Sequence[_Reader], job: OwnJob) -> list[list[_Members]]:
    """Return a running job as each read shows it, until all have shown rows in `_LOOKS` polls."""
    until, moved = time.monotonic() + _WATCHING, 0
    shown: list[list[_Members]] = [[] for _ in reads]
    while moved < _LOOKS and time.monotonic() < until:
        for read, so_far in zip(reads, shown, strict=True):
            try:
                found = read(target, job, "RUNNING")
            except AssertionError:
                found = None  # a job that has just been submitted may not be shown yet
            if isinstance(found, Mapping) and "jobStatus" in found:
                so_far.append(_comparable(found))
        moved += all(so_far and _counts(so_far[-1]).get(_ROWS_READ, 0) > 0 for so_far in shown)
        time.sleep(_PAUSE / 4)
    return shown


def _counts(shown: Mapping[str, Any]) -> dict[str, int]:
    return {
        name: int(value)
        for name, value in shown.items()
        if name.endswith("count") and isinstance(value, str) and value.isdecimal()
    }


def _must_list_a_new_job(target: Target, operation: Operation, jobs: Jobs) -> None:
    """Assert that a list of ended jobs, and its first page, have a job that has ended since it was read."""
    path = operation.path.replace("{state}", "FINISHED")
    before = ids(target.get(path).items)
    job = jobs.submitted(suffix=f" {NAME}")
    jobs.ended(job)
    found = jobs.listed_soon(lambda: [job_id for job_id in ids(target.get(path).items) if job_id == job.id])
    assert found == [job.id], f"the ended job {job.id} is not listed once; before it, {len(before)} were listed"
    _must_agree(target, operation, jobs, {"FINISHED": job})
    if takes_page(operation):
        is_paged_in_order(target, path, {job.id, jobs.finished().id})


def _must_list_the_same(target: Target, operation_id: str, ended: Mapping[str, OwnJob]) -> None:
    """Assert that the list of all ended jobs and those of each state have the same jobs, in the same order.

    If they don't, the run's own jobs and the number of jobs in the overview tell which list is wrong.
    """

    def listed() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        every = target.get("/finished-jobs").items
        return (
            {state: [job["jobId"] for job in every if job["jobStatus"] == state] for state in END_STATES},
            {state: ids(target.get(f"/finished-jobs/{state}").items) for state in END_STATES},
        )

    lists, overview = at_rest(listed, lambda: _members(target.get("/overview")))
    own, other = lists if operation_id == "get_finished_jobs" else reversed(lists)
    different = [state for state in ended if own[state] != other[state]]

    def is_wrong(one: dict[str, list[str]], than: dict[str, list[str]], state: str) -> bool:
        count, job_id = str(overview.get(_COUNTS.get(state, ""))), ended[state].id
        return str(len(one[state])) != count == str(len(than[state])) or (
            one[state].count(job_id) != 1 == than[state].count(job_id)
        )

    is_other_wrong = any(is_wrong(other, own, state) for state in different)
    is_own_wrong = any(is_wrong(own, other, state) for state in different)
    assert not different or (is_other_wrong and not is_own_wrong), (
        f"{operation_id} and the other list differ for {', '.join(different)}"
    )


def _members(response: Response) -> Mapping[str, Any]:
    """Return the members of an object; none for any other response, for which the check of its operation fails."""
    try:
        return response.members
    except AssertionError:
        return {}


def _submitted(job: OwnJob, state: str) -> dict[str, Any]:
    known: dict[str, Any] = {"jobId": job.id, "jobName": job.name, "jobStatus": state, "isStartWithSavePoint": False}
    options = {name: str(value) for name, value in job.config["env"].items()}
    known |= {"envOptions": options, "jobDag/envOptions": options, "jobDag/jobId": job.id}
    if state == "FINISHED":
        rows = str(sum(source["row.num"] for source in job.config["source"]))
        known |= {"metrics/sourcereceivedcount": rows, "metrics/sinkwritecount": rows}
    return known


def _comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a job that every operation shows with the same values.

    While the job runs, counters by table are only the names of their tables, and rates are left out.
    """
    end = end_member(document)
    plain = {"end time" if name == end else name: value for name, value in document.items() if name not in _NESTED}
    plan = document.get("jobDag")
    plain |= {f"jobDag/{name}": value for name, value in plan.items()} if isinstance(plan, Mapping) else {}
    metrics = document.get("metrics")
    flat = metrics.items() if isinstance(metrics, Mapping) else ()
    is_over = STAGES.get(document.get("jobStatus", "")) == STAGES["FINISHED"]
    counted = {
        f"metrics/{name.lower()}": sorted(value) if isinstance(value, Mapping) and not is_over else value
        for name, value in flat
        if is_over or isinstance(value, Mapping) or not re.search("(?i)qps|persecond", name)
    }
    return plain | counted


def _disagreement(own: Mapping[str, Any], others: list[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members that differ from the others, as found and expected.

    The expected value is one that at least two others show, and more than show the value that was found.
    """
    found, expected = {}, {}
    for name, value in own.items():
        theirs = [other[name] for other in others if name in other]
        usual = max(theirs, key=theirs.count, default=value)
        if value != usual and theirs.count(usual) > max(1, theirs.count(value)):
            found[name], expected[name] = value, usual
    return found, expected
