"""What is running: `/_reference` for scripts, and the pages below it for people who wonder what they talk to."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from seatunnel_openapi.contract import Contract
from seatunnel_openapi.viewers import HINT, viewers_installed
from seatunnel_server.engine.port import Engine
from seatunnel_server.http.replies import JSON, Reply, encoded
from seatunnel_server.http.routing import Tally
from seatunnel_server.reference.pages import ReferencePages

PATH: Final = "/_reference"


class ReferencePage:
    """Answers `GET /_reference` and the pages below it.

    The contract has no such paths, and whatever is no page goes on to the app, so an operation is never hidden.
    """

    def __init__(
        self, app: ASGIApp, *, page: Mapping[str, object], pages: ReferencePages, tally: Tally, context_path: str
    ) -> None:
        self._app = app
        self._path = context_path + PATH
        self._page = page
        self._pages = pages
        self._tally = tally
        self._started = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page, pass any other on."""
        reply = self._find(scope["path"]) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        if reply is None:
            await self._app(scope, receive, send)
            return
        await send(reply.start())
        await send({"type": "http.response.body", "body": reply.body if scope["method"] == "GET" else b""})

    def _find(self, path: str) -> Reply | None:
        if path == self._path:
            uptime = round(time.monotonic() - self._started, 3)
            page = {**self._page, "uptimeSeconds": uptime, "requests": self._tally.requests}
            return Reply((encoded(page),), JSON)
        if path.startswith(f"{self._path}/"):
            return self._pages.find(path.removeprefix(f"{self._path}/"))
        return None


def about(contract: Contract, engine: Engine, context_path: str) -> dict[str, object]:
    """Return what the page says of an app from its start on; without the viewers it says how to get them."""
    place = context_path + PATH
    pages: object = {"reference": f"{place}/reference", "tryItOut": f"{place}/try"} if viewers_installed() else HINT
    return {
        "release": contract.release,
        "contract": contract_hash(contract),
        "engine": type(engine).__name__,
        "openapi": f"{place}/openapi.json",
        "pages": pages,
    }


def contract_hash(contract: Contract) -> str:
    """Return the SHA-256 of the contract's document: equal for equal documents, whatever file they came from."""
    text = json.dumps(contract.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
