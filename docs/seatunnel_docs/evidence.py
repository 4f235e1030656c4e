"""How each clause is known on each release: the ledger's holds, one clause at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatunnel_conformance.ledger.release_status import ReleaseStatus, release_statuses
from seatunnel_openapi import Clause

_RECORDINGS: Final = "recordings/"


class Standing(StrEnum):
    """How a clause is known on one release, the surest first."""

    RECORDED = "recorded"
    """The release itself was asked."""
    EARLIER = "earlier"
    """Another release was asked, and nothing is known to have changed since."""
    READ = "read"
    """Somebody has read the release's source or artefact."""
    DOCUMENTED = "documented"
    """The documentation says so."""
    ABSENT = "absent"
    """The release's contract has no such clause."""

    @classmethod
    def of(cls, hold: ReleaseStatus | None) -> Standing:
        """Return how a release's hold on a clause is known; None is a release without it."""
        if hold is None:
            return cls.ABSENT
        if hold.how == "recorded":
            return cls.EARLIER if hold.is_carried_over else cls.RECORDED
        return cls.READ if hold.how == "read" else cls.DOCUMENTED


@dataclass(frozen=True)
class ClauseHistory:
    """One clause over all releases: what each that has it says, and how that is known."""

    id: str
    holds: Mapping[str, ReleaseStatus]
    standings: Mapping[str, Standing]

    @property
    def newest(self) -> Clause:
        """The clause as the last release has it that has it at all."""
        return list(self.holds.values())[-1].clause

    @property
    def steps(self) -> tuple[str, ...]:
        """The recorded steps that it rests on, as `area/scenario/step`."""
        return tuple(dict.fromkeys(step for hold in self.holds.values() for step in recorded_steps(hold.clause)))

    @property
    def wordings(self) -> dict[str, list[str]]:
        """The texts that it has had, each with its releases, in their order."""
        found: dict[str, list[str]] = {}
        for release, hold in self.holds.items():
            found.setdefault(hold.clause.text, []).append(release)
        return found


def histories(releases: Iterable[str]) -> Mapping[str, ClauseHistory]:
    """Return the history of every clause of every release, by id, in the order in which they turn up."""
    names, found = tuple(releases), {}
    for clause_id, several in release_statuses().items():
        holds = {hold.release: hold for hold in several}
        standings = {release: Standing.of(holds.get(release)) for release in names}
        found[clause_id] = ClauseHistory(clause_id, holds, standings)
    return found


def recorded_steps(clause: Clause) -> Iterator[str]:
    """Yield the recorded steps that a clause rests on, whichever release they were recorded on."""
    for evidence in clause.evidence:
        if evidence.ref.startswith(_RECORDINGS):
            yield evidence.ref.partition("#")[2]
