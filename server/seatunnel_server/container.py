"""The pages of the engine's servlet container: what it answers to paths and methods that no servlet takes.

Their form follows `Accept`. Recorded in `http-semantics/unknown-route`, `wrong-method-accept` and `path-forms`.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus

import orjson

from seatunnel_server.replies import JSON, Reply

_HTML, _PLAIN = "text/html", "text/plain"
_CHARSET = ";charset=iso-8859-1"
_SERVLETS = "org.eclipse.jetty.servlet.DefaultServlet"


def error_page(
    status: HTTPStatus, message: str, url: str, accept: str | None, *, servlet: str | None = _SERVLETS
) -> Reply:
    """Return the container's page for an error; its body is empty when it has no form that `accept` asks for.

    `servlet` is what was to answer; None outside of the context path, where there is none.
    """
    match _wanted(accept):
        case "text/html":
            return Reply((_html(status, message, url, servlet),), _HTML + _CHARSET, status)
        case "application/json":
            members = {"message": message, "url": url, "status": str(int(status))}
            members |= {"servlet": servlet} if servlet is not None else {}
            return Reply((orjson.dumps(members),), JSON, status)
        case "text/plain":
            lines = f"HTTP ERROR {int(status)} {message}\nURI: {url}\nSTATUS: {int(status)}\nMESSAGE: {message}\n"
            return Reply((lines.encode("latin-1", "replace"),), _PLAIN + _CHARSET, status)
    return Reply(status=status)


def bad_message(reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Reply:
    """Return the page for what the container's parser refuses, before anything else sees it."""
    body = f"<h1>Bad Message {int(status)}</h1><pre>reason: {escape(reason)}</pre>".encode("latin-1", "replace")
    return Reply((body,), _HTML + _CHARSET, status)


def _html(status: HTTPStatus, message: str, url: str, servlet: str | None) -> bytes:
    title = escape(f"Error {int(status)} {message}")
    rows = (("URI", url), ("STATUS", str(int(status))), ("MESSAGE", message), ("SERVLET", servlet or "-"))
    table = "".join(f"<tr><th>{name}:</th><td>{escape(text)}</td></tr>" for name, text in rows)
    page = f"<html><head><title>{title}</title></head><body><table>{table}</table></body></html>"
    return page.encode("latin-1", "replace")


def _wanted(accept: str | None) -> str | None:
    """Return the form of page that an `Accept` header asks for; None when the container has no such form."""
    ranges = sorted(map(_quality, (accept or "*/*").split(",")), key=lambda pair: -pair[1])
    for media, _ in ranges:
        if media in {"*/*", "text/*", "text/html", "application/xhtml+xml"}:
            return _HTML
        if media in {JSON, "text/json", "application/*"}:
            return JSON
        if media == _PLAIN:
            return _PLAIN
    return None


def _quality(part: str) -> tuple[str, float]:
    """Split one media range into its name and its weight; a weight that is no number counts as zero."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media, float(parameter[2:])
            except ValueError:
                return media, 0.0
    return media, 1.0
