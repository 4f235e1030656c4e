"""The report as a page: what its text says about it. What a browser says is in `test_page.py`."""

import re
from collections.abc import Callable
from pathlib import Path

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.outcomes import Outcome

Make = Callable[..., Outcome]
Write = Callable[..., Path]


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


def test_page_for_many_checks_is_made_quickly(stream: Write, outcome: Make):
    page = as_html(Report.read(stream(*(outcome(f"job-info.case-{number}") for number in range(3000)))))
    assert page.count('<td class="id">') == 3000
