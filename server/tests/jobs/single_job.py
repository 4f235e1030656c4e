"""Submit one job to an engine, read it and follow its statuses."""

from typing import Any

from seatunnel_server.engine.domain import Job, JobId, JobStatus
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.pipeline import ExecutableJob

ID = JobId(881432421482889220)
S = JobStatus


async def submit(engine: MemoryEngine, job: ExecutableJob, **options: Any) -> None:
    await engine.submit({"job": job}, job_id=ID, **options)


async def look(engine: MemoryEngine) -> Job:
    job = await engine.job(ID)
    assert job is not None
    return job


async def states(engine: MemoryEngine, clock: ManualClock, seconds: float, step: float = 0.01) -> list[tuple[S, bool]]:
    """Read the job every `step` seconds; return its statuses, and whether it was archived, without repetitions."""
    seen = []
    for _ in range(round(seconds / step)):
        job = await look(engine)
        if (job.status, job.archived) not in seen[-1:]:
            seen.append((job.status, job.archived))
        await clock.advance(seconds=step)
    return seen
