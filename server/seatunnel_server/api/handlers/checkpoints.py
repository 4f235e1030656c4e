"""The checkpoints and savepoints of jobs."""

from __future__ import annotations

from typing import Final

from seatunnel_server.api.diagnosis import CheckpointOverview, records_of
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.javatext import INT_RANGE, parsed
from seatunnel_server.http.replies import Reply, reads

_STATUSES: Final = frozenset({"COMPLETED", "FAILED", "CANCELED"})
_DEFAULT_LIMIT: Final = 20


async def get_checkpoint_overview(*, job_id: str) -> Reply:
    """A job's checkpoints by pipeline; only the job id if the engine has no record (`jobs.checkpoint-no-record`)."""
    call, wanted = current(), JobId.parse(job_id)
    found = await call.engine.checkpoints(wanted)
    return call.present.render(CheckpointOverview(wanted, found, call.engine.now()))


@reads(first=True, late=True)
async def get_checkpoint_history(
    *, job_id: str, pipeline_id: str | None, limit: str | None, status: str | None
) -> Reply:
    """The latest checkpoints of a job, the newest first."""
    call, wanted = current(), JobId.parse(job_id)
    pipeline = None if pipeline_id is None else parsed(pipeline_id, INT_RANGE)
    most = _DEFAULT_LIMIT if limit is None else parsed(limit, INT_RANGE)
    if status is not None and status.upper() not in _STATUSES:
        name = f"org.apache.seatunnel.engine.core.checkpoint.CheckpointStatus.{status.upper()}"
        raise IllegalArgument(f"No enum constant {name}")
    found = await call.engine.checkpoints(wanted)
    if found is not None and most < 0:
        raise IllegalArgument(most)
    pipelines = found.pipelines if found is not None and (status or "COMPLETED").upper() == "COMPLETED" else ()
    return call.present.render(records_of([it for it in pipelines if pipeline in {None, it.number}])[: max(most, 0)])
