"""Clean up after an interrupted run, by its journal.

A job is stopped only if its name on the target starts with the prefix of the run, wherever its id comes from. Jobs that
no longer run are no error, so cleaning up twice is safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from seatunnel_conformance.arrange.journal import Leftovers
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import ForeignJob, OwnIds

_ENDED = frozenset({*END_STATES, "UNKNOWABLE"})


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """The result: ids of jobs that were `stopped` and that could not be (`left`), and whether tags were restored.

    `error` is the reason why the cleanup is incomplete, or empty. `kept` is the reason why the journal was not removed
    although everything was done, or empty.
    """

    stopped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    tags: bool = False
    error: str = ""
    kept: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether everything was cleaned up."""
        return not self.left and not self.error and not self.kept


def clean_up(leftovers: Leftovers, target: Target) -> CleanupResult:
    """Stop the jobs of a run, restore tags, and remove the journal if nothing is left."""
    own = OwnIds(leftovers.run, claimed=set(leftovers.jobs))
    stopped, left, tags, error = list[str](), list[str](), False, ""
    with target.for_jobs_of(own) as writing:
        try:
            for job_id in _running(leftovers, writing):
                (stopped if _stopped(writing, job_id) else left).append(job_id)
            if not (leftovers.tags is None or _is_ok(writing.post("/update-tags", body=dict(leftovers.tags)))):
                error = "the tags were refused"
            tags = leftovers.tags is not None
        except Inconclusive as problem:
            error = str(problem)
    # Ids and errors come from the target.
    hidden = target.wire.redactor.text
    found = CleanupResult(tuple(map(hidden, stopped)), tuple(map(hidden, left)), tags, hidden(error))
    return replace(found, kept=_removed(leftovers)) if found.is_complete else found


def _removed(leftovers: Leftovers) -> str:
    """Remove the journal, and return the reason if it was kept."""
    if leftovers.ignored:
        return "the journal is kept for its other lines"
    try:
        leftovers.path.unlink(missing_ok=True)
    except OSError as problem:
        return f"the journal can't be removed: {problem.strerror}"
    return ""


def _running(leftovers: Leftovers, target: Target) -> Iterator[str]:
    """Yield the ids of the run's jobs that have not ended."""
    shown = [target.get("/job-info/{jobId}", jobId=job_id).json_as(dict) or {} for job_id in leftovers.jobs]
    # The process can have died after the submission of a job, before its id was in the journal.
    listed = target.get("/running-jobs").json_as(list) or []
    shown += [item for item in listed if isinstance(item, dict)]
    own = (str(job.get("jobId")) for job in shown if _is_alive(job) and target.own.is_own_name(job.get("jobName")))
    return iter(dict.fromkeys(own))


def _is_alive(shown: dict[str, object]) -> bool:
    return "jobStatus" in shown and shown["jobStatus"] not in _ENDED


def _stopped(target: Target, job_id: str) -> bool:
    target.own.claimed.add(job_id)
    try:
        return _is_ok(target.post("/stop-job", body={"jobId": job_id, "isStopWithSavePoint": False}))
    except ForeignJob:
        return False


def _is_ok(response: Response) -> bool:
    return response.status == HTTPStatus.OK
