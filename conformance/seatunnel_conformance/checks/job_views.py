"""Reads a job at each operation that shows jobs, compares the responses, and checks pages of lists of jobs."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.expectations import accepted, entry, ids, refused, worded
from seatunnel_conformance.arrange.job_reads import ASKED_JOB, takes_page
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive
from seatunnel_conformance.observe.accusation import WITH_TABLES, comparable, consistent, disagreement, with_tables
from seatunnel_conformance.observe.forms import changed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.reads import FIRST_PAGE
from seatunnel_conformance.target.routes import undefined_parameters
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

Members: TypeAlias = Mapping[str, Any]

Reader: TypeAlias = Callable[[Target, OwnJob, str], Mapping[str, Any] | None]
"""A function of target, job and state of the job that returns the job's object in a response of one operation.

It returns None if the operation does not show the job.
"""

TICK: Final = 1.1
"""Seconds to sleep until a time in whole seconds has changed."""

_ALIKE: Final = re.compile("jobDag/(vertexInfoMap|pipelineEdges)|metrics/s.*(count|bytes)")
"""Members that are equal for all jobs with equal sources and sinks."""


@dataclass(frozen=True, slots=True)
class JobView:
    """An operation that shows `running` jobs, `ended` jobs or both; its `path` may be a template."""

    path: str
    running: bool = True
    ended: bool = True

    def shows(self, state: str) -> bool:
        """Return whether the operation shows jobs in a state."""
        return self.running if state == "RUNNING" else self.ended

    def path_of(self, state: str) -> str:
        """Return the path with the state filled in."""
        return self.path.replace("{state}", state)

    def is_long(self, target: Target, state: str) -> bool:
        """Return whether the operation returns a list so long that it should not be read for one job."""
        return target.wire.lists.is_long(self.path_of(state))

    def __call__(self, target: Target, job: OwnJob, state: str, since: float = 0.0) -> Mapping[str, Any] | None:
        """Return the object of a job; None if the operation does not show jobs in this state.

        A list is read again if the last read began before `since`, a time on the monotonic clock.
        """
        if not self.shows(state):
            return None
        if "{jobId}" not in self.path:
            since = max(since, target.observer.changed(job.id))
            return entry(target.listed(self.path_of(state), since).items, job.id)
        found: Mapping[str, Any] = accepted(target.get(self.path, jobId=job.id))
        return found


VIEWS: Final[Mapping[str, JobView]] = {
    "get_job_info": JobView("/job-info/{jobId}"),
    "get_running_job": JobView("/running-job/{jobId}"),
    "get_running_jobs": JobView("/running-jobs", ended=False),
    "get_finished_jobs": JobView("/finished-jobs", running=False),
    "get_finished_jobs_by_state": JobView("/finished-jobs/{state}", running=False),
}
"""The operations that show a job."""


def shown_everywhere(target: Target, job: OwnJob, state: str, since: float = 0.0) -> dict[str, Members]:
    """Return the object of a job at each operation that shows it, by operation id.

    Lists are read again if their last read began before `since` (monotonic clock). Long lists are left out: the checks
    of the whole run compare them. Raises `ArrangementFailed` if an operation shows another job.
    """
    found: dict[str, Members] = {}
    for operation_id, view in VIEWS.items():
        if view.is_long(target, state):
            continue
        with suppress(AssertionError):
            shown = view(target, job, state, since)
            found |= {operation_id: shown} if isinstance(shown, Mapping) else {}
    for operation_id, shown in found.items():
        if str(shown.get("jobId") or job.id) != job.id:
            see = ASKED_JOB if operation_id == "get_job_info" else "running-job.same-job"
            raise ArrangementFailed(f"{operation_id} for {job.id} shows the job {shown['jobId']}", see)
    return found


def is_unchanged(before: Mapping[str, Members], target: Target, job: OwnJob, state: str) -> None:
    """Assert that each operation shows a job as in `before`.

    A member that changes again within the next second is ignored: the requests since `before` are not the cause, and
    the check of its operation fails.
    """
    after = shown_everywhere(target, job, state, time.monotonic())
    # Jobs of others may have made a list long since `before`; then `after` lacks it.
    found = _changes({name: shown for name, shown in before.items() if not VIEWS[name].is_long(target, state)}, after)
    if found:
        time.sleep(TICK)
        unsteady = _changes(after, shown_everywhere(target, job, state, time.monotonic()))
        found = {
            name: {member: pair for member, pair in members.items() if member not in unsteady.get(name, ())}
            for name, members in found.items()
        }
    for name, members in found.items():
        assert name in after, f"{name} no longer shows the job {job.id}"
        assert after[name] == {**after[name], **{member: old for member, (old, _) in members.items()}}


def _changes(before: Mapping[str, Members], after: Mapping[str, Members]) -> dict[str, Any]:
    compared_members = {name: changed(shown, after.get(name, dict.fromkeys(shown))) for name, shown in before.items()}
    return {name: differing for name, differing in compared_members.items() if differing}


def as_by_others(jobs: Jobs, operation_id: str, job: OwnJob, state: str, members: Collection[str]) -> None:
    """Assert that an operation shows the members of a job with the same values as the other operations."""
    shown, view = VIEWS[operation_id](jobs.target, job, state) or {}, VIEWS[operation_id]
    for name in members:
        assert shown[name] is not ...
    wrong = [
        {name: value for name, value in side.items() if name.partition("/")[0] in members}
        for side in compared(jobs, operation_id, view, job, state)
    ]
    assert wrong[0] == wrong[1]


def lists_despite_parameters(target: Target, contract: Contract, operation: Operation, state: str, job: OwnJob) -> None:
    """Assert that query parameters which a list does not define don't leave out a job. Skips long lists."""
    view = VIEWS[operation.id]
    if "{jobId}" not in view.path and view.shows(state) and not view.is_long(target, state):
        query = undefined_parameters(contract, operation)
        assert job.id in ids(target.get(view.path_of(state), query=query).items)


