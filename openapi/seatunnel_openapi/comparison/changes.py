"""A change of the API and its severity for clients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class Severity(StrEnum):
    """The severity of a change, the worst first, with the values of oasdiff."""

    ERROR = "error"
    """Breaks clients that relied on the old contract."""
    WARNING = "warning"
    """May break clients; the contracts don't say."""
    INFO = "info"
    """Breaks no clients."""


class Effect(Enum):
    """How the set of allowed values changes."""

    WIDENS = auto()
    NARROWS = auto()
    REPLACES = auto()
    UNSURE = auto()


class Side(StrEnum):
    """Who sends a value: the client in a request, or the server in a response."""

    REQUEST = "request"
    RESPONSE = "response"

    def severity(self, effect: Effect) -> Severity:
        """Return the severity of an effect: requests may accept more values, responses may contain fewer."""
        if effect is Effect.UNSURE:
            return Severity.WARNING
        harmless = Effect.WIDENS if self is Side.REQUEST else Effect.NARROWS
        return Severity.INFO if effect is harmless else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `operation` has the form `GET /overview`; it is empty for the document level.

    `place` is what changed: a status, a parameter, a property such as `items/metrics/SinkWriteCount`, or a fact.
    `old` and `new` are the values as text; empty if there is none.
    """

    id: str
    severity: Severity
    operation: str
    place: str = ""
    old: str = ""
    new: str = ""

    @property
    def is_breaking(self) -> bool:
        """Whether the change breaks clients that relied on the old contract."""
        return self.severity is Severity.ERROR


_ORDER: Final = tuple(Severity)


def by_severity(change: Change) -> tuple[int, str, str, str]:
    """Return a sort key: breaking changes first, then by operation."""
    return _ORDER.index(change.severity), change.operation, change.id, change.place
