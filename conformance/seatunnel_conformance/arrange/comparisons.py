"""Finds how the two values of a failed assertion differ, with the places of the differing members.

Asserts in checks have the actual value on the left, the expected one on the right: `assert response.json == {"a": 1}`.
"""

from __future__ import annotations

from collections.abc import KeysView, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final

from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.target.exchange import Exchange, Response
from seatunnel_conformance.text.differences import MEMBER, NOTHING, Difference, canonical, differences, locate, shown
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_openapi.files import json_or

_STATUSES: Final = range(100, 600)

_BOUNDS: Final = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

_LITERALS: Final = (set, frozenset, tuple, range)
"""The types of containers that are written in the source of checks. Values from responses have other types."""


class DifferencesFound(AssertionError):
    """A check compared values without an `assert` statement, and found `differences`."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__("\n".join(map(str, differences)))
        self.differences = tuple(differences)


class SeveralFindings(AssertionError):
    """A check of many responses has several findings, each with its exchange."""

    def __init__(self, findings: tuple[Finding, ...], exchanges: tuple[Exchange, ...]) -> None:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(findings[0].summary + more)
        self.findings = findings
        self.exchanges = exchanges


@dataclass(frozen=True, slots=True)
class ComparedValues:
    """The two values of a failed comparison, and its operator, such as `==` or `in`."""

    operator: str
    left: Any
    right: Any

    def differences(
        self, response: Response | None, redactor: Redactor, place: str = "", *, expects_left: bool = False
    ) -> tuple[Difference, ...]:
        """Return the differences between the two sides, each with its place in the response.

        `place` is the actual value's place; if empty, the value is searched in `response`. `expects_left` is true if
        the actual value is on the right.
        """
        left, right, operator = redactor.plain(self.left), redactor.plain(self.right), self.operator
        if isinstance(left, bytes) and isinstance(right, bytes):
            left, right = _read(left), _read(right)
        if expects_left and operator in _MIRRORED:
            left, right, operator = right, left, _MIRRORED[operator]
        if operator in {"in", "not in"}:
            return (_membership(left, right, response, negated=operator == "not in"),)
        if isinstance(left, AbstractSet) and isinstance(right, AbstractSet) and operator in {"==", "<=", ">="}:
            return _of_sets(left, right, operator)
        if isinstance(left, list) and left and all(isinstance(one, Difference) for one in left):
            return tuple(left)
        known = place or _located(left, response)
        place = known or ""
        if operator in {"==", "is"}:
            found = differences(_as_list(right), _as_list(left), place, response.sent if response else frozenset())
            return tuple(map(_of_an_item, found)) if known is None and isinstance(left, (list, tuple)) else found
        words = f"{_BOUNDS[operator]} {shown(right)}" if operator in _BOUNDS else f"anything but {shown(right)}"
        return (Difference(place, words, shown(left, place)),)


def _membership(item: Any, container: Any, response: Response | None, *, negated: bool) -> Difference:
    """Return the difference for a failed `in` or, if `negated`, `not in`."""
    if isinstance(container, _LITERALS) and (_place(item, response) or not isinstance(item, str)):
        listed = ", ".join(shown(one) for one in sorted(container, key=canonical))
        return Difference(_place(item, response), f"{'none' if negated else 'one'} of {listed}", shown(item))
    kind = "a text" if isinstance(container, (str, bytes)) else "a list"
    return Difference(
        _place(container, response), f"{kind} {'without' if negated else 'with'} {shown(item)}", shown(container)
    )


def _of_sets(left: AbstractSet[Any], right: AbstractSet[Any], operator: str) -> tuple[Difference, ...]:
    """Return the differences of two sets. If one has the names of an object, it is the actual set."""
    if not isinstance(left, KeysView) and not isinstance(right, KeysView):
        due, found = (left, right) if operator == "<=" else (right, left)
        words = "" if operator == "==" else "at least "
        return (Difference("", f"{words}{shown(_as_list(due))}", shown(_as_list(found))),)
    if operator == "==":
        return differences(_members(right), _members(left))
    less, more = (left, right) if operator == "<=" else (right, left)
    surplus = isinstance(less, KeysView) and not isinstance(more, KeysView)
    pair = (NOTHING, "a member") if surplus else ("a member", NOTHING)
    return tuple(Difference(f"/{name}", *pair) for name in sorted(less - more, key=str))


def _read(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    return json_or(body, body.decode("utf-8", "backslashreplace"))


def _of_an_item(difference: Difference) -> Difference:
    """Return a difference in a list that a check has made from a response. Its place is in words: `item 3`."""
    index, *inner = difference.place.split("/")[1:] or [""]
    place = f"item {'/'.join([index, *inner])}" if index else ""
    return replace(difference, place=place)


def _as_list(value: Any) -> Any:
    """Return a tuple or a set as a list."""
    if isinstance(value, (tuple, range)):
        return [_as_list(one) for one in value]
    return sorted(value, key=canonical) if isinstance(value, AbstractSet) else value


def _place(found: Any, response: Response | None) -> str:
    """Return the place of a value in a response; empty for the whole body, or if the place is not certain."""
    return _located(found, response) or ""


def _located(found: Any, response: Response | None) -> str | None:
    """Return the place of a value in a response: empty for the whole body, None if not certain."""
    if response is None:
        return None
    if type(found) is int and found == response.status and found in _STATUSES:
        return "status"
    if not isinstance(found, (str, dict, list)) or not found:
        return None
    return locate(found, response.json_as(object))


def _members(names: AbstractSet[Any]) -> dict[str, Any]:
    return {str(name): MEMBER for name in names}
