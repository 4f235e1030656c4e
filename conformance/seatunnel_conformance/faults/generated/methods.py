"""Faults of the kind `method`: a path of the contract responds wrongly to one HTTP method."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, generated
from seatunnel_conformance.faults.changes import Change, body, error, header, reply, status
from seatunnel_conformance.faults.exchange import METHOD_NOT_ALLOWED, ProxiedExchange
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

_SAID: Final = {
    "is-refused": "is answered with 405",
    "is-accepted": "is answered with 200",
    "is-not-found": "is answered with 404",
    "fails": "is answered with 500",
    "has-another-status": "is answered with a wrong status",
    "has-a-body": "gets a response with a body",
    "has-no-body": "gets a response without a body",
    "has-no-allow": "gets a response without an `Allow` header",
    "allows-another-method": "gets a response whose `Allow` header only names PATCH",
}
"""The part of the sentence for each name of a fault."""


def path_of(exchange: ProxiedExchange) -> str:
    """Return the path of the contract that matches the path of a request; empty if no path does."""
    every = routes.routes(exchange.contract)
    return next((operation.path for pattern, operation in every if pattern.fullmatch(exchange.path)), "")


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of kind `method`, by path and method."""
    by_path: dict[str, list[Operation]] = {}
    for operation in contract.operations:
        by_path.setdefault(operation.path, []).append(operation)
    for path, operations in by_path.items():
        for method in METHODS:
            place, breaks = f"method:{operations[0].id}:{method}", _broken(contract, operations, method)
            for name, change, before in _changes(contract, operations, method):
                when, said = partial(_is_for, path, method), f"{method} on `{path}` {_SAID[name]}."
                yield generated(place, name, breaks, said, change, when=when, before=before)


def _is_for(path: str, method: str, exchange: ProxiedExchange) -> bool:
    return exchange.method == method and path_of(exchange) == path


def _own(operations: list[Operation], method: str) -> Operation | None:
    wanted = "GET" if method == "HEAD" else method
    return next((operation for operation in operations if operation.method == wanted), None)


def _broken(contract: Contract, operations: list[Operation], method: str) -> tuple[str, ...]:
    """Return the ids of the clauses about responses to a method on the path of these operations."""
    own = _own(operations, method)
    if own is not None and method != "HEAD":
        return clauses_about(contract, own)
    if method in {"HEAD", "OPTIONS"} and (own is not None or method == "OPTIONS"):
        return (f"http.{method.lower()}",)
    has_own_answer = any(clause.id == "http.unknown-method" for clause in contract.clauses)
    if method == "PATCH" and has_own_answer:
        return ("http.unknown-method",)
    return ("http.unsupported-method",) if method in {"GET", "HEAD"} else ("http.unsupported-write",)


def _changes(contract: Contract, operations: list[Operation], method: str) -> Iterator[tuple[str, Change, bool]]:
    """Yield the changes that make responses wrong, each with its name and whether it changes requests."""
    if _own(operations, method) is not None:
        yield "is-refused", error(METHOD_NOT_ALLOWED), True
        yield "has-another-status", lambda exchange: exchange.with_status(202) if exchange.ok else exchange, False
        yield "fails", error(500, None), True
        if method == "HEAD":
            yield "has-a-body", _with_body, False
        else:
            yield "has-no-body", lambda exchange: exchange.with_body(b"") if exchange.ok else exchange, False
        return
    if method == "OPTIONS":
        yield "is-refused", error(METHOD_NOT_ALLOWED), True
        yield "has-no-allow", header("Allow", None), False
        yield "allows-another-method", header("Allow", "PATCH"), False
        yield "has-a-body", body(b"{}"), False
        yield "has-another-status", status(202), False
        return
    yield "is-accepted", reply(200, {}), True
    yield "has-another-status", status(403), False
    yield "is-not-found", error(404), True
    if contract.behaviour.choice("unsupportedMethod").endswith("with-allow"):
        yield "has-no-allow", header("Allow", None), False
        yield "allows-another-method", header("Allow", "PATCH"), False
    if method in {"GET", "POST"} or contract.behaviour.choice("unsupportedMethod").startswith("error-json"):
        yield "has-no-body", body(b""), False
    else:
        yield "has-a-body", _with_body if method == "HEAD" else body(b"{}"), False


def _with_body(exchange: ProxiedExchange) -> ProxiedExchange:
    """Send a body after the response to HEAD, which must not have one."""
    return exchange.with_delivery(exchange.received.with_body(b"{}").as_bytes())
