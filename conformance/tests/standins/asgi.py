"""Small ASGI apps: each is a function that returns the response to a request."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

App = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """A request; `target` is its path and query as sent."""

    method: str
    target: str
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


async def whole_body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Read the whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def app(respond: Callable[[Asked], tuple[int, Any]], kind: str = "application/json") -> App:
    """Make an app of a function that returns a status and a document, or bytes as they are."""

    async def asgi(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        body = await whole_body(receive)
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        status, found = respond(Asked(scope["method"], scope["raw_path"].decode("latin-1") + query, body))
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        content = found if isinstance(found, bytes) else json.dumps(found).encode()
        await send({"type": "http.response.body", "body": content})

    return asgi
