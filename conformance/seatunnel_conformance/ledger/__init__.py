"""The ledger: all clauses with their evidence, checks and faults.

    ledger = ledger_of("2.3.10")
    entry = ledger.entry("job-info.unknown-id")
    entry.clause.text, entry.checks[0].place, [fault.id for fault in entry.faults], entry.holds

It is derived from the contract, the checks and invariants, the recordings and the catalogue of faults.

    entries     the classes of the ledger, and functions that return it; derived ledgers are cached on disk
    derivation  derives the evidence of each clause on each release, its recorded scenarios, checks and faults
    views       the ledger, one clause or one fact as text, Markdown or JSON
"""

from seatunnel_conformance.ledger.entries import Ledger, UnknownEntry, find, ledger_of

__all__ = ["Ledger", "UnknownEntry", "find", "ledger_of"]
