"""What the ledger lacks: clauses without a check, or without a fault that proves that their check can fail."""

from __future__ import annotations

from collections.abc import Iterable

from seatunnel_conformance.ledger.entries import Ledger
from seatunnel_openapi.clauses import Level

CHECK, FAULT = "check", "fault"


def gaps(ledgers: Iterable[Ledger], level: Level = Level.MUST) -> dict[str, frozenset[str]]:
    """Return the clauses of a level that lack a check or a fault in any of the ledgers, each with what it lacks."""
    lacking: dict[str, set[str]] = {}
    for ledger in ledgers:
        for entry in ledger.entries:
            missing = {what for what, there in ((CHECK, entry.checks), (FAULT, entry.faults)) if not there}
            if missing and entry.clause.level is level:
                lacking.setdefault(entry.clause.id, set()).update(missing)
    return {clause_id: frozenset(missing) for clause_id, missing in lacking.items()}