def reads_of(operation: Operation) -> list[Reader]:
    """Return the functions that read a job at an operation: in its whole response, and on page one if it has pages."""
    return [VIEWS[operation.id], *[partial(_on_page, operation)] * takes_page(operation)]


def _on_page(operation: Operation, target: Target, job: OwnJob, state: str) -> Mapping[str, Any] | None:
    """Return a job as the first page of a list shows it; None if it can be on another page."""
    if not VIEWS[operation.id].shows(state):
        return None
    return on_first_page(target, operation.path.replace("{state}", state), job.id)


def compared(
    jobs: Jobs, operation_id: str, read: Reader, job: OwnJob, state: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of a job that an operation shows with wrong values, and the values of the other operations.

    If two operations differ from two others, the submitted values decide. For values that the suite did not submit, the
    job's details do.
    """
    found, expected, _ = _unlike_others(jobs.target, operation_id, read, job, state)
    if not found:
        return found, expected
    known = _submitted(job, state) | _like_another(jobs, job, state)
    jobs.target.observer.touch(job.id)
    found, expected, ties = _unlike_others(jobs.target, operation_id, read, job, state)
    is_right = any(value == known[name] for name, value in found.items() if name in known)
    wrong = [
        name
        for name, value in found.items()
        if (value != known[name] if name in known else not (is_right or name in ties))
    ]
    return {name: found[name] for name in wrong}, {name: expected[name] for name in wrong}


def _unlike_others(
    target: Target, operation_id: str, read: Reader, job: OwnJob, state: str
) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
    """Return a job's members that differ from the other operations, the expected values, and the names of ties.

    A tie is a member with two values that equally many operations show. Only an operation that shows both running and
    ended jobs has ties.
    """
    others = list(witnesses(target, operation_id, job, state))
    shown = read(target, job, state)
    found, expected = ({}, {}) if shown is None else disagreement(comparable(shown), others)
    votes = {name: [other[name] for other in others if name in other] for name in found}
    credible = found.keys() & _credible(target, operation_id, job, shown or {}).keys()
    ties = {name for name in credible if votes[name].count(expected[name]) == votes[name].count(found[name]) + 1}
    is_of_details = VIEWS[operation_id].running and VIEWS[operation_id].ended
    return found, expected, ties if is_of_details else set()


def _like_another(jobs: Jobs, job: OwnJob, state: str) -> dict[str, Any]:
    """Return the plan and the counters that a job should have, from another operation or another job of the suite.

    The suite's plain jobs have equal plans, so another plain job's plan is used. For other jobs, the plan of
    `/job-info` is used if it fits the config, or else a list's plan.
    """
    with suppress(AssertionError, Inconclusive):
        if job.config["transform"] or len(job.config["source"]) > 1:
            plan = (VIEWS["get_job_info"](jobs.target, job, state) or {}).get("jobDag", {})
            others = "get_running_jobs" if state == "RUNNING" else "get_finished_jobs"
            like, other, its_state = job, "get_job_info" if _has_each_step(plan, job) else others, state
        elif state == "RUNNING":
            like, other, its_state = jobs.canceled(), "get_finished_jobs", "CANCELED"
        else:
            like, other, its_state = jobs.running(), "get_running_jobs", "RUNNING"
        shown = comparable(VIEWS[other](jobs.target, like, its_state) or {}).items()
        return {name: value for name, value in shown if ("/" in name if like is job else _ALIKE.fullmatch(name))}
    return {}


def _has_each_step(plan: Members, job: OwnJob) -> bool:
    """Return whether a plan has each source and sink of a job's config, and one transform if the config has any.

    The edges must connect all vertices. No two sources, and no two sinks, may have the same tables.
    """
    vertices = plan.get("vertexInfoMap", [])
    types = Counter(vertex["type"] for vertex in vertices)
    steps = {"source": len(job.config["source"]), "sink": len(job.config["sink"])}
    is_whole = types == Counter(steps | ({"transform": 1} if job.config["transform"] else {}))
    tables = {(vertex["type"], str(vertex["tablePaths"])) for vertex in vertices if vertex["type"] in steps}
    ends, expected = ends_of_edges(plan)
    return is_whole and with_tables(vertices) == len(tables) == sum(steps.values()) and ends == expected


def ends_of_edges(plan: Members) -> tuple[list[list[str]], list[list[str]]]:
    """Return the ids of the vertices at which the edges of a plan begin and end, and the expected ids.

    In jobs of the suite, one edge begins at each vertex but the sinks, and one ends at each vertex but the sources.
    """
    edges = [edge for of_pipeline in plan["pipelineEdges"].values() for edge in of_pipeline]
    vertices = [(vertex["type"], str(vertex["vertexId"])) for vertex in plan["vertexInfoMap"]]
    return (
        [sorted(edge[end] for edge in edges) for end in ("inputVertexId", "targetVertexId")],
        [sorted(number for kind, number in vertices if kind != last) for last in ("sink", "source")],
    )


def witnesses(target: Target, operation_id: str, job: OwnJob, state: str) -> Iterator[Mapping[str, Any]]:
    """Yield the members of the job as submitted, and as other operations show them. Long lists are left out."""
    yield _submitted(job, state)
    for other, read in VIEWS.items():
        if other != operation_id and not read.is_long(target, state):
            try:
                shown = read(target, job, state)
            except AssertionError:
                continue  # the check of that operation fails
            if isinstance(shown, Mapping):
                yield _credible(target, other, job, shown)


def _credible(target: Target, operation_id: str, job: OwnJob, shown: Members) -> dict[str, Any]:
    """Return the members of a job without those in which the operation contradicts itself or its earlier responses."""
    return consistent(shown, target.observer.shown(job.id) if operation_id == "get_job_info" else ())


def _submitted(job: OwnJob, state: str) -> dict[str, Any]:
    known: dict[str, Any] = {"jobId": job.id, "jobName": job.name, "jobStatus": state, "isStartWithSavePoint": False}
    options = {name: str(value) for name, value in job.config["env"].items()}
    known |= {"envOptions": options, "jobDag/envOptions": options, "jobDag/jobId": job.id}
    known[WITH_TABLES] = len(job.config["source"]) + len(job.config["sink"])
    if state == "FINISHED":
        rows = str(sum(source["row.num"] for source in job.config["source"]))
        known |= {"metrics/sourcereceivedcount": rows, "metrics/sinkwritecount": rows}
    return known


FEW: Final = 3
"""The most jobs of a list that is read in pages of one job; longer ones are read in pages of two."""


def on_first_page(target: Target, path: str, job_id: str) -> Mapping[str, Any] | None:
    """Return the entry of a job on the first page of a list; None if the page is full and lacks the job.

    Raises `AssertionError` if a page that is not full lacks the job, or if the total is wrong.
    """
    page = target.first_page(path, target.observer.changed(job_id))
    items, is_full = page["data"], len(page["data"]) == int(FIRST_PAGE["rows"])
    is_total = page["total"] == len(items) or (is_full and page["total"] > len(items))
    assert is_total, f"the total is {page['total']}, but the first page has {len(items)} jobs"
    found = [item for item in items if item["jobId"] == job_id]
    assert found or is_full, f"a page that is not full lacks {job_id}"
    assert len(found) <= 1, f"a page shows {job_id} {len(found)} times"
    return found[0] if found else None


def is_paged_in_order(target: Target, path: str, own: Collection[str]) -> None:
    """Assert that own jobs have the same order on the first page as in the list, and that `rows` limits a page."""
    changed = max(map(target.observer.changed, own))
    listed = ids(target.listed(path, changed).items)
    paged = [job_id for job_id in ids(target.first_page(path, changed)["data"]) if job_id in own]
    assert paged == [job_id for job_id in listed if job_id in paged]
    assert len(target.get(path, query={"page": "1", "rows": "1"}).members["data"]) == 1


def has_pages(target: Target, path: str, most: float = inf) -> None:
    """Assert that a list is returned in pages if `page` is given, and complete if not. Skips lists of over `most` jobs.

    The list is read before and after its pages, because jobs may end meanwhile; a long one only if its total changed.
    """
    every = ids(target.listed(path, target.observer.latest).items)
    if len(every) > most:
        return

    is_long = target.wire.lists.is_long(path)

    def whole() -> list[str]:
        """Return the ids of the list. A long list is not read again while its total stays the same."""
        is_as_before = is_long and target.get(path, query=first_and_second[0]).members["total"] == len(every)
        return every if is_as_before else ids(target.get(path).items)

    rows = 2 if len(every) > FEW else 1
    first_and_second = [{"page": page, "rows": str(rows)} for page in ("1", "2")]
    # With three jobs or more, the last page is not full.
    last = max(rows, len(every) - 1)
    queries = [*first_and_second, {"page": "2", "rows": str(last)}]
    # Few requests between two reads of the list: on a busy cluster, jobs end every few seconds.
    if not is_long:
        every, plain = at_rest(whole, lambda: ids(target.get(path, query={"rows": "1"}).items))
        assert plain == every
    every, (first, second, rest) = at_rest(whole, lambda: [target.get(path, query=query) for query in queries])
    assert first.members["total"] == len(every)
    assert ids(first.members["data"]) == every[:rows]
    # If the list has one page, the second one is empty or missing.
    for page, size in ((second, rows), (rest, last)):
        if len(every) > size:
            assert (page.members["total"], ids(page.members["data"])) == (len(every), every[size : 2 * size])


def has_no_page_beyond(target: Target, contract: Contract, operation_id: str) -> None:
    """Assert that invalid pages of a list are rejected and, if the fact `paging` says so, `rows=0`, too."""
    operation = contract.operation(operation_id)
    path, checked = operation.path, operation.behaviour.choice("paging") == "checked"

    def rejects(text: str, **query: str) -> None:
        refused(target.get(path, query=query), 400, worded(contract, text) if checked else None)

    rejects("Parameter 'page' must be greater than 0", page="0")
    rejects("Parameter 'page' must be greater than 0", page="-1")
    rejects("Parameter 'page' must be an integer, but was: x", page="x")
    rejects("Parameter 'page' must be an integer, but was: ", page="")
    rejects("Parameter 'rows' must be an integer, but was: x", page="1", rows="x")
    rejects("Page number exceeds total pages", page="1000000")
    if checked:
        rejects("Parameter 'rows' must be greater than 0", page="1", rows="0")
        if not target.wire.lists.is_long(path):
            accepted(target.get(path, query={"rows": "x"}))
    else:
        assert accepted(target.get(path, query={"page": "1", "rows": "0"}))["data"] == []
