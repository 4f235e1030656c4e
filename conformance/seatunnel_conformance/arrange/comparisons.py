"""The values that the assertions of a check compared, so that a failure can name the differing members.

Checks have the actual value on the left and the expected one on the right: `assert response.json == {"jobId": ""}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.differences import MEMBER, Difference, differences, locate

_LONGEST: Final = 200

_STATUSES: Final = range(100, 600)


@dataclass(frozen=True, slots=True)
class ComparedValues:
    """Two different JSON values; `summary` is one line with both, which identifies the assertion."""

    found: Any
    expected: Any
    summary: str

    @classmethod
    def of(cls, left: object, right: object) -> ComparedValues | None:
        """Return a comparison of JSON values, or of sets of member names; None for other values."""
        summary = f"{_brief(left)} == {_brief(right)}"
        if isinstance(left, AbstractSet) and isinstance(right, AbstractSet):
            return cls(_members(left), _members(right), summary)
        plain = (dict, list, str, int, float, type(None))
        return cls(left, right, summary) if isinstance(left, plain) and isinstance(right, plain) else None

    def explanation(self) -> list[str]:
        """Return the lines that a failed assertion shows instead of pytest's."""
        return [self.summary, *(f"  {difference}" for difference in differences(self.expected, self.found))]


def differences_in(
    problem: Exception, compared: Sequence[ComparedValues], response: Response | None
) -> tuple[Difference, ...]:
    """Return where a failed assertion found an unexpected value; empty if it compared no JSON values.

    `compared` are the comparisons of the check; only the last one can have failed. `response` is the last response, in
    which the value is located.
    """
    if not compared or compared[-1].summary not in str(problem):
        return ()
    last = compared[-1]
    return differences(last.expected, last.found, _place(last.found, response) if response else "")


def _place(found: Any, response: Response) -> str:
    """Return the place of a value in a response; empty if it is not certain."""
    if found == response.status and found in _STATUSES:
        return "status"
    if not isinstance(found, (str, dict, list)) or not found:
        return ""
    try:
        return locate(found, response.json) or ""
    except AssertionError:
        return ""


def _members(names: AbstractSet[Any]) -> dict[str, Any]:
    return {str(name): MEMBER for name in names}


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
