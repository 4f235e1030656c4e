"""`GET /overview` and `GET /pending-jobs`: the numbers of jobs and slots, and the jobs that wait for slots."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from operator import le
from typing import Any

from seatunnel_conformance.arrange.expectations import accepted, misplaced, stated
from seatunnel_conformance.arrange.jobs import NO_OPTIONS, Jobs
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.arrange.waiting import at_rest, settled
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.update_tags import workers
from seatunnel_conformance.errors import ArrangementFailed, NotObservable
from seatunnel_conformance.observe.forms import COUNTED, COUNTS
from seatunnel_conformance.observe.observer import LISTS_OF_ENDED, Observer
from seatunnel_conformance.observe.schemas import response_schema, violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import HISTORY
from seatunnel_openapi import Contract

_TRIES = 3

NO_SUCH_TAG = {"conformance-nobody-has-this-tag": "x"}


def counts(response: Response) -> dict[str, int]:
    """Return the slot, worker and job counts of an overview as integers, by the names of their members."""
    found: Mapping[str, str] = accepted(response)
    return {name: int(found[name]) for name in ("totalSlot", "unassignedSlot", "workers", *COUNTED)}


@check("overview.members")
def members(target: Target, contract: Contract) -> None:
    """A dashboard breaks if a member that it reads is missing."""
    response = target.get("/overview")
    assert violations(contract, response_schema(contract, "get_overview"), accepted(response)) == []


@check("overview.dynamic-slots")
def dynamic_slots(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A dashboard of a cluster with dynamic slots shows free slots that do not exist, or a wrong total."""
    jobs.running()
    found = counts(target.get("/overview"))
    if jobs.has_fixed_slots or found["unassignedSlot"]:
        raise NotObservable("the slots of this target are fixed in number")
    stated = contract.operation("get_overview").behaviour.choice("dynamicTotalSlots")
    assert found["totalSlot"] == 0 if stated == "zero" else found["totalSlot"] > 0


@check("overview.fixed-slots", alone=True)
def fixed_slots(target: Target, jobs: Jobs) -> None:
    """A scheduler that plans by free slots overloads the cluster, or leaves it idle."""
    for _ in range(_TRIES):
        (before, during, after), slots = _around_a_job(target, jobs)
        if not max(before, during, after):
            raise NotObservable("the slots of this target are dynamic, or none was ever free")
        # Jobs of others take and release slots, too, but hardly during each attempt.
        if during < min(before, after):
            break
    assert during < min(before, after)
    assert slots[0] == slots[1] == slots[2]


@check("overview.tag-filter")
def tag_filter(target: Target, tags: Tags, jobs: Jobs) -> None:
    """A scheduler that asks for a worker group's free slots gets those of the whole cluster."""
    jobs.running()  # it occupies slots, which must not be counted for a tag that no worker has
    unmatched = counts(target.get("/overview", query=NO_SUCH_TAG))
    assert (unmatched["workers"], unmatched["totalSlot"], unmatched["unassignedSlot"]) == (0, 0, 0)
    tags.set({tags.name: "here"})
    found = tags.found(lambda: workers(target, {tags.name: "here"}))
    every, matching = (counts(target.get("/overview", query=query)) for query in ({}, {tags.name: "here"}))
    assert 1 <= found <= every["workers"]
    if found == every["workers"]:
        has_slots = every["totalSlot"] > 0
        assert (matching["totalSlot"] > 0) == has_slots, "all workers match, but the total of their slots differs"


@check("overview.jobs-unfiltered", alone=True)
def jobs_unfiltered(target: Target, jobs: Jobs) -> None:
    """A dashboard that filters workers by tag shows too few jobs."""
    jobs.of_each_end()
    jobs.running()
    every = at_rest(lambda: _jobs(target), lambda: _jobs(target, NO_SUCH_TAG))
    assert every[0] == every[1]


@check("overview.all-tags")
def all_tags(target: Target, tags: Tags) -> None:
    """A scheduler that requires two tags counts workers that carry only one of them."""
    every = {tags.name: "here", f"{tags.name}-2": "too", f"{tags.name}-3": "as well"}
    tags.set(every)
    number = tags.found(lambda: workers(target, every))
    for name, value in every.items():
        if not number and not workers(target, {name: value}):
            raise ArrangementFailed(f"no worker is found by the tag {name} alone", "update-tags.replaces")
    assert number >= 1
    for name in every:
        assert workers(target, every | {name: "other"}) == 0


