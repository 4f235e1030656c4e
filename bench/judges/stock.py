"""Stock schemathesis on the same faults: its command line with its defaults, on the contract.

Its exit status does not count, because it also reports errors for a correct server. A fault is detected if there is an
error, by operation and code, that it does not report without the fault.

It does not submit jobs of its own, so most faults would have no effect. Therefore the deployment gets a job in every
state, the running one with the id of the contract's examples.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.faults.trial import own_jobs
from seatunnel_conformance.target.routes import label
from seatunnel_docs.comparison import EXAMPLES
from seatunnel_openapi import Contract

_LIMIT: Final = 120
"""The time limit of a run in seconds."""

SEQUENCES: Final = "Stateful tests"
"""The label of errors in sequences of requests, which have no operation. They count as detection."""

Complaint: TypeAlias = tuple[str, str]
"""The label of an operation, and schemathesis' error code."""


class StockFailed(Exception):
    """Schemathesis did not finish."""


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


def complaints(url: str, contract: Contract, seed: int) -> frozenset[Complaint]:
    """Run schemathesis once, and return its errors. Raises `StockFailed`."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        # An empty folder, where it finds no configuration.
        document, report = Path(folder, "openapi.json"), Path(folder, "report.json")
        document.write_text(json.dumps(contract.document), encoding="utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url, "--seed", str(seed)]
        command += ["--max-examples", str(EXAMPLES), "--report", "json", "--report-json-path", str(report)]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=_LIMIT, check=False)  # noqa: S603 - our own
        except subprocess.TimeoutExpired:
            raise StockFailed(f"schemathesis did not come to an end within {_LIMIT} s") from None
        if not report.is_file():
            raise StockFailed("schemathesis wrote no report")
        return _complaints(json.loads(report.read_text(encoding="utf-8")))


def _complaints(report: Mapping[str, Iterable[Mapping[str, Iterable[str]]]]) -> frozenset[Complaint]:
    return frozenset(
        (operation, str(failure["code"])) for failure in report["failures"] for operation in failure["operations"]
    )
