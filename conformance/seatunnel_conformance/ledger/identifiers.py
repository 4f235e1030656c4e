"""Tests that clause ids are permanent, so that old and new reports can be compared.

The register is a text file with every id that was ever used, one per line. A changed id appears as an unregistered one
and a vanished one.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatunnel_openapi import Contract


def unregistered(registered: Iterable[str], contracts: Iterable[Contract]) -> list[str]:
    """Return the clause ids that are not registered, sorted."""
    return sorted(_current(contracts) - set(registered))


def vanished(registered: Iterable[str], contracts: Iterable[Contract]) -> list[str]:
    """Return the registered ids of no clause of any release that are not retired, sorted."""
    known = tuple(contracts)
    retired = {clause.id for contract in known for clause in contract.retired}
    return sorted(set(registered) - _current(known) - retired)


def _current(contracts: Iterable[Contract]) -> set[str]:
    return {clause.id for contract in contracts for clause in (*contract.clauses, *contract.client_clauses)}
