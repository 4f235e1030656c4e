"""Finds the operation of the contract for a request, and the paths for requests to operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final
from urllib.parse import unquote

from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

NO_FILE: Final = "none.log"
"""A value for path parameters that is neither a job id nor the name of an existing file."""


@cache
def routes(contract: Contract) -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Return the operations, each with a pattern that matches its decoded path; the group is the path parameter."""
    return tuple(_patterns(contract))


def _patterns(contract: Contract) -> Iterator[tuple[re.Pattern[str], Operation]]:
    # As in the engine, the longest path before a parameter has priority.
    for operation in sorted(contract.operations, key=lambda operation: -len(operation.path.partition("{")[0])):
        # A parameter is always last, and includes everything after it.
        pattern = re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(operation.path))
        yield re.compile(pattern, re.DOTALL), operation


@lru_cache(maxsize=1024)
def find(contract: Contract, method: str, path: str) -> tuple[Operation | None, str]:
    """Return the operation of a request, or None, and the value of its path parameter. HEAD counts as GET.

    `path` is the path as sent, without context path and query. A path without a parameter must match exactly.
    """
    wanted = "GET" if method == "HEAD" else method
    decoded = unquote(path)
    for pattern, operation in routes(contract):
        if operation.method == wanted and (found := pattern.fullmatch(decoded)):
            return operation, "".join(found.groups())
    return None, ""


def query_names(contract: Contract, operation: Operation) -> frozenset[str] | None:
    """Return the names of the query parameters of an operation; None if it accepts any name."""
    parameters = [each for each in operation.parameters if each["in"] == "query"]
    if any(contract.resolve(each.get("schema", {})).get("type") == "object" for each in parameters):
        return None
    return frozenset(str(each["name"]) for each in parameters)


_USUAL: Final = {
    "page": "2",
    "rows": "0",
    "limit": "0",
    "offset": "99",
    "format": "x",
    "callback": "x",
    **dict.fromkeys(("jobId", "jobName", "name", "state", "status", "jobStatus"), "5"),
}
"""Parameters of many APIs, each with a value that would change a response, such as leave out every job of a list."""


def undefined_parameters(contract: Contract, operation: Operation) -> dict[str, str]:
    """Return usual query parameters that an operation does not define; none if it accepts any name."""
    known = query_names(contract, operation)
    return {} if known is None else {name: value for name, value in _USUAL.items() if name not in known}


@cache
def parts(contract: Contract) -> tuple[str, ...]:
    """Return the parts of a contract: statuses, such as `GET /logs 200`, and parameters, such as `GET /logs ?format`.

    Counting the parts shows how much of the contract a run has used.
    """
    found = list[str]()
    for operation in contract.operations:
        found += [f"{label(operation)} {status}" for status in sorted(operation.responses)]
        found += [f"{label(operation)} ?{name}" for name in sorted(query_names(contract, operation) or ())]
    return tuple(found)


def met_parts(contract: Contract, context_path: str, met: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    """Yield the parts of a contract that requests have used. `met` has the method, target and status of each."""
    for method, target, status in met:
        path, _, query = target.removeprefix(context_path).partition("?")
        operation, _ = find(contract, method, path)
        if operation is not None:
            names = (unquote(pair.partition("=")[0]) for pair in query.split("&"))
            found = {f"{label(operation)} {part}" for part in (status, *(f"?{name}" for name in names))}
            yield from found.intersection(parts(contract))


def label(operation: Operation) -> str:
    """Return the name of an operation in reports: `GET /job-info/{jobId}`."""
    return f"{operation.method} {operation.path}"


def any_path(operation: Operation, unused_id: str) -> str:
    """Return the path of an operation with this value for its path parameter."""
    return re.sub(r"{\w+}", unused_id, operation.path)


def get_operations(contract: Contract, *values: str) -> dict[str, Operation]:
    """Return the GET operations by path. Paths with a parameter occur once with each of these values."""
    gets = [operation for operation in contract.operations if operation.method == "GET"]
    return {any_path(operation, value): operation for value in values for operation in gets}


def methods_of(contract: Contract, unused_id: str) -> dict[str, set[str]]:
    """Return each path's supported methods, with the methods of paths below it: both have one servlet."""
    found: dict[str, set[str]] = {}
    for operation in contract.operations:
        found.setdefault(any_path(operation, unused_id), set()).add(operation.method)
    for operation in contract.operations:
        bare, _, parameter = operation.path.partition("/{")
        if bare in found and parameter.endswith("}"):
            found[bare].add(operation.method)
    return found


def body_operations(contract: Contract) -> Iterator[Operation]:
    """Yield the POST operations that need a body."""
    for operation in contract.operations:
        if operation.method == "POST" and (operation.request_body or {}).get("required"):
            yield operation


def post_paths(contract: Contract) -> list[str]:
    """Return the paths that need a JSON body."""
    found = [(each.path, each.request_body or {}) for each in body_operations(contract)]
    return [path for path, body in found if "application/json" in body["content"]]


def plain_paths(contract: Contract) -> list[str]:
    """Return the paths of the GET operations that need no parameter."""
    return [
        operation.path
        for operation in contract.operations
        if operation.method == "GET" and not any(parameter.get("required") for parameter in operation.parameters)
    ]


def suffixed_paths(paths: list[str]) -> Iterator[str]:
    """Yield unknown paths that web frameworks could treat as known ones, by ignoring an extension."""
    # A path below that of another operation could belong to that operation.
    return (f"{path}.json" for path in paths if path.count("/") == 1)
