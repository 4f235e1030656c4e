"""A change that clients may meet, and how bad it is for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class Severity(StrEnum):
    """How bad a change is, the worst first, in oasdiff's words."""

    ERROR = "error"
    """It breaks clients that relied on what was stated."""
    WARNING = "warning"
    """It may break some; what is stated does not tell."""
    INFO = "info"
    """It breaks nobody."""


class Effect(Enum):
    """What becomes of the values that are allowed at a place."""

    WIDENS = auto()
    NARROWS = auto()
    REPLACES = auto()
    UNSURE = auto()


class Side(StrEnum):
    """Who sends the values: clients in a request, the server in a response."""

    REQUEST = "request"
    RESPONSE = "response"

    def severity(self, effect: Effect) -> Severity:
        """Return how bad an effect is: clients may not send less than before, and must not receive more."""
        if effect is Effect.UNSURE:
            return Severity.WARNING
        harmless = Effect.WIDENS if self is Side.REQUEST else Effect.NARROWS
        return Severity.INFO if effect is harmless else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `operation` is spelled `GET /overview`, and empty for the document as a whole.

    `place` leads to what changed: a status, a parameter, a property such as `items/metrics/SinkWriteCount`, a fact.
    `old` and `new` are what stood there, as text; empty where there was nothing.
    """

    id: str
    severity: Severity
    operation: str
    place: str = ""
    old: str = ""
    new: str = ""

    @property
    def is_breaking(self) -> bool:
        """Whether a client that relied on what was stated breaks."""
        return self.severity is Severity.ERROR


_ORDER: Final = tuple(Severity)


def by_severity(change: Change) -> tuple[int, str, str, str]:
    """Return a key that sorts breaking changes first, then by operation."""
    return _ORDER.index(change.severity), change.operation, change.id, change.place
