"""Faults of the kind `state`: jobs in an earlier state, counters that stay or fall, requests without effect."""

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
"""Returns the JSON to show instead of a job. The list has the job's JSON in earlier responses, the latest last."""


def _remembering(path: Path, change: _Change) -> Callable[..., ProxiedExchange]:
    """Replace the jobs at a path of responses by `change(job, the job in earlier responses)`."""

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
    """Show a create time that is one year later in each response."""
    if "createTime" not in job or not isinstance(job["createTime"], str):
        return job
    return {**job, "createTime": f"{2000 + len(before)}{job['createTime'][4:]}"}


_SHOWN: Final[Mapping[str, tuple[str, _Change, tuple[str, ...]]]] = {
    "stays-as-first-shown": ("a job never changes", _as_before, ("life-cycle.batch-ends", "life-cycle.stop-ends")),
    "goes-back-at-times": ("a job is sometimes shown as it was first", _back_at_times, ("life-cycle.states-in-order",)),
    "counters-stand-still": ("the counters of a job never change", _frozen_counters, ()),
    "counters-fall": ("the counters of a job decrease", _falling_counters, ("life-cycle.counters-never-fall",)),
    "create-time-changes": ("the create time of a job changes", _younger, ("life-cycle.times",)),
}
"""For each name of a fault: the end of its sentence, the change, and the clauses that it breaks."""


def _ignoring(receipt: Callable[[ProxiedExchange], Any]) -> Change:
    """Respond to requests with `receipt(it)` instead of sending them to the target. With None, they are sent."""

    def change(it: ProxiedExchange) -> ProxiedExchange:
        made = receipt(it)
        return it if made is None else it.with_reply(HTTPStatus.OK, made, json_type(it))

    return change


def _given(job: Any) -> Any:
    """Return the receipt for a submission with these parameters; None if they have no id."""
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
    """Yield the faults of kind `state`, by operation."""
    for operation in contract.operations:
        for path in _paths_of_jobs(contract, operation):
            place = f"state:{operation.id}:{shown_path(path)}"
            for name, (text, change, general) in _SHOWN.items():
                if operation.id in FINISHED and name != "create-time-changes":
                    continue  # an ended job does not change
                breaks, said = clauses_about(contract, operation, *general), f"In responses of {operation.id}, {text}."
                yield generated(place, name, breaks, said, _remembering(path, change), operation.id)
        if operation.id in _RECEIPTS:
            place, about = f"state:{operation.id}:request", clauses_about(contract, operation)
            said = f"A request for {operation.id} is answered with 200, but has no effect."
            ignored = _ignoring(_RECEIPTS[operation.id])
            yield generated(place, "has-no-effect", about, said, ignored, operation.id, before=True)


def _paths_of_jobs(contract: Contract, operation: Operation) -> list[Path]:
    """Return the paths to jobs in the responses of an operation, without the steps that select a schema."""
    found = (
        tuple(step for step in path if not step.startswith(":"))
        for path, resolved in places_of(contract, operation)
        if "jobStatus" in resolved.get("properties", {})
    )
    return list(dict.fromkeys(found))
