"""The ledger: every clause with what it rests on, the checks that hold targets to it, the faults that prove them.

    ledger = ledger_of("2.3.10")
    entry = ledger.entry("job-info.unknown-id")
    entry.clause.text, entry.checks[0].place, [fault.id for fault in entry.faults], entry.holds

It is derived from the contract, the registered checks and rules, the recordings and the catalogue of faults; nothing in
it is kept by hand.

    entries       its values, and how they are put together
    scenarios     which recorded scenarios show a clause
    holds         on which releases a clause holds, and how that is known
    gaps          what is missing: clauses without a check or a fault
    identifiers   the ids of clauses are permanent
    views         the ledger, or one clause of it, as text, Markdown and JSON
"""

from seatunnel_conformance.ledger.entries import CheckRow, Count, Entry, FaultRow, Ledger, UnknownEntry, find, ledger_of
from seatunnel_conformance.ledger.holds import Hold
from seatunnel_conformance.ledger.scenarios import ScenarioRow

__all__ = [
    "CheckRow",
    "Count",
    "Entry",
    "FaultRow",
    "Hold",
    "Ledger",
    "ScenarioRow",
    "UnknownEntry",
    "find",
    "ledger_of",
]
