"""The report as SARIF 2.1.0."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.sarif import as_sarif

Make = Callable[..., Outcome]
Write = Callable[..., Path]

LEVELS = {"error", "warning", "note", "none"}
KINDS = {"pass", "fail", "open", "notApplicable", "review", "informational"}


def run_of(report: Report) -> dict[str, Any]:
    log = json.loads(as_sarif(report))
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    return log["runs"][0]


def test_results_and_rules_belong_together(report: Report):
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [one.id for one in report.outcomes]
    assert all(result["ruleId"] == rules[result["ruleIndex"]]["id"] for result in run["results"])


def test_results_keep_to_the_words_of_the_format(report: Report):
    for result in run_of(report)["results"]:
        assert result["kind"] in KINDS
        assert result["level"] in LEVELS
        assert (result["level"] == "none") == (result["kind"] != "fail")
        assert result["message"]["text"]
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("/")


def test_verdicts_and_levels_are_told_apart(report: Report):
    told = {result["ruleId"]: (result["kind"], result["level"]) for result in run_of(report)["results"]}
    assert told == {
        "GET /overview": ("pass", "none"),
        "overview.members": ("pass", "none"),
        "job-info.unknown-id": ("fail", "error"),
        "overview.order": ("fail", "warning"),
        "stop-job.again": ("notApplicable", "none"),
        "logs.file": ("open", "none"),
    }


def test_failure_has_its_exchange_and_all_that_is_to_be_said(report: Report):
    failure = next(result for result in run_of(report)["results"] if result["ruleId"] == "job-info.unknown-id")
    assert failure["webRequest"]["method"] == "GET"
    assert failure["webResponse"]["statusCode"] == 404
    for said in ("A sentence.", "A client would break.", "curl '", "--only job-info.unknown-id"):
        assert said in failure["message"]["text"]


def test_run_that_broke_off_was_not_successful(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), missing=3)
    assert run_of(Report.read(path))["invocations"][0]["executionSuccessful"]
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    invocation = run_of(Report.salvage(path))["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 5)
    assert "broke off after 1 of 4 checks" in invocation["toolExecutionNotifications"][0]["message"]["text"]
