"""The failures of a run by what is wrong: one cause often breaks dozens of checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from seatunnel_conformance.report.outcomes import Outcome, by_weight
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.differences import NOTHING, Difference
from seatunnel_conformance.text.visible import line
from seatunnel_openapi.clauses import Level

_COMMANDS: Final = "This was done before:"
"""The beginning of the details of a stateful test, which are the commands; its reason says what is wrong."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures with one kind of difference, described by `sentence`; the most important first."""

    sentence: str
    outcomes: tuple[Outcome, ...]

    @property
    def broken(self) -> int:
        """The number of MUST clauses among them."""
        return sum(outcome.level is Level.MUST for outcome in self.outcomes)


def failure_groups(outcomes: Iterable[Outcome]) -> list[FailureGroup]:
    """Return the failures of a run in groups, those with the most broken MUST clauses first."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in by_weight(outcomes):
        if outcome.verdict is Verdict.FAIL:
            groups.setdefault(_sentence(outcome), []).append(outcome)
    found = [FailureGroup(sentence, tuple(failed)) for sentence, failed in groups.items()]
    return sorted(found, key=lambda group: (-group.broken, -len(group.outcomes)))


def _sentence(outcome: Outcome) -> str:
    differences = [difference for finding in outcome.findings for difference in finding.differences]
    if differences:
        return _of_difference(differences[0])
    detail = outcome.findings[0].detail if outcome.findings else ""
    return line(outcome.reason if not detail or detail.startswith(_COMMANDS) else detail.partition("\n")[0], 100)


def _of_difference(difference: Difference) -> str:
    """Return the reason of a failure, without the values that differ between checks."""
    name = difference.place.rpartition("/")[2]
    if not name or name.isdecimal():
        return line(str(difference), 100)
    where = f"`{name}`"
    if difference.place == "status":
        return f"status {difference.found} instead of {difference.expected}"
    if difference.found == NOTHING:
        return f"{where} is missing"
    if difference.expected == NOTHING:
        return f"{where} should not be there"
    if difference.expected.startswith(("a ", "an ")):
        return f"{where} is not {line(difference.expected, 60)}"
    return f"{where} has another value"
