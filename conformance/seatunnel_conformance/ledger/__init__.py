"""The ledger: all clauses with their evidence, checks and faults.

    ledger = ledger_of("2.3.10")
    entry = ledger.entry("job-info.unknown-id")
    entry.clause.text, entry.checks[0].place, [fault.id for fault in entry.faults], entry.holds

It is derived from the contract, the checks and invariants, the recordings and the catalogue of faults.

    entries     the entries, which are stored between processes
    derivation  the evidence for each clause on each release, the recorded scenarios that show it, checks and faults
    views       the ledger, or one clause, as text, Markdown and JSON
    facts       a fact as text: its values by release, and the clauses that name it
"""

from seatunnel_conformance.ledger.entries import Ledger, UnknownEntry, find, ledger_of

__all__ = ["Ledger", "UnknownEntry", "find", "ledger_of"]
