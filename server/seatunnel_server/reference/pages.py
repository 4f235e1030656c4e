"""The pages below `/_reference/`: the reference to read, and the API to try, as this very server has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from http import HTTPStatus
from importlib.resources import files
from string import Template
from typing import Final

from seatunnel_openapi.contract import Contract
from seatunnel_openapi.viewers import HINT, ViewerFile, viewer_file, viewers_installed
from seatunnel_server.http.replies import JSON, Reply

_HTML: Final = "text/html;charset=utf-8"
_SCRIPT: Final = "text/javascript;charset=utf-8"
_STYLE: Final = "text/css;charset=utf-8"

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src blob:; "
    # Both viewers write styles while they run.
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing leaves the origin, whatever the viewers would like to fetch."""

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
    """The pages of one contract, each made when it is first asked for."""

    contract: Contract

    def find(self, name: str) -> Reply | None:
        """Return the page of a name, without a leading slash; None if there is none.

        Where the viewers are not installed, their pages say how to get them, with status 404.
        """
        if name in _VIEWED and not viewers_installed():
            return Reply((self._page("missing.html"),), _HTML, HTTPStatus.NOT_FOUND, _HEADERS)
        if name in _FILES:
            kind, read = _FILES[name]
            return Reply((read(),), kind, HTTPStatus.OK, _HEADERS) if viewers_installed() or name in _OWN else None
        if name == "openapi.json":
            return Reply((self._document(),), JSON, HTTPStatus.OK, _HEADERS)
        page = {"": "index.html", "reference": "reference.html", "try": "try.html"}.get(name)
        return Reply((self._page(page),), _HTML, HTTPStatus.OK, _HEADERS) if page is not None else None

    def _page(self, name: str) -> bytes:
        release = escape(self.contract.release)
        return Template(_own(name).decode()).substitute(release=release, hint=escape(HINT)).encode()

    def _document(self) -> bytes:
        return json.dumps(self.contract.document, ensure_ascii=False).encode()


@cache
def _own(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _read(file: ViewerFile) -> Callable[[], bytes]:
    return lambda: viewer_file(file)


def _read_own(name: str) -> Callable[[], bytes]:
    return lambda: _own(name)


_OWN: Final = frozenset({"pages.css"})

_FILES: Final[Mapping[str, tuple[str, Callable[[], bytes]]]] = {
    "pages.css": (_STYLE, _read_own("pages.css")),
    "reference.js": (_SCRIPT, _read_own("reference.js")),
    "try.js": (_SCRIPT, _read_own("try.js")),
    "try.css": (_STYLE, _read_own("try.css")),
    "show-reference.js": (_SCRIPT, _read(ViewerFile.SHOW_REFERENCE)),
    "reference.css": (_STYLE, _read(ViewerFile.REFERENCE_STYLE)),
    "redoc.standalone.js": (_SCRIPT, _read(ViewerFile.REDOC_SCRIPT)),
    "swagger-ui-bundle.js": (_SCRIPT, _read(ViewerFile.SWAGGER_SCRIPT)),
    "swagger-ui.css": (_STYLE, _read(ViewerFile.SWAGGER_STYLE)),
}
