"""The evidence for each clause in each release, from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatunnel_conformance.ledger.entries import ReleaseStatus, release_statuses
from seatunnel_openapi import Clause
from seatunnel_openapi.contract import Evidence

_RECORDINGS: Final = "recordings/"


class Standing(StrEnum):
    """The kind of evidence for a clause in one release, the strongest first."""

    RECORDED = "recorded"
    """Recorded on an engine of this release."""
    EARLIER = "earlier"
    """Recorded on another release, from which no difference is known."""
    READ = "read"
    """Read in the release's source or artifact."""
    DOCUMENTED = "documented"
    """Stated by the documentation only."""
    ABSENT = "absent"
    """The release does not have the clause."""

    @classmethod
    def of(cls, hold: ReleaseStatus | None) -> Standing:
        """Return the kind of evidence of a ledger entry. Without an entry, the release does not have the clause."""
        if hold is None:
            return cls.ABSENT
        if hold.how == "recorded":
            return cls.EARLIER if hold.is_carried_over else cls.RECORDED
        return cls.READ if hold.how == "read" else cls.DOCUMENTED


@dataclass(frozen=True)
class ClauseHistory:
    """One clause in all releases: its text and its evidence per release."""

    id: str
    holds: Mapping[str, ReleaseStatus]
    standings: Mapping[str, Standing]

    @property
    def newest(self) -> Clause:
        """The clause of the newest release that has it."""
        return list(self.holds.values())[-1].clause

    @property
    def place(self) -> str:
        """The path and anchor of the clause's section."""
        clause = self.newest
        page = f"operations/{clause.operation_id}" if clause.operation_id else f"rules/{clause.group}"
        return f"{page}.html#{self.id}"

    @property
    def steps(self) -> tuple[str, ...]:
        """Recorded steps that are its evidence in any release, as `area/scenario/step`."""
        return tuple(dict.fromkeys(step for hold in self.holds.values() for step in recorded_steps(hold.clause)))

    @property
    def wordings(self) -> dict[str, list[str]]:
        """The releases of each text of the clause, in the order of releases."""
        found: dict[str, list[str]] = {}
        for release, hold in self.holds.items():
            found.setdefault(hold.clause.text, []).append(release)
        return found


def histories(releases: Iterable[str]) -> Mapping[str, ClauseHistory]:
    """Return the history of every clause by id, in the order in which releases add them."""
    names, found = tuple(releases), {}
    for clause_id, several in release_statuses().items():
        holds = {hold.release: hold for hold in several}
        standings = {release: Standing.of(holds.get(release)) for release in names}
        found[clause_id] = ClauseHistory(clause_id, holds, standings)
    return found


def recorded_steps(clause: Clause) -> Iterator[str]:
    """Yield the recorded steps that are evidence for a clause, as `area/scenario/step`."""
    yield from filter(None, map(recorded_step, clause.evidence))


def recorded_step(evidence: Evidence) -> str | None:
    """Return the step if a piece of evidence is a recording (`area/scenario/step`), else None."""
    folder, _, step = evidence.ref.partition("#")
    return step if folder.startswith(_RECORDINGS) else None
