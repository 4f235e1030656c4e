"""Basic authentication for all paths, as in later releases.

Requests without valid credentials are answered with 401 before routing, whatever their path and method (research on
later releases, 1.17).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Self

from starlette.types import ASGIApp, Receive, Scope, Send

from seatunnel_openapi.contract import Contract
from seatunnel_server.http.container import error_page
from seatunnel_server.http.replies import Reply

CHALLENGE: Final = b'Basic realm="SeaTunnel Web UI"'
_SCHEME: Final = "Basic "
"""The scheme, which the engine compares case-sensitively."""

_WITH_PAGE: Final = frozenset({"GET", "HEAD", "POST", "TRACE"})
"""The methods for which a 401 has the container's page; others get no body."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The name and password of the only user."""

    user: str = "admin"
    password: str = field(default="admin", repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `user:password`; the password may contain colons. Raises `ValueError`."""
        user, colon, password = text.partition(":")
        if not colon or not user:
            raise ValueError("a user and a password with a colon between them")
        return cls(user, password)

    def is_valid(self, header: str | None) -> bool:
        """Return whether an `Authorization` header has these credentials."""
        if header is None or not header.startswith(_SCHEME):
            return False
        try:
            sent = base64.b64decode(header.removeprefix(_SCHEME).strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(sent, f"{self.user}:{self.password}".encode())


def are_known_to(contract: Contract) -> bool:
    """Return whether a release supports credentials."""
    schemes = contract.document.get("components", {}).get("securitySchemes", {})
    return any(scheme.get("type") == "http" and scheme.get("scheme") == "basic" for scheme in schemes.values())


class BasicAuthMiddleware:
    """Passes requests with valid credentials on, and answers others with 401."""

    def __init__(self, app: ASGIApp, *, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 401."""
        if scope["type"] != "http" or self._credentials.is_valid(_header(scope, b"authorization")):
            await self._app(scope, receive, send)
        else:
            await _refusal(scope).send(send)


def _refusal(scope: Scope) -> Reply:
    headers = ((b"www-authenticate", CHALLENGE),)
    status, method = HTTPStatus.UNAUTHORIZED, scope["method"]
    if method not in _WITH_PAGE:
        return Reply(status=status, headers=headers)
    page = error_page(status, "Unauthorized", scope["path"], _header(scope, b"accept"))
    return replace(page, headers=headers, chunks=() if method == "HEAD" else page.chunks)


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)
