"""Tidying up after a run that could not do it itself: by its journal, and by nothing else.

A job is stopped if the target shows it under a name that begins as only those of the run do, wherever its id comes
from. What is gone already is no error, so doing it twice is none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.exchange import Answer
from seatunnel_conformance.journal import Remains
from seatunnel_conformance.target import Target
from seatunnel_conformance.transport.job_guard import ForeignJob, OwnIds

_ENDED = frozenset({"FINISHED", "CANCELED", "FAILED", "SAVEPOINT_DONE", "UNKNOWABLE"})


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was done: jobs that were `stopped`, jobs that could not be (`left`), whether tags were put back.

    `trouble` says why not everything could be tried; empty when it could.
    """

    stopped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    tags: bool = False
    trouble: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not self.left and not self.trouble


def tidy(remains: Remains, target: Target) -> Tidied:
    """Stop the jobs that a run has left, put tags back, and remove the journal if nothing is left."""
    own = OwnIds(remains.run, claimed=set(remains.jobs))
    stopped, left = list[str](), list[str]()
    with target.for_jobs_of(own) as writing:
        try:
            for job_id in _running(remains, writing):
                (stopped if _stopped(writing, job_id) else left).append(job_id)
            done = remains.tags is None or _is_ok(writing.post("/update-tags", body=dict(remains.tags)))
        except Inconclusive as problem:
            return Tidied(tuple(stopped), tuple(left), trouble=str(problem))
    found = Tidied(tuple(stopped), tuple(left), remains.tags is not None, "" if done else "the tags were refused")
    if found.is_complete:
        remains.path.unlink(missing_ok=True)
    return found


def _running(remains: Remains, target: Target) -> Iterator[str]:
    """Yield the ids of the run's own jobs that have not ended."""
    shown = [_shown(target.get("/job-info/{jobId}", jobId=job_id)) for job_id in remains.jobs]
    # The process may have died between the target's taking a job and our noting its id.
    shown += _listed(target.get("/running-jobs"))
    own = (str(job.get("jobId")) for job in shown if _is_alive(job) and target.own.is_own_name(job.get("jobName")))
    return iter(dict.fromkeys(own))


def _is_alive(shown: dict[str, object]) -> bool:
    return "jobStatus" in shown and shown["jobStatus"] not in _ENDED


def _shown(answer: Answer) -> dict[str, object]:
    try:
        return answer.members
    except AssertionError:
        return {}


def _listed(answer: Answer) -> list[dict[str, object]]:
    try:
        return [item for item in answer.items if isinstance(item, dict)]
    except AssertionError:
        return []


def _stopped(target: Target, job_id: str) -> bool:
    target.own.claimed.add(job_id)
    try:
        return _is_ok(target.post("/stop-job", body={"jobId": job_id, "isStopWithSavePoint": False}))
    except ForeignJob:
        return False


def _is_ok(answer: Answer) -> bool:
    return answer.status == HTTPStatus.OK
