"""Clean up after an interrupted run, by its journal.

A job is stopped only if its name on the target starts with the prefix of the run, wherever its id comes from. Jobs that
no longer run are no error, so cleaning up twice is safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from seatunnel_conformance.arrange.journal import Leftovers
from seatunnel_conformance.arrange.leftovers import is_stopped, stop_left
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OF_NO_JOB, OwnIds, id_of

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
    own.tags, own.tagged = dict(leftovers.tags or {}), leftovers.tags is not None
    stopped, left, tags, error = list[str](), list[str](), False, ""
    with target.for_jobs_of(own) as writing:
        try:
            for job_id in list(_running(leftovers, writing)):
                (stopped if is_stopped(writing, job_id) else left).append(job_id)
            # The process can have died after the submission of a job, before its id was in the journal.
            sweep = stop_left(writing, (*stopped, *left))
            stopped, left = (list(dict.fromkeys(ids)) for ids in ((*stopped, *sweep.stopped), (*left, *sweep.left)))
            response = writing.post("/update-tags", body=dict(own.tags)) if own.tagged else None
            error = "the tags were refused" if response and response.status != HTTPStatus.OK else ""
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
    """Yield the ids of the journal's jobs that have not ended. One that is shown without a name may be one."""
    for job_id in leftovers.jobs:
        shown = target.get("/job-info/{jobId}", jobId=job_id).json_as(dict) or {}
        is_alive = not shown.keys() <= OF_NO_JOB and shown.get("jobStatus") not in _ENDED
        is_unnamed = shown.get("jobName") is None and id_of(shown) in {None, job_id}
        if is_alive and (is_unnamed or target.own.is_own_name(shown.get("jobName"))):
            yield job_id
