"""Histories that hypothesis generates from a contract: own small jobs, and requests about them.

Values come from the contract (examples, defaults, enumerations) and from a list of unusual ones. Jobs are those of the
suite, complete or with a section missing; only these are stopped. After each change, the history waits until the job
is in a stable state, because other states can't be compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.compare.pair import COUNTER
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_openapi import Contract, JsonObject, Operation

Step: TypeAlias = dict[str, Any]
Move: TypeAlias = list[Step]
"""A request, with the steps that wait for its effect."""

GENERATED: Final = "generated"
_LONGEST: Final = 5
_JOBS: Final = ("a", "b")
_ODD: Final = ("0", "-1", "007", "+5", "1.5", "abc", " ", "null", "9223372036854775808", "x/y", "é", "%")
_VALUES: Final[tuple[Any, ...]] = (None, True, 0, -1, 1.5, "", "5", "x", [], {})
_SETTLED: Final = 0.5
"""Seconds until all responses agree with the state."""
_OWN_ID: Final = "{{fresh.id."
"""The prefix of the tokens for ids of own jobs; ids of foreign jobs have no tokens."""
_OWN_NAME: Final = {"contains": f"compared-{_OWN_ID}"}


def histories(contract: Contract, jobs: Jobs | None, *, posts: bool) -> st.SearchStrategy[Scenario]:
    """Return a strategy for histories: with POST requests if `posts`, and with jobs if `jobs` is given."""
    reading = [_reading(contract, each) for each in contract.operations if each.method == "GET" and _is_worth(each)]
    moves = [*reading, *([_asking(contract)] if posts else [])]
    if posts and jobs is not None:
        moves += [_submitting(jobs), _submitting(jobs), _stopping()]
    return st.lists(st.one_of(moves), min_size=1, max_size=_LONGEST).map(_history)


def _history(moves: list[Move]) -> Scenario:
    """Join moves. Each id is submitted only once: it can't be used again immediately."""
    steps: list[Step] = []
    seen: set[str] = set()
    for move in moves:
        name = move[0]["id"]
        if not name.startswith("submit") or name not in seen:
            steps += move
        seen.add(name)
    numbered = ({**step, "id": f"{number} {step['id']}"} for number, step in enumerate(steps, start=1))
    return Scenario(
        GENERATED, GENERATED, keeps_connection=False, steps=tuple(RecordedStep(it, None) for it in numbered)
    )


def _is_worth(operation: Operation) -> bool:
    """Return whether an operation has parameters or lists jobs; recorded scenarios cover the others."""
    return bool(operation.parameters) or "jobs" in operation.path


def _reading(contract: Contract, operation: Operation) -> st.SearchStrategy[Move]:
    parameters = st.fixed_dictionaries(
        {each["name"]: _values(contract, each) for each in operation.parameters if each["in"] == "path"},
        optional={each["name"]: _values(contract, each) for each in operation.parameters if _is_text(contract, each)},
    )
    return parameters.map(lambda values: [_read(operation, values)])


def _read(operation: Operation, values: Mapping[str, str]) -> Step:
    path, query = operation.path, []
    for name, value in values.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", _encoded(value))
        else:
            query.append(f"{name}={_encoded(value)}")
    request = {"method": "GET", "path": f"{path}?{'&'.join(query)}" if query else path}
    return {"id": operation.id, "request": request, **_own_part(operation, paged=bool(query))}


def _own_part(operation: Operation, *, paged: bool) -> Step:
    """Return the options of a step that reads a list, of which only own jobs and files are compared."""
    if operation.path.startswith("/log"):
        own = {"contains": _OWN_ID}
        return {"select": {"pointer": "", "where": {"logName": own}, "hrefs": own}, "unordered": [""]}
    if "jobs" not in operation.path:
        return {}
    # A page of a list may not contain own jobs.
    return {"shape": [""]} if paged else {"select": {"pointer": "", "where": {"jobName": _OWN_NAME}}, "unordered": [""]}


def _encoded(value: str) -> str:
    return value if value.startswith("{{") else quote(value, safe="")


def _is_text(contract: Contract, parameter: JsonObject) -> bool:
    schema: JsonObject = contract.resolve(parameter.get("schema", {}))
    return parameter["in"] == "query" and schema.get("type") == "string"


