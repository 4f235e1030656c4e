"""The HTML lists of log files."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def log_list(links: Iterable[tuple[str, str]]) -> bytes:
    """Return the page that links to log files; `links` are pairs of address and text, escaped here."""
    items = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>\n' for address, text in links)
    page = (
        "<html><head><title>Seatunnel log</title></head>\n"
        f"<body>\n<h2>Seatunnel log</h2>\n<ul>\n{items}</ul>\n</body></html>"
    )
    return page.encode("utf-8", "replace")
