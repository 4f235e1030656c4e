"""Requests that a target refuses without effect, and assertions about the form of its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from seatunnel_conformance.arrange.configurations import form
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.routes import body_operations
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

BROKEN_QUERY: Final = "a=%zz"

BROKEN_QUERIES: Final = (BROKEN_QUERY, "a=%ff")
"""Queries that can't be decoded: with a broken escape, and with an escape that is not UTF-8."""

NOTHING: Final = b"[  ]"
"""An empty JSON list, which has no effect; operations whose body is an object refuse it."""

_NAMED: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
"""The methods that a contract can state; `Allow` can also name methods of the servlet container, such as TRACE."""


def errors(target: Target, contract: Contract) -> Iterator[tuple[Operation, Response]]:
    """Yield the JSON errors of GET operations for an invalid id or a broken query."""
    yield contract.operation("get_job_info"), target.get("/job-info")
    for operation in contract.operations:
        path = re.sub(r"{\w+}", "abc", operation.path)
        for query in ("", BROKEN_QUERY) if operation.method == "GET" else ():
            response = target.get(path, query=query)
            content = operation.responses.get(str(response.status), {}).get("content", {})
            if response.status >= 400 and any(kind.startswith("application/json") for kind in content):
                yield operation, response


def rejecting(target: Target, contract: Contract) -> list[Operation]:
    """Return the operations with a body, to which broken bodies can be sent; none if the target may only be read."""
    return list(body_operations(contract)) if target.allow_writes else []


def broken_body(operation: Operation, broken: bytes = b"{", file: bytes = b"{}") -> tuple[bytes, str]:
    """Return a body that an operation rejects, and its content type.

    It is `broken` for an operation that accepts JSON, and otherwise a form with `file` and an invalid `jobId`.
    """
    if "application/json" in (operation.request_body or {})["content"]:
        return broken, "application/json"
    return form(file, "job.json", jobId="abc")


def rejection(
    target: Target, operation: Operation, below: str = "", query: Mapping[str, str] | str = "", **headers: str
) -> Response:
    """Send a broken body to the path of an operation, with `below` appended, and return the response."""
    body, kind = broken_body(operation)
    return target.post(operation.path + below, query=query, body=body, headers={"Content-Type": kind, **headers})


def reason_of(response: Response) -> str:
    """Return the text of a rejection without its stack trace."""
    return response.text.partition(r"\n\tat ")[0]


def is_alike(found: Response, plain: Response) -> None:
    """Assert that two responses have the same status and text, apart from stack traces, which differ each time."""
    assert (found.status, reason_of(found)) == (plain.status, reason_of(plain)), found


def has_error_shape(response: Response) -> None:
    """Assert that a response has the members of an error, and no others."""
    error = response.members
    assert error.keys() == {"status", "message"}, response
    assert error["status"] == "fail", response
    assert error["message"] is None or isinstance(error["message"], str), response


def has_error_type(response: Response) -> None:
    """Assert that a response has the content type of an error."""
    kind = response.header("content-type") or ""
    assert kind.lower().replace(" ", "") == "application/json;charset=utf-8", response


def is_unsupported(response: Response, contract: Contract, methods: set[str], *, is_page: bool = True) -> None:
    """Assert that a response is the 405 that the contract states for a method that the path does not support."""
    assert response.status == 405, response
    allows_only(response, contract, methods)
    if contract.behaviour.choice("unsupportedMethod") == "container-page" and not is_page:
        assert response.body == b"", response
    else:
        as_stated(response, contract, "unsupportedMethod")
        assert response.body, response


def allows_only(response: Response, contract: Contract, methods: set[str]) -> None:
    """Assert that the Allow header of a refused method has the methods of the path, if the contract states one."""
    if contract.behaviour.choice("unsupportedMethod").endswith("with-allow"):
        named = allowed(response)
        assert methods <= named, response.fields
        refused = (named & _NAMED) - methods if methods else set()
        assert not refused, f"the path does not support {', '.join(sorted(refused))}: {response.fields}"


def allowed(response: Response) -> set[str]:
    """Return the methods of the Allow header."""
    return set(re.split(r",\s*", response.header("allow") or ""))


def as_stated(response: Response, contract: Contract, fact: str) -> None:
    """Assert that a response to a path or method outside the API has the form that the fact states."""
    if contract.behaviour.choice(fact).startswith("error-json"):
        assert response.members.keys() == {"status", "message"}
    else:
        assert response.media_type in {"text/html", ""}
