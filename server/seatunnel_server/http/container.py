"""The error pages of the engine's servlet container, for paths and methods that no servlet serves.

Their format depends on `Accept`. Recorded in `http-semantics/unknown-route`, `wrong-method-accept` and `path-forms`.
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus

import orjson

from seatunnel_server.http.replies import JSON, Reply

_HTML, _PLAIN = "text/html", "text/plain"
_FORMS = frozenset({"*/*", "text/*", _HTML, JSON, "text/json", _PLAIN})
_CHARSET = ";charset=iso-8859-1"
_SERVLETS = "org.eclipse.jetty.servlet.DefaultServlet"


def error_page(
    status: HTTPStatus, message: str, url: str, accept: str | None, *, servlet: str | None = _SERVLETS
) -> Reply:
    """Return the container's page for an error; without a body if `accept` allows none of its formats.

    `servlet` is the servlet that the page names; None outside of the context path, where the page names none.
    """
    # The container compares media ranges case-sensitively and with parameters. Of two with equal weights, the narrower
    # one counts.
    ranges = [each for each in map(_quality, (accept or "*/*").split(",")) if each[1] > 0]
    wanted = next((media for media, _ in sorted(ranges, key=_preference) if media in _FORMS), None)
    match wanted:
        case "text/html" | "text/*" | "*/*":
            return Reply((_html(status, message, url, servlet),), _HTML + _CHARSET, status)
        case "application/json" | "text/json":
            members = {"message": message, "url": url, "status": str(int(status))}
            members |= {"servlet": servlet} if servlet is not None else {}
            return Reply((orjson.dumps(members),), wanted, status)
        case "text/plain":
            lines = f"HTTP ERROR {int(status)} {message}\nURI: {url}\nSTATUS: {int(status)}\nMESSAGE: {message}\n"
            return Reply((lines.encode("latin-1", "replace"),), _PLAIN + _CHARSET, status)
    return Reply(status=status)


def bad_message(reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Reply:
    """Return the container's page for a request that its parser refuses."""
    body = f"<h1>Bad Message {int(status)}</h1><pre>reason: {escape(reason)}</pre>".encode("latin-1", "replace")
    return Reply((body,), _HTML + _CHARSET, status)


def _html(status: HTTPStatus, message: str, url: str, servlet: str | None) -> bytes:
    title = escape(f"Error {int(status)} {message}")
    rows = (("URI", url), ("STATUS", str(int(status))), ("MESSAGE", message), ("SERVLET", servlet or "-"))
    table = "".join(f"<tr><th>{name}:</th><td>{escape(text)}</td></tr>" for name, text in rows)
    page = f"<html><head><title>{title}</title></head><body><table>{table}</table></body></html>"
    return page.encode("latin-1", "replace")


def _preference(wanted: tuple[str, float]) -> tuple[float, int]:
    media, quality = wanted
    return -quality, (media == "*/*") + media.endswith("/*")


def _quality(part: str) -> tuple[str, float]:
    """Return a media range with its parameters, and its weight, which is 0 if it is not a number."""
    pieces = [piece.strip() for piece in part.split(";")]
    weight, kept = 1.0, []
    for piece in pieces:
        if piece[:2].lower() == "q=":
            try:
                weight = float(piece[2:])
            except ValueError:
                weight = 0.0
        else:
            kept.append(piece)
    return ";".join(kept), weight
