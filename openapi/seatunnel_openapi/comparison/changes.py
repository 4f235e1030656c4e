"""A change of the API and its severity for clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from seatunnel_openapi import Action, Confidence, Evidence, Overlay


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
    """The sender of a value: the client in a request, or the server in a response."""

    REQUEST = "request"
    RESPONSE = "response"

    def severity(self, effect: Effect) -> Severity:
        """Return the severity of an effect: accepting more in requests and sending less in responses is harmless."""
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


_GENERAL: Final = frozenset({"items", "additionalProperties", ""})
"""Last parts of a place that name no member."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The release that introduced a change, with the description and evidence of the overlay action.

    `text` is empty if no action names what changed; the evidence is then that of the overlay's first action.
    """

    release: str
    text: str
    evidence: Evidence
    confidence: Confidence


def origin_of(change: Change, between: Sequence[Overlay]) -> Origin:
    """Return the origin of a change; `between` are the overlays after the old release, up to the new one.

    The best match is an action that names what changed, otherwise one for the same operation; of several, the shortest.
    """
    scored = [(_score(change, action), overlay, action) for overlay, action in actions_of(between)]
    best, overlay, action = max(reversed(scored), key=lambda each: each[0])
    if not any(best[:2]):
        overlay = between[-1]
        return Origin(overlay.name, "", overlay.actions[0].evidence, _least_sure(overlay))
    return Origin(overlay.name, action.description, action.evidence, action.confidence)


def between(old: str, new: str, chain: Sequence[Overlay]) -> tuple[Overlay, ...]:
    """Return the overlays after the older of two releases, up to the newer one; the order of the two doesn't matter."""
    names = [overlay.name for overlay in chain]
    first, last = sorted(names.index(name) if name in names else -1 for name in (old, new))
    return tuple(chain[first + 1 : last + 1])


def actions_of(overlays: Sequence[Overlay]) -> Iterator[tuple[Overlay, Action]]:
    """Yield the actions of overlays, each with its overlay."""
    for overlay in overlays:
        for action in overlay.actions:
            yield overlay, action


def _score(change: Change, action: Action) -> tuple[bool, bool, bool, int]:
    """Return whether an action names the change, affects its operation, begins or ends a difference; and its length."""
    words = f"{action.target} {json.dumps(action.update)}"
    path = change.operation.partition(" ")[2]
    named = any(re.search(rf"(?<=[\"'./]){re.escape(name)}(?=[\"'.\[]| |$)", words) for name in _names(change))
    about = bool(path) and (f"'{path}'" in words or f'"{path}"' in words or action.target.startswith("$.paths.*"))
    return named, about, bool(action.difference or action.ends), -len(words)


def _names(change: Change) -> Iterator[str]:
    """Yield the names of the changed parts: the last part of the place, and the added or removed components."""
    last = re.split(r"[ /]", re.sub(r"\w+\[[^]]*\]", "", change.place))[-1]
    if last not in _GENERAL and not last.isdecimal():
        yield last
    yield from re.findall(r"#/components/\w+/(\w+)", f"{change.old} {change.new}")
    if change.id.startswith("api-security"):
        yield change.old or change.new
    elif not change.place:
        yield change.operation.partition(" ")[2]


def _least_sure(overlay: Overlay) -> Confidence:
    order: tuple[Confidence, ...] = ("unknown", "likely", "certain")
    return min((action.confidence for action in overlay.actions), key=order.index)
