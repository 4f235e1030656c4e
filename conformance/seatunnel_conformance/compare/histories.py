"""Draws histories with hypothesis. A history is a recorded scenario up to one of its steps, whose request is changed.

A GET request gets another value of a parameter, from the contract (examples, defaults, enumerations) or a list of
unusual values. A configuration loses a member, or gets an unusual value. Other requests are not changed, so that no
stop names another job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st

from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_conformance.target.routes import find
from seatunnel_openapi import Contract, JsonObject, Operation

Step: TypeAlias = dict[str, Any]

GENERATED: Final = "generated"
_ODD: Final = ("0", "-1", "007", "+5", "1.5", "abc", " ", "null", "9223372036854775808", "x/y", "é", "%")
_VALUES: Final[tuple[Any, ...]] = (None, True, 0, -1, 1.5, "", "5", "x", [], {})
_CONFIGURED: Final = frozenset({"encrypt_config", "submit_job"})
"""The operations whose body is a job configuration."""
_OWN: Final = {"contains": "{{fresh.id."}
"""Selects the jobs of the history by a part of their normalised ids, and log files by a part of their names."""


def histories(contract: Contract, recorded: Sequence[Scenario]) -> st.SearchStrategy[Scenario]:
    """Return a hypothesis strategy for changed histories of recorded scenarios."""
    changed = [
        st.builds(partial(_history, scenario.steps[:at]), changes)
        for scenario in recorded
        for at, step in enumerate(scenario.steps)
        for changes in _changes(contract, step.step["request"])
    ]
    return st.sampled_from(changed).flatmap(lambda drawn: drawn)


def _history(before: tuple[RecordedStep, ...], step: Step) -> Scenario:
    return Scenario(GENERATED, GENERATED, keeps_connection=False, steps=(*before, RecordedStep(step, None)))


def _changes(contract: Contract, request: Step) -> Iterator[st.SearchStrategy[Step]]:
    """Yield strategies for changed versions of a step: one for each parameter of its request, and one for the body."""
    operation, _ = find(contract, request["method"], request["path"].partition("?")[0])
    if operation is None:
        return
    for parameter in operation.parameters if request["method"] == "GET" else ():
        schema: JsonObject = contract.resolve(parameter.get("schema", {}))
        if parameter["in"] == "path" or schema.get("type") == "string":
            shown = [schema[key] for key in ("example", "default") if key in schema] + list(schema.get("enum", ()))
            yield st.sampled_from([*map(str, shown), *_ODD]).map(partial(_read, operation, parameter, request))
    if operation.id in _CONFIGURED and isinstance(request.get("json"), dict) and request["json"]:
        yield _slightly_wrong(request["json"]).map(
            lambda body: {"id": operation.id, "request": {**request, "json": body}}
        )


def _read(operation: Operation, parameter: JsonObject, request: Step, value: str) -> Step:
    """Return the step of a GET request with this value of a parameter.

    In lists, only the jobs and log files of the history are compared.
    """
    path, is_path = request["path"].partition("?")[0], parameter["in"] == "path"
    text = quote(value, safe="")
    target = operation.path.partition("{")[0] + text if is_path else f"{path}?{parameter['name']}={text}"
    options: Step = {}
    if operation.path.startswith("/log"):
        options = {"select": {"pointer": "", "where": {"logName": _OWN}, "hrefs": _OWN}, "unordered": [""]}
    elif "jobs" in operation.path and is_path:
        options = {"select": {"pointer": "", "where": {"jobId": _OWN}}, "unordered": [""]}
    elif "jobs" in operation.path:
        options = {"shape": [""]}  # a page may not contain own jobs
    return {"id": operation.id, "request": {**request, "path": target}, **options}


def _slightly_wrong(document: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for the document with one member removed, or with an unusual value of one member."""
    names = st.sampled_from(sorted(document))
    return st.one_of(
        names.map(lambda gone: {name: value for name, value in document.items() if name != gone}),
        st.tuples(names, st.sampled_from(_VALUES)).map(lambda changed: {**document, changed[0]: changed[1]}),
    )
