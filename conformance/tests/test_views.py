"""What is made of a report: JUnit XML, HTML, and lines in a terminal."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.junit import as_junit
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.terminal import Watcher, show
from seatunnel_conformance.report.views import write_views

Make = Callable[..., Outcome]
Write = Callable[..., Path]

HOSTILE = "<script>alert(1)</script> \x1b[2J\x00 ]]> {{ 7*7 }} [bold]x[/bold] \u202e"


@pytest.fixture
def report(stream: Write, outcome: Make, failed: Make) -> Report:
    return Report.read(
        stream(
            outcome("GET /overview", operation="GET /overview", level="MUST"),
            outcome("overview.members"),
            failed(HOSTILE),
            failed("500", "overview.order", level="SHOULD"),
            outcome("stop-job.again", "skipped", reason="the profile smoke runs no jobs"),
            outcome("logs.file", "inconclusive", reason="no answer came"),
        )
    )


def shown(report: Report, **options: object) -> str:
    text = io.StringIO()
    show(report, Console(file=text, highlight=False, **{"width": 80, **options}), html=False)
    return text.getvalue()


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


def test_html_has_no_markup_of_the_target(report: Report):
    page = as_html(report)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_html_asks_for_nothing_off_the_file(report: Report):
    page = as_html(report)
    assert re.findall(r'(?:src|href|action)="', page) == []
    assert "@import" not in page
    assert "url(" not in page


def test_html_forbids_everything_but_its_own_style(report: Report):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', as_html(report))[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_html_shows_the_verdict_before_the_checks(report: Report):
    page = as_html(report)
    assert page.index("The target deviates from the contract") < page.index("<h2>Failed</h2>")
    assert page.index("<h2>Failed</h2>") < page.index("<h2>All checks</h2>")


def test_html_has_a_row_for_each_check(report: Report):
    rows = re.findall(r'<td class="id"><code>([^<]*)</code>', as_html(report))
    assert sorted(rows) == sorted(outcome.id for outcome in report.outcomes)


def test_terminal_fits_into_eighty_columns_but_for_commands(report: Report):
    long = [line for line in shown(report).splitlines() if len(line) > 80]
    assert [line for line in long if not re.match(r"\s+(curl|seatunnel-v2) ", line)] == []


def test_terminal_without_colours_has_no_escapes(report: Report):
    assert "\x1b" not in shown(report)


def test_terminal_is_not_steered_by_the_target(report: Report):
    text = shown(report, force_terminal=True, color_system="truecolor")
    assert "\x1b[2J" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "[bold]x[/bold]" in text


def test_terminal_says_all_that_a_failure_has_to_say(stream: Write, failed: Make):
    text = shown(Report.read(stream(failed("404"))))
    for said in (
        "FAIL job-info.unknown-id  MUST, GET /job-info/{jobId}",
        "The contract says\n    A sentence.",
        "Why it matters\n    A client would break.",
        "What came back\n    answered 404",
        "Expected and found\n    assert 404",
        "Try it\n    curl '404'",
        "Only this check\n    seatunnel-v2 conform http://localhost --only job-info.unknown-id",
        "The target deviates from the contract.",
        "0 passed, 1 failed, 0 skipped, 0 inconclusive",
        "Next: ",
    ):
        assert said in text


def test_terminal_counts_what_was_skipped_and_why(report: Report):
    assert "1 skipped: the profile smoke runs no jobs" in shown(report)


def test_terminal_names_every_failure_however_many_there_are(stream: Write, failed: Make):
    outcomes = [failed("404", f"job-info.case-{number}") for number in range(40)]
    text = shown(Report.read(stream(*outcomes)))
    assert all(f"job-info.case-{number} " in text for number in range(40))
    assert len(text.splitlines()) < 250


def test_terminal_names_every_inconclusive_check_in_few_lines(stream: Write, outcome: Make):
    outcomes = [outcome(f"job-info.case-{number}", "inconclusive", reason="no answer") for number in range(40)]
    text = shown(Report.read(stream(*outcomes)))
    assert all(f"job-info.case-{number}" in text for number in range(40))
    assert len(text.splitlines()) < 100


def test_terminal_puts_clauses_before_generated_requests(stream: Write, failed: Make):
    text = shown(Report.read(stream(failed("500", "GET /overview"), failed("500", "overview.members"))))
    assert text.index("FAIL overview.members") < text.index("FAIL GET /overview")


def test_progress_is_shown_only_to_somebody(outcome: Make):
    text = io.StringIO()
    watcher = Watcher(Console(file=text))
    for event in (CheckStarted("a.b"), CheckFinished(outcome("a.b"))):
        watcher.hear(event)
    watcher.close()
    assert text.getvalue() == ""


def test_views_are_written_where_they_are_wanted(report: Report, tmp_path: Path):
    write_views(report, junit=tmp_path / "deep" / "report.xml", html=tmp_path / "report.html")
    assert (tmp_path / "deep" / "report.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_page_for_many_checks_is_made_quickly(stream: Write, outcome: Make):
    page = as_html(Report.read(stream(*(outcome(f"job-info.case-{number}") for number in range(3000)))))
    assert page.count('<td class="id">') == 3000
