"""What the assertions of a check compared, so that a failure can tell the place that differs.

Checks have what was found on the left and what is due on the right: `assert answer.json == {"jobId": ""}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.target.exchange import Answer
from seatunnel_conformance.text.differences import MEMBER, Difference, differences, locate

_LONGEST: Final = 200

_STATUSES: Final = range(100, 600)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two JSON values that are not equal; `summary` is both in one line, by which the assertion is found again."""

    found: Any
    expected: Any
    summary: str

    @classmethod
    def of(cls, left: object, right: object) -> Comparison | None:
        """Return a comparison of JSON values, or of the names of members; None when one of the two is neither."""
        summary = f"{_brief(left)} == {_brief(right)}"
        if isinstance(left, AbstractSet) and isinstance(right, AbstractSet):
            return cls(_members(left), _members(right), summary)
        plain = (dict, list, str, int, float, type(None))
        return cls(left, right, summary) if isinstance(left, plain) and isinstance(right, plain) else None

    def explanation(self) -> list[str]:
        """Return the lines that an assertion shows instead of pytest's own."""
        return [self.summary, *(f"  {difference}" for difference in differences(self.expected, self.found))]


def differences_in(problem: Exception, compared: Sequence[Comparison], answer: Answer | None) -> tuple[Difference, ...]:
    """Return where a failed assertion found something else than is due; nothing where it compared no JSON values.

    `compared` are the comparisons of the check; only the last can be the one that failed. `answer` is the last answer,
    in which the place is looked for.
    """
    if not compared or compared[-1].summary not in str(problem):
        return ()
    last = compared[-1]
    return differences(last.expected, last.found, _place(last.found, answer) if answer else "")


def _place(found: Any, answer: Answer) -> str:
    """Return where in an answer a value stands, as far as that is sure."""
    if found == answer.status and found in _STATUSES:
        return "status"
    if not isinstance(found, (str, dict, list)) or not found:
        return ""
    try:
        return locate(found, answer.json) or ""
    except AssertionError:
        return ""


def _members(names: AbstractSet[Any]) -> dict[str, Any]:
    return {str(name): MEMBER for name in names}


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
