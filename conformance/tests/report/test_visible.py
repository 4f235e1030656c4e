"""No format passes on control characters that a target sends."""

import io
import json
from dataclasses import asdict, replace

import pytest
from makers import Make, Write
from rich.console import Console

from seatunnel_conformance.report import diff, events, terminal
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import FORMATS, views
from seatunnel_conformance.report.text import explain, visible_report
from seatunnel_conformance.text.visible import line, visible


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("plain, größer, 日本", "plain, größer, 日本"),
        ("two\nlines", "two\nlines"),
        ("two\r\nlines", "two\nlines"),
        ("over\rwritten", r"over\rwritten"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("exe.\u202egnp", r"exe.\u202egnp"),
        ("\u2066isolated\u2069", r"\u2066isolated\u2069"),
        ("\x00 \ufeff \ud800 \U000e0041", r"\x00 \ufeff \ud800 \U000e0041"),
    ],
)
def test_what_steers_is_seen_instead(sent: str, seen: str):
    assert visible(sent) == seen


def test_line_is_one_line_of_few_characters():
    assert line("a\n\n  b\tc") == "a b c"
    assert line("x" * 5_000_000, 10) == "xxxxxxxxx…"


def test_every_text_of_a_report_is_visible(report: Report):
    texts = repr(json.loads(json.dumps([outcome.as_json() for outcome in visible_report(report).outcomes])))
    assert "<script>" in texts
    assert not [letter for letter in ("\\x1b[", "\\u202e") if letter.encode().decode("unicode_escape") in eval(texts)]  # noqa: S307 - our own


STEERING = "\x1b[2J \x1b]0;x\x07 \x9b31m \x7f \r \x85 \u2028 \u202e \u2066 \u200f \ufeff \x00 \U000e0041"
ESCAPED = json.dumps({"jobId": STEERING, STEERING: 1})
"""A body whose steering letters appear when it is read as JSON."""

VIEWS = tuple(one.name for one in views())


def stray(text: str) -> set[str]:
    """Return the invisible characters of a text, except line ends."""
    return {letter for letter in text if not letter.isprintable() and letter != "\n"}


@pytest.fixture
def hostile(stream: Write, failed: Make, outcome: Make) -> Report:
    place = {"place": "/jobId", "expected": '""', "found": json.dumps(STEERING, ensure_ascii=False)}
    finding = {"summary": STEERING, "detail": STEERING, "curl": STEERING, "differences": [place]}
    exchange = {**asdict(failed(STEERING).exchanges[0]), "body": ESCAPED}
    found = failed(STEERING, findings=[finding], exchanges=[exchange])
    unasked = outcome(f"x.{STEERING}", "skipped", reason=STEERING)
    undecided = outcome("x.y", "inconclusive", reason=STEERING, operation=STEERING)
    report = Report.read(stream(found, unasked, undecided))
    header = replace(report.header, target=STEERING, note=STEERING, release=STEERING, profile=STEERING, suite=STEERING)
    return replace(report, header=header, footer=replace(report.footer, leftovers=(STEERING,)))


@pytest.mark.parametrize("suffix", ["", ".json"])
@pytest.mark.parametrize("view", VIEWS)
def test_view_holds_letters_and_line_ends_alone(hostile: Report, view: str, suffix: str):
    assert stray(FORMATS[view].render(hostile, suffix)) == set()


def test_marked_body_stays_visible_and_marked(hostile: Report):
    page = FORMATS["html"].render(hostile)
    assert r"\u202e" in page
    assert "<mark" in page


def test_terminal_is_not_steered(hostile: Report):
    file = io.StringIO()
    terminal.show(hostile, Console(file=file, width=100))
    assert stray(file.getvalue()) == set()


def test_comparison_of_reports_is_visible(hostile: Report, report: Report):
    compared = diff.compare(report, hostile)
    for text in ("\n".join(diff.as_lines(compared)), diff.as_markdown(compared), diff.as_json(compared)):
        assert stray(visible(text)) == set()


def test_explanation_that_pytest_prints_is_visible(hostile: Report):
    assert stray(explain(hostile.outcomes[0])) == set()


def test_stream_is_visible_and_says_the_same(hostile: Report):
    lines = [events.encode(events.CheckFinished(outcome)) for outcome in hostile.outcomes]
    assert stray("\n".join(lines)) == set()
    assert json.loads(lines[0])["exchanges"][0]["body"] == ESCAPED
    assert json.loads(lines[0])["reason"] == STEERING
