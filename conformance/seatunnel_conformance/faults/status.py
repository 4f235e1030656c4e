"""The status of a fault, decided from the verdicts of checks under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from seatunnel_conformance.faults.catalogue import SCHEMA_KINDS, Expected, Fault
from seatunnel_conformance.model.snapshot import all_invariants
from seatunnel_conformance.report.outcomes import WITH_JOBS, histories_of
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract


class FaultStatus(StrEnum):
    """The result of trying a fault."""

    KILLED = "killed"
    """A check of a clause that it breaks failed."""

    KILLED_ELSEWHERE = "killed-elsewhere"
    """Only checks of other clauses failed."""

    UNDECIDED = "doubted"
    """No check failed, but some were inconclusive."""

    SURVIVED = "survived"
    """Every check passed."""

    UNOBSERVABLE = "unobservable"
    """No check that could detect it passes on this deployment without the fault."""

    IDLE = "idle"
    """It changed no exchange."""

    BROKEN = "broken"
    """It could not be tried because of an error in the fault or the tool."""


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The verdict of one check under a fault."""

    check_id: str
    verdict: Verdict
    reason: str = ""


def detecting_checks(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the ids of the checks whose failure kills a fault.

    These are the check functions and invariants of the clauses that it breaks. Generated tests validate schemas only,
    so they count only for faults that break schemas, on the operations of the broken clauses.
    """
    broken = frozenset(fault.breaks)
    by_clause = broken | {histories_of(clause_id) for clause_id in broken & all_invariants().keys()}
    if fault.kind not in SCHEMA_KINDS:
        return by_clause
    labels = [label(operation) for operation in contract.operations if _breaks(broken, contract, operation.id)]
    return by_clause | {*labels, *(f"{one}, {WITH_JOBS}" for one in labels)}


def _breaks(broken: frozenset[str], contract: Contract, operation_id: str) -> bool:
    return any(clause.id in broken for clause in contract.operation(operation_id).clauses)


def status_of(
    right: frozenset[str], clean: Mapping[str, Verdict], seen: Iterable[CheckVerdict], *, altered: int
) -> FaultStatus:
    """Decide the status of a fault.

    Args:
        right: The checks whose failure kills the fault.
        clean: The verdicts without the fault; only checks that passed can kill.
        seen: The verdicts under the fault.
        altered: The number of exchanges that the fault changed.
    """
    able = {check_id for check_id, verdict in clean.items() if verdict is Verdict.PASS}
    if right and not right & able:
        return FaultStatus.UNOBSERVABLE
    verdicts = {found.check_id: found.verdict for found in seen if found.check_id in able}
    failed = {check_id for check_id, verdict in verdicts.items() if verdict is Verdict.FAIL}
    if failed:
        return FaultStatus.KILLED if failed & right else FaultStatus.KILLED_ELSEWHERE
    if Verdict.INCONCLUSIVE in verdicts.values():
        return FaultStatus.UNDECIDED
    return FaultStatus.SURVIVED if altered else FaultStatus.IDLE


_STATUS = {
    Expected.DETECTED: FaultStatus.KILLED,
    Expected.UNDECIDED: FaultStatus.UNDECIDED,
    Expected.IGNORED: FaultStatus.SURVIVED,
}


def is_as_expected(expected: Expected, found: FaultStatus) -> bool:
    """Return whether the status of a fault is the expected one."""
    return _STATUS[expected] is found
