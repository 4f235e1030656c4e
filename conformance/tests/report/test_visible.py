"""Nothing that a target sends is obeyed by what shows it."""

import pytest

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.text import visible_report
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
    texts = repr([outcome.as_json() for outcome in visible_report(report).outcomes])
    assert "<script>" in texts
    assert not [letter for letter in ("\\x1b[", "\\u202e") if letter.encode().decode("unicode_escape") in eval(texts)]  # noqa: S307 - our own
