"""How each clause is known on each release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatunnel_openapi import Clause, Contract
from seatunnel_openapi.chain import DOCUMENTED

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
    """The documentation page says so."""
    ABSENT = "absent"
    """The release's contract has no such clause."""


@dataclass(frozen=True)
class ClauseHistory:
    """One clause over all releases: what it says on each that has it, and how that is known."""

    id: str
    versions: Mapping[str, Clause]
    standings: Mapping[str, Standing]
    steps: tuple[str, ...]
    """The recorded steps that it rests on, as `area/scenario/step`."""

    @property
    def newest(self) -> Clause:
        """The clause as the last release has it that has it at all."""
        return list(self.versions.values())[-1]

    @property
    def wordings(self) -> dict[str, list[str]]:
        """The texts that it has had, each with its releases, in their order."""
        found: dict[str, list[str]] = {}
        for release, clause in self.versions.items():
            found.setdefault(clause.text, []).append(release)
        return found


def histories(contracts: Mapping[str, Contract], recorded: Mapping[str, frozenset[str]]) -> Mapping[str, ClauseHistory]:
    """Return the history of every clause of every release, by id, in the order in which they turn up.

    `recorded` are the recorded steps of each release, as `area/scenario/step`.
    """
    ids = dict.fromkeys(clause.id for contract in contracts.values() for clause in contract.clauses)
    by_id = {release: {clause.id: clause for clause in contract.clauses} for release, contract in contracts.items()}
    found = {}
    for clause_id in ids:
        versions = {release: clauses[clause_id] for release, clauses in by_id.items() if clause_id in clauses}
        standings = {
            release: _standing(clauses.get(clause_id), release, recorded.get(release, frozenset()))
            for release, clauses in by_id.items()
        }
        steps = dict.fromkeys(step for clause in versions.values() for step in recorded_steps(clause))
        found[clause_id] = ClauseHistory(clause_id, versions, standings, tuple(steps))
    return found


def recorded_steps(clause: Clause) -> Iterator[str]:
    """Yield the recorded steps that a clause rests on, whichever release they were recorded on."""
    for evidence in clause.evidence:
        if evidence.ref.startswith(_RECORDINGS):
            yield evidence.ref.partition("#")[2]


def _standing(clause: Clause | None, release: str, recorded: frozenset[str]) -> Standing:
    if clause is None:
        return Standing.ABSENT
    ways = {evidence.how for evidence in clause.evidence}
    if release == DOCUMENTED:
        return Standing.DOCUMENTED if "documented" in ways else Standing.EARLIER
    if recorded.intersection(recorded_steps(clause)):
        return Standing.RECORDED
    return next(standing for way, standing in _WAYS.items() if way in ways)


_WAYS: Final = {"recorded": Standing.EARLIER, "read": Standing.READ, "documented": Standing.DOCUMENTED}
"""What each way of knowing makes of a clause on a release that was not asked, the surest first."""
