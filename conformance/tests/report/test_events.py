"""The event stream: only a complete one is read as a report."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from makers import Make, Write

from seatunnel_conformance.report import events
from seatunnel_conformance.report.events import Report, ReportError
from seatunnel_conformance.report.outcomes import RunExit, RunVerdict, Verdict


def test_report_reads_back_as_it_was_written(stream: Write, outcome: Make, failed: Make):
    written = (outcome("a.b"), failed(check_id="a.c"), outcome("a.d", "skipped", reason="no need"))
    report = Report.read(stream(*written))
    assert report.outcomes == written
    assert report.footer.verdict is RunVerdict.DEVIATES
    assert report.footer.counts == {
        "pass": 1,
        "fail": 1,
        "known deviation": 0,
        "stale": 0,
        "skipped": 1,
        "inconclusive": 0,
        "not scored": 0,
    }


def test_every_line_is_an_event_by_the_published_schema(stream: Write, outcome: Make, failed: Make):
    lines = stream(outcome("a.b"), failed(check_id="a.c")).read_text(encoding="utf-8").splitlines()
    kinds = [type(events.decode(line, number)).__name__ for number, line in enumerate(lines)]
    assert kinds == ["RunStarted", "CheckStarted", "CheckFinished", "CheckStarted", "CheckFinished", "RunFinished"]


def test_schema_has_the_members_of_each_event_and_no_others(stream: Write, outcome: Make):
    lines = [json.loads(line) for line in stream(outcome("a.b")).read_text(encoding="utf-8").splitlines()]
    schema = json.loads((files("seatunnel_conformance.report") / "events.schema.json").read_text(encoding="utf-8"))
    known = {each["properties"]["event"]["const"]: set(each["properties"]) for each in schema["$defs"].values()}
    assert {line["event"]: set(line) for line in lines} == known


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        *((list(range(kept)), "breaks off after") for kept in range(1, 6)),
        ([], "the report is empty"),
        ([1, 2, 3, 4, 5], "does not begin with the start"),
        ([0, 1, 2, 1, 2, 5], "the check a.b has ended twice"),
        ([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], "line 7 follows the end"),
        ([0, 1, 3, 4, 5], "counts 2 checks, and holds 1"),
    ],
)
def test_stream_with_other_lines_than_those_of_a_run_is_no_report(
    stream: Write, outcome: Make, lines: list[int], error: str
):
    path = stream(outcome("a.b"), outcome("a.c"))
    whole = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(whole[at] for at in lines), encoding="utf-8")
    with pytest.raises(ReportError, match=error):
        Report.read(path)


def test_stream_that_is_cut_off_within_a_line_is_no_report(stream: Write, outcome: Make):
    path = stream(outcome("a.b"))
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(ReportError):
        Report.read(path)


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "{}",
        '{"event": "check-started"}',
        '{"event": "no-such-event", "id": "a.b"}',
        '{"event": "check-started", "id": "a.b", "more": 1}',
    ],
)
def test_line_that_is_no_event_is_refused_with_its_number(line: str):
    with pytest.raises(ReportError, match="line 7"):
        events.decode(line, 7)


def test_failure_without_a_finding_is_refused(outcome: Make):
    line = json.dumps({"event": "check-finished", **outcome("a.b", "fail", reason="404").as_json()})
    with pytest.raises(ReportError):
        events.decode(line, 1)


def test_run_with_checks_that_never_ended_is_undecided(stream: Write, outcome: Make):
    report = Report.read(stream(outcome("a.b"), missing=2))
    assert (report.footer.verdict, report.footer.missing) == (RunVerdict.UNDECIDED, 2)


def test_outcome_knows_what_it_is_about(outcome: Make):
    assert outcome("job-info.unknown-id").group == "job-info"
    assert outcome("GET /job-info/{jobId}").group == "generated requests"
    assert outcome("a.b").verdict is Verdict.PASS


def test_report_that_breaks_off_is_salvaged_as_cut(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), outcome("a.c"), missing=2)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    report = Report.salvage(path)
    assert report.cut
    assert (report.footer.verdict, report.footer.exit) == (RunVerdict.UNDECIDED, RunExit.UNDECIDED)
    assert (len(report.outcomes), report.footer.missing) == (2, 2)


def test_no_cut_of_a_report_reads_as_a_pass(stream: Write, outcome: Make):
    path = stream(outcome("a.b"), outcome("a.c"))
    whole = path.read_bytes()
    for end in (*range(0, len(whole), 31), *range(len(whole) - 40, len(whole))):
        path.write_bytes(whole[:end])
        try:
            assert Report.salvage(path).footer.exit is RunExit.UNDECIDED
        except events.EmptyReport:
            assert b"\n" not in whole[:end]
    path.write_bytes(whole)
    assert Report.salvage(path).footer.exit is RunExit.CONFORMS


def test_cut_report_whose_checks_failed_is_still_undecided(stream: Write, failed: Make):
    path = stream(failed(), failed(check_id="a.c"))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:3]), encoding="utf-8")
    assert Report.salvage(path).footer.verdict is RunVerdict.UNDECIDED


def test_report_names_the_checks_that_never_ended(stream: Write, outcome: Make):
    assert Report.read(stream(outcome("a.b"), missing=2)).missing == ("missing.check-0", "missing.check-1")


def test_half_a_character_of_the_target_is_shown_and_breaks_nothing(stream: Write, failed: Make):
    found = Report.read(stream(failed("before \ud800 after"))).outcomes[0]
    assert found.reason == r"before \ud800 after"


def test_stream_that_can_not_be_written_costs_no_verdict(outcome: Make):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        writer = events.EventWriter(full)
        writer.write(events.CheckStarted("a.b"))
        writer.write(events.CheckFinished(outcome("a.b")))
        writer.close()
    assert writer.error is not None
    assert writer.footer(1.0, missing=0, leftovers=()).exit is RunExit.CONFORMS


RESULT = Path(__file__).parents[3] / "results" / "documented" / "seatunnel-2.3.13.ndjson"


@pytest.mark.parametrize("ended", ["2026-02-31T25:00:00Z", "never"])
def test_time_that_does_not_exist_is_an_error_of_its_line(tmp_path: Path, ended: str):
    path = tmp_path / "run.ndjson"
    path.write_text(re.sub(r'(?<="ended": ")[^"]*', ended, RESULT.read_text("utf-8")), "utf-8")
    with pytest.raises(ReportError, match="the time of an exchange does not exist"):
        Report.read(path)
