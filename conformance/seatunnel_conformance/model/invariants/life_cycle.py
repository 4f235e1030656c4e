"""Invariants of one job over time, and at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from seatunnel_conformance.model.jobs import ModelJob, Verb, Work
from seatunnel_conformance.model.observations import Document
from seatunnel_conformance.model.snapshot import Case, Snapshot, case, invariant
from seatunnel_conformance.observe.forms import END, STAGES, counters
from seatunnel_conformance.text.differences import canonical


@invariant("life-cycle.states-in-order")
def states_in_order(snapshot: Snapshot) -> Iterator[Case]:
    """A client that has seen a job end must not see it run again."""
    for job in snapshot.jobs:
        states = [document["jobStatus"] for document in snapshot.documents(job)]
        stages = [STAGES[state] for state in states if state in STAGES]
        if stages:
            yield case(
                stages == sorted(stages),
                f"the job {job.own.id} went from one state to an earlier one: {canonical(states)}",
            )


@invariant("life-cycle.times")
def times(snapshot: Snapshot) -> Iterator[Case]:
    """A client computes the duration of a job from its times, and distinguishes two runs with the same id by them."""
    for job in snapshot.jobs:
        documents = snapshot.documents(job)
        created = list(dict.fromkeys(document.get("createTime") for document in documents))
        finished = list(dict.fromkeys(document[END] for document in documents if END in document))
        if documents:
            yield case(len(created) == 1, f"the create time of the job {job.own.id} changed: {canonical(created)}")
        if finished:
            yield case(len(finished) == 1, f"the end time of the job {job.own.id} changed: {canonical(finished)}")
            yield case(str(created[0]) <= str(finished[0]), f"the job {job.own.id} ended before it began")


@invariant("life-cycle.never-unknown")
def never_unknown(snapshot: Snapshot) -> Iterator[Case]:
    """A client that polls would treat its job as lost."""
    form = snapshot.forms.unknown
    for job in snapshot.jobs:
        for shown in job.shown:
            # A response about another id is one to another request: `job-info.asked-job`.
            is_asked = str(shown.get("jobId") or job.own.id) == job.own.id
            unknown = is_asked and form.fits(shown) and shown.keys() <= form.members
            yield case(
                not unknown, f"the job {job.own.id}, which was accepted, is shown as unknown: {canonical(shown)}"
            )


@invariant("life-cycle.end-is-final")
def end_is_final(snapshot: Snapshot) -> Iterator[Case]:
    """A client does not read a job again that has ended."""
    for job in snapshot.jobs:
        documents = snapshot.documents(job)
        first = next((at for at, document in enumerate(documents) if snapshot.forms.is_over(document)), None)
        if first is not None:
            states = list(dict.fromkeys(document["jobStatus"] for document in documents[first:]))
            yield case(len(states) == 1, f"the ended job {job.own.id} changed its state: {canonical(states)}")


@invariant("life-cycle.counters-never-fall")
def counters_never_fall(snapshot: Snapshot) -> Iterator[Case]:
    """A client that draws or bills rows subtracts the previous count."""
    for job in snapshot.jobs:
        counts = [_rows(document) for document in snapshot.documents(job)]
        for before, after in pairwise(counts):
            fallen = {name: (old, after[name]) for name, old in before.items() if after.get(name, old) < old}
            yield case(not fallen, f"counters of the job {job.own.id} fell: {canonical(fallen)}")


def _rows(document: Document) -> dict[str, int]:
    found = counters(document.get("metrics"))
    return {name: int(text) for name, text in found.items() if name.endswith("count") and text.isdecimal()}


@invariant("life-cycle.streaming-runs-on")
def streaming_runs_on(snapshot: Snapshot) -> Iterator[Case]:
    """A client treats a streaming job that has ended as broken."""
    for job in snapshot.jobs:
        if job.work is Work.ENDLESS and job.stopped is None:
            for document in snapshot.documents(job):
                state = document["jobStatus"]
                yield case(STAGES.get(state, 0) == 0, f"the job {job.own.id} is {state}, although it was not stopped")


@invariant("life-cycle.batch-ends")
def batch_ends(snapshot: Snapshot) -> Iterator[Case]:
    """A client such as a scheduler waits until a batch job ends."""
    return _ends(snapshot, lambda job: job.work is Work.BATCH)


@invariant("life-cycle.failure-ends")
def failure_ends(snapshot: Snapshot) -> Iterator[Case]:
    """A client that takes a failed job for a finished one reports rows that were never moved."""
    return _ends(snapshot, lambda job: job.work is Work.FAILING)


@invariant("life-cycle.stop-ends")
def stop_ends(snapshot: Snapshot) -> Iterator[Case]:
    """A client that stops a job assumes that it moves no more rows."""
    return _ends(snapshot, lambda job: job.stopped is False)


@invariant("life-cycle.savepoint-stop-ends")
def savepoint_stop_ends(snapshot: Snapshot) -> Iterator[Case]:
    """A client stops a job with a savepoint to start it again from there."""
    return _ends(snapshot, lambda job: job.stopped is True)


def _ends(snapshot: Snapshot, applies: Callable[[ModelJob], bool]) -> Iterator[Case]:
    for job in filter(applies, snapshot.jobs):
        for document in snapshot.documents(job):
            if snapshot.forms.is_over(document):
                state = document["jobStatus"]
                yield case(state == job.end, f"the job {job.own.id} has ended {state} instead of {job.end}")


@invariant("life-cycle.restart")
def restart(snapshot: Snapshot) -> Iterator[Case]:
    """A client upgrades a cluster by stopping jobs with a savepoint and starting them again."""
    for job in snapshot.jobs:
        for document in snapshot.documents(job) if job.starts > 1 else ():
            if "isStartWithSavePoint" in document:
                flag = document["isStartWithSavePoint"]
                yield case(
                    flag is True,
                    f"the job {job.own.id} was started from a savepoint, but isStartWithSavePoint is {canonical(flag)}",
                )


@invariant("life-cycle.generated-ids")
def generated_ids(snapshot: Snapshot) -> Iterator[Case]:
    """A client keeps jobs by their ids, and would mistake one job for another."""
    if snapshot.command.verb is Verb.SUBMIT:
        ids = [job.own.id for job in snapshot.jobs]
        yield case(len(set(ids)) == len(ids), f"two jobs were given the same id: {canonical(ids)}")


@invariant("job-info.asked-job")
def asked_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client would show the state of another job."""
    for job in snapshot.jobs:
        for document in filter(snapshot.forms.shows_job, job.shown):
            shown = document.get("jobId")
            yield case(shown == job.own.id, f"asked for {job.own.id}, got the job {canonical(shown)}")


@invariant("submit-job.given-name")
def given_name(snapshot: Snapshot) -> Iterator[Case]:
    """A client finds its jobs by their names."""
    for job in snapshot.jobs:
        for document in snapshot.documents(job):
            name = document["jobName"]
            yield case(
                name == job.own.name,
                f"the job {job.own.id} has the name {canonical(name)} instead of {canonical(job.own.name)}",
            )
