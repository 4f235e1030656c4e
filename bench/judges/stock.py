"""Stock schemathesis on the same faults: its command line with its defaults, on the contract.

Its exit status does not count, because it also reports errors for a correct server. A fault is detected if there is an
error, by operation and code, that it does not report without the fault.

It does not submit jobs of its own, so most faults would have no effect. Therefore the deployment gets a job in every
state, the running one with the id of the contract's examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.faults.trial import own_jobs
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

SEQUENCES: Final = "Stateful tests"
"""The label of errors in sequences of requests, which have no operation. They count as detection."""

Complaint: TypeAlias = tuple[str, str]
"""The label of an operation, and schemathesis' error code."""


@contextmanager
def furnished(url: str, contract: Contract) -> Iterator[None]:
    """Keep a job in every state on a local deployment during the block."""
    with own_jobs(url, contract) as jobs:
        for make in (jobs.finished, jobs.failed, jobs.canceled, jobs.saved):
            make()
        parameters = contract.operation("get_job_info").parameters
        named_id = next(str(parameter["example"]) for parameter in parameters if parameter["name"] == "jobId")
        if not jobs.forms.shows_job(jobs.info(named_id)):
            named = jobs.own(jobs.endless(), job_id=named_id)
            jobs.send(named)
            jobs.until_moving(named)
        yield


def right_operations(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the labels of the operations whose errors detect a fault; all of them for a clause about all."""
    broken = [clause for clause in contract.clauses if clause.id in fault.breaks]
    everywhere = any(clause.operation_id is None for clause in broken)
    ids = {clause.operation_id for clause in broken}
    return frozenset(label(operation) for operation in contract.operations if everywhere or operation.id in ids)


def stock_fate(right: frozenset[str], new: Iterable[Complaint], altered: int) -> FaultStatus:
    """Return the status of a fault, given the new errors."""
    operations = {operation for operation, _ in new}
    if operations:
        return FaultStatus.KILLED if operations & {*right, SEQUENCES} else FaultStatus.KILLED_ELSEWHERE
    return FaultStatus.SURVIVED if altered else FaultStatus.IDLE
