"""Jobs handed to the engine, one or several at a time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.api.submission_params import SubmissionParams
from seatunnel_server.api.submitted import read_body, read_file
from seatunnel_server.engine.config import environment
from seatunnel_server.engine.domain import JobId, Submitted
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.shade import decrypt
from seatunnel_server.http.multipart import Form
from seatunnel_server.http.reading import reads
from seatunnel_server.http.replies import Reply

JOB_LIMIT: Final = 1_000
"""Jobs that one request may start."""
_FORM_LIMIT: Final = 200_000
"""Characters of a form that the servlet container reads."""


class SavepointWithoutId(IllegalArgument):
    """A job is to start from a savepoint, and the request does not say of which job."""

    def __init__(self) -> None:
        super().__init__("Please provide jobId when start with save point.")


class DryRunRefused(IllegalArgument):
    """A job is to be tried only, and not run."""

    def __init__(self) -> None:
        super().__init__("dryRun is not supported.")


class CheckpointMissing(IllegalArgument):
    """A job is to go on from a checkpoint or savepoint, and there is none."""

    def __init__(self, job_id: JobId) -> None:
        super().__init__(f"No checkpoint or savepoint of job {job_id} was found.")
        self.job_id = job_id


class TooManyJobs(IllegalArgument):
    """A request has more jobs than one may start; none of them is."""

    def __init__(self) -> None:
        super().__init__(f"The request has more than {JOB_LIMIT:,} jobs.")


class FormRead(EngineFailure):
    """The body came as a form: the container has read it before the engine could (`submit-job/type-form`)."""


@reads(late=True)
async def submit_job(  # noqa: PLR0913 - the parameters of all releases
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str | None,
    format_: str | None,
    restore_mode: str | None,
    restore_source_job_id: str | None,
) -> Reply:
    """Plan and queue one job; the answer comes before it runs."""
    call = current()
    params = SubmissionParams(job_id, job_name, is_start_with_save_point, restore_mode, restore_source_job_id)
    _require_id(params)
    if call.facts.choice("dryRun") == "bad-request" and (call.query.last("dryRun") or "").lower() == "true":
        raise DryRunRefused
    if call.media_type.is_form and call.content and call.facts.choice("formBody") == "streamed-error":
        raise FormRead("STREAMED" if len(call.content) <= _FORM_LIMIT else "Form is larger than its limit.")
    config = await call.read(partial(read_body, call, format_))
    return call.present.submitted(await _submit(call, config, params))


@reads(late=True)
async def submit_job_by_upload(
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str | None,
    restore_mode: str | None,
    restore_source_job_id: str | None,
) -> Reply:
    """Plan and queue the job that a file describes; fields of the form count as parameters, the query's before them."""
    call = current()
    form = await call.read(partial(Form.read, call.content, call.media_type))
    params = SubmissionParams(
        form.text("jobId") or job_id,
        form.text("jobName") or job_name,
        form.text("isStartWithSavePoint") or is_start_with_save_point,
        restore_mode,
        restore_source_job_id,
    )
    _require_id(params)
    config = await call.read(partial(read_file, call, form))
    return call.present.submitted(await _submit(call, config, params))


async def submit_jobs() -> Reply:
    """Plan and queue several jobs, one after the other; those before a wrong one run.

    Only objects count as jobs (`submit-jobs/scalars-in-array`), of a single object its members
    (`submit-jobs/object`). All configurations are read before the first job is queued.
    """
    call = current()
    jobs, configs = await call.read(partial(_read_jobs, call))
    receipts = []
    for job, config in zip(jobs, configs, strict=True):
        await asyncio.sleep(0)  # each job takes about a millisecond to plan
        params = SubmissionParams.parse(job.get("params"), call.facts)
        _require_id(params)
        receipts.append(await _submit(call, config, params))
    return call.present.submitted(receipts)


def _read_jobs(call: Call) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the jobs of a body and their configurations. Raises `TooManyJobs`, and what reading them raises."""
    jobs = _jobs(call.body().document)
    if len(jobs) > JOB_LIMIT:
        raise TooManyJobs
    return jobs, [decrypt({key: value for key, value in job.items() if key != "params"}, call.shade) for job in jobs]


def _jobs(document: Any) -> list[dict[str, Any]]:
    items = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return [item for item in items if isinstance(item, dict)]


def _require_id(params: SubmissionParams) -> None:
    if params.from_savepoint and params.job_id is None:
        raise SavepointWithoutId


async def _submit(call: Call, config: dict[str, Any], params: SubmissionParams) -> Submitted:
    environment(config)  # a missing `env` is refused before the id is
    call.check_query()
    job_id = JobId.parse(params.job_id) if params.job_id and params.job_id.strip() else None
    restored_from = JobId.parse(params.restored_from) if params.restored_from else None
    if params.from_savepoint:
        await _require_checkpoint(call, restored_from or job_id)
    return await call.engine.submit(
        config,
        job_id=job_id,
        job_name=params.job_name or None,
        from_savepoint=params.from_savepoint,
        restored_from=restored_from,
    )


async def _require_checkpoint(call: Call, source: JobId | None) -> None:
    """Refuse a start from a checkpoint that isn't there, where the facts say so. Raises `CheckpointMissing`."""
    if "missingCheckpoint" not in call.facts or call.facts.choice("missingCheckpoint") == "starts-fresh":
        return
    if source is not None and not await call.engine.has_savepoint(source):
        raise CheckpointMissing(source)
