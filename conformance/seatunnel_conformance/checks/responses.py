"""Responses of each GET operation while jobs run and have ended: not for one clause, but derived for every operation.

Their schema covers every member, at any depth. What the schema allows is compared with what the other operations show
of the same job: the operation that differs from all others is wrong.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.arrange.expectations import accepted, entry
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.arrange.schemas import violations
from seatunnel_conformance.arrange.states import END_STATES
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

TEXT: Final = (
    "While jobs run and have ended, every response is one that the contract states, and shows a job as the other "
    "operations show it."
)

_TRIES: Final = 3
_PAUSE: Final = 0.2

_QUERIES: Final[Mapping[str, Mapping[str, str]]] = {"page": {"page": "1", "rows": "100"}, "format": {"format": "json"}}
"""Queries that select another form of the response, by the name of the parameter."""

_UNMEASURED: Final = "/metrics/realtime"
"""The paths of operations that respond only where the flow of jobs is measured."""


def derived_checks(contract: Contract) -> Iterator[tuple[Operation, Check]]:
    """Yield the check of each GET operation whose path can be filled in with jobs of the run."""
    for operation in contract.operations:
        if operation.method == "GET" and _can_be_filled(operation) and not operation.path.startswith(_UNMEASURED):
            function = _check_of(operation)
            yield operation, Check(operation.id, function, writes=True, needs=("target", "contract", "jobs"))


def _can_be_filled(operation: Operation) -> bool:
    required = {parameter["name"] for parameter in operation.parameters if parameter.get("required")}
    return required <= {"jobId", "state", "jobIdOrFile"}


def _check_of(operation: Operation) -> Callable[..., None]:
    def check(target: Target, contract: Contract, jobs: Jobs) -> None:
        """A client reads these members of every job, whatever its state."""
        running, ended = jobs.running(), _ended_jobs(jobs)
        for path, query in _requests(operation, [running, *ended.values()]):
            _must_be_stated(contract, operation, target.get(path, query=query))
        if operation.id in _READERS:
            _must_agree(target, operation.id, {"RUNNING": running, **ended})

    return check


def _ended_jobs(jobs: Jobs) -> dict[str, OwnJob]:
    return {
        "FINISHED": jobs.finished(),
        "FAILED": jobs.failed(),
        "CANCELED": jobs.canceled(),
        "SAVEPOINT_DONE": jobs.saved(),
    }


def _requests(operation: Operation, jobs: list[OwnJob]) -> Iterator[tuple[str, Mapping[str, str]]]:
    values = END_STATES if "{state}" in operation.path else [job.id for job in jobs]
    paths = dict.fromkeys(re.sub(r"{\w+}", value, operation.path) for value in values)
    names = [parameter["name"] for parameter in operation.parameters if parameter["name"] in _QUERIES]
    for path in paths:
        yield path, {}
        for name in names:
            yield path, _QUERIES[name]


def _must_be_stated(contract: Contract, operation: Operation, response: Response) -> None:
    facts = operation.behaviour
    if response.status == 500 and "server-error" in {facts.get("waitingJob"), facts.get("unscheduledJob")}:
        raise NotObservable("a job of somebody else waits, or has never been scheduled")
    assert response.status == 200, response
    content = operation.responses["200"]["content"]
    assert response.media_type in {kind.partition(";")[0].strip() for kind in content}, response
    schema = operation.response_schema(200)
    if response.media_type == "application/json" and schema is not None:
        assert violations(contract, str(schema["$ref"]).rpartition("/")[2], response.json) == []


def _job(target: Target, path: str, job: OwnJob) -> Mapping[str, Any]:
    found: Mapping[str, Any] = accepted(target.get(path, jobId=job.id))
    return found


def _listed(target: Target, path: str, job: OwnJob) -> Mapping[str, Any]:
    return entry(target.get(path).items, job.id)


_READERS: Final[Mapping[str, Callable[[Target, OwnJob, str], Mapping[str, Any] | None]]] = {
    "get_job_info": lambda target, job, _: _job(target, "/job-info/{jobId}", job),
    "get_running_job": lambda target, job, _: _job(target, "/running-job/{jobId}", job),
    "get_running_jobs": lambda target, job, state: (
        _listed(target, "/running-jobs", job) if state == "RUNNING" else None
    ),
    "get_finished_jobs": lambda target, job, state: (
        _listed(target, "/finished-jobs", job) if state != "RUNNING" else None
    ),
    "get_finished_jobs_by_state": lambda target, job, state: (
        _listed(target, f"/finished-jobs/{state}", job) if state != "RUNNING" else None
    ),
}
"""The operations that show a job, with a function that returns what one shows; None where it does not show the job."""


def _must_agree(target: Target, operation_id: str, by_state: Mapping[str, OwnJob]) -> None:
    """Assert that an operation shows each job as all the other operations show it."""
    for state, job in by_state.items():
        for attempt in range(_TRIES):
            own = _READERS[operation_id](target, job, state)
            if own is None:
                break
            wrong = _disagreements(_comparable(own), list(_witnesses(target, operation_id, job, state)))
            if not wrong:
                break
            assert attempt + 1 < _TRIES, f"of the job {job.id}, {operation_id} shows {wrong}"
            # What changes between two requests is not wrong.
            time.sleep(_PAUSE)


def _witnesses(target: Target, operation_id: str, job: OwnJob, state: str) -> Iterator[Mapping[str, Any]]:
    """Yield the job as it was submitted, and as the other operations show it."""
    yield _submitted(job, state)
    for other, read in _READERS.items():
        if other != operation_id:
            try:
                shown = read(target, job, state)
            except AssertionError:
                continue  # the check of that operation fails
            if isinstance(shown, Mapping):
                yield _comparable(shown)


def _submitted(job: OwnJob, state: str) -> dict[str, Any]:
    known: dict[str, Any] = {"jobId": job.id, "jobName": job.name, "jobStatus": state}
    if state == "FINISHED":
        known |= {"metrics/sourcereceivedcount": str(ROWS), "metrics/sinkwritecount": str(ROWS)}
    return known


def _comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a job that every operation shows alike; rates change from one response to the next."""
    end = next((name for name in document if re.fullmatch("finish(ed)?time", name, re.IGNORECASE)), "")
    plain = {"end time" if name == end else name: value for name, value in document.items() if name != "metrics"}
    metrics = document.get("metrics")
    flat = metrics.items() if isinstance(metrics, Mapping) else ()
    counted = {f"metrics/{name.lower()}": value for name, value in flat if not re.search("(?i)qps|persecond", name)}
    return plain | counted


def _disagreements(own: Mapping[str, Any], others: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the members that at least two other sources show alike, and this one in another way."""
    wrong = {}
    for name, value in own.items():
        theirs = [other[name] for other in others if name in other]
        if len(theirs) > 1 and all(one == theirs[0] for one in theirs) and value != theirs[0]:
            wrong[name] = f"{value!r} instead of {theirs[0]!r}"
    return dict(islice(wrong.items(), 3))
