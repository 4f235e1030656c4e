"""Jobs that wait for slots, on a node that lets them wait."""

import pytest

from seatunnel_server.engine.domain import JobId, JobStatus

pytestmark = pytest.mark.anyio


@pytest.fixture
def crowded(engines):
    """An engine of two slots on which jobs wait."""
    return engines(dynamic_slots=False, slots=2, waits_for_slots=True)


async def states(engine) -> dict[int, JobStatus]:
    return {job.id: job.status for job in await engine.running_jobs()}


async def waiting(engine) -> list[int]:
    return [it.job.id for it in (await engine.queue()).jobs]


async def test_job_without_slots_waits_and_begins_when_one_before_it_has_ended(crowded, clock, make):
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=1)}, job_id=JobId(2))
    await clock.advance(seconds=1)
    assert await states(crowded) == {1: JobStatus.RUNNING, 2: JobStatus.PENDING}
    assert (await waiting(crowded), (await crowded.job(JobId(2))).start_time) == ([2], None)
    await crowded.stop(JobId(1))
    await clock.advance(seconds=1)
    assert await states(crowded) == {2: JobStatus.RUNNING}
    assert await waiting(crowded) == []


async def test_small_job_waits_behind_a_large_one(crowded, clock, make):
    await crowded.submit({"job": make.stream(slots=1)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(2))
    await crowded.submit({"job": make.stream(slots=1)}, job_id=JobId(3))
    await clock.advance(seconds=1)
    assert await waiting(crowded) == [2, 3]
    await crowded.stop(JobId(2))
    await clock.advance(seconds=1)
    assert await states(crowded) == {1: JobStatus.RUNNING, 3: JobStatus.RUNNING}


async def test_waiting_job_that_is_stopped_ends_canceled_at_once_and_takes_no_slots(crowded, clock, make):
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(2))
    await crowded.stop(JobId(2))
    ended = await crowded.job(JobId(2))
    assert (ended.status, ended.start_time, ended.archived) == (JobStatus.CANCELED, None, True)
    assert (await waiting(crowded), (await crowded.overview({})).unassigned_slots) == ([], 0)
    await clock.advance(seconds=1)
    assert await states(crowded) == {1: JobStatus.RUNNING}


async def test_savepoint_cannot_be_taken_of_a_job_that_waits(crowded, make):
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(2))
    await crowded.stop(JobId(2), savepoint=True)
    assert await waiting(crowded) == [2]


async def test_queue_tells_how_often_a_job_was_tried_and_what_it_needs(crowded, clock, make):
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=1)}, job_id=JobId(2))
    queue = await crowded.queue()
    (entry,) = queue.jobs
    assert (queue.waits, queue.free_slots, entry.checks, entry.since) == (True, 0, 1, clock.now())
    assert set(entry.pipelines) == {1}


async def test_engine_with_waiting_jobs_can_be_closed(crowded, make):
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(1))
    await crowded.submit({"job": make.stream(slots=2)}, job_id=JobId(2))
    await crowded.aclose()
