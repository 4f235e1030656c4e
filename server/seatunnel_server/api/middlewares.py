"""Middlewares around operations: bodies, validation, a delay, the header `Prefer`, access log, the server's pages."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.api.endpoints import current
from seatunnel_server.errors import (
    BodyTooLarge,
    BodyTooSlow,
    ClusterError,
    ContractViolation,
    TooManyBodies,
    Unimplemented,
)
from seatunnel_server.http.error_responses import ErrorResponses, RequestInfo
from seatunnel_server.http.replies import Reply, encoded
from seatunnel_server.http.request import MediaType


class BodyReader:
    """Reads the request body, if the operation has one, chunked or not, up to a limit of bytes and of seconds.

    `total` limits the bytes of the bodies of all open requests together.

    The body is stored in the call. Later layers get a request without a body, so that no framework parses it.
    """

    def __init__(self, app: ASGIApp, *, limit: int, total: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._total = total
        self._held = 0
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body read. Raises `BodyTooLarge`, `TooManyBodies` and `BodyTooSlow`."""
        if scope["type"] != "http" or not current().endpoint.takes_body:
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []
        try:
            await self._pass_on(scope, receive, send, parts)
        finally:
            self._held -= sum(map(len, parts))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, parts: list[bytes]) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                content = await self._read(scope, receive, parts)
        except TimeoutError:
            raise BodyTooSlow(self._seconds) from None
        if content is None:
            return
        # Only the joined body counts from here on.
        parts[:] = [content]
        call = current()
        call.content, call.media_type = content, MediaType.of(scope["headers"])
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _ABOUT_BODIES]
        await self._app(scope, _no_body(receive), send)

    async def _read(self, scope: Scope, receive: Receive, parts: list[bytes]) -> bytes | None:
        """Return the body, and append each chunk to `parts`. None if the client has gone away."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value[:_DIGITS]) > self._limit:
                raise BodyTooLarge(self._limit)
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self._held += len(parts[-1])
            if size > self._limit:
                raise BodyTooLarge(self._limit)
            if self._held > self._total:
                raise TooManyBodies(self._total)
            more = message.get("more_body", False)
        return b"".join(parts)


_CODE = re.compile(rb"(?i)(?:^|[,;])\s*code\s*=\s*\"?(\d{3})\"?\s*(?:$|[,;])")
_ABOUT_BODIES = frozenset({b"content-length", b"content-type", b"transfer-encoding"})
_DIGITS = 18
"""The most digits of a content length that are read; a longer number is too large."""


def _no_body(receive: Receive) -> Receive:
    """Return a receiver that first returns an empty body, and then the messages of `receive`."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return again


class OwnPages:
    """Answers GET and HEAD requests for pages that the contract does not have; passes every other request on.

    `find` gets a path below `path` without its leading slash. If `find` returns None, the operations get the request.
    The page of `path` itself is `status()`.
    """

    def __init__(
        self, app: ASGIApp, *, path: str, status: Callable[[], Reply], find: Callable[[str], Reply | None]
    ) -> None:
        self._app = app
        self._path = path
        self._status = status
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page, pass any other on."""
        is_page = (
            scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and scope["path"].startswith(self._path)
        )
        reply = self._reply(scope["path"].removeprefix(self._path)) if is_page else None
        if reply is None:
            await self._app(scope, receive, send)
            return
        await send(reply.start())
        await send({"type": "http.response.body", "body": reply.body if scope["method"] == "GET" else b""})

    def _reply(self, rest: str) -> Reply | None:
        if not rest:
            return self._status()
        return self._find(rest[1:]) if rest.startswith("/") else None


class Delay:
    """Delays every request to an operation."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then pass the request on."""
        if scope["type"] == "http":
            await asyncio.sleep(self._seconds)
        await self._app(scope, receive, send)


class PreferredStatus:
    """Answers `Prefer: code=404` with the first example of that status, so that clients can be tested for it.

    A status that the operation does not document is ignored, as RFC 7240 allows.
    """

    def __init__(self, app: ASGIApp, *, contract: Contract) -> None:
        self._app = app
        self._examples = {operation.id: _examples(operation, contract) for operation in contract.operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send an example if the client prefers one, else pass the request on."""
        preferred = _preferred_code(scope) if scope["type"] == "http" else None
        reply = self._examples[current().endpoint.operation.id].get(preferred) if preferred is not None else None
        if reply is None:
            await self._app(scope, receive, send)
        else:
            await (await current().validated(reply)).send(send)


def _preferred_code(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"prefer" and (found := _CODE.search(value)):
            return str(found[1], "ascii")
    return None


def _examples(operation: Operation, contract: Contract) -> dict[str, Reply]:
    """Return an example response for each documented status."""
    found: dict[str, Reply] = {}
    for status, response in operation.responses.items():
        applied = ((b"preference-applied", b"code=" + status.encode()),)
        found[status] = Reply(status=int(status), headers=applied)
        for media_type, body in response.get("content", {}).items():
            shown = next(iter(body.get("examples", {}).values()), None)
            value = contract.resolve(shown)["value"] if shown is not None else body.get("example")
            content = encoded(value) if media_type.startswith("application/json") else str(value).encode()
            found[status] = Reply((content,), media_type, int(status), applied)
            break
    return found


_SHOWN: Final = 300
"""The most characters of a path, or of a parameter's name, in the access log."""


class AccessLog:
    """Writes a line of JSON for each request: client, request, status, bytes of the response body, and seconds."""

    def __init__(self, app: ASGIApp, *, write: Callable[[str], object]) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it after the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, line = time.monotonic(), _asked(scope)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
            else:
                line["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            line["seconds"] = round(time.monotonic() - started, 6)
            self._write(orjson.dumps(line).decode() + "\n")


def _asked(scope: Scope) -> dict[str, Any]:
    """Return the members of a log line that are known before the response; of the query, only parameter names."""
    path = scope.get("raw_path") or scope["path"].encode()
    pairs = scope["query_string"].decode("latin-1").split("&")
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "client": scope["client"][0] if scope.get("client") else None,
        "method": scope["method"],
        "path": path.decode("latin-1")[:_SHOWN],
        "status": None,
        "bytes": 0,
    }
    names = [name[:_SHOWN] for name in (pair.partition("=")[0] for pair in pairs) if name]
    return {**line, "query": names} if names else line


class ContractGuard:
    """Refuses requests with parameters that violate the contract, and turns exceptions into responses."""

    def __init__(self, app: ASGIApp, *, answers: ErrorResponses) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises `ContractViolation`, `ClusterError` and `Unimplemented`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = current()
        try:
            call.endpoint.check(call)
            await self._app(scope, receive, send)
        except (ClusterError, ContractViolation, Unimplemented):
            raise
        except Exception as error:  # noqa: BLE001 - `ErrorResponses` has a response for every exception
            reply = self._answers.to(error, RequestInfo.of(scope, call.header(b"accept")))
            await (await call.validated(reply)).send(send)
