"""What an address says: whether it is this machine's own, and who shares an origin with whom."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}


_LONGEST_HOST = 253


def parsed(text: str) -> SplitResult | None:
    """Return the parts of an address of HTTP, which may lack its scheme; None for what is no such address."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
        # What can't be looked up as a name, an empty label above all, is no reason to ask anybody.
        usable = 0 < len(host) <= _LONGEST_HOST and bool(host.encode("idna")) and port != 0
    except ValueError:
        return None
    return parts if usable and parts.scheme in _PORTS else None


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own: `localhost`, or a loopback number; other names are not."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address. Raises `ValueError` for a port that is none."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def leads_elsewhere(url: str, location: str) -> str:
    """Return where a redirect leads when that is another origin; empty when it stays, or leads nowhere."""
    try:
        target = urljoin(url, location)
        return "" if origin(target) == origin(url) else target
    except ValueError:
        return ""
