"""The report as Markdown for a job's summary."""

import re
from collections.abc import Callable
from pathlib import Path

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.markdown import LIMIT, as_markdown
from seatunnel_conformance.report.outcomes import Outcome

Make = Callable[..., Outcome]
Write = Callable[..., Path]


def test_summary_puts_the_verdict_first_then_failures_then_the_table(report: Report):
    text = as_markdown(report)
    places = [
        text.index(part) for part in ("## The target deviates", "### 1 check fail", "### 1 check incon", "| group")
    ]
    assert places == sorted(places)
    assert places[0] == 0


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
    path = stream(outcome("a.b"), missing=1)
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    text = as_markdown(Report.salvage(path))
    assert text.startswith("## Incomplete: the run broke off")
    assert "> [!WARNING]" in text
