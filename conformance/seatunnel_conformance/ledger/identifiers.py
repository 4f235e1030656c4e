"""The ids of clauses are permanent: reports of years are compared by them.

Every id that a clause ever had stands in a register, a text of one id a line. An id that was changed is a new one that
is not registered, and an old one that has gone without being retired.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatunnel_openapi import Contract


def unregistered(registered: Iterable[str], contracts: Iterable[Contract]) -> list[str]:
    """Return the ids of clauses that are not registered, sorted."""
    return sorted(_current(contracts) - set(registered))


def vanished(registered: Iterable[str], contracts: Iterable[Contract]) -> list[str]:
    """Return the registered ids that no clause of any release has, and that no contract has retired; sorted."""
    known = tuple(contracts)
    retired = {clause.id for contract in known for clause in contract.retired}
    return sorted(set(registered) - _current(known) - retired)


def _current(contracts: Iterable[Contract]) -> set[str]:
    return {clause.id for contract in contracts for clause in contract.clauses}
