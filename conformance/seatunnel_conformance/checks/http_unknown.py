"""Clauses about paths, methods and parameters that the API does not have."""

from __future__ import annotations

from functools import partial

from seatunnel_conformance.checks.connections import NOWHERE
from seatunnel_conformance.checks.refusals import as_stated, is_unsupported, reason_of, rejecting, rejection
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.same_content import holds_the_same
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.routes import (
    NO_FILE,
    body_operations,
    get_operations,
    methods_of,
    plain_paths,
    query_names,
    suffixed_paths,
)
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation


@check("http.unknown-path")
def path(target: Target, contract: Contract) -> None:
    """A client of a newer release can't tell that this release does not have the path.

    Two slashes are another path, too: a proxy that merges slashes fails here.
    """
    # Dots, escaped or not, are resolved before routing.
    below = (f"{folder}/{out}conformance-no-such-path" for folder in ("/log", "/logs") for out in ("../", "..%2f"))
    paths = plain_paths(contract)
    wanted = (path.upper() for path in get_operations(contract, NO_FILE))
    for path in (NOWHERE, *wanted, *suffixed_paths(paths), f"/{paths[0]}", *below):
        response = target.get(path)
        assert response.status == 404
        as_stated(response, contract, "unknownPath")
        without = target.send("HEAD", path)
        assert (without.status, without.body, without.followed) == (404, b"", False), without


@check("http.unknown-path-write", writes=True, per_operation=3)
def path_write(target: Target, contract: Contract) -> None:
    """A client of a newer release gets no error for a path that does not exist, and assumes a change."""
    paths = [operation.path for operation in body_operations(contract)]
    for path in (NOWHERE, *map(str.upper, paths), *suffixed_paths(paths)):
        response = target.send("POST", path)
        assert response.status == 404, response
        as_stated(response, contract, "unknownPath")
        for method in ("PUT", "DELETE"):
            is_unsupported(target.send(method, path), contract, set(), is_page=False)


@check("http.unknown-method", writes=True, per_operation=3)
def method(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that uses a method the server does not know assumes that its request was carried out."""
    for path, methods in (*methods_of(contract, unused_id).items(), (NOWHERE, {"GET"})):
        for method in ("PATCH", "REPORT", *map(str.lower, methods)):  # methods are case-sensitive
            response = target.send(method, path)
            assert (response.status, response.body) == (501, b""), response


@check("http.unknown-parameters", writes=True, reads=True, per_operation=3, alone=True)
def parameters(target: Target, contract: Contract, unused_id: str) -> None:
    """A client of a newer release sends parameters that this release does not know; an error would break it."""
    assert target.get("/system-monitoring-information", query={"rows": "0"}).items, "every cluster has a member"
    query = {"page": "2", "rows": "0", "jobId": "5", "limit": "0", "format": "x", "name": "x"}
    for path, operation in get_operations(contract, unused_id).items():
        known = query_names(contract, operation)
        sent = _unknown(operation)
        if known is not None:
            sent |= {name: value for name, value in query.items() if name not in known}
        holds_the_same(partial(target.get, path), partial(target.get, path, query=sent))
    for operation in rejecting(target, contract):
        plain, rejected = rejection(target, operation), rejection(target, operation, query=_unknown(operation))
        assert (rejected.status, rejected.media_type) == (plain.status, plain.media_type)
        assert reason_of(rejected) == reason_of(plain)


def _unknown(operation: Operation) -> dict[str, str]:
    """Return parameters that an operation does not have: one, and its own in capitals, but without ids."""
    own = {str(each["name"]).upper(): str(each["example"]) for each in operation.parameters if "example" in each}
    return {"conformance": "x"} | {name: "abc" if value.isdigit() else value for name, value in own.items()}
