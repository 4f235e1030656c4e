"""The HTML list of log files, in parts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

LOG_LIST: Final = (
    b"<html><head><title>Seatunnel log</title></head>\n<body>\n<h2>Seatunnel log</h2>\n<ul>\n",
    b"</ul>\n</body></html>",
)
"""What stands before and behind the links."""


def log_links(links: Iterable[tuple[str, str]]) -> bytes:
    """Return the items that link to log files; `links` are pairs of address and text, escaped here."""
    items = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>\n' for address, text in links)
    return items.encode("utf-8", "replace")