@check("overview.exact-tags")
def exact_tags(target: Target, tags: Tags) -> None:
    """A scheduler that distinguishes groups by letter case counts the workers of another group."""
    tags.set({tags.name: "We Are"})
    assert tags.found(lambda: workers(target, f"{tags.name}=We%20Are")) >= 1
    assert workers(target, f"{tags.name}=We+Are") >= 1
    for other in ("we are", "We Ar", " We Are ", "We+Are", "We Are,x", "*", ""):
        assert workers(target, {tags.name: other}) == 0
    assert workers(target, {tags.name.upper(): "We Are"}) == 0


@check("overview.repeated-tag")
def repeated_tag(target: Target, tags: Tags) -> None:
    """A client whose library sends a parameter twice gets the workers of another group."""
    tags.set({tags.name: "here"})
    assert tags.found(lambda: workers(target, f"{tags.name}=other&{tags.name}=here")) >= 1
    assert workers(target, f"{tags.name}=here&{tags.name}=other") == 0


@check("overview.counts-match-lists", alone=True)
def counts_match_lists(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A console that shows the counts next to the lists shows numbers that contradict the lists."""
    jobs.finished()
    jobs.canceled()
    jobs.failed()
    jobs.saved()  # no count includes a job that ended with a savepoint
    jobs.running()
    for position, (name, path) in enumerate(COUNTED.items()):
        listed, counted = settled(partial(_listed_and_counted, target, path, position))
        if listed != counted:
            _list_must_be_right(jobs, path, counted)
        assert {name: counted} == {name: listed}
    if any(operation.id == "get_pending_jobs" for operation in contract.operations):
        waiting, overview = waiting_and_counted(target)
        if waiting != overview and overview == str(len(target.get(PENDING_JOBS).members["pendingJobs"])):
            problem = f"{PENDING_JOBS} states the size {waiting}, but lists {overview} jobs"
            raise ArrangementFailed(problem, "pending-jobs.members")
        assert {"pendingJobs": overview} == {"pendingJobs": waiting}


def must_count_ended(target: Target, observer: Observer) -> None:
    """Assert that the overview counts the ended jobs if all lists agree on their number. Skips long lists."""
    if not target.wire.lists.is_long(HISTORY) and not any(map(observer.has_findings, LISTS_OF_ENDED)):
        counted, listed = settled(partial(_counted_and_listed, target))
        assert counted == listed


def _counted_and_listed(target: Target) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the overview; and, if it stays the same, the overview with the numbers on which two lists agree."""
    counted = target.get("/overview").members
    every = Counter(job.get("jobStatus") for job in target.listed(HISTORY, time.monotonic()).items)
    lengths = {state: len(target.listed(f"{HISTORY}/{state}", time.monotonic()).items) for state in COUNTS}
    agreed = {name: str(every[state]) for state, name in COUNTS.items() if every[state] == lengths[state]}
    is_at_rest = target.get("/overview").members == counted
    return counted, {**counted, **agreed} if is_at_rest else counted


def waiting_and_counted(target: Target) -> tuple[str, str]:
    """Return the number of waiting jobs according to `/pending-jobs` and according to the overview."""
    return settled(
        lambda: at_rest(
            lambda: str(target.get("/pending-jobs").members["queueSummary"]["size"]),
            lambda: target.get("/overview").members["pendingJobs"],
        )
    )


def _listed_and_counted(target: Target, path: str, position: int) -> tuple[str, str]:
    """Return the length of a list and its count in the overview, both read while the counts did not change."""
    counted, listed = at_rest(lambda: _jobs(target)[position], lambda: target.listed(path, time.monotonic()).items)
    return str(len(listed)), str(counted)


def _list_must_be_right(jobs: Jobs, path: str, counted: str) -> None:
    """Raise `ArrangementFailed` if a list is wrong, rather than its count in the overview.

    The list is wrong if own jobs are missing or in another list, or if `/finished-jobs` agrees with the count.
    """
    if proof := misplaced(jobs, path):
        clause_id, problem = proof
        raise ArrangementFailed(problem, clause_id)
    if path == "/running-jobs":
        return
    states = [item["jobStatus"] for item in jobs.listed(HISTORY).items]
    if str(states.count(path.rpartition("/")[2])) == counted:
        problem = f"/finished-jobs has {counted} jobs in this state, like the overview, but {path} does not"
        raise ArrangementFailed(problem, "finished-jobs.only-that-state")


def _jobs(target: Target, tags: Mapping[str, str] = NO_OPTIONS) -> tuple[int, ...]:
    found = counts(target.get("/overview", query=tags))
    return tuple(found[name] for name in COUNTED)


def _around_a_job(target: Target, jobs: Jobs) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of free slots and of all slots, each before, during and after a job of the suite.

    If no free slot was ever shown, no job is submitted: it could not change the numbers.
    """
    before = counts(target.get("/overview"))
    if not (jobs.has_fixed_slots or before["unassignedSlot"]):
        return (0, 0, 0), (0, 0, 0)
    job = jobs.moving()
    during = counts(target.get("/overview"))
    jobs.stop(job.id)
    jobs.must_end(job)
    found = (before, during, counts(target.get("/overview")))
    return tuple(one["unassignedSlot"] for one in found), tuple(one["totalSlot"] for one in found)


PENDING_JOBS = "/pending-jobs"
GET_PENDING_JOBS = "get_pending_jobs"

TIMES = ("oldestEnqueueTimestamp", "newestEnqueueTimestamp")


@check("pending-jobs.members")
def pending_jobs_members(target: Target, contract: Contract) -> None:
    """A user whose job does not start can't find out what it waits for."""
    found = stated(contract, GET_PENDING_JOBS, target.get(PENDING_JOBS))
    since = [job["enqueueTimestamp"] for job in found["pendingJobs"]]
    assert since == sorted(since)
    shown, size = settled(partial(_shown_and_counted, target), le)
    assert shown <= size
    waiting, counted = waiting_and_counted(target)
    assert waiting == counted


def _shown_and_counted(target: Target) -> tuple[int, int]:
    """Return the number of listed waiting jobs, and the queue's size. An engine reads them at different moments."""
    found = target.get(PENDING_JOBS).members
    return len(found["pendingJobs"]), found["queueSummary"]["size"]


@check("pending-jobs.one-job")
def one_job(target: Target, contract: Contract, unused_id: str) -> None:
    """A console that asks for one job shows the data of another one."""
    for query in ({"jobId": unused_id}, {"jobId": unused_id, "limit": "5"}):
        found = stated(contract, GET_PENDING_JOBS, target.get(PENDING_JOBS, query=query))
        assert found["pendingJobs"] == []


@check("pending-jobs.limit")
def limit(target: Target, contract: Contract) -> None:
    """A console that shows the first jobs of a long queue has to read the whole queue."""
    first = stated(contract, GET_PENDING_JOBS, target.get(PENDING_JOBS, query={"limit": "1"}))["pendingJobs"]
    # Read afterwards: a job of this list was already waiting at the first read, or came later.
    every = stated(contract, GET_PENDING_JOBS, target.get(PENDING_JOBS, query={"limit": "0"}))["pendingJobs"]
    assert len(first) <= 1
    assert not first or not every or first[0]["enqueueTimestamp"] <= every[0]["enqueueTimestamp"]


@check("pending-jobs.pretty")
def pretty(target: Target, contract: Contract) -> None:
    """A user who opens the response in a browser sees milliseconds since 1970 instead of dates."""
    response = target.get(PENDING_JOBS, query={"pretty": "true"})
    found = stated(contract, GET_PENDING_JOBS, response)["queueSummary"]
    assert [name for name in TIMES if not isinstance(found[name], str)] == []
    assert response.text.count("\n") > 1


@check("pending-jobs.invalid-query")
def invalid_query(target: Target) -> None:
    """A client that sends a wrong id or limit gets a part of the queue that it did not ask for, instead of an error."""
    for query in ({"jobId": "abc"}, {"jobId": ""}, {"limit": "abc"}, {"limit": ""}):
        response = target.get(PENDING_JOBS, query=query)
        assert (response.status, response.media_type) == (400, "text/html"), response
