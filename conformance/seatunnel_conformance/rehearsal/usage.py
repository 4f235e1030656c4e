"""The use of each operation: number of requests, parameters and members, and the responses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from seatunnel_conformance.rehearsal.request_log import Routed
from seatunnel_conformance.target.routes import label
from seatunnel_openapi.comparison import Change

Names: TypeAlias = tuple[str, ...]
"""The path to a member, without positions in lists."""

_NO_NAMES: Final = frozenset({"items", "additionalProperties", ""})
_ALTERNATIVE: Final = re.compile(r"\w+\[[^]]*\]")
_APPEARS: Final = re.compile(r"added|became-required|became-optional")


@dataclass(slots=True)
class Use:
    """The use of one operation. `answered` and `sent` tell whether the log has responses and request bodies."""

    requests: int = 0
    parameters: set[str] = field(default_factory=set)
    members: set[Names] = field(default_factory=set)
    fields: set[Names] = field(default_factory=set)
    statuses: set[str] = field(default_factory=set)
    answered: bool = False
    sent: bool = False

    def is_affected_by(self, change: Change) -> bool:
        """Return whether a change affects the requests; true if the log does not show it."""
        side = change.id
        if side.startswith(("request-parameter", "new-optional-request-parameter")):
            return change.place.rpartition(" ")[2] in self.parameters or "required" in side
        if side.startswith(("request-", "new-optional-request")):
            return not self.sent or names(change.place) in self.members or "required" in side
        if side.startswith(("response-", "optional-response")):
            return self._is_response_affected_by(change)
        return True

    def _is_response_affected_by(self, change: Change) -> bool:
        status, _, place = change.place.partition(" ")
        if self.statuses and status not in self.statuses:
            return False
        way = names(place)
        if not self.answered or not way or "/" not in f"{place}/":
            return True
        # A new member appears next to those in the log.
        return (way[:-1] if _APPEARS.search(change.id) else way) in self.fields | {()}


def used(routed: Sequence[Routed]) -> dict[str, Use]:
    """Return the use by the operation's name."""
    uses: dict[str, Use] = {}
    for each in routed:
        use = uses.setdefault(label(each.operation), Use())
        use.requests += 1
        use.parameters |= each.seen.parameters
        if each.seen.status is not None:
            use.statuses.add(str(each.seen.status))
        if each.seen.has_response:
            use.answered = True
            use.fields |= set(_members(each.seen.response))
        if each.seen.body is not None:
            use.sent = True
            use.members |= set(_members(_parsed(each.seen.body)))
    return uses


def names(place: str) -> Names:
    """Return the path to the member of a change, without alternatives and positions."""
    return tuple(name for name in _ALTERNATIVE.sub("", place).split("/") if name not in _NO_NAMES)


def _members(value: Any, way: Names = ()) -> Iterator[Names]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*way, name)
            yield from _members(inner, (*way, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, way)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
