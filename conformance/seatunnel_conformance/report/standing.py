"""What an outcome counts as in a report: its verdict, told apart for clauses that nobody has to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_openapi.clauses import Level


class Standing(StrEnum):
    """A column of the tables that count checks, in their order. What SHOULD or MAY be has columns of its own."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KEPT = "kept"
    NOT_KEPT = "not kept"
    KNOWN = "known deviation"
    STALE = "stale"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"

    @property
    def word(self) -> str:
        """How a single check is told: what is kept has passed like everything else, what is not has not failed."""
        return Verdict.PASS.value if self is Standing.KEPT else self.value


RARE: Final = frozenset({Standing.KNOWN, Standing.STALE})
"""What only runs with a baseline have to tell."""

_ADVICE: Final = {Verdict.PASS: Standing.KEPT, Verdict.FAIL: Standing.NOT_KEPT}


def standing(outcome: Outcome) -> Standing:
    """Return what an outcome counts as."""
    if outcome.level is not Level.MUST and outcome.verdict in _ADVICE:
        return _ADVICE[outcome.verdict]
    return Standing(outcome.verdict.value)


def by_group(outcomes: Iterable[Outcome]) -> dict[str, Counter[Standing]]:
    """Return how many outcomes of each group count as what; groups stand in the order in which they come first."""
    groups: dict[str, Counter[Standing]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.group, Counter())[standing(outcome)] += 1
    return groups


def columns(groups: Mapping[str, Counter[Standing]]) -> list[Standing]:
    """Return the columns that a table of these groups needs: rare ones are there only where something is in them."""
    found = {one for counts in groups.values() for one in counts}
    return [one for one in Standing if one in found or one not in RARE]
