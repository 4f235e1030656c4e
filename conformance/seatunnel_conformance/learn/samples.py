"""Samples: responses of a deployment to reads of all operations, and about a job that the suite runs there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import Inconclusive, NotObservable
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.replay.normalise import Normaliser
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.exchange import Exchange, Response
from seatunnel_openapi.contract import Operation

_PAUSE: Final = 0.05
"""Seconds between two reads of the job's state."""

_LEFT_OUT: Final = frozenset({"get_metrics", "get_openmetrics", "list_node_logs", "read_node_log", "read_logs"})
"""Operations whose responses are text, which has no schema to compare with."""

_PACE: Final = {"split.num": 8, "split.read-interval": 500}
"""Source options with which a job runs for some seconds and ends by itself, so nothing has to be stopped."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An exchange with an operation. `situation` names the kind of request, such as `unknown` for an unknown id."""

    operation: Operation
    situation: str
    exchange: Exchange

    @property
    def step(self) -> str:
        """The name of the step in the recording of the draft."""
        return f"{self.operation.id.replace('_', '-')}/{self.situation}/send"

    @property
    def response(self) -> Response:
        """The response, with the names of members as they were sent. Raises `ValueError` if there is none."""
        if self.exchange.response is None:
            raise ValueError(f"{self.step} has no response")
        return replace(self.exchange.response, wording=None, parsed=[])

    @property
    def document(self) -> Any:
        """The JSON body; None if it is not JSON."""
        return self.response.json_as(object)

    def recorded(self, release: str) -> str:
        """Return the line of the recording for this sample, as JSON."""
        request, area = self.exchange.request, self.operation.id.replace("_", "-")
        parts = urlsplit(request.url)
        step = {"id": "send", "request": {"method": request.method, "path": request.target}}
        exchange = Normaliser(parts.netloc, "", {}, step).exchange(self.response)
        names = {"release": release, "area": area, "scenario": self.situation, "keepAlive": False}
        return json.dumps({**names, "step": step, "exchange": exchange}, ensure_ascii=False)


def read_samples(context: Context) -> Iterator[Sample]:
    """Yield the responses of all GET operations without a job: lists and counts, an unknown id, and an invalid one."""
    for operation in context.contract.operations:
        if operation.method == "GET" and operation.id not in _LEFT_OUT:
            values = {"plain": ""} if "{" not in operation.path else _values(context, operation)
            for situation, value in values.items():
                yield from _asked(context, operation, situation, value)


def _values(context: Context, operation: Operation) -> dict[str, str]:
    if "{jobId}" in operation.path:
        return {"unknown": context.target.own.generate(), "letters": "letters"}
    return {"finished": "FINISHED"} if "{state}" in operation.path else {}


def _asked(context: Context, operation: Operation, situation: str, value: str = "") -> Iterator[Sample]:
    path = routes.any_path(operation, value)
    try:
        context.target.get(path, headers={"Accept": "application/json"})
    except Inconclusive:
        return
    yield Sample(operation, situation, context.target.exchanges[-1])


def job_samples(context: Context, seconds: float) -> Iterator[Sample]:
    """Set tags and restore them, run one job that ends by itself, and yield the responses about it while it runs.

    `seconds` is the maximum time to wait for its end.
    """
    jobs, by_id = context.jobs, {it.id: it for it in context.contract.operations}
    # While jobs of others could need the tags, `set` raises an error instead of sending the request.
    with context.target.watched() as exchanges, suppress(Inconclusive, NotObservable):
        context.tags.set({context.tags.name: "here"})
    context.tags.restore()
    if exchanges and exchanges[-1].response is not None:
        yield Sample(by_id["update_tags"], "own", exchanges[-1])
    config = jobs.batch()
    config["source"] = [{**source, **_PACE} for source in config["source"]]
    job = jobs.own(config)
    jobs.send(job)
    yield Sample(by_id["submit_job"], "own", jobs.target.exchanges[-1])
    ends, before = time.monotonic() + seconds, ""
    while time.monotonic() < ends:
        (sample,) = tuple(_asked(context, by_id["get_job_info"], "own", job.id)) or (None,)
        state = _state(sample.document) if sample is not None else ""
        if sample is not None and state and state != before and (state == "RUNNING" or state in END_STATES):
            yield from _about(context, job.id, state.lower())
            before = state
        if state in END_STATES:
            return
        context.target.governor.sleep(_PAUSE)


def _about(context: Context, job_id: str, situation: str) -> Iterator[Sample]:
    """Yield the responses about a job, and the lists that show it."""
    for operation in context.contract.operations:
        if operation.method == "GET" and operation.id not in _LEFT_OUT:
            is_list = operation.id.startswith(("get_running_jobs", "get_finished_jobs", "get_overview"))
            if "{jobId}" in operation.path or is_list:
                yield from _asked(context, operation, situation, "FINISHED" if is_list else job_id)


def _state(document: Any) -> str:
    """Return the state of a running or ended job, whatever its member is called; empty for other jobs."""
    values = document.values() if isinstance(document, dict) else ()
    return next((it for it in values if isinstance(it, str) and it in {"RUNNING", *END_STATES}), "")
