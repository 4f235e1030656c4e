"""The address of a cluster, in a module without imports of HTTP libraries, which would delay the command's start."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The address of a cluster: the URLs of its nodes, with the context path and without a slash at the end."""

    urls: tuple[str, ...]
    timeout: float = 10.0
    """The most seconds for a node's whole response."""
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """The user and the password for the cluster; None if it needs none."""
    read_only: bool = False
    """Whether requests that would change something are refused."""
    release: str | None = None
    """The release of the cluster; None to detect it by the cluster's version."""
    cache_seconds: float = 0.0
    """The seconds for which identical reads share a response; with 0, only simultaneous reads share one."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for an address that is not an HTTP URL, or contains credentials."""
        for url in self.urls:
            if "@" in url:
                raise ValueError("the URL of a node must not contain credentials")
            if not _is_of_a_node(url):
                raise ValueError(f"{url!r} is not the URL of a node, such as http://localhost:8080")
        object.__setattr__(self, "urls", tuple(url.rstrip("/") for url in self.urls))


def _is_of_a_node(url: str) -> bool:
    try:
        parsed = urlsplit(url)
        named = parsed.hostname and parsed.port != 0
    except ValueError:  # the port is no number up to 65535, or an IPv6 address is invalid
        return False
    exact = url.isascii() and url.isprintable() and " " not in url
    return bool(parsed.scheme in {"http", "https"} and named and exact and not parsed.query and not parsed.fragment)


def name_of(url: str) -> str:
    """Return the `host:port` of a node's URL, by which messages name the node."""
    return urlsplit(url).netloc
