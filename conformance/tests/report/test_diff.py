"""Differences between two reports, and the trend of several runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from makers import Make, Write

from seatunnel_conformance.report import diff, trend
from seatunnel_conformance.report.diff import ChangeKind, compare
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import diff_as_html
from seatunnel_conformance.report.outcomes import Outcome, RunExit, VerdictColumn
from seatunnel_conformance.report.trend import as_svg, exit_of, trend_of


@pytest.fixture
def made(stream: Write, outcome: Make, failed: Make) -> Callable[..., Report]:
    """Return a function that makes a report from checks and their verdicts."""

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


Named = tuple[str, Report]


@pytest.fixture
def nights(stream: Write, outcome: Make, failed: Make) -> list[Named]:
    """Return three runs, the last first: a MUST check fails from the second run on, a SHOULD check in the last."""

    def night(day: int, took: str, *outcomes: Outcome) -> Named:
        timed = outcome("running-jobs.response-time", level="SHOULD", figures=[took])
        report = Report.read(stream(*outcomes, timed))
        header = replace(report.header, started=f"2026-11-{day}T02:00:00+00:00", release=f"2.3.{day - 12}")
        return f"{day}.ndjson", replace(report, header=header)

    kept, broken = outcome("a.x"), failed(check_id="a.x")
    return [
        night(25, "9 ms for 3 jobs", broken, outcome("a.y", level="SHOULD")),
        night(23, "6 ms for 1 jobs", kept, outcome("a.y", level="SHOULD")),
        night(24, "7 ms for 2 jobs", broken, failed(check_id="a.y", level="SHOULD")),
    ]


def test_runs_are_in_the_order_of_their_starts(nights: list[Named]):
    assert [run.file for run in trend_of(nights)] == ["23.ndjson", "24.ndjson", "25.ndjson"]


def test_failure_is_new_in_the_first_run_that_has_it(nights: list[Named]):
    new = [[change.id for change in run.new_failures] for run in trend_of(nights)]
    assert new == [[], ["a.x", "a.y"], []]


def test_checks_are_counted_as_in_a_report(nights: list[Named]):
    shown = (VerdictColumn.PASS, VerdictColumn.FAIL, VerdictColumn.NOT_KEPT)
    assert [[run.counts[one] for one in shown] for run in trend_of(nights)] == [[1, 0, 0], [0, 1, 1], [0, 1, 0]]


def test_table_has_a_line_per_run_then_new_failures_then_figures(nights: list[Named]):
    lines = "\n".join(trend.as_lines(trend_of(nights[1:])))
    assert lines == (
        "target: http://localhost:8080\n\n"
        "started           release  pass  fail  kept  not kept  skipped  new failures\n"
        "2026-11-23T02:00  2.3.11      1     0     2         0        0             -\n"
        "2026-11-24T02:00  2.3.12      0     1     1         1        0             2\n\n"
        "2026-11-24T02:00\n"
        "  new failure: MUST    a.x\n"
        "  new failure: SHOULD  a.y\n"
        "  note: another release: 2.3.11, then 2.3.12\n\n"
        "running-jobs.response-time\n"
        "  2026-11-23T02:00  6 ms for 1 jobs\n"
        "  2026-11-24T02:00  7 ms for 2 jobs"
    )


def test_long_list_of_new_failures_is_cut(nights: list[Named], stream: Write, failed: Make):
    (name, first), *_ = sorted(nights)
    broken = Report.read(stream(*(failed(check_id=f"a.b-{n}") for n in range(12))))
    broken = replace(broken, header=replace(first.header, started="2026-11-24T02:00:00+00:00"))
    lines = list(trend.as_lines(trend_of([(name, first), ("24.ndjson", broken)])))
    assert sum("new failure:" in one for one in lines) == 10
    assert "  2 more new failures; `report diff` lists them all" in lines


def test_programs_get_the_same(nights: list[Named]):
    plain = json.loads(trend.as_json(trend_of(nights)))
    second = plain["runs"][1]
    assert (plain["exit"], second["file"], second["verdict"]) == (0, "24.ndjson", "deviates")
    assert (second["counts"]["fail"], second["counts"]["not kept"]) == (1, 1)
    assert second["newFailures"] == [{"id": "a.x", "level": "MUST"}, {"id": "a.y", "level": "SHOULD"}]
    assert second["figures"] == {"running-jobs.response-time": ["7 ms for 2 jobs"]}


def test_status_is_that_of_the_last_two_runs(nights: list[Named]):
    assert exit_of(trend_of(nights)) is RunExit.CONFORMS
    assert exit_of(trend_of(nights[1:])) is RunExit.DEVIATES


def test_single_run_is_a_trend(nights: list[Named]):
    name, report = nights[0]
    cut = trend_of([(name, replace(report, cut=True))])
    assert (exit_of(trend_of([(name, report)])), exit_of(cut)) == (RunExit.CONFORMS, RunExit.UNDECIDED)
    assert "incomplete" in "\n".join(trend.as_lines(cut))


def test_text_of_a_file_can_not_forge_lines(nights: list[Named]):
    name, report = nights[0]
    forged = replace(report, header=replace(report.header, release="2.3.9\nFAKE", target="http://h\nFAKE"))
    lines = "\n".join(trend.as_lines(trend_of([(name, forged)]))).split("\n")
    assert not any(part.startswith("FAKE") for part in lines)


def test_picture_shows_counts_and_times_and_has_the_table_as_its_text(nights: list[Named]):
    runs = trend_of(nights)
    picture = ET.fromstring(as_svg(runs))  # noqa: S314 - just made
    name, text, *_ = picture
    assert (name.text, text.text) == ("3 runs against http://localhost:8080", "\n".join(trend.as_lines(runs)))
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1:] == [
        *["1 pass", "2 kept", "1 fail", "1 not kept", "1 kept", "1 fail", "2 kept"],
        *["6 ms for 1 jobs", "7 ms for 2 jobs", "9 ms for 3 jobs"],
    ]
    shown = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "running-jobs.response-time, at most 9 ms" in shown


def test_picture_is_well_formed_whatever_a_file_says(nights: list[Named]):
    name, report = nights[0]
    forged = replace(report, header=replace(report.header, release="<i>\x00", target="]]><script>\x1b"))
    picture = ET.fromstring(as_svg(trend_of([(name, forged)])))  # noqa: S314 - just made
    assert list(picture.iter("{http://www.w3.org/2000/svg}script")) == []
