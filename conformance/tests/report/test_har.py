"""The exchanges of a report as an HTTP Archive 1.2."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.har import as_har
from seatunnel_conformance.report.outcomes import Outcome

Make = Callable[..., Outcome]
Write = Callable[..., Path]

REQUIRED = {
    "": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
    "response": {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "bodySize"},
    "timings": {"send", "wait", "receive"},
}


def test_archive_has_an_entry_for_each_exchange_that_was_kept(report: Report):
    log = json.loads(as_har(report))["log"]
    assert log["version"] == "1.2"
    assert [entry["comment"] for entry in log["entries"]] == ["job-info.unknown-id", "overview.order"]


def test_entries_have_all_that_the_format_requires(report: Report):
    for entry in json.loads(as_har(report))["log"]["entries"]:
        for place, names in REQUIRED.items():
            assert names <= (entry[place] if place else entry).keys()
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["request"]["postData"]["text"]
        assert entry["response"]["content"]["text"]


def test_exchange_without_an_answer_has_status_zero_and_says_why(stream: Write, failed: Make):
    without = {"status": None, "headers": [], "body": "", "seconds": None, "error": "reset"}
    exchange = {**failed().exchanges[0].as_json(), **without}
    entry = json.loads(as_har(Report.read(stream(failed(exchanges=[exchange])))))["log"]["entries"][0]
    assert (entry["response"]["status"], entry["response"]["comment"], entry["time"]) == (0, "reset", 0)


def test_report_without_failures_makes_an_archive_without_entries(stream: Write, outcome: Make):
    assert json.loads(as_har(Report.read(stream(outcome("a.b")))))["log"]["entries"] == []
