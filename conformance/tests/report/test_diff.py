"""Two reports beside each other."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_conformance.report import diff
from seatunnel_conformance.report.diff import ChangeKind, compare
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import diff_as_html
from seatunnel_conformance.report.outcomes import Outcome, RunExit

Make = Callable[..., Outcome]
Write = Callable[..., Path]


@pytest.fixture
def made(stream: Write, outcome: Make, failed: Make) -> Callable[..., Report]:
    """Return a maker of reports from checks and their verdicts."""

    def make(level: str = "MUST", **verdicts: str) -> Report:
        def one(name: str, verdict: str) -> Outcome:
            check_id = f"a.{name}"
            if verdict == "fail":
                return failed(check_id=check_id, level=level)
            return outcome(check_id, verdict, level=level, reason="" if verdict == "pass" else "so")

        return Report.read(stream(*(one(name, verdict) for name, verdict in verdicts.items())))

    return make


def test_checks_of_one_release_only_come_last_and_are_folded(made: Callable[..., Report]):
    old = made(same="skipped", **{f"gone{number}": "pass" for number in range(30)})
    new = replace(made(same="pass"), header=replace(old.header, release="2.3.13"))
    compared = compare(old, new)
    assert [kind for kind, _ in compared.by_kind()] == [ChangeKind.PASSES, ChangeKind.GONE]
    page = diff_as_html(compared)
    assert (page.count("<summary>All 30 checks</summary>"), page.count("</details>")) == (1, 1)
    assert [kind for kind, _ in compare(old, made(same="pass")).by_kind()] == [ChangeKind.GONE, ChangeKind.PASSES]


@pytest.mark.parametrize(
    ("old", "new", "kind", "exit_status"),
    [
        ("pass", "fail", ChangeKind.BROKE, 1),
        ("skipped", "fail", ChangeKind.BROKE, 1),
        ("inconclusive", "fail", ChangeKind.BROKE, 1),
        (None, "fail", ChangeKind.BROKE, 1),
        ("fail", "pass", ChangeKind.FIXED, 0),
        ("pass", "skipped", ChangeKind.SKIPPED, 0),
        ("fail", "skipped", ChangeKind.SKIPPED, 0),
        ("pass", "inconclusive", ChangeKind.UNDECIDED, 0),
        ("skipped", "pass", ChangeKind.PASSES, 0),
        (None, "pass", ChangeKind.NEW, 0),
        (None, "skipped", ChangeKind.NEW, 0),
        ("pass", None, ChangeKind.GONE, 0),
        ("fail", None, ChangeKind.GONE, 0),
    ],
)
def test_change_is_called_what_it_is(
    made: Callable[..., Report], old: str, new: str, kind: ChangeKind, exit_status: int
):
    before, after = (made(same="pass", **({"x": verdict} if verdict else {})) for verdict in (old, new))
    compared = compare(before, after)
    assert [(change.id, change.kind) for change in compared.changes] == [("a.x", kind)]
    assert compared.exit == exit_status


def test_broken_must_clauses_come_before_recommendations(made: Callable[..., Report], stream: Write, failed: Make):
    levels = {"a.a": "MAY", "a.b": "SHOULD", "a.c": "MUST"}
    broken = Report.read(stream(*(failed(check_id=name, level=level) for name, level in levels.items())))
    assert [change.id for change in compare(made(x="pass"), broken).changes] == ["a.c", "a.b", "a.a", "a.x"]


def test_report_beside_itself_has_no_changes(made: Callable[..., Report]):
    report = made(x="fail", y="pass")
    assert compare(report, report).changes == ()
    assert compare(report, report).exit is RunExit.CONFORMS


def test_recommendation_that_is_no_longer_kept_is_told_and_no_regression(made: Callable[..., Report]):
    compared = compare(made("SHOULD", x="pass"), made("SHOULD", x="fail"))
    assert (compared.changes[0].kind, compared.regressions, compared.exit) == (ChangeKind.BROKE, 0, RunExit.CONFORMS)


def test_reports_of_different_releases_or_profiles_say_so(made: Callable[..., Report]):
    old = made(x="pass")
    new = replace(old, header=replace(old.header, release="2.3.10", profile="full"))
    assert list(compare(old, new).remarks()) == [
        "another release: documented, then 2.3.10",
        "another profile: standard, then full",
    ]
    assert list(compare(old, old).remarks()) == []


def test_report_that_broke_off_proves_no_absence_of_regressions(made: Callable[..., Report]):
    whole = made(x="pass", y="pass")
    cut = replace(whole, cut=True)
    assert compare(whole, cut).exit is RunExit.UNDECIDED
    assert "incomplete" in next(compare(whole, cut).remarks())
    assert compare(whole, replace(made(x="fail"), cut=True)).exit is RunExit.DEVIATES


def test_comparison_is_told_in_every_format(made: Callable[..., Report]):
    compared = compare(made(x="pass", y="fail"), made(x="fail", y="pass", z="pass"))
    lines = list(diff.as_lines(compared))
    assert "  MUST    a.x  pass -> fail" in lines
    assert lines[-1] == "\n1 regression."
    assert "| `a.y` | MUST | fail | pass |" in diff.as_markdown(compared)
    plain = json.loads(diff.as_json(compared))
    assert (plain["regressions"], plain["exit"]) == (1, 1)
    assert [(one["id"], one["kind"], one["old"]) for one in plain["changes"]] == [
        ("a.x", "broke", "pass"),
        ("a.y", "fixed", "fail"),
        ("a.z", "new", None),
    ]


def test_page_has_the_facts_of_the_text_and_no_markup_of_the_target(made: Callable[..., Report]):
    old, new = made(x="pass", y="fail", z="pass"), made(x="fail", y="pass")
    new = replace(new, header=replace(new.header, target="http://<b>host</b>\x1b[2J"))
    page = diff_as_html(compare(old, new))
    parts = ("<h1>1 regression.</h1>", "Another target: ", ">Broke (1)<", ">Gone (1)<", ">Fixed (1)<")
    places = [page.index(part) for part in parts]
    assert places == sorted(places)
    assert "http://&lt;b&gt;host&lt;/b&gt;" in page
    assert [mark for mark in ("<b>host", "\x1b", "<script", "src=", "url(") if mark in page] == []
