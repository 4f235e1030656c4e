"""What became of a fault: the outcomes of checks under it, judged by what it claims to break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from seatunnel_conformance.faults.catalogue import WIRE, Due, Fault
from seatunnel_conformance.model.scene import all_invariants
from seatunnel_conformance.report.check_ids import histories_of
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract


class Fate(StrEnum):
    """What became of a fault."""

    KILLED = "killed"
    """A check of a clause that it breaks has failed."""

    KILLED_ELSEWHERE = "killed-elsewhere"
    """Only checks of other clauses have failed: something was noticed, and it was not this."""

    DOUBTED = "doubted"
    """No check has failed, but some came to no verdict."""

    SURVIVED = "survived"
    """Every check has passed."""

    UNOBSERVABLE = "unobservable"
    """On this deployment none of the checks that could notice it can be made, or passes without the fault."""

    IDLE = "idle"
    """Nothing went over the wire that it could have changed."""

    BROKEN = "broken"
    """The fault could not be tried: it or the machinery around it broke down."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check came to under a fault."""

    check_id: str
    verdict: Verdict
    reason: str = ""


def right_checks(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the ids of the checks whose failure kills a fault for the right reason.

    Those are the checks of the clauses that it breaks, by a function and by random histories. Generated requests judge
    shapes only, so they count for faults that break shapes, on the operations whose clauses are broken.
    """
    broken = frozenset(fault.breaks)
    by_clause = broken | {histories_of(clause_id) for clause_id in broken & all_invariants().keys()}
    if fault.kind not in WIRE:
        return by_clause
    return by_clause | {
        label(operation) for operation in contract.operations if _breaks(broken, contract, operation.id)
    }


def _breaks(broken: frozenset[str], contract: Contract, operation_id: str) -> bool:
    return any(clause.id in broken for clause in contract.operation(operation_id).clauses)


def fate(right: frozenset[str], clean: Mapping[str, Verdict], seen: Iterable[Seen], *, altered: int) -> Fate:
    """Judge a fault.

    Args:
        right: The checks whose failure is the right reason.
        clean: What every check came to without the fault; only those that passed can kill.
        seen: What checks came to under the fault.
        altered: How many exchanges the fault has changed.
    """
    able = {check_id for check_id, verdict in clean.items() if verdict is Verdict.PASS}
    if right and not right & able:
        return Fate.UNOBSERVABLE
    verdicts = {found.check_id: found.verdict for found in seen if found.check_id in able}
    failed = {check_id for check_id, verdict in verdicts.items() if verdict is Verdict.FAIL}
    if failed:
        return Fate.KILLED if failed & right else Fate.KILLED_ELSEWHERE
    if Verdict.INCONCLUSIVE in verdicts.values():
        return Fate.DOUBTED
    return Fate.SURVIVED if altered else Fate.IDLE


_DUE = {Due.KILL: Fate.KILLED, Due.DOUBT: Fate.DOUBTED, Due.SILENCE: Fate.SURVIVED}


def is_as_due(due: Due, found: Fate) -> bool:
    """Tell whether what became of a fault is what has to become of it."""
    return _DUE[due] is found
