"""The jobs of a run that still run at its end, found by the run's name, whatever earlier responses said of them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import RUNNING, ForeignJob, id_of

ENDING: Final = 10.0
"""Seconds for stopped jobs to leave the list; those of real engines take up to three."""

AGAIN: Final = 3.0
"""Seconds until a job that still runs is stopped again: an engine can lose a stop."""

_PAUSE: Final = 0.2

UNKNOWN: Final = f"perhaps others, because {RUNNING} could not be read completely"


@dataclass(slots=True)
class Sweep:
    """The ids of the jobs that were `stopped`, in order, and of those that may still run (`left`)."""

    stopped: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def stop_left(target: Target, stopped: Iterable[str] = (), seconds: float = ENDING) -> Sweep:
    """Stop the jobs of the run in the list of running jobs, and wait until they have left it.

    `stopped` are the ids of those that were stopped a moment ago. Jobs without a name, which could be those of the run,
    are left. Without `seconds` to wait, jobs whose stop was accepted do not count as left. Raises `Inconclusive`.
    """
    own, sweep, begun = target.own, Sweep(), time.monotonic()
    asked, refused = dict.fromkeys(stopped, begun), set[str]()
    while True:
        listed = target.wire.guard.running()
        if listed is None:
            return Sweep(sweep.stopped, [UNKNOWN])
        running = [str(id_of(job)) for job in listed if own.has(job)]
        unnamed = [str(id_of(job)) for job in listed if job.get("jobName") is None and not own.has(job)]
        for job_id in running:
            if job_id not in refused and time.monotonic() - asked.get(job_id, -AGAIN) >= AGAIN:
                asked[job_id] = time.monotonic()
                accepted = is_stopped(target, job_id)
                sweep.stopped += [job_id] if accepted and job_id not in sweep.stopped else []
                refused |= set() if accepted else {job_id}
        if refused.issuperset(running) or time.monotonic() - begun >= seconds:
            sweep.left = [job_id for job_id in running if seconds or job_id in refused]
            sweep.left += [job_id for job_id in unnamed if job_id not in (own.before or ())]
            return sweep
        time.sleep(_PAUSE)


def is_stopped(target: Target, job_id: str) -> bool:
    """Stop a job that the target shows under the run's name. Returns whether that was accepted."""
    target.own.claimed |= {job_id} - target.own.generated
    try:
        body = {"jobId": job_id, "isStopWithSavePoint": False}
        return target.post("/stop-job", body=body).status == HTTPStatus.OK
    except ForeignJob:
        return False
