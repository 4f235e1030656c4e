"""Invariants of the responses to commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from seatunnel_conformance.arrange.expectations import REFUSALS, reduced
from seatunnel_conformance.model.jobs import LastCommand, ModelJob, Verb
from seatunnel_conformance.model.snapshot import Case, Snapshot, case, invariant
from seatunnel_conformance.text.differences import canonical


@invariant("submit-job.receipt", shown_by=())
def submit_receipt(snapshot: Snapshot) -> Iterator[Case]:
    """A client that has no receipt does not know whether its job runs, and under which id."""
    command = snapshot.command
    if command.verb is Verb.SUBMIT and not command.several:
        expected = [{"jobId": job.id, "jobName": job.name} for job in command.jobs]
        yield _answered(command, expected[0] if expected else None)


@invariant("life-cycle.generated-ids")
def generated_ids(snapshot: Snapshot) -> Iterator[Case]:
    """A client keeps jobs by their ids, and would mistake one job for another."""
    if snapshot.command.verb is Verb.SUBMIT:
        ids = [job.own.id for job in snapshot.jobs]
        yield case(len(set(ids)) == len(ids), f"two jobs were given the same id: {canonical(ids)}")


@invariant("submit-jobs.receipts", shown_by=())
def submit_receipts(snapshot: Snapshot) -> Iterator[Case]:
    """A client matches receipts with its jobs by their order, and watches the jobs by the ids."""
    command = snapshot.command
    if command.verb is Verb.SUBMIT and command.several:
        yield _answered(command, [{"jobId": job.id, "jobName": job.name} for job in command.jobs])


@invariant("submit-job.id-of-running-job", shown_by=())
def id_of_running_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client that submits a job twice must neither stop the first one nor run two."""
    for job in _submitted_again(snapshot, ended=False):
        got = _accepted(snapshot.command)
        same = isinstance(got, Mapping) and got.get("jobId") == job.own.id
        yield case(
            same,
            f"a submission with the id of the running job {job.own.id} was answered with {snapshot.command.response!r}",
        )


@invariant("submit-job.id-of-ended-job", shown_by=())
def id_of_ended_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client that uses an id again must not move its rows again unnoticed."""
    expected = REFUSALS.get(snapshot.contract.operation("submit_job").behaviour.choice("finishedId"))
    for job in _submitted_again(snapshot, ended=True):
        response = snapshot.command.response
        if expected is not None and response is not None:
            yield case(
                response.status == expected,
                f"a submission with the id of the ended job {job.own.id} was answered with {response!r}",
            )


def _submitted_again(snapshot: Snapshot, *, ended: bool) -> Iterator[ModelJob]:
    if snapshot.command.verb is Verb.SUBMIT_AGAIN:
        for job in snapshot.jobs:
            if job.own in snapshot.command.jobs and (job.end is not None) is ended:
                yield job


@invariant("stop-job.receipt", shown_by=())
def stop_receipt(snapshot: Snapshot) -> Iterator[Case]:
    """A client matches the receipt with its request by the id."""
    command = snapshot.command
    if command.verb is Verb.STOP and not command.several:
        yield from (_stopped(command, {"jobId": job.id}) for job in command.jobs)


@invariant("stop-jobs.receipts", shown_by=())
def stop_receipts(snapshot: Snapshot) -> Iterator[Case]:
    """A client matches receipts with its request by their order, and loses digits if it reads them as floats."""
    command = snapshot.command
    if command.verb is Verb.STOP and command.several:
        yield _stopped(command, [{"jobId": int(job.id)} for job in command.jobs])


@invariant("stop-job.unknown-id", shown_by=())
def stop_of_nobody(snapshot: Snapshot) -> Iterator[Case]:
    """A client that stops a job which has left the history needs no error for it."""
    if snapshot.command.verb is Verb.STOP_UNKNOWN:
        yield from (_stopped(snapshot.command, {"jobId": job.id}) for job in snapshot.command.jobs)


@invariant("update-tags.success", shown_by=())
def tags_set(snapshot: Snapshot) -> Iterator[Case]:
    """A client that does not see success sets its tags again and again."""
    response = snapshot.command.response
    if snapshot.command.verb is Verb.TAG and response is not None:
        yield case(response.status == HTTPStatus.OK, f"a request that sets tags was answered with {response!r}")


def _stopped(command: LastCommand, expected: Any) -> Case:
    """Return the case of a stop, which a member other than the master may refuse (`stop-job.savepoint-at-worker`)."""
    return None if command.refused else _answered(command, expected)


def _answered(command: LastCommand, expected: Any) -> Case:
    holds = expected is not None and reduced(_accepted(command), expected) == expected
    return case(holds, f"expected {canonical(expected) if expected else 'the id of a job'}, got: {command.response!r}")


def _accepted(command: LastCommand) -> Any:
    """Return the JSON body of a response with status 200; None for any other."""
    response = command.response
    return response.json_as(object) if response and response.status == HTTPStatus.OK else None
