"""Stops jobs, one or several at a time."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.javatext import INT_RANGE, java_text
from seatunnel_server.http.replies import Reply
from seatunnel_server.http.request import NothingThere

_AT_ONCE: Final = 100
"""Jobs that are stopped before another request has a turn."""


async def stop_job() -> Reply:
    """Ask one job to stop; unknown and ended ids count as stopped (`stop-job/unknown-id`)."""
    call = current()
    return call.present.render(await _stop(call, (await call.read(call.body)).mapping()))


async def stop_jobs() -> Reply:
    """Ask several jobs to stop, in order; if one is refused, those before it stay stopped."""
    call = current()
    body = await call.read(call.body)
    wanted = _objects([] if body.is_blank else body.document)
    fails = call.facts.choice("smallNumber") == "fails-after-stop"
    stopped = []
    for count, stop in enumerate(wanted):
        if count % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        stopped.append(await _stop(call, stop))
        value = stop["jobId"]
        if isinstance(value, str) or (fails and value in INT_RANGE):
            # The engine stops the job, but fails to send the response.
            kind = "String" if isinstance(value, str) else "Integer"
            raise EngineFailure(f"class java.lang.{kind} cannot be cast to class java.lang.Long")
    return call.present.render(stopped)


def _objects(document: Any) -> list[dict[str, Any]]:
    """Return a body as a list of objects. Raises `NothingThere` and `EngineFailure`.

    Recorded in `stop-jobs/object`, `array-of-null`, `nested-array`.
    """
    if document is None or (isinstance(document, list) and any(item in (None, []) for item in document)):
        raise NothingThere
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise EngineFailure("Json parse list exception!")
    return document


async def _stop(call: Call, stop: dict[str, Any]) -> str:
    """Stop one job, and return its id as the request wrote it."""
    if stop.get("jobId") is None:
        raise IllegalArgument("jobId cannot be empty.")
    text = java_text(stop["jobId"])
    savepoint = java_text(stop.get("isStopWithSavePoint")).lower() == "true"
    if call.facts.choice("force") == "ends-the-job" and java_text(stop.get("force")).lower() == "true":
        savepoint = False  # which also ends a job that hangs in its savepoint
    job_id = JobId.parse(text)
    # The master does not wait for a savepoint; other nodes do, and report a savepoint that failed.
    if savepoint and not call.node.is_master:
        await call.engine.savepoint(job_id)
    else:
        await call.engine.stop(job_id, savepoint=savepoint)
    return text
