"""URLs: parsing, loopback addresses, origins."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}


_LONGEST_HOST = 253


def parsed(text: str) -> SplitResult | None:
    """Return the parts of an HTTP URL, whose scheme may be missing; None for an invalid one."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
        # A host that can't be encoded for DNS, such as one with an empty label, is invalid.
        usable = 0 < len(host) <= _LONGEST_HOST and bool(host.encode("idna")) and port != 0
    except ValueError:
        return None
    return parts if usable and parts.scheme in _PORTS else None


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is `localhost` or a loopback IP address; other names are not resolved."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL. Raises `ValueError` for an invalid port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def leads_elsewhere(url: str, location: str) -> str:
    """Return the target of a redirect to another origin; empty for the same origin or an invalid location."""
    try:
        target = urljoin(url, location)
        return "" if origin(target) == origin(url) else target
    except ValueError:
        return ""
