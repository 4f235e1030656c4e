"""Faults over time: jobs that are shown as they were, counters that stand still or fall, commands without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, effect_of
from seatunnel_conformance.faults.changes import Change
from seatunnel_conformance.faults.documents import FINISHED
from seatunnel_conformance.faults.exchange import JSON, ProxiedExchange
from seatunnel_conformance.faults.generated.schemas import Path, places, shown_path
from seatunnel_conformance.faults.generated.values import changing
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

KIND: Final = "state"

_Job: TypeAlias = Mapping[str, Any]
_Change: TypeAlias = Callable[[_Job, list[_Job]], _Job]
"""Returns the object that is shown instead of a job; the list has the objects shown before, the latest last."""


def _remembering(path: Path, change: _Change) -> Callable[..., ProxiedExchange]:
    """Change the jobs in responses by what was shown of them before."""

    def remember(it: ProxiedExchange, seen: dict[str, list[_Job]]) -> ProxiedExchange:
        def shown(job: Any) -> Any:
            if not isinstance(job, dict) or "jobStatus" not in job:
                return job
            before = seen.setdefault(str(job.get("jobId")), [])
            found = change(job, before)
            before.append(job)
            return found

        return changing(path, shown)(it)

    return remember


def _as_before(job: _Job, before: list[_Job]) -> _Job:
    return before[0] if before else job


def _back_at_times(job: _Job, before: list[_Job]) -> _Job:
    return before[0] if len(before) % 3 == 2 else job  # noqa: PLR2004 - every third response


def _frozen_counters(job: _Job, before: list[_Job]) -> _Job:
    return {**job, "metrics": before[0].get("metrics")} if before and "metrics" in job else job


def _falling_counters(job: _Job, before: list[_Job]) -> _Job:
    return {**job, "metrics": _less(job["metrics"], len(before))} if "metrics" in job else job


def _less(metrics: Any, count: int) -> Any:
    if isinstance(metrics, dict):
        return {name: _less(value, count) for name, value in metrics.items()}
    return str(max(0, int(metrics) - count)) if isinstance(metrics, str) and metrics.isdecimal() else metrics


def _younger(job: _Job, before: list[_Job]) -> _Job:
    """Show another create time in each response."""
    if "createTime" not in job or not isinstance(job["createTime"], str):
        return job
    return {**job, "createTime": f"{2000 + len(before)}{job['createTime'][4:]}"}


_SHOWN: Final[Mapping[str, tuple[_Change, tuple[str, ...]]]] = {
    "stays-as-first-shown": (_as_before, ("life-cycle.batch-ends", "life-cycle.stop-ends")),
    "goes-back-at-times": (_back_at_times, ("life-cycle.states-in-order",)),
    "counters-stand-still": (_frozen_counters, ()),
    "counters-fall": (_falling_counters, ("life-cycle.counters-never-fall",)),
    "create-time-changes": (_younger, ("life-cycle.times",)),
}


def _ignoring(receipt: Callable[[ProxiedExchange], Any]) -> Change:
    """Accept requests without doing anything; `receipt` makes the response."""

    def change(it: ProxiedExchange) -> ProxiedExchange:
        charset = {"none": "", "utf-8": ";charset=utf-8"}[it.contract.behaviour.choice("jsonCharset")]
        made = receipt(it)
        return it if made is None else it.with_reply(HTTPStatus.OK, made, JSON + charset)

    return change


def _submission(exchange: ProxiedExchange) -> Any:
    return _upload(exchange) if exchange.request_json else None


def _submissions(exchange: ProxiedExchange) -> Any:
    jobs = exchange.request_json
    named = [job.get("params") for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
    if not named or not all(isinstance(one, dict) and str(one.get("jobId", "")).isdecimal() for one in named):
        return None
    return [{"jobId": one["jobId"], "jobName": one.get("jobName", "")} for one in named if isinstance(one, dict)]


def _upload(exchange: ProxiedExchange) -> Any:
    parameters = exchange.parameters
    if not parameters.get("jobId", "").isdecimal():
        return None
    return {"jobId": parameters["jobId"], "jobName": parameters.get("jobName", "")}


def _stop(exchange: ProxiedExchange) -> Any:
    body = exchange.request_json
    named = isinstance(body, dict) and str(body.get("jobId", "")).isdecimal()
    return {"jobId": str(body["jobId"])} if named else None


def _stops(exchange: ProxiedExchange) -> Any:
    body = exchange.request_json
    ids = [stop.get("jobId") for stop in body if isinstance(stop, dict)] if isinstance(body, list) else []
    return [{"jobId": each} for each in ids] if ids and all(isinstance(each, int) for each in ids) else None


def _tags(exchange: ProxiedExchange) -> Any:
    found = isinstance(exchange.request_json, dict)
    return {"status": "success", "message": "update node tags done."} if found else None


_RECEIPTS: Final[Mapping[str, Callable[[ProxiedExchange], Any]]] = {
    "submit_job": _submission,
    "submit_jobs": _submissions,
    "submit_job_by_upload": _upload,
    "stop_job": _stop,
    "stop_jobs": _stops,
    "update_tags": _tags,
}


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    for operation in contract.operations:
        for path in _paths_of_jobs(contract, operation):
            for name, (change, general) in _SHOWN.items():
                if operation.id in FINISHED and name != "create-time-changes":
                    continue  # an ended job does not change
                place = shown_path(path)
                sentence = f"In responses of {operation.id}, a job: {name.replace('-', ' ')}."
                make = effect_of(_remembering(path, change), operation.id)
                breaks = clauses_about(contract, operation, *general)
                yield Fault(f"{KIND}:{operation.id}:{place}:{name}", KIND, breaks, sentence, make)
        if operation.id in _RECEIPTS:
            sentence = f"{operation.id} accepts a request and does nothing."
            make_ignoring = effect_of(_ignoring(_RECEIPTS[operation.id]), operation.id, before=True)
            yield Fault(
                f"{KIND}:{operation.id}:request:has-no-effect",
                KIND,
                clauses_about(contract, operation),
                sentence,
                make_ignoring,
            )


def _paths_of_jobs(contract: Contract, operation: Operation) -> list[Path]:
    """Return the paths to jobs in the responses of an operation, whatever their form."""
    schema = operation.response_schema(200)
    found = (
        tuple(step for step in path if not step.startswith(":"))
        for path, resolved in (places(contract, schema) if schema else ())
        if "jobStatus" in resolved.get("properties", {})
    )
    return list(dict.fromkeys(found))
