"""Responses with log files."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from seatunnel_server.hosting import Answer

from vendor_seatunnel.cluster import NODE
from vendor_seatunnel.contract import types


def listing(names: list[str], form: str) -> types.LogFiles | Answer:
    """Return log files as a list if the format is `json`, otherwise as an HTML page."""
    addresses = {name: f"http://{NODE.address}/logs/{name}" for name in names}
    if form.lower() != "json":
        return _page((address, name) for name, address in addresses.items())
    return [{"node": NODE.address, "logLink": address, "logName": name} for name, address in addresses.items()]


def node_listing(names: list[str]) -> Answer:
    """Return an HTML page with a relative link to each log file of this node."""
    return _page((f"log/{name}", name) for name in names)


def text_of(name: str) -> Answer:
    """Return the text of a log file, or 400 without a body if it does not exist."""
    text = NODE.log_text(name)
    return Answer(text, content_type="text/plain;charset=iso-8859-1") if text is not None else Answer(status=400)


def _page(links: Iterable[tuple[str, str]]) -> Answer:
    items = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>\n' for address, text in links)
    page = f"<html><head><title>Seatunnel log</title></head><body>\n<ul>\n{items}</ul></body></html>"
    return Answer(page, content_type="text/html;charset=utf-8")
