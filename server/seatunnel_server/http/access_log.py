"""A line of JSON for each request, without values of queries, headers and bodies."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHOWN: Final = 300
"""Characters of a path."""


class AccessLog:
    """Writes who asked for what, the status, the length of the body in bytes, and how long it took."""

    def __init__(self, app: ASGIApp, *, write: Callable[[str], object]) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write its line when it is answered."""
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
    """Return the beginning of a line; of the query, it has the names."""
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
