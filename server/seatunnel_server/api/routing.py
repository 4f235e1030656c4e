"""Finds the operation for a request's method and path, as the engine's servlets are mapped.

A servlet serves its path and all paths below it. So an operation without a path parameter also serves longer paths (the
fact `subPaths`), and a path parameter may contain slashes. Recorded in `http-semantics/path-forms`,
`overview/extra-segments`, `job-info/*`, `submit-job/path-alias`.

A path is decoded before it is split: escapes, `;parameters` and dot segments are resolved before a route is looked up.
Recorded in `log/traversal`.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_openapi.contract import Behaviour
from seatunnel_server.api.binding import routed
from seatunnel_server.api.endpoints import Call, Endpoint, enter
from seatunnel_server.errors import MalformedPath, OutsideContext, UnknownPath, UnsupportedMethod
from seatunnel_server.http.replies import Reply
from seatunnel_server.http.request import BROKEN_ESCAPE

_ODD = re.compile(rb"[%;\x00-\x1f]|/\.|//|^[^/]|^$")
_PARAMETER = re.compile(rb";[^/]*")


def decoded(raw: bytes) -> str:
    """Return the decoded path of a raw request path; it begins with a slash.

    Bytes that are not UTF-8 become replacement characters. Raises `MalformedPath` for a broken escape, a NUL and a
    path that leaves the root.
    """
    if not _ODD.search(raw):
        return raw.decode("utf-8", "replace")
    shown = raw.decode("latin-1")
    if BROKEN_ESCAPE.search(raw):
        raise MalformedPath(shown)
    segments = [unquote_to_bytes(_PARAMETER.sub(b"", part)) for part in raw.split(b"/")]
    if any(part == b".." and b";" in raw_part for part, raw_part in zip(segments, raw.split(b"/"), strict=True)):
        raise MalformedPath(shown)
    plain = b"/".join(segments)
    if b"\x00" in plain or not plain.startswith(b"/"):
        raise MalformedPath(shown)
    return _resolved(plain.decode("utf-8", "replace"), shown)


def _resolved(path: str, shown: str) -> str:
    """Return a path without its `.` and `..` segments; empty segments stay."""
    if "/." not in path:
        return path
    kept: list[str] = []
    *folders, last = path.split("/")[1:]
    for segment in [*folders, last]:
        if segment == "..":
            if not kept:
                raise MalformedPath(shown)
            kept.pop()
        elif segment != ".":
            kept.append(segment)
    if last in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def behind_first_segment(raw: bytes) -> str:
    """Return the part of a raw path after its first segment, without decoding it."""
    return raw.decode("latin-1").partition("/")[2].partition("/")[2]


_PLACEHOLDER: Final = "_"


@dataclass(frozen=True, slots=True)
class Route:
    """The operations of one path, by method."""

    endpoints: Mapping[str, Endpoint]
    path: str
    """The path with a placeholder for its parameter, for the router of a framework such as Flask."""
    allowed: tuple[str, ...]


@dataclass(slots=True)
class Servlet:
    """The routes of a path and of the paths below it."""

    bare: Route | None = None
    below: Route | None = None
    tails: dict[str, Route] = field(default_factory=dict)
    """Routes with more segments after the parameter, by these segments: `/vertices`."""


class Match(NamedTuple):
    """A route; `value` is the value of its parameter, or the rest of the path if it has no parameter."""

    route: Route
    value: str = ""


class RouteTable:
    """The routes of a contract: the longest mapped path wins."""

    def __init__(self, endpoints: Iterable[Endpoint], facts: Behaviour) -> None:
        self._has_aliases = facts.choice("subPaths") == "aliases"
        self._echoes_trace = facts.choice("unsupportedMethod") == "container-page"
        self._servlets: dict[str, Servlet] = {}
        by_path: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            by_path.setdefault(endpoint.operation.path, {})[endpoint.operation.method.upper()] = endpoint
        for path, by_method in by_path.items():
            prefix, brace, rest = path.partition("/{")
            tail = rest.partition("}")[2]
            servlet = self._servlets.setdefault(prefix, Servlet())
            route = Route(by_method, f"{prefix}/{_PLACEHOLDER}{tail}" if brace else path, self._allowed(by_method))
            if tail:
                servlet.tails[tail] = route
            elif brace:
                servlet.below = route
            else:
                servlet.bare = route
        for servlet in self._servlets.values():
            if servlet.bare and servlet.below:
                methods = {**servlet.bare.endpoints, **servlet.below.endpoints}
                servlet.bare = replace(servlet.bare, allowed=self._allowed(methods))
        self._depth = max(prefix.count("/") for prefix in self._servlets)

    def _allowed(self, methods: Iterable[str]) -> tuple[str, ...]:
        allowed = [name for method in methods for name in ((method, "HEAD") if method == "GET" else (method,))]
        return (*allowed, *(("TRACE",) if self._echoes_trace else ()), "OPTIONS")

    def match(self, raw_path: bytes, method: str = "GET") -> Match:
        """Return the route for a raw path without the context path; `method` is GET for HEAD.

        Raises `MalformedPath` and `UnknownPath`.
        """
        path = decoded(raw_path)
        servlet = self._servlets.get(path)
        if servlet is not None:
            return self._chosen(servlet, "", raw_path, path, method)
        # The longest mapped path first; deeper segments can't be mapped, so they are not looked at.
        pieces = path.split("/", self._depth + 1)
        for length in range(min(len(pieces) - 1, self._depth + 1), 1, -1):
            prefix = "/".join(pieces[:length])
            servlet = self._servlets.get(prefix)
            if servlet is not None:
                return self._chosen(servlet, path[len(prefix) + 1 :], raw_path, path, method)
        raise UnknownPath(path)

    def _chosen(self, servlet: Servlet, rest: str, raw_path: bytes, path: str, method: str) -> Match:
        bare, below = servlet.bare, servlet.below
        for tail, route in servlet.tails.items():
            if rest.removesuffix("/").endswith(tail):
                return Match(route, rest.removesuffix("/").removesuffix(tail))
        if below is not None and any(endpoint.reading.raw_path for endpoint in below.endpoints.values()):
            rest = behind_first_segment(raw_path) if rest or path.endswith("/") else rest
            rest = "" if rest == "/" else rest
        # One servlet serves both routes. If only `below` has the method, a path without a value has an empty one.
        if below is not None and (rest or bare is None or (method in below.endpoints and method not in bare.endpoints)):
            return Match(below, rest)
        if bare is not None and (not rest or self._has_aliases):
            return Match(bare, path.removeprefix(bare.path))
        raise UnknownPath(path)


class Routing:
    """The routing middleware, in place of connexion's. `tally` counts the requests by operation id.

    It also serves HEAD as GET without the body, and OPTIONS with the allowed methods.
    """

    def __init__(
        self, app: ASGIApp, *, table: RouteTable, facts: Behaviour, context_path: str, tally: Counter[str]
    ) -> None:
        self._app = app
        self._table = table
        self._echoes_trace = facts.choice("unsupportedMethod") == "container-page"
        self._context_path = context_path
        self._drops_charset = facts.choice("headCharset") == "dropped"
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route a request. Raises `MalformedPath`, `UnknownPath` and `UnsupportedMethod`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = self._find(scope)
        if isinstance(found, Reply):
            await found.send(send)
            return
        endpoint, match = found
        self._tally[endpoint.operation.id] += 1
        inner = routed(scope, endpoint.operation, match.route.path)
        enter(Call(endpoint, inner, asyncio.get_running_loop(), match.value))
        if scope["method"] == "HEAD":
            send = _without_body(_without_charset(send) if self._drops_charset else send)
        await self._app(inner, receive, send)

    def _find(self, scope: Scope) -> tuple[Endpoint, Match] | Reply:
        """Return the operation for a request, or the response if it needs no operation."""
        method, raw_path = scope["method"], scope.get("raw_path") or scope["path"].encode()
        if self._context_path:
            if raw_path == self._context_path.encode():
                # The container redirects from its bare context path (`2.3.10+context-path.ndjson`).
                host = next((value for name, value in scope["headers"] if name == b"host"), b"localhost")
                location = scope.get("scheme", "http").encode() + b"://" + host + raw_path + b"/"
                return Reply(status=HTTPStatus.FOUND, headers=((b"location", location),))
            if not decoded(raw_path).startswith(self._context_path + "/"):
                raise OutsideContext(raw_path.decode("latin-1"))
            prefix = self._context_path.encode()
            raw_path = raw_path.removeprefix(prefix) if raw_path.startswith(prefix + b"/") else raw_path
        try:
            match = self._table.match(raw_path, "GET" if method == "HEAD" else method)
        except (MalformedPath, UnknownPath) as error:
            return _elsewhere(error, method, raw_path)
        endpoint = match.route.endpoints.get("GET" if method == "HEAD" else method)
        return (endpoint, match) if endpoint is not None else self._other_method(method, match.route, scope)

    def _other_method(self, method: str, route: Route, scope: Scope) -> Reply:
        if method == "OPTIONS":
            return Reply(headers=((b"allow", ", ".join(route.allowed).encode()),))
        if method == "TRACE" and self._echoes_trace:
            lines = [f"{scope['method']} {scope['path']} HTTP/{scope['http_version']}".encode()]
            lines += [name + b": " + value for name, value in scope["headers"]]
            return Reply((b"\r\n".join(lines) + b"\r\n\r\n",), "message/http")
        raise UnsupportedMethod(method, route.allowed)


_LOOKED_UP: Final = frozenset({"GET", "HEAD", "POST"})
_OPTIONS_OF_NOTHING: Final = Reply(headers=((b"allow", b"GET,HEAD,POST,OPTIONS"),))


def _elsewhere(error: MalformedPath | UnknownPath, method: str, raw_path: bytes) -> Reply:
    """Return the response for a path without an operation, or raise its error."""
    is_unknown = isinstance(error, UnknownPath)
    if method == "OPTIONS" and (is_unknown or raw_path == b"*"):
        return _OPTIONS_OF_NOTHING
    if is_unknown and method not in _LOOKED_UP:
        raise UnsupportedMethod(method, ("GET", "HEAD", "POST", "OPTIONS")) from None
    raise error


def _without_charset(send: Send) -> Send:
    """Return a sender that removes the charset of `text/plain`, which the container only sends with a body."""

    async def plain(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == HTTPStatus.OK:
            headers = [(name, _BARE_TEXT.get(value, value)) for name, value in message["headers"]]
            message = {**message, "headers": headers}
        await send(message)

    return plain


_BARE_TEXT: Final = {b"text/plain;charset=iso-8859-1": b"text/plain"}


def _without_body(send: Send) -> Send:
    """Return a sender that keeps a response's headers, its length included, and drops its body."""

    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body", False):
                return
            message = {**message, "body": b""}
        await send(message)

    return headers_only
