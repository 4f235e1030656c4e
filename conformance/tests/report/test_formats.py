"""The formats of a report, and the files that they are written to."""

import json
import re
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from makers import Make, Write

from seatunnel_conformance.report.badge import as_badge, as_endpoint
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import ReportNotWritable, require_writable, views, write_views
from seatunnel_conformance.report.har import as_har
from seatunnel_conformance.report.junit import as_junit
from seatunnel_conformance.report.markdown import LIMIT, as_markdown
from seatunnel_conformance.report.sarif import as_sarif


@pytest.mark.parametrize(
    ("verdicts", "said", "colour"),
    [
        (["pass", "pass"], "conforms (standard, 2 checks)", "brightgreen"),
        (["pass", "inconclusive"], "undecided", "yellow"),
        (["skipped"], "empty", "lightgrey"),
    ],
)
def test_badge_says_what_the_run_came_to(stream: Write, outcome: Make, verdicts: list[str], said: str, colour: str):
    report = Report.read(stream(*(outcome(f"a.b{n}", one, reason="x") for n, one in enumerate(verdicts))))
    endpoint = json.loads(as_endpoint(report))
    assert (endpoint["message"], endpoint["color"], endpoint["schemaVersion"]) == (said, colour, 1)
    texts = [element.text for element in ET.fromstring(as_badge(report)).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert {said, "SeaTunnel API documented"} <= set(texts)


def test_badge_counts_what_failed(report: Report):
    assert json.loads(as_endpoint(report))["message"] == "2 of 6 failed"


def test_badge_of_a_run_that_broke_off_never_conforms(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), cut=True)
    assert json.loads(as_endpoint(Report.salvage(path)))["message"] == "run broke off"


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ({"profile": "read-only"}, "read-only"),
        ({"writes": False}, "read-only"),
        ({"profile": "full"}, "full"),
        ({"nodes": ("http://node2:8080",)}, "cluster"),
        ({"profile": "smoke"}, ""),
        ({"partial": True}, ""),
    ],
)
def test_tier_says_what_the_run_covered(stream: Write, outcome: Make, facts: dict[str, object], tier: str):
    header = replace(Report.read(stream(outcome("a.b"))).header, **facts)
    assert header.tier == tier


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
    exchange = {**asdict(failed().exchanges[0]), **without}
    entry = json.loads(as_har(Report.read(stream(failed(exchanges=[exchange])))))["log"]["entries"][0]
    assert (entry["response"]["status"], entry["response"]["comment"], entry["time"]) == (0, "reset", 0)


def test_report_without_failures_makes_an_archive_without_entries(stream: Write, outcome: Make):
    assert json.loads(as_har(Report.read(stream(outcome("a.b")))))["log"]["entries"] == []


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


def test_junit_of_a_run_that_broke_off_has_an_error(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), missing=1, cut=True)
    root = ET.fromstring(as_junit(Report.salvage(path)))  # noqa: S314 - our own
    assert root.get("errors") == "1"
    assert "broke off after 1 of 2 checks" in root.find(".//error").get("message")


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


def test_summary_puts_the_verdict_first_then_failures_then_the_table(report: Report):
    text = as_markdown(report)
    places = [
        text.index(part) for part in ("## The target deviates", "### 1 check fail", "### 1 check incon", "| group")
    ]
    assert places == sorted(places)
    assert places[0] == 0


def test_summary_cuts_no_command(stream: Write, failed: Make):
    finding = {"summary": "answered 404", "detail": "", "curl": f"curl '{'x' * 5000}'", "differences": []}
    text = as_markdown(Report.read(stream(failed("404", findings=[finding]))))
    assert "Try it: *left out because it is too long; the other formats contain it.*" in text
    assert "curl '" not in text


def test_summary_holds_nothing_of_the_target_outside_of_code(report: Report):
    text = as_markdown(report)
    assert "<script>alert(1)</script>" in text
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert "script" not in outside
    assert "\x1b" not in text


def test_fence_of_the_target_ends_no_block_of_ours(stream: Write, failed: Make):
    text = as_markdown(Report.read(stream(failed("x\n```\n# not a heading\n````\n@someone"))))
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert "not a heading" in text
    assert "not a heading" not in outside


def test_summary_fits_however_much_failed(stream: Write, failed: Make):
    text = as_markdown(Report.read(stream(*(failed("ä" * 5_000, f"job-info.case-{n}") for n in range(400)))))
    assert len(text.encode()) <= LIMIT
    assert "job-info.case-399" in text


def test_summary_of_a_run_that_broke_off_begins_with_that(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), missing=1, cut=True)
    text = as_markdown(Report.salvage(path))
    assert text.startswith("## Incomplete: the run broke off")
    assert "> [!WARNING]" in text


def test_views_are_written_where_they_are_wanted(report: Report, tmp_path: Path):
    assert write_views(report, {"junit": tmp_path / "deep" / "report.xml", "html": tmp_path / "report.html"}) == []
    assert (tmp_path / "deep" / "report.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_view_that_has_a_name_is_made(report: Report, tmp_path: Path):
    assert write_views(report, {view.name: tmp_path / view.name for view in views()}) == []
    assert all((tmp_path / view.name).stat().st_size for view in views())


def test_badge_is_json_where_the_file_says_so(report: Report, tmp_path: Path):
    write_views(report, {"badge": tmp_path / "badge.json"})
    assert (tmp_path / "badge.json").read_text(encoding="utf-8").startswith('{"schemaVersion": 1')


def test_full_disk_costs_that_one_file_and_is_told(report: Report, tmp_path: Path):
    unwritten = write_views(report, {"html": Path("/dev/full"), "junit": tmp_path / "report.xml"})
    assert [file.path for file in unwritten] == [Path("/dev/full")]
    assert str(unwritten[0]) == "the report /dev/full could not be written: No space left on device"
    assert (tmp_path / "report.xml").is_file()


@pytest.mark.parametrize("place", ["file/report.html", "folder", "-"])
def test_place_where_nothing_can_be_written_is_refused_before(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    path = Path("-") if place == "-" else tmp_path / place
    with pytest.raises(ReportNotWritable, match=f"the report {path} can't be written: "):
        require_writable({"html": path})


def test_looking_whether_a_file_can_be_written_changes_none(tmp_path: Path):
    (tmp_path / "old.html").write_text("old", encoding="utf-8")
    require_writable({"html": tmp_path / "old.html", "junit": tmp_path / "new.xml"})
    assert (tmp_path / "old.html").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "new.xml").exists()
