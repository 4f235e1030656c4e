"""The HTML report, checked as text. `test_page.py` opens it in a browser."""

import re
from dataclasses import asdict
from html import unescape

from makers import Make, Write

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html


def test_html_has_no_markup_of_the_target(report: Report):
    page = as_html(report)
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_html_asks_for_nothing_off_the_file(report: Report):
    page = as_html(report)
    assert re.findall(r'(?:src|href|action)="(?!#)', page) == []
    assert "@import" not in page
    assert "url(" not in page


def test_html_forbids_everything_but_its_own_style_and_script(report: Report):
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', as_html(report))[1])
    rules = [re.sub("sha256-[^']+", "sha256-", rule) for rule in policy.split("; ")]
    assert rules == [
        "default-src 'none'",
        "style-src 'sha256-'",
        "script-src 'sha256-'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_html_shows_verdict_and_reasons_before_the_checks(report: Report):
    page = as_html(report)
    parts = ("The target deviates from the contract", "A client would break.", ">By group<", ">Failed<", ">All checks<")
    places = [page.index(part, page.index("<body>")) for part in parts]
    assert places == sorted(places)


def test_html_of_a_run_that_broke_off_says_so_first(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), missing=1, cut=True)
    page = as_html(Report.salvage(path))
    assert "<h1>Incomplete: the run broke off</h1>" in page
    assert "broke off after 1 of 2 checks" in page
    assert "missing.check-0" in page


def test_counts_stand_apart_from_each_other(report: Report):
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", as_html(report)))
    assert " job-info 1 fail " in text
    assert " overview 1 pass 1 not kept " in text


def test_place_that_differs_is_marked_in_the_body(stream: Write, failed: Make):
    exchange = {**asdict(failed().exchanges[0]), "body": '{"jobId": "5", "jobName": "x"}'}
    places = [
        {"place": "/jobId", "expected": '""', "found": '"5"'},
        {"place": "/state", "expected": '"a"', "found": "nothing"},
    ]
    finding = {"summary": "s", "detail": "", "curl": "", "differences": places}
    page = unescape(as_html(Report.read(stream(failed(exchanges=[exchange], findings=[finding])))))
    assert '<mark>  "jobId": "5",</mark> <span class="due">expected ""</span>' in page
    assert '<mark>  (no "state")</mark> <span class="due">expected "a"</span>' in page
    assert '<mark>  "jobName"' not in page
    assert '<del>  "jobId": "5",</del>' in page
    assert '<ins>  "jobId": ""</ins>' in page
    assert '<ins>  "state": "a"</ins>' in page


def test_each_check_has_one_place_that_can_be_linked_to(report: Report):
    names = re.findall(r' id="([^"]+)"', unescape(as_html(report)))
    assert [names.count(outcome.id) for outcome in report.outcomes] == [1] * len(report.outcomes)


def test_long_body_is_cut_and_whole_as_well(stream: Write, failed: Make):
    exchange = {**asdict(failed().exchanges[0]), "body": "x" * 5000}
    page = as_html(Report.read(stream(failed(exchanges=[exchange]))))
    assert ">All 5000 characters<" in page
    assert re.search(r">x{2000}…<", page)
    assert re.search(r">x{5000}<", page)


def test_html_has_a_row_for_each_check(report: Report):
    rows = re.findall(r'<td class="id"><code>([^<]*)</code>', as_html(report))
    assert sorted(rows) == sorted(outcome.id for outcome in report.outcomes)


def test_repeated_exchange_is_shown_once(stream: Write, failed: Make):
    (exchange,) = [asdict(one) for one in failed("404").exchanges]
    page = as_html(Report.read(stream(failed("404", exchanges=[exchange, {**exchange, "seconds": 0.02}, exchange]))))
    assert page.count('<details class="exchange">') == 1
    assert "answered 404, 3 times" in page
