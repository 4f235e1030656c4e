"""Every format distinguishes failures, known deviations, stale entries of the baseline and recommendations."""

import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from makers import Make, Write
from rich.console import Console

from seatunnel_conformance.report.badge import as_endpoint
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.junit import as_junit
from seatunnel_conformance.report.markdown import as_markdown
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.report.sarif import as_sarif
from seatunnel_conformance.report.terminal import show


@pytest.fixture
def accepted(stream: Write, outcome: Make, failed: Make) -> Report:
    """Return a report with a known deviation and a stale entry of the baseline."""
    why = "Our proxy does so."
    return Report.read(
        stream(
            outcome("overview.members"),
            replace(failed(check_id="job-info.edges", accepted=why), verdict=Verdict.KNOWN),
            outcome("stop-job.again", "stale", reason="Remove stop-job.again from the baseline.", accepted=why),
        )
    )


def shown(report: Report) -> str:
    text = io.StringIO()
    show(report, Console(file=text, highlight=False, width=80))
    return text.getvalue()


def test_junit_skips_known_deviations_and_fails_stale_ones(accepted: Report):
    root = ET.fromstring(as_junit(accepted))  # noqa: S314 - our own
    cases = {case.get("name"): case for case in root.findall(".//testcase")}
    assert cases["job-info.edges"].find("skipped").get("message") == "known deviation: Our proxy does so."
    assert cases["stop-job.again"].find("failure").get("type") == "stale"
    assert (root.get("failures"), root.get("skipped")) == ("1", "1")


def test_html_tells_what_the_baseline_accepts_and_what_it_need_not(accepted: Report):
    page = as_html(accepted)
    assert ">Failed</h2>" not in page
    stale, known, every = (
        page.index(f">{title}</h2>") for title in ("Stale in the baseline", "Known deviations", "All checks")
    )
    assert stale < page.index("<h3>stop-job.again</h3>") < known
    assert known < page.index("<h3>job-info.edges</h3>") < every
    assert "Why the baseline lists it" in page
    assert "Baseline: Our proxy does so." in page


def test_terminal_counts_known_deviations_and_explains_stale_ones(accepted: Report):
    text = shown(accepted)
    assert re.search(r"known *\n.*deviation +stale", text)
    for said in (
        "STALE stop-job.again  MUST",
        "Remove stop-job.again from the baseline",
        "known deviation: job-info.edges: Our proxy does so.",
        "The baseline is out of date: it lists deviations that the target no longer has.",
        "1 passed, 0 failed, 1 known deviation, 1 stale",
    ):
        assert said in text
    assert "FAIL job-info.edges" not in text


def test_terminal_has_a_column_for_what_only_should_be(report: Report):
    lines = shown(report).splitlines()
    head, names, *rows = lines[next(at for at, line in enumerate(lines) if line.split()[:1] == ["MUST"]) :]
    assert head.split() == ["MUST", "SHOULD"]
    assert names.split() == ["pass", "fail", "kept", "not", "kept", "skipped", "inconclusive"]
    assert next(row.split()[1:] for row in rows if row.split()[:1] == ["overview"]) == ["1", "·", "·", "1", "·", "·"]


def test_terminal_does_not_call_a_recommendation_a_failure(report: Report):
    text = shown(report)
    assert "NOT KEPT overview.order  SHOULD" in text
    assert "FAIL overview.order" not in text
    assert "1 failed, 1 recommendation not kept" in text


def test_html_and_markdown_have_columns_for_what_only_should_be_too(report: Report):
    page = re.sub(
        r"\s+", " ", re.sub("<[^>]+>", " ", as_html(report).partition(">By group<")[2].partition("</table>")[0])
    )
    assert "MUST SHOULD or MAY skipped inconclusive pass fail kept not kept" in page
    assert " overview 1 · · 1 · · " in page
    table = as_markdown(report).partition("### All checks")[2].splitlines()
    assert table[2].split(" | ")[1:5] == ["MUST pass", "MUST fail", "SHOULD or MAY kept", "SHOULD or MAY not kept"]
    assert "| overview | 1 |  |  | 1 |  |  |" in table


def test_html_and_markdown_do_not_call_a_recommendation_a_failure(report: Report):
    page, text = as_html(report), as_markdown(report)
    assert page.index(">Failed</h2>") < page.index("<h3>job-info.unknown-id</h3>") < page.index(">Recommendations not")
    assert page.index(">Recommendations not kept</h2>") < page.index("<h3>overview.order</h3>")
    assert text.index("### 1 check fail") < text.index("### 1 recommendation not kept") < text.index("overview.order")


def test_sarif_suppresses_what_the_baseline_accepts(accepted: Report):
    results = {one["ruleId"]: one for one in json.loads(as_sarif(accepted))["runs"][0]["results"]}
    assert results["job-info.edges"]["suppressions"] == [{"kind": "external", "justification": "Our proxy does so."}]
    assert results["stop-job.again"]["level"] == "error"
    assert "suppressions" not in results["stop-job.again"]


def test_markdown_puts_what_is_stale_before_what_is_known(accepted: Report):
    text = as_markdown(accepted)
    assert text.index("### 1 check stale") < text.index("### 1 check known deviation") < text.index("### All checks")


def test_badge_says_that_the_baseline_is_out_of_date(accepted: Report):
    assert json.loads(as_endpoint(accepted))["message"] == "baseline out of date"


def test_run_without_a_baseline_has_no_word_of_one(report: Report):
    text = re.sub("--(write-)?baseline", "", shown(report))
    assert not re.search("baseline|stale|known deviation", text)


def test_broken_recommendations_leave_something_to_do(stream: Write, outcome: Make, failed: Make):
    advice = failed("500", "overview.order", level="SHOULD")
    text = shown(Report.read(stream(outcome("overview.members"), advice)))
    assert "The target conforms to what was checked." in text
    assert "Next: Look at the recommendations that are not kept" in text
