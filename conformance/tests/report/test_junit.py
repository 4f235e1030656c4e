"""The report as JUnit XML."""

from xml.etree import ElementTree as ET

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.junit import as_junit


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
