"""Jobs: those that run or wait, those that have ended, and each by its id."""

from __future__ import annotations

from collections.abc import Mapping

from seatunnel_server.api.endpoints import current
from seatunnel_server.api.feed import FeedRequest
from seatunnel_server.api.paging import PageRequest
from seatunnel_server.api.pending import PendingQueue, QueueSelection
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import InvalidNumber
from seatunnel_server.engine.javatext import INT_RANGE, parsed
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.error_responses import ERROR_TYPE
from seatunnel_server.http.replies import Reply, encoded, reads


@reads(late=True)
async def get_running_jobs(*, page: str | None, rows: str | None) -> Reply:
    """Every job that has not reached the history yet, or a page of them."""
    call = current()
    wanted = PageRequest.parse(page, rows, call.facts.choice("paging"))
    jobs = await call.engine.running_jobs()
    if call.facts.choice("endedJob") == "left-out":
        jobs = [job for job in jobs if not job.status.is_end]
    return call.present.jobs(jobs, wanted)


@reads(late=True)
async def get_running_jobs_summary(*, full: str | None, page: str | None, rows: str | None) -> Reply:
    """Every job that has not ended, or a page of them; each job in short or in full."""
    call = current()
    wanted = PageRequest.parse(page, rows, call.facts.choice("paging"))
    jobs = [job for job in await call.engine.running_jobs() if not job.status.is_end]
    return call.present.summary(jobs, wanted, full=(full or "").lower() == "true")


async def get_job_info(*, job_id: str) -> Reply:
    """One job, running or ended; an unknown id is no error (`job-info.unknown-id`)."""
    call, wanted = current(), JobId.parse(job_id)
    job = await call.engine.job(wanted)
    return call.present.job(job, call.engine.now) if job is not None else call.present.unknown_job(job_id, wanted)


async def get_running_job(*, job_id: str) -> Reply:
    """The same as `get_job_info`, by its deprecated path and with all counters."""
    return await get_job_info(job_id=job_id)


@reads(late=True)
async def get_finished_jobs(*, page: str | None, rows: str | None) -> Reply:
    """Every job in the history, or a page of them."""
    call = current()
    wanted = PageRequest.parse(page, rows, call.facts.choice("paging"))
    return call.present.jobs(await call.engine.finished_jobs(), wanted)


@reads(late=True)
async def get_finished_jobs_by_state(*, state: str, page: str | None, rows: str | None) -> Reply:
    """The jobs in the history that ended in a state; none for an unknown state."""
    call = current()
    wanted = PageRequest.parse(page, rows, call.facts.choice("paging"))
    named = state.upper() if call.facts.choice("stateMatching") == "ignore-case" else state
    return call.present.jobs(await call.engine.finished_jobs(named), wanted)


@reads(late=True)
async def get_pending_jobs(
    *, job_id: str | None, limit: str | None, pretty: str | None, tags: Mapping[str, str]
) -> Reply:
    """The queue of waiting jobs, and the workers; every other parameter is a tag that workers must carry."""
    call = current()
    try:
        job = None if job_id is None else JobId.parse(job_id)
    except InvalidNumber:
        raise ContainerRefusal(400, "Invalid jobId") from None
    try:
        most = 0 if limit is None else parsed(limit, INT_RANGE)
    except InvalidNumber:
        raise ContainerRefusal(400, "Invalid limit") from None
    wanted = QueueSelection(job, most, (pretty or "").lower() == "true")
    filters = {name: value for name, value in tags.items() if name not in {"jobId", "limit", "pretty"}}
    workers, matching = await call.engine.workers({}), await call.engine.workers(filters)
    shown = PendingQueue.of(await call.engine.queue(), workers, matching, wanted)
    return call.present.render(shown, indented=wanted.pretty)


@reads(late=True, first=True)
async def get_jobs(*, start: str | None, cursor: str | None, status: str | None, limit: str | None) -> Reply:
    """The jobs that have ended since the last read."""
    call = current()
    wanted = FeedRequest.parse(start, cursor, status, limit)
    return call.present.render(wanted.part(*await call.engine.ended()))


async def get_slot_usage() -> Reply:
    """The slots of each job that has not ended."""
    call = current()
    return call.present.render(await call.engine.slot_usage())


@reads(own_path=True)
async def get_job_lineage(*, job_id: str) -> Reply:
    """The graph of a job; its errors differ from those of other operations."""
    call = current()
    try:
        wanted = JobId.parse(job_id)
    except InvalidNumber:
        wanted = JobId(0)
    if wanted <= 0:
        return _lineage_error(400, "INVALID_JOB_ID", "The job id must be a positive integer")
    job = await call.engine.job(wanted)
    if job is None:
        return _lineage_error(404, "JOB_NOT_FOUND", "Job lineage is not available for the requested job")
    return call.present.render(job)


def _lineage_error(status: int, code: str, message: str) -> Reply:
    return Reply((encoded({"code": code, "message": message}),), ERROR_TYPE, status)
