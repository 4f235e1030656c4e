"""What is running: the page at `/_reference`, for people and scripts that wonder what they talk to."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from seatunnel_openapi.contract import Contract
from seatunnel_server.engine.port import Engine
from seatunnel_server.forms import encoded
from seatunnel_server.replies import JSON, Reply
from seatunnel_server.routing import Tally

PATH: Final = "/_reference"


class ReferencePage:
    """Answers `GET /_reference`; the contract has no such path, so it is never in the way of an operation."""

    def __init__(self, app: ASGIApp, *, page: Mapping[str, str], tally: Tally, context_path: str) -> None:
        self._app = app
        self._path = context_path + PATH
        self._page = page
        self._tally = tally
        self._started = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the page, pass any other on."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        uptime = round(time.monotonic() - self._started, 3)
        page = {**self._page, "uptimeSeconds": uptime, "requests": self._tally.requests}
        reply = Reply((encoded(page),), JSON)
        await send(reply.start())
        await send({"type": "http.response.body", "body": reply.body if scope["method"] == "GET" else b""})


def about(contract: Contract, engine: Engine) -> dict[str, str]:
    """Return what the page says of an app from its start on."""
    return {"release": contract.release, "contract": contract_hash(contract), "engine": type(engine).__name__}


def contract_hash(contract: Contract) -> str:
    """Return the SHA-256 of the contract's document: equal for equal documents, whatever file they came from."""
    text = json.dumps(contract.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
