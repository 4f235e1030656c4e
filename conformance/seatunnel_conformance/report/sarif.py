"""The report as SARIF 2.1.0, for code scanning: a rule for each check, a result for each that ended."""

from __future__ import annotations

import json
from typing import Any, Final

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome, ReportedExchange, Verdict
from seatunnel_conformance.report.text import incomplete, sections, visible_report
from seatunnel_openapi.contract import Level

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

_CONTRACT: Final = "openapi/seatunnel-v2.yaml"
"""The file of locations (code scanning requires some): the contract contains the broken sentence."""

_KINDS: Final = {
    Verdict.PASS: "pass",
    Verdict.SKIPPED: "notApplicable",
    Verdict.INCONCLUSIVE: "open",
    Verdict.NOT_SCORED: "informational",
}
"""SARIF's names for verdicts that are not failures."""


def as_sarif(report: Report) -> str:
    """Return the report as a SARIF log with one run."""
    shown = visible_report(report)
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(shown)]}, indent=1) + "\n"


def _run(report: Report) -> dict[str, Any]:
    header = report.header
    driver = {"name": "seatunnel-v2", "version": header.suite, "rules": [_rule(one) for one in report.outcomes]}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"conformance/{header.release}/{header.profile}/"},
        "invocations": [_invocation(report)],
        "properties": {"target": header.target, "release": header.release, "seed": header.seed},
        "results": [_result(outcome, index) for index, outcome in enumerate(report.outcomes)],
    }


def _invocation(report: Report) -> dict[str, Any]:
    warning = incomplete(report)
    notes = [{"level": "error", "message": {"text": warning}}] if warning else []
    return {
        "executionSuccessful": not warning,
        "exitCode": int(report.footer.exit),
        "startTimeUtc": report.header.started.replace("+00:00", "Z"),
        "toolExecutionNotifications": notes,
    }


def _rule(outcome: Outcome) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": outcome.id,
        "shortDescription": {"text": outcome.text},
        "defaultConfiguration": {"level": "error" if outcome.level is Level.MUST else "warning"},
        "properties": {"tags": [outcome.group, outcome.level.value]},
    }
    if outcome.why:
        rule["fullDescription"] = {"text": outcome.why}
    return rule


def _result(outcome: Outcome, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": outcome.id,
        "ruleIndex": index,
        "kind": _KINDS.get(outcome.verdict, "fail"),
        "level": "none",
        "message": {"text": outcome.reason or outcome.text},
        "locations": [_location(outcome)],
        "partialFingerprints": {"check/v1": outcome.id},
    }
    if outcome.verdict is Verdict.KNOWN:
        result["suppressions"] = [{"kind": "external", "justification": outcome.accepted}]
    if outcome.verdict in {Verdict.FAIL, Verdict.KNOWN, Verdict.STALE}:
        result["level"] = "error" if outcome.level is Level.MUST else "warning"
        result["message"] = {"text": "\n\n".join(f"{title}: {text}" for title, text in sections(outcome))}
    if outcome.exchanges:
        result |= _web(outcome.exchanges[-1])
    return result


def _location(outcome: Outcome) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": _CONTRACT}, "region": {"startLine": 1}}
    name = outcome.operation or outcome.group
    return {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}


def _web(exchange: ReportedExchange) -> dict[str, Any]:
    request = {"method": exchange.method, "target": exchange.url, "headers": dict(exchange.sent.headers)}
    request |= {} if exchange.sent.body is None else {"body": {"text": exchange.sent.body}}
    if exchange.status is None:
        return {"webRequest": request, "webResponse": {"noResponseReceived": True}}
    response = {"statusCode": exchange.status, "headers": dict(exchange.headers), "body": {"text": exchange.body}}
    return {"webRequest": request, "webResponse": response}
