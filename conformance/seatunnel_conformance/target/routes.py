"""Finds the operation of the contract that a request is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation


@cache
def routes(contract: Contract) -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Return a pattern for the path of each operation; its group, if any, is the path parameter."""
    return tuple(_patterns(contract))


def _patterns(contract: Contract) -> Iterator[tuple[re.Pattern[str], Operation]]:
    # As in the engine, the longest path before a parameter has priority.
    for operation in sorted(contract.operations, key=lambda operation: -len(operation.path.partition("{")[0])):
        # A parameter is always last, and includes everything after it.
        pattern = re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(operation.path))
        yield re.compile(pattern), operation


def find(contract: Contract, method: str, path: str) -> tuple[Operation | None, str]:
    """Return the operation of a request and the value of its path parameter; HEAD is for the GET operation.

    `path` is the path as sent, without context path and query. A path with additional slashes or segments matches none.
    """
    wanted = "GET" if method == "HEAD" else method
    for pattern, operation in routes(contract):
        if operation.method == wanted and (found := pattern.fullmatch(path)):
            return operation, unquote("".join(found.groups()))
    return None, ""


def query_names(contract: Contract, operation: Operation) -> frozenset[str] | None:
    """Return the names of the query parameters of an operation; None if it takes any name."""
    parameters = [each for each in operation.parameters if each["in"] == "query"]
    if any(contract.resolve(each.get("schema", {})).get("type") == "object" for each in parameters):
        return None
    return frozenset(str(each["name"]) for each in parameters)


def label(operation: Operation) -> str:
    """Return the name of an operation in reports: `GET /job-info/{jobId}`."""
    return f"{operation.method} {operation.path}"
