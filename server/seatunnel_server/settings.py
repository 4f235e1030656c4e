"""How one app behaves, apart from the contract that it serves."""

from __future__ import annotations

from dataclasses import dataclass

from seatunnel_server.credentials import Credentials

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of an app; the defaults serve the contract as it stands."""

    validate_responses: bool = True
    """Whether every answer is held against the contract before it is sent. Off for load tests only."""
    context_path: str = ""
    """What stands before every path, `/seatunnel` or nothing."""
    body_limit: int = 8 * MEBIBYTE
    """Longest request body in bytes; a longer one is answered 413."""
    body_seconds: float = 30.0
    """How long a request body may take to arrive; one that takes longer is answered 400."""
    latency: float = 0.0
    """Seconds that every answer of an operation is held back, for authors of clients."""
    credentials: Credentials | None = None
    """What every request has to come with, if anything."""
    close_engine: bool = True
    """Whether the engine is closed when the app's lifespan ends."""
