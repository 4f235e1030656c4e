"""Faults of OPTIONS, TRACE, HEAD, PUT and DELETE, and of POST on unknown paths."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.target.routes import routes


def _is_nowhere(it: ProxiedExchange) -> bool:
    return not any(pattern.fullmatch(it.path) for pattern, _ in routes(it.contract))


FAULTS: Final = (
    row("options-is-405", "OPTIONS is answered with 405 instead of 200.", "http.options", error(METHOD_NOT_ALLOWED),
        when=uses("OPTIONS"), before=True),
    row("options-of-no-operation-is-404",
        "OPTIONS on a path that belongs to no operation is answered with 404 instead of 200.",
        "http.options-anywhere", reply(404, {}),
        when=lambda it: it.method == "OPTIONS" and all(it.path != one.path for one in it.contract.operations),
        before=True),
    row("put-is-accepted", "PUT on `/running-jobs` is answered with 200 and an empty object instead of 405.",
        "http.unsupported-write", reply(200, {}),
        when=lambda it: (it.method, it.path) == ("PUT", "/running-jobs"), before=True),
    row("post-to-nowhere-is-accepted",
        "POST on a path that belongs to no operation is answered with 200 and an empty object instead of 404.",
        "http.unknown-path-write", reply(200, {}),
        when=lambda it: it.method == "POST" and _is_nowhere(it), before=True),
    row("delete-of-nowhere-is-404",
        "DELETE on a path that belongs to no operation is answered with 404 instead of 405.",
        "http.unknown-path-write", error(NOT_FOUND),
        when=lambda it: it.method == "DELETE" and _is_nowhere(it), before=True),
    row("trace-is-405", "TRACE is answered with 405 instead of 200.", "http.trace", error(METHOD_NOT_ALLOWED),
        when=uses("TRACE"), before=True),
    row("trace-echoes-nothing", "The response to TRACE has an empty body instead of the request.",
        "http.trace", body(b""), when=uses("TRACE")),
    row("head-is-405", "HEAD is answered with 405.", "http.head", error(METHOD_NOT_ALLOWED),
        when=uses("HEAD"), before=True),
    row("head-has-another-type", "The response to HEAD has another media type than that to GET.", "http.head",
        header("Content-Type", "application/octet-stream"), when=uses("HEAD")),
)  # fmt: skip
