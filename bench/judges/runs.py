"""One run of each tool against an address: its complaints, and the operations that they count for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from judges.lint import MODULES, QUIET, ROOT
from judges.prism import Prism, PrismFailed, PrismViolation

from bench.judges.stock import Complaint
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.results import CheckVerdict
from seatunnel_conformance.report.events import Report, ReportError
from seatunnel_conformance.report.outcomes import LINKED, Outcome, Verdict
from seatunnel_conformance.target.routes import label
from seatunnel_docs.comparison import EXAMPLES
from seatunnel_openapi import Contract

LIMIT: Final = 120
"""Time limit of one run in seconds, the same for every tool."""

RETRIES: Final = 10
"""How often a workflow polls, once per second: time runs twenty times faster on these servers."""

WORKFLOWS: Final = ROOT / "openapi" / "workflows.arazzo.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """The complaints of a tool in one run.

    `complaints` are of operations, or of our suite's checks; each maps to the operations for which it counts. `seen`
    is what our suite's checks came to. `note` says why a run came to no end.
    """

    seconds: float
    complaints: Mapping[Complaint, frozenset[str]] = field(default_factory=dict)
    seen: tuple[CheckVerdict, ...] = ()
    note: str = ""


def suite(url: str, contract: Contract, seed: int, profile: str) -> Run:
    """Run `seatunnel-v2 conform` as a user would."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        report = Path(folder, "report.ndjson")
        command = [sys.executable, "-m", "seatunnel_v2", "conform", url, "--release", contract.release]
        command += ["--profile", profile, "--seed", str(seed), "--wait", "5", "--max-time", str(LIMIT)]
        # The limit ends the suite's requests; what it takes to tidy up and to report comes after.
        seconds, note = _timed([*command, "--report-ndjson", str(report)], Path(folder), 2 * LIMIT)
        try:
            outcomes = Report.salvage(report).outcomes
        except (ReportError, OSError) as problem:
            return Run(seconds, note=note or f"no report: {problem}")
    seen = tuple(CheckVerdict(blamed(outcome), outcome.verdict, outcome.reason) for outcome in outcomes)
    bad = [one for one in seen if one.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]
    return Run(seconds, {(one.check_id, one.verdict.value): frozenset() for one in bad}, seen, note)


def blamed(outcome: Outcome) -> str:
    """Return the check of an outcome; for a sequence of requests, the check of the operation that failed."""
    is_other = outcome.id.endswith(f", {LINKED}") and outcome.verdict is Verdict.FAIL
    return (is_other and outcome.operation) or outcome.id


def prism(exchanges: Iterable[ProxiedExchange], contract: Contract) -> Run:
    """Validate recorded traffic with Prism's proxy."""
    begun, note = time.monotonic(), ""
    violations: set[PrismViolation] = set()
    try:
        with Prism(MODULES / "prism", contract) as judge:
            violations = judge.judged(exchanges).violations
    except PrismFailed as problem:
        note = str(problem)
    found = {(one.operation, f"{one.place} {one.code}".strip()): frozenset({one.operation}) for one in violations}
    return Run(_since(begun), found, note=note)


def schemathesis(url: str, contract: Contract, seed: int) -> Run:
    """Run stock schemathesis."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        # An empty folder, where it finds no configuration.
        document, report = Path(folder, "openapi.json"), Path(folder, "report.json")
        document.write_text(json.dumps(contract.document), encoding="utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url, "--seed", str(seed)]
        command += ["--max-examples", str(EXAMPLES), "--report", "json", "--report-json-path", str(report)]
        seconds, note = _timed(command, Path(folder), LIMIT)
        if note or not report.is_file():
            return Run(seconds, note=note or "schemathesis wrote no report")
        said = json.loads(report.read_text(encoding="utf-8"))
    found = {
        (one, str(failure["code"])): frozenset({one}) for failure in said["failures"] for one in failure["operations"]
    }
    return Run(seconds, found)


def respect(url: str, contract: Contract) -> Run:
    """Run the published workflows with Redocly Respect."""
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        story, report = Path(folder, WORKFLOWS.name), Path(folder, "report.json")
        document = yaml.safe_load(WORKFLOWS.read_text(encoding="utf-8"))
        story.write_text(yaml.safe_dump(patient(document)), encoding="utf-8")
        shutil.copy(WORKFLOWS.with_name("seatunnel-v2.yaml"), folder)
        command = [str(MODULES / "redocly"), "respect", story.name, "--server", f"seatunnel={url}"]
        seconds, note = _timed([*command, "--json-output", report.name], Path(folder), LIMIT)
        if not report.is_file():
            return Run(seconds, note=note or "respect wrote no report")
        said = json.loads(report.read_text(encoding="utf-8"))
    labels = {operation.id: label(operation) for operation in contract.operations}
    steps = {
        workflow["workflowId"]: {step["stepId"]: labels[step["operationId"]] for step in workflow["steps"]}
        for workflow in document["workflows"]
    }
    return Run(seconds, failures(said, steps))


def patient(document: dict[str, Any]) -> dict[str, Any]:
    """Return the workflows with at most `RETRIES` polls per step."""
    for workflow in document["workflows"]:
        for step in workflow["steps"]:
            step["onFailure"] = [{**one, "retryLimit": RETRIES} for one in step.get("onFailure", ())]
            if not step["onFailure"]:
                del step["onFailure"]
    return document


def failures(said: Mapping[str, Any], steps: Mapping[str, Mapping[str, str]]) -> dict[Complaint, frozenset[str]]:
    """Return the failures by operation and step, from a report of Respect.

    A step that fails may pay for one before it, so it counts for all operations of its workflow up to there. `steps`
    are the operations of each workflow, by step and in their order.
    """
    found: dict[Complaint, frozenset[str]] = {}
    for workflow in (one for file in said["files"].values() for one in file["executedWorkflows"]):
        operations = steps[workflow["workflowId"]]
        # A step that is tried again is there once for each try.
        last = {step["stepId"]: step for step in workflow["executedSteps"]}
        for name, step in last.items():
            order = list(operations)
            before = frozenset(operations[one] for one in order[: order.index(name) + 1])
            for check in step["checks"]:
                if check["status"] == "error":
                    found[operations[name], f"{workflow['workflowId']}/{name}: {check['name']}"] = before
    return found


def _timed(command: list[str], folder: Path, limit: float) -> tuple[float, str]:
    """Run a command; return its seconds, and a note if it exceeded the time limit."""
    begun = time.monotonic()
    try:
        subprocess.run(command, cwd=folder, env=QUIET, capture_output=True, timeout=limit, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return _since(begun), f"no end within {limit:.0f} s"
    return _since(begun), ""


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 1)
