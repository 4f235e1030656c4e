"""`/_reference` for scripts, and the pages below it: the API reference, and a page to try the API."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from http import HTTPStatus
from importlib.resources import files
from string import Template
from typing import Final

from seatunnel_openapi.contract import Contract
from seatunnel_openapi.viewers import HINT, ViewerFile, viewer_file, viewers_installed
from seatunnel_server.engine.port import Node
from seatunnel_server.http.replies import JSON, Reply, encoded

PATH: Final = "/_reference"

_HTML: Final = "text/html;charset=utf-8"
_SCRIPT: Final = "text/javascript;charset=utf-8"
_STYLE: Final = "text/css;charset=utf-8"

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src blob:; "
    # Both viewers write styles while they run.
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy, with which the viewers can fetch nothing from other origins."""

_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
)

_VIEWED: Final = frozenset({"reference", "try"})
"""The pages that need a viewer."""


@dataclass(frozen=True, eq=False)
class ReferencePages:
    """The pages of one contract, each made at its first request."""

    contract: Contract

    def find(self, name: str) -> Reply | None:
        """Return the page with a name, without a leading slash; None if there is none.

        If the viewers are not installed, their pages are a 404 that says how to install them.
        """
        if name in _VIEWED and not viewers_installed():
            return Reply((self._page("missing.html"),), _HTML, HTTPStatus.NOT_FOUND, _HEADERS)
        if name in _FILES:
            kind, read = _FILES[name]
            return Reply((read(),), kind, HTTPStatus.OK, _HEADERS) if viewers_installed() or name in _OWN else None
        if name == "openapi.json":
            document = json.dumps(self.contract.published, ensure_ascii=False).encode()
            return Reply((document,), JSON, HTTPStatus.OK, _HEADERS)
        page = {"": "index.html", "reference": "reference.html", "try": "try.html"}.get(name)
        return Reply((self._page(page),), _HTML, HTTPStatus.OK, _HEADERS) if page is not None else None

    def _page(self, name: str) -> bytes:
        release = escape(self.contract.release)
        return Template(_own(name).decode()).substitute(release=release, hint=escape(HINT)).encode()


class Status:
    """The description of the running server, for `GET /_reference`."""

    def __init__(
        self, contract: Contract, node: Node, context_path: str, tally: Mapping[str, int], of_jobs: Mapping[str, object]
    ) -> None:
        self._page = {**about(contract, node, context_path), **of_jobs}
        self._tally = tally
        self._started = time.monotonic()

    def reply(self) -> Reply:
        """Return the current page."""
        uptime = round(time.monotonic() - self._started, 3)
        return Reply((encoded({**self._page, "uptimeSeconds": uptime, "requests": self._tally}),), JSON)


def about(contract: Contract, node: Node, context_path: str) -> dict[str, object]:
    """Return the constant part of the page; if the viewers are not installed, it says how to install them."""
    place = context_path + PATH
    pages: object = {"reference": f"{place}/reference", "tryItOut": f"{place}/try"} if viewers_installed() else HINT
    return {
        "release": contract.release,
        "contract": contract_hash(contract),
        "engine": type(node.engine).__name__,
        "process": os.getpid(),
        "openapi": f"{place}/openapi.json",
        "pages": pages,
    }


@cache
def contract_hash(contract: Contract) -> str:
    """Return the SHA-256 of the contract's document as normalized JSON, such as `sha256:…`."""
    text = json.dumps(contract.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def _own(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


_OWN: Final = frozenset({"pages.css"})

_FILES: Final[Mapping[str, tuple[str, Callable[[], bytes]]]] = {
    "pages.css": (_STYLE, partial(_own, "pages.css")),
    "reference.js": (_SCRIPT, partial(_own, "reference.js")),
    "try.js": (_SCRIPT, partial(_own, "try.js")),
    "try.css": (_STYLE, partial(_own, "try.css")),
    "show-reference.js": (_SCRIPT, partial(viewer_file, ViewerFile.SHOW_REFERENCE)),
    "reference.css": (_STYLE, partial(viewer_file, ViewerFile.REFERENCE_STYLE)),
    "redoc.standalone.js": (_SCRIPT, partial(viewer_file, ViewerFile.REDOC_SCRIPT)),
    "swagger-ui-bundle.js": (_SCRIPT, partial(viewer_file, ViewerFile.SWAGGER_SCRIPT)),
    "swagger-ui.css": (_STYLE, partial(viewer_file, ViewerFile.SWAGGER_STYLE)),
}