def _values(contract: Contract, parameter: JsonObject) -> st.SearchStrategy[str]:
    """Return values for a parameter: examples of the contract, ids of own jobs, and unusual values."""
    schema = contract.resolve(parameter.get("schema", {}))
    shown = [schema[key] for key in ("example", "default") if key in schema] + list(schema.get("enum", ()))
    own = [f"{{{{fresh.id.{job}}}}}" for job in (*_JOBS, "unknown")] if "job" in parameter["name"].lower() else []
    return st.sampled_from([*own, *map(str, shown), *_ODD])


def _asking(contract: Contract) -> st.SearchStrategy[Move]:
    """Return POST requests that change nothing: configurations to encrypt, valid and slightly invalid."""
    operation = contract.operation("encrypt_config")
    examples = [each.value for each in operation.examples() if each.where.startswith(f"{operation.id} request")]
    bodies = st.sampled_from(examples).flatmap(_slightly_wrong)
    return bodies.map(lambda body: [{"id": operation.id, "request": _post(operation.path, json=body)}])


def _slightly_wrong(document: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return a document unchanged, or with one member removed, changed or added."""
    names = st.sampled_from(sorted(document))
    return st.one_of(
        st.just(document),
        names.map(lambda gone: {name: value for name, value in document.items() if name != gone}),
        st.tuples(names, st.sampled_from(_VALUES)).map(lambda changed: {**document, changed[0]: changed[1]}),
    )


def _submitting(jobs: Jobs) -> st.SearchStrategy[Move]:
    batch = jobs.batch()
    partly = st.sampled_from(["env", "source", "sink"]).map(lambda gone: {k: v for k, v in batch.items() if k != gone})
    odd_env = st.sampled_from(_VALUES[1:]).map(lambda value: jobs.batch({"parallelism": value}))
    endless = jobs.endless()
    configs = st.one_of(st.sampled_from([batch, endless, jobs.failing()]), partly, odd_env)
    return st.tuples(st.sampled_from(_JOBS), configs, st.sampled_from(["submit_job", "submit_jobs"])).map(
        lambda chosen: _submission(*chosen, endless=chosen[1] is endless)
    )


def _submission(job: str, config: Mapping[str, Any], way: str, *, endless: bool) -> Move:
    job_id, name = f"{{{{fresh.id.{job}}}}}", f"compared-{{{{fresh.id.{job}}}}}"
    if way == "submit_job":
        request = _post(f"/submit-job?jobId={job_id}&jobName={name}", json=config)
    else:
        request = _post("/submit-jobs", json=[{"params": {"jobId": job_id, "jobName": name}, **config}])
    # Any other job ends; its states until then depend on the moment.
    return [{"id": f"submit {job}", "request": request}, *rest(job, *(["RUNNING"] if endless else []))]


def _stopping() -> st.SearchStrategy[Move]:
    return st.builds(_stop, st.sampled_from([*_JOBS, "unknown"]), st.booleans(), st.sampled_from(_STOPS))


_STOPS: Final = ("text", "number", "list")
"""The forms of a request that stops a job."""


def _stop(job: str, savepoint: bool, way: str) -> Move:  # noqa: FBT001 - from hypothesis
    job_id = f"{{{{fresh.id.{job}}}}}"
    if way == "text":
        request = _post("/stop-job", json={"jobId": job_id, "isStopWithSavePoint": savepoint})
    else:
        wanted = f'{{"jobId": {job_id}, "isStopWithSavePoint": {json.dumps(savepoint)}}}'
        path, body = ("/stop-job", wanted) if way == "number" else ("/stop-jobs", f"[{wanted}]")
        request = _post(path, body=body, headers={"Content-Type": "application/json"})
    return [{"id": f"stop {job}", "request": request}, *rest(job)]


def rest(job: str, *states: str) -> Move:
    """Return the steps that wait until a job has ended, or is in one of `states` and has read rows."""
    request = {"method": "GET", "path": f"/job-info/{{{{fresh.id.{job}}}}}"}
    moved = {"pointer": f"/metrics/{{{{{COUNTER}}}}}", "notIn": ["0"]}
    return [
        _wait(f"rest {job}", request, {"pointer": "/jobStatus", "in": [*states, *END_STATES, None]}),
        *([_wait(f"rows {job}", request, moved)] if states else []),
        {"id": f"settled {job}", "request": request, "record": False, "wait": _SETTLED},
    ]


def _wait(name: str, request: Step, until: Mapping[str, Any]) -> Step:
    poll = {"until": until, "timeoutSeconds": 10}
    return {"id": name, "request": request, "poll": poll, "record": False, "wait": 0.1}


def _post(path: str, **body: Any) -> Step:
    return {"method": "POST", "path": path, **body}
