"""What commands are answered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from seatunnel_conformance.model.believed import Believed, Command, Verb
from seatunnel_conformance.model.scene import Case, Scene, case, invariant


@invariant("submit-job.receipt", shown_by=())
def submit_receipt(scene: Scene) -> Iterator[Case]:
    """A client that has no receipt does not know whether its job runs, and under which id."""
    command = scene.command
    if command.verb is Verb.SUBMIT and not command.several:
        expected = [{"jobId": job.id, "jobName": job.name} for job in command.jobs]
        yield _answered(command, expected[0] if expected else None)


@invariant("submit-jobs.receipts", shown_by=())
def submit_receipts(scene: Scene) -> Iterator[Case]:
    """A client matches receipts with its jobs by their order, and watches the jobs by the ids."""
    command = scene.command
    if command.verb is Verb.SUBMIT and command.several:
        yield _answered(command, [{"jobId": job.id, "jobName": job.name} for job in command.jobs])


@invariant("submit-job.id-of-running-job", shown_by=())
def id_of_running_job(scene: Scene) -> Iterator[Case]:
    """A client that submits a job twice must neither stop the first one nor run two."""
    for job in _submitted_again(scene, ended=False):
        got = _accepted(scene.command)
        same = isinstance(got, Mapping) and got.get("jobId") == job.own.id
        yield case(same, f"the id of the job {job.own.id}, which runs, was answered {scene.command.answer!r}")


@invariant("submit-job.id-of-ended-job", shown_by=())
def id_of_ended_job(scene: Scene) -> Iterator[Case]:
    """A client that uses an id again must not move its rows again unnoticed."""
    statuses = {"server-error": HTTPStatus.INTERNAL_SERVER_ERROR, "bad-request": HTTPStatus.BAD_REQUEST}
    due = statuses.get(scene.contract.operation("submit_job").behaviour.choice("finishedId"))
    for job in _submitted_again(scene, ended=True):
        answer = scene.command.answer
        if due is not None and answer is not None:
            yield case(answer.status == due, f"the id of the ended job {job.own.id} was answered {answer!r}")


def _submitted_again(scene: Scene, *, ended: bool) -> Iterator[Believed]:
    if scene.command.verb is Verb.SUBMIT_AGAIN:
        for job in scene.believed:
            if job.own in scene.command.jobs and (job.end is not None) is ended:
                yield job


@invariant("stop-job.receipt", shown_by=())
def stop_receipt(scene: Scene) -> Iterator[Case]:
    """A client matches the receipt with its request by the id."""
    command = scene.command
    if command.verb is Verb.STOP and not command.several:
        yield from (_answered(command, {"jobId": job.id}) for job in command.jobs)


@invariant("stop-jobs.receipts", shown_by=())
def stop_receipts(scene: Scene) -> Iterator[Case]:
    """A client matches receipts with its request by their order, and loses digits if it reads them as floats."""
    command = scene.command
    if command.verb is Verb.STOP and command.several:
        yield _answered(command, [{"jobId": int(job.id)} for job in command.jobs])


@invariant("stop-job.unknown-id", shown_by=())
def stop_of_nobody(scene: Scene) -> Iterator[Case]:
    """A client that stops a job which has left the history needs no error for it."""
    if scene.command.verb is Verb.STOP_NOBODY:
        yield from (_answered(scene.command, {"jobId": job.id}) for job in scene.command.jobs)


@invariant("update-tags.success", shown_by=())
def tags_set(scene: Scene) -> Iterator[Case]:
    """A client that does not see success sets its tags again and again."""
    answer = scene.command.answer
    if scene.command.verb is Verb.TAG and answer is not None:
        yield case(answer.status == HTTPStatus.OK, f"tags were answered {answer!r}")


def _answered(command: Command, expected: Any) -> Case:
    due = expected is not None and _accepted(command) == expected
    return case(due, f"{expected or 'the id of a job'} is due, this came: {command.answer!r}")


def _accepted(command: Command) -> Any:
    """Return the JSON of an answer with status 200; None for all others."""
    try:
        return command.answer.json if command.answer and command.answer.status == HTTPStatus.OK else None
    except AssertionError:
        return None
