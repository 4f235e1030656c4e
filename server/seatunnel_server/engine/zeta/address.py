"""Where a cluster is; its own module, because this is configured before anything of HTTP is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """How a cluster is reached: the URLs of its nodes, context path included and no slash at the end."""

    urls: tuple[str, ...]
    timeout: float = 10.0
    """Seconds that a node has for a whole response."""
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """The user and the password that the cluster asks for."""
    read_only: bool = False
    """Whether requests that would change something are refused."""
    release: str | None = None
    """The release of the cluster; None asks the cluster."""
    cache_seconds: float = 0.0
    """How old a response may be that identical reads share; 0 shares only those that are in flight."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for an address that is no HTTP URL, or has credentials in it."""
        for url in self.urls:
            parsed = urlsplit(url)
            if parsed.scheme not in {"http", "https"} or not parsed.hostname or parsed.query or parsed.fragment:
                raise ValueError(f"{url!r} is not the URL of a node, such as http://localhost:8080")
            if parsed.username is not None or parsed.password is not None:
                raise ValueError("the URL of a node must not contain credentials")
        object.__setattr__(self, "urls", tuple(url.rstrip("/") for url in self.urls))


def name_of(url: str) -> str:
    """Return `host:port` of a node, as messages name it."""
    return urlsplit(url).netloc
