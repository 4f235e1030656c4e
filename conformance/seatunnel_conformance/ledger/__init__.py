"""The ledger: all clauses with their evidence, checks and faults.

    ledger = ledger_of("2.3.10")
    entry = ledger.entry("job-info.unknown-id")
    entry.clause.text, entry.checks[0].place, [fault.id for fault in entry.faults], entry.holds

It is derived from the contract, the checks and invariants, the recordings and the catalogue of faults.

    entries          the entries of the ledger
    scenarios        the recorded scenarios that show a clause
    release_status   the releases that have a clause, and the evidence for each
    views            the ledger, or one clause, as text, Markdown and JSON
"""

from seatunnel_conformance.ledger.entries import (
    CheckRow,
    ClauseCount,
    Ledger,
    LedgerEntry,
    UnknownEntry,
    find,
    ledger_of,
)
from seatunnel_conformance.ledger.release_status import ReleaseStatus
from seatunnel_conformance.ledger.scenarios import ScenarioRow

__all__ = [
    "CheckRow",
    "ClauseCount",
    "Ledger",
    "LedgerEntry",
    "ReleaseStatus",
    "ScenarioRow",
    "UnknownEntry",
    "find",
    "ledger_of",
]
