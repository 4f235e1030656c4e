"""Stock schemathesis as the judge of the same faults, for comparison: its command line, its defaults, the contract.

Its exit status says nothing here: it complains about a correct server, too. What counts are complaints, by operation
and code, that it does not have without the fault.

It makes no jobs on purpose, so that most faults would have nothing to act on. It is given what it lacks: a job in every
state, the running one under the id that the contract's examples name.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from seatunnel_conformance.faults.arranging import own_jobs
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.judging import Fate
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import Result
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

EXAMPLES: Final = 10
"""Random cases for each operation and phase."""

_LIMIT: Final = 120
"""Seconds after which a run is given up."""

SEQUENCES: Final = "Stateful tests"
"""What schemathesis complains about where requests followed each other: no operation. It counts in its favour."""

Complaint: TypeAlias = tuple[str, str]
"""The label of an operation, and schemathesis' code of what is wrong."""


class StockFailed(Exception):
    """Schemathesis came to no end."""


@dataclass(frozen=True, slots=True)
class StockCourt:
    """Tries faults by runs of schemathesis; `clean` are its complaints about the deployment without any fault."""

    proxy: Proxy
    contract: Contract
    seed: int
    clean: frozenset[Complaint]

    def tried(self, fault: Fault) -> Result:
        """Put a fault on trial."""
        begun = time.monotonic()
        with furnished(self.proxy.url, self.contract):
            self.proxy.switch(fault.make())
            try:
                new, note = complaints(self.proxy.url, self.contract, self.seed) - self.clean, ""
            except StockFailed as problem:
                new, note = frozenset[Complaint](), str(problem)
            traffic = self.proxy.switch()
        return Result(
            fault=fault.id,
            kind=fault.kind,
            fate=Fate.BROKEN if note else stock_fate(right_operations(fault, self.contract), new, traffic.altered),
            due=fault.due,
            must=fault.breaks_a_must(self.contract),
            breaks=fault.breaks,
            killers=_by_operation(new),
            checks=1,
            exchanges=traffic.exchanges,
            altered=traffic.altered,
            seconds=round(time.monotonic() - begun, 3),
            note=note,
        )


@contextmanager
def furnished(url: str, contract: Contract) -> Iterator[None]:
    """Have a job in every state on a deployment of this machine for as long as the block lasts."""
    with own_jobs(url, contract) as jobs:
        for make in (jobs.finished, jobs.failed, jobs.canceled, jobs.saved):
            make()
        named_id = _named_id(contract)
        if not jobs.is_known(jobs.info(named_id)):
            named = jobs.own(jobs.endless(), job_id=named_id)
            jobs.send(named)
            jobs.until_moving(named)
        yield


def _named_id(contract: Contract) -> str:
    """Return the id of a job that the contract's examples name."""
    parameters = contract.operation("get_job_info").parameters
    return next(str(parameter["example"]) for parameter in parameters if parameter["name"] == "jobId")


def right_operations(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the labels of the operations on which a complaint is the right one.

    A clause that is about all of them can be seen to be broken on any.
    """
    broken = [clause for clause in contract.clauses if clause.id in fault.breaks]
    everywhere = any(clause.operation_id is None for clause in broken)
    ids = {clause.operation_id for clause in broken}
    return frozenset(label(operation) for operation in contract.operations if everywhere or operation.id in ids)


def stock_fate(right: frozenset[str], new: Iterable[Complaint], altered: int) -> Fate:
    """Judge a fault by the complaints that came with it."""
    operations = {operation for operation, _ in new}
    if operations:
        return Fate.KILLED if operations & {*right, SEQUENCES} else Fate.KILLED_ELSEWHERE
    return Fate.SURVIVED if altered else Fate.IDLE


def complaints(url: str, contract: Contract, seed: int) -> frozenset[Complaint]:
    """Run schemathesis once, and return what it complains about. Raises `StockFailed`."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        # An empty folder: no configuration of anybody's is found from there.
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


def _by_operation(found: Iterable[Complaint]) -> dict[str, str]:
    ordered = sorted(found)
    return {operation: ", ".join(code for other, code in ordered if other == operation) for operation, _ in ordered}
