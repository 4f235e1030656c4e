"""Jobs handed to the engine, one or several at a time."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_server.call import Call, current
from seatunnel_server.engine.domain import JobId, Submitted
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.shade import decrypt
from seatunnel_server.replies import Reply
from seatunnel_server.submission_params import SubmissionParams

_FORM_LIMIT: Final = 200_000
"""Characters of a form that the servlet container reads."""


class SavepointWithoutId(IllegalArgument):
    """A job is to start from a savepoint, and the request does not say of which job."""

    def __init__(self) -> None:
        super().__init__("Please provide jobId when start with save point.")


class FormRead(EngineFailure):
    """The body came as a form: the container has read it before the engine could (`submit-job/type-form`)."""


async def submit_job(*, job_id: str | None, job_name: str | None, is_start_with_save_point: str | None) -> Reply:
    """Plan and queue one job; the answer comes before it runs."""
    call = current()
    params = SubmissionParams(job_id, job_name, is_start_with_save_point)
    _require_id(params)
    if call.media_type.is_form and call.content and call.facts.choice("formBody") == "streamed-error":
        raise FormRead("STREAMED" if len(call.content) <= _FORM_LIMIT else "Form is larger than its limit.")
    config = decrypt(call.body().mapping(), call.shade)
    return call.present.submitted(await _submit(call, config, params))


async def submit_jobs() -> Reply:
    """Plan and queue several jobs, one after the other; those before a wrong one run.

    Only objects count as jobs (`submit-jobs/scalars-in-array`), of a single object its members
    (`submit-jobs/object`). All configurations are read before the first job is queued.
    """
    call = current()
    jobs = _jobs(call.body().document)
    configs = [decrypt(job, call.shade) for job in jobs]
    receipts = []
    for job, config in zip(jobs, configs, strict=True):
        params = SubmissionParams.parse(job.get("params"), call.facts)
        _require_id(params)
        receipts.append(await _submit(call, config, params))
    return call.present.submitted(receipts)


def _jobs(document: Any) -> list[dict[str, Any]]:
    items = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return [item for item in items if isinstance(item, dict)]


def _require_id(params: SubmissionParams) -> None:
    if params.from_savepoint and params.job_id is None:
        raise SavepointWithoutId


async def _submit(call: Call, config: dict[str, Any], params: SubmissionParams) -> Submitted:
    job_id = JobId.parse(params.job_id) if params.job_id and params.job_id.strip() else None
    return await call.engine.submit(
        config, job_id=job_id, job_name=params.job_name or None, from_savepoint=params.from_savepoint
    )
