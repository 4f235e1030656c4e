"""Finds operations that no contract has: sends GET to the paths that a log of requests or a page names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.learn.differences import LearnedDifference, drafted_schema
from seatunnel_conformance.learn.samples import Sample
from seatunnel_conformance.target import routes
from seatunnel_openapi import JsonObject
from seatunnel_openapi.contract import Operation

_NUMBER: Final = re.compile(r"\d{6,}")
_VARIABLE: Final = re.compile(r"[:{]\w+}?")
_NOWHERE: Final = "/conformance-no-such-path"
_SCHEMES: Final = re.compile(r"^\w+://[^/]*")


def template_of(path: str) -> str:
    """Return the path of a URL; a last segment that is an id or a variable, such as `{jobId}`, becomes `{id}`."""
    head, _, last = _SCHEMES.sub("", path).partition("?")[0].rstrip("/").rpartition("/")
    is_variable = _NUMBER.fullmatch(last) or _VARIABLE.fullmatch(last)
    return f"{head}/{{id}}" if is_variable else f"{head}/{last}"


def named_operations(context: Context, paths: Iterable[str]) -> Iterator[tuple[LearnedDifference, Sample]]:
    """Send GET, with unknown ids, to the paths that belong to no operation, and yield those that exist."""
    absent = context.target.get(_NOWHERE)
    prefix = context.target.context_path
    templates = dict.fromkeys(template_of(path).removeprefix(prefix) for path in paths)
    for path in (each for each in templates if "{" not in each.removesuffix("/{id}")):
        asked = path.replace("{id}", context.target.own.generate())
        if not path.startswith("/") or routes.find(context.contract, "GET", asked)[0] is not None:
            continue
        try:
            response = context.target.get(asked, headers={"Accept": "application/json"})
        except Inconclusive:
            continue
        if response.status in {404, absent.status} or response.status >= 500:  # noqa: PLR2004
            continue
        # The id of an operation of a release would require the facts of that operation; no release has such an id.
        name = re.sub(r"\W+", "_", f"observed_{path.strip('/')}").strip("_").lower()
        operation = _operation(context, name, path)
        sample = Sample(operation, "named", context.target.exchanges[-1])
        text = f"There is a GET {path}."
        action = {"target": "$.paths", "update": {path: {"get": _drafted(name, path, sample)}}}
        yield LearnedDifference("added", name, text, (action,), sample.step, "likely"), sample


def _operation(context: Context, name: str, path: str) -> Operation:
    """Return an operation with this id and path, for a `Sample`."""
    known = context.contract.operation("get_overview")
    return Operation(name, "GET", path, known.tag, {}, known.behaviour, (), (), (), None, {}, {})


def _drafted(name: str, path: str, sample: Sample) -> JsonObject:
    response = sample.response
    content: dict[str, Any] = {}
    if response.media_type:
        schema = {} if sample.document is None else drafted_schema([sample.document], with_members=True)
        content = {"content": {response.media_type: {"schema": schema}}}
    drafted: JsonObject = {"operationId": name, "tags": ["cluster"], "summary": f"As observed: {path}"}
    if "{id}" in path:
        parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        drafted["parameters"] = [parameter]
    return drafted | {"responses": {str(response.status): {"description": "As observed.", **content}}}
