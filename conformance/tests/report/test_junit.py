"""The report as JUnit XML."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.junit import as_junit
from seatunnel_conformance.report.outcomes import Outcome


def test_junit_has_a_case_for_each_check_named_by_clause_or_operation(report: Report):
    cases = ET.fromstring(as_junit(report)).findall(".//testcase")  # noqa: S314 - our own
    assert {case.get("name") for case in cases} == {outcome.id for outcome in report.outcomes}


def test_junit_tells_verdicts_apart(report: Report):
    root = ET.fromstring(as_junit(report))  # noqa: S314 - our own
    results = {case.get("name"): [child.tag for child in case] for case in root.findall(".//testcase")}
    assert results == {
        "GET /overview": [],
        "overview.members": [],
        "job-info.unknown-id": ["failure"],
        "overview.order": ["skipped"],
        "stop-job.again": ["skipped"],
        "logs.file": ["error"],
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("6", "1", "1", "2")


def test_junit_failure_explains_itself(report: Report):
    failure = ET.fromstring(as_junit(report)).find(".//failure")  # noqa: S314 - our own
    for text in ("A sentence.", "A client would break.", "curl '", "--only job-info.unknown-id"):
        assert text in failure.text


def test_junit_shows_what_would_steer(report: Report):
    text = as_junit(report)
    assert "\x1b" not in text
    assert r"\x1b[2J\x00" in text
    assert r"\u202e" in text


def test_junit_of_a_run_that_broke_off_has_an_error(stream: Callable[..., Path], outcome: Callable[..., Outcome]):
    path = stream(outcome("a.b"), missing=1)
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    root = ET.fromstring(as_junit(Report.salvage(path)))  # noqa: S314 - our own
    assert root.get("errors") == "1"
    assert "broke off after 1 of 2 checks" in root.find(".//error").get("message")
