"""How a handler reads its request where the engine's servlets differ among themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from seatunnel_server.http.replies import Reply

Handler: TypeAlias = Callable[..., Awaitable[Reply]]
_H = TypeVar("_H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reading:
    """Questions on which servlets differ."""

    raw_path: bool = False
    """Whether the path's parameter is taken as it was sent, undecoded."""
    first: bool = False
    """Whether of a repeated query parameter the first value counts, not the last."""
    late: bool = False
    """Whether the handler validates the query's parameters itself, with `Call.check_query` or with other messages."""

    own_path: bool = False
    """Whether the handler validates the path's parameter itself."""


ORDINARY: Final = Reading()
_ATTRIBUTE: Final = "seatunnel_reading"


def reads(
    *, raw_path: bool = False, first: bool = False, late: bool = False, own_path: bool = False
) -> Callable[[_H], _H]:
    """Declare that a handler's servlet reads its request in another way than most."""

    def declare(handler: _H) -> _H:
        setattr(handler, _ATTRIBUTE, Reading(raw_path, first, late, own_path))
        return handler

    return declare


def reading_of(handler: Handler) -> Reading:
    """Return how a handler reads its request."""
    reading: Reading = getattr(handler, _ATTRIBUTE, ORDINARY)
    return reading
