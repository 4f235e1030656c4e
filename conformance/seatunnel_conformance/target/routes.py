"""Which operation of the contract a request is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation


@cache
def routes(contract: Contract) -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Return a pattern for the path of each operation; its only group, if any, is the value of the path parameter."""
    return tuple(_patterns(contract))


def _patterns(contract: Contract) -> Iterator[tuple[re.Pattern[str], Operation]]:
    # The longest path before a parameter wins, as in the engine.
    for operation in sorted(contract.operations, key=lambda operation: -len(operation.path.partition("{")[0])):
        # A parameter is the last segment everywhere, and what follows it belongs to it.
        pattern = re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(operation.path))
        yield re.compile(pattern), operation


def find(contract: Contract, method: str, path: str) -> tuple[Operation | None, str]:
    """Return the operation of a request, and the value of its path parameter; a HEAD is for the GET operation.

    `path` is as it was sent, without context path and query. Slashes and segments behind a path belong to none.
    """
    wanted = "GET" if method == "HEAD" else method
    for pattern, operation in routes(contract):
        if operation.method == wanted and (found := pattern.fullmatch(path)):
            return operation, unquote("".join(found.groups()))
    return None, ""


def label(operation: Operation) -> str:
    """Return the name of an operation in reports: `GET /job-info/{jobId}`."""
    return f"{operation.method} {operation.path}"
