"""The evidence, checks and faults of clauses, and the pages of clauses that belong to no single operation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import Final

from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.clients.rules import RULES
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.ledger import ledger_of, views
from seatunnel_docs.drawings import job_states
from seatunnel_docs.evidence import ClauseHistory, Standing
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.reference import SiteFile
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi import Level, newest_recorded

TITLES: Final = {
    "http": "Rules of HTTP",
    "life-cycle": "The life of a job",
    "nodes": "The nodes of a cluster",
    "failover": "The failover of a cluster",
}
"""The titles of groups whose clauses apply to several operations. Default: the name of the group."""

CLIENT: Final = "client"
"""The name of the page with the clauses for clients."""


@dataclass(frozen=True)
class GuardedClause:
    """A clause with its check and the faults that break it. `killed` has the ids of faults that a check detected."""

    history: ClauseHistory
    check: Check | None
    faults: tuple[Fault, ...]
    killed: frozenset[str]


@dataclass(frozen=True)
class Proof:
    """Clauses with their checks and faults, and the counts for the head of a page."""

    clauses: tuple[GuardedClause, ...]

    def count(self, level: str) -> int:
        """Return the number of clauses with this level, such as `MUST`."""
        return sum(clause.history.newest.level == level for clause in self.clauses)

    @property
    def checked(self) -> int:
        """The number of clauses with a check."""
        return sum(clause.check is not None for clause in self.clauses)

    @property
    def guarded(self) -> int:
        """The number of clauses with a fault."""
        return sum(bool(clause.faults) for clause in self.clauses)

    def recorded(self, release: str) -> int:
        """Return the number of clauses that were recorded on this release."""
        return sum(clause.history.standings[release] is Standing.RECORDED for clause in self.clauses)


def proofs(known: Knowledge, histories: Iterable[ClauseHistory]) -> Proof:
    """Return clauses with their checks and faults, MUST clauses first."""
    ordered = sorted(histories, key=lambda history: list(Level).index(history.newest.level))
    return Proof(tuple(_guarded(known, history) for history in ordered))


def _guarded(known: Knowledge, history: ClauseHistory) -> GuardedClause:
    faults = tuple(known.faults_of(history.id))
    results = [known.fault_run.result(fault.id) for fault in faults] if known.fault_run else []
    killed = frozenset(result.fault for result in results if result is not None and result.fate is FaultStatus.KILLED)
    return GuardedClause(history, known.checks.get(history.id), faults, killed)


def files() -> Iterator[SiteFile]:
    """Yield the ledger of the newest recorded release as JSON, and its schema."""
    yield SiteFile("ledger.json", json.dumps(views.as_data(ledger_of(newest_recorded())), ensure_ascii=False).encode())
    schema = resources("seatunnel_conformance.ledger").joinpath("ledger.schema.json")
    yield SiteFile("ledger.schema.json", schema.read_bytes())


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield a page for each group of clauses about several operations, for all clauses, and for clients."""
    spanning = known.clauses_of(None)
    groups = tuple(dict.fromkeys(history.newest.group for history in spanning))
    for group in groups:
        found = proofs(known, known.clauses_of(None, group))
        title = TITLES.get(group, group)
        picture = job_states(known) if group == "life-cycle" else None
        yield page(f"rules/{group}", "rules", title=title, proof=found, releases=known.releases, picture=picture)
    every = proofs(known, known.clauses.values())
    yield page("rules/index", "clauses", proof=every, releases=known.releases, groups=(*groups, CLIENT))
    of_clients = known.contracts[known.releases[-1]].client_clauses
    yield page(f"rules/{CLIENT}", "client_rules", clauses=of_clients, rules=RULES, scenarios=SCENARIOS.values())
