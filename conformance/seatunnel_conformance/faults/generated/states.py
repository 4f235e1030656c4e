"""Faults over time: jobs that are shown as they were, counters that stand still or fall, commands without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, generated
from seatunnel_conformance.faults.changes import Change
from seatunnel_conformance.faults.documents import FINISHED, json_type
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.generated.values import Path, changing, places_of, shown_path
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

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
        made = receipt(it)
        return it if made is None else it.with_reply(HTTPStatus.OK, made, json_type(it))

    return change


def _given(job: Any) -> Any:
    """Return the receipt for parameters of a submission that have an id; None for others."""
    has_id = isinstance(job, Mapping) and str(job.get("jobId", "")).isdecimal()
    return {"jobId": job["jobId"], "jobName": job.get("jobName", "")} if has_id else None


def _submissions(it: ProxiedExchange) -> Any:
    jobs = it.request_json if isinstance(it.request_json, list) else []
    receipts = [_given(job.get("params")) for job in jobs if isinstance(job, dict)]
    return receipts if receipts and all(receipts) else None


def _stop(it: ProxiedExchange) -> Any:
    receipt = _given(it.request_json)
    return receipt and {"jobId": str(receipt["jobId"])}


def _stops(it: ProxiedExchange) -> Any:
    stops = it.request_json if isinstance(it.request_json, list) else []
    ids = [stop.get("jobId") for stop in stops if isinstance(stop, dict)]
    return [{"jobId": each} for each in ids] if ids and all(isinstance(each, int) for each in ids) else None


_TAGS_ARE_SET: Final = {"status": "success", "message": "update node tags done."}

_RECEIPTS: Final[Mapping[str, Callable[[ProxiedExchange], Any]]] = {
    "submit_job": lambda it: _given(it.parameters) if it.request_json else None,
    "submit_jobs": _submissions,
    "submit_job_by_upload": lambda it: _given(it.parameters),
    "stop_job": _stop,
    "stop_jobs": _stops,
    "update_tags": lambda it: _TAGS_ARE_SET if isinstance(it.request_json, dict) else None,
}


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    for operation in contract.operations:
        for path in _paths_of_jobs(contract, operation):
            place, said = f"state:{operation.id}:{shown_path(path)}", f"In responses of {operation.id}, a job: "
            for name, (change, general) in _SHOWN.items():
                if operation.id in FINISHED and name != "create-time-changes":
                    continue  # an ended job does not change
                breaks = clauses_about(contract, operation, *general)
                yield generated(place, name, breaks, said, _remembering(path, change), operation.id)
        if operation.id in _RECEIPTS:
            place, about = f"state:{operation.id}:request", clauses_about(contract, operation)
            said, ignored = f"{operation.id} accepts a request and does nothing.", _ignoring(_RECEIPTS[operation.id])
            yield generated(place, "has-no-effect", about, said, ignored, operation.id, before=True)


def _paths_of_jobs(contract: Contract, operation: Operation) -> list[Path]:
    """Return the paths to jobs in the responses of an operation, whatever their form."""
    found = (
        tuple(step for step in path if not step.startswith(":"))
        for path, resolved in places_of(contract, operation)
        if "jobStatus" in resolved.get("properties", {})
    )
    return list(dict.fromkeys(found))
