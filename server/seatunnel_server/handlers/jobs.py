"""Jobs: those that run, those that have ended, and each by its id."""

from __future__ import annotations

from seatunnel_server.call import current
from seatunnel_server.engine.domain import JobId
from seatunnel_server.replies import Reply


async def get_running_jobs() -> Reply:
    """Every job that has not reached the history yet."""
    call = current()
    return call.present.jobs(await call.engine.running_jobs())


async def get_job_info(*, job_id: str) -> Reply:
    """One job, running or ended; an unknown id is no error (`job-info.unknown-id`)."""
    call, wanted = current(), JobId.parse(job_id)
    job = await call.engine.job(wanted)
    return call.present.job(job) if job is not None else call.present.unknown_job(job_id, wanted)


async def get_running_job(*, job_id: str) -> Reply:
    """The same as `get_job_info`, by its deprecated path and with all counters."""
    return await get_job_info(job_id=job_id)


async def get_finished_jobs() -> Reply:
    """Every job in the history."""
    call = current()
    return call.present.jobs(await call.engine.finished_jobs())


async def get_finished_jobs_by_state(*, state: str) -> Reply:
    """The jobs in the history that ended in a state; a state that there is none of has no jobs."""
    call = current()
    wanted = state.upper() if call.facts.choice("stateMatching") == "ignore-case" else state
    return call.present.jobs(await call.engine.finished_jobs(wanted))
