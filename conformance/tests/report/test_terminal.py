"""The report in a terminal, and the progress before it."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from makers import Make, Write
from rich.console import Console
from rich.text import Text

from seatunnel_conformance.arrange.leftovers import UNKNOWN
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import CLIENTS, CheckFinished, CheckStarted, Report, RunStarted
from seatunnel_conformance.report.outcomes import RunExit, RunVerdict
from seatunnel_conformance.report.terminal import RunProgress, show


def shown(report: Report, **options: object) -> str:
    text = io.StringIO()
    show(report, Console(file=text, highlight=False, **{"width": 80, **options}))
    return text.getvalue()


def test_terminal_fits_into_eighty_columns_but_for_commands(report: Report):
    long = [line for line in shown(report).splitlines() if len(line) > 80]
    assert [line for line in long if not re.match(r"\s+(curl|seatunnel-v2) ", line)] == []


def test_terminal_names_every_node(report: Report):
    header = replace(report.header, target="http://a:8080", nodes=("http://b:8080", "http://c:8080"))
    assert "Conformance of http://a:8080, http://b:8080, http://c:8080\n" in shown(replace(report, header=header))


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
        "What happened\n    answered 404",
        'Expected and found\n    at /jobId: expected "", found 404',
        "Try it\n    curl '404'",
        "Only this check\n    seatunnel-v2 conform http://localhost --only job-info.unknown-id",
        "The target deviates from the contract.",
        "0 passed, 1 failed, 0 skipped",
        "Next: ",
    ):
        assert said in text


def test_terminal_says_nothing_twice_and_its_first_lines_tell_the_verdict(report: Report):
    lines = [line for line in shown(report).splitlines() if line.strip()]
    assert lines[3].startswith("DEVIATES: 2 passed, 1 failed, 1 recommendation not kept, 1 skipped, 1")
    assert lines.count("The target deviates from the contract.") == 1
    assert lines.index("The target deviates from the contract.") > lines.index(
        "1 skipped: the profile smoke runs no jobs"
    )


def test_terminal_of_a_run_that_conforms_ends_with_the_verdict_and_what_to_do(stream: Write, outcome: Make):
    lines = [line for line in shown(Report.read(stream(outcome("a.b")))).splitlines() if line.strip()]
    assert lines[3].startswith("CONFORMS: 1 passed, 0 failed")
    assert lines[-2:] == ["The target conforms to what was checked.", "Next: nothing to do. Keep this run in CI."]


def test_terminal_of_a_failed_run_ends_with_the_ways_on(stream: Write, failed: Make):
    text = shown(Report.read(stream(failed("404", "overview.order", level="SHOULD"), failed("500", "a.b"))))
    end = text.partition("Next: ")[2]
    run = "seatunnel-v2 conform http://localhost"
    assert [line.strip() for line in end.splitlines()[2::2]] == [
        "seatunnel-v2 explain a.b",
        f"{run} --only a.b --only overview.order",
        f"{run} --write-baseline known.yaml",
        f"{run} --baseline known.yaml",
    ]


def test_terminal_accepts_the_failures_of_a_selection_with_the_same_selection(stream: Write, failed: Make):
    found = Report.read(stream(failed("404")))
    selection = Settings("http://localhost", only=("job-info.*",), skip=("job-info.order",)).selection
    text = shown(replace(found, header=replace(found.header, selection=selection)))
    assert "http://localhost --only 'job-info.*' --skip job-info.order --write-baseline known.yaml" in text


def test_terminal_counts_what_was_skipped_and_why(report: Report):
    assert "1 skipped: the profile smoke runs no jobs" in shown(report)


def differing(place: str, expected: str, found: str) -> list[dict[str, Any]]:
    difference = {"place": place, "expected": expected, "found": found}
    return [{"summary": "GET /x was answered", "detail": "?", "curl": "curl http://x", "differences": [difference]}]


def test_narrow_terminal_cuts_no_name_of_a_group(stream: Write, failed: Make, outcome: Make):
    verdicts = [outcome(f"encrypt-config.{name}", name) for name in ("pass", "skipped", "inconclusive")]
    text = shown(Report.read(stream(*verdicts, failed(check_id="encrypt-config.fail"))), width=45)
    assert "  encrypt-config " in text


def test_terminal_explains_three_failures(stream: Write, failed: Make):
    text = shown(Report.read(stream(*(failed("404", f"job-info.case-{number}") for number in range(3)))))
    assert text.count("Expected and found") == 3


def test_terminal_names_every_rule_that_a_client_breaks(stream: Write, failed: Make):
    broken = [failed("404", f"client.rule-{n}", findings=differing(f"/m{n}", '""', '"x"')) for n in range(9)]
    report = Report.read(stream(*broken))
    text = shown(replace(report, header=replace(report.header, profile=CLIENTS)), width=60)
    assert re.findall(r"1 rule  client\.(rule-\d): ", text) == [f"rule-{n}" for n in range(9)]
    assert "other cause" not in text


def test_header_is_one_cause_in_checks_and_recordings(stream: Write, failed: Make):
    places = ("content-type", "content-type", "headers/Content-Type", "headers/Content-Type")
    values = ('"text/html"', '"application/json"')
    outcomes = [failed("404", f"a.b-{n}", findings=differing(one, *values)) for n, one in enumerate(places)]
    assert "   4 checks, 4 MUST  `content-type` has another value: a.b-0" in shown(Report.read(stream(*outcomes)))


def test_terminal_shows_the_causes_of_many_failures_on_one_screen(stream: Write, failed: Make, outcome: Make):
    missing, wrong = differing("/a/jobDag", "a member", "nothing"), differing("status", "200", "500")
    outcomes = [failed("404", f"job-info.case-{number}", findings=missing) for number in range(60)]
    outcomes += [failed("404", f"overview.case-{number}", findings=wrong) for number in range(40)]
    outcomes += [failed("404", f"a.b-{n}", findings=differing(f"/m{n}", '""', '"x"')) for n in range(20)]
    outcomes += [outcome(f"log.case-{n}", "skipped", see=f"job-info.case-{n % 2}") for n in range(30)]
    outcomes += [outcome(f"logs.case-{n}", "inconclusive", reason="no answer came " * 20) for n in range(40)]
    lines = shown(Report.read(stream(*outcomes))).splitlines()
    said = "\n".join(lines)
    assert len(lines) <= 40
    assert lines[said[: said.index("What is wrong")].count("\n") + 1].startswith(
        " 60 checks, 60 MUST  `jobDag` is missing: job-info.case-0"
    )
    assert " 40 checks, 40 MUST  status 500 instead of 200: overview.case-0" in said
    assert "and 17 other causes of 17 failures" in said
    assert "FAIL job-info.case-0  MUST" in said
    assert "Failed by group: job-info 60 of 60, overview 40 of 40, a 20 of 20" in said
    assert "15 skipped: depends on what job-info.case-0 reports" in said
    assert "40 inconclusive: no answer came" in said
    assert "All failures, with requests and responses, are in the report: --report-html FILE" in said


def test_terminal_counts_inconclusive_checks_by_reason(stream: Write, outcome: Make):
    outcomes = [outcome(f"job-info.case-{number}", "inconclusive", reason="no answer") for number in range(40)]
    text = shown(Report.read(stream(*outcomes)))
    assert "40 inconclusive: no answer" in text
    assert len(text.splitlines()) < 20


@pytest.mark.parametrize(
    ("passed", "verdict", "cause", "advice"),
    [
        (1, "skipped", "writes-not-allowed", "To run 1 skipped check: --allow-writes."),
        (1, "skipped", "profile-without-jobs", "To run 1 skipped check: --profile standard."),
        (1, "skipped", "", "nothing to do. Keep this run in CI."),
        (0, "skipped", "single-node", "To run 1 skipped check: --node"),
        (0, "skipped", "failover-not-allowed", "To run 1 skipped check: --failover"),
        (1, "inconclusive", "unreachable", "The target no longer responded: start it"),
        (1, "inconclusive", "slow", "Look at why checks are inconclusive; a slow target may need a longer --wait."),
        (1, "inconclusive", "", "Look at why checks are inconclusive, and run again."),
    ],
)
def test_next_step_is_about_what_prevented_checks(  # noqa: PLR0913, PLR0917 - a table
    stream: Write, outcome: Make, passed: int, verdict: str, cause: str, advice: str
):
    text = shown(Report.read(stream(*[outcome("a.b")] * passed, outcome("failover.stop", verdict, cause=cause))))
    assert " ".join(text.partition("Next: ")[2].split()).startswith(advice)


def test_server_that_has_stopped_is_started_again_for_curl_lines(stream: Write, failed: Make):
    report = Report.read(stream(failed("404")))
    text = shown(replace(report, header=replace(report.header, served=True)))
    assert "Next: Start the server again: it stopped with the run." in text
    assert f"\n    seatunnel-v2 serve --port 8080 --release {report.header.release}\n" in text
    assert "Start the server again" not in shown(report)


def test_finding_and_curl_line_are_shown_once(stream: Write, failed: Make):
    first = {"summary": "answered 404", "detail": "one", "curl": "curl here", "differences": []}
    text = shown(Report.read(stream(failed("404", findings=[first, first, {**first, "detail": "two"}]))))
    assert [text.count(said) for said in ("    one\n", "    two\n", "curl here", "more finding")] == [1, 1, 1, 0]


def test_json_without_blanks_breaks_between_members(stream: Write, failed: Make):
    members = ",".join(f'"member{number:02}":"a-value"' for number in range(9))
    text = shown(Report.read(stream(failed(f"{{{members}}}"))))
    first = text.partition("What happened\n")[2].splitlines()[:2]
    assert [line[-1] for line in first[:1]] == [","]
    assert first[1].startswith('    "member')


def test_terminal_puts_clauses_before_generated_requests(stream: Write, failed: Make):
    text = shown(Report.read(stream(failed("500", "GET /overview"), failed("500", "overview.members"))))
    assert text.index("FAIL overview.members") < text.index("FAIL GET /overview")


def test_terminal_blames_no_slow_target_for_an_interruption(report: Report):
    cut_short = replace(report, footer=replace(report.footer, verdict=RunVerdict.UNDECIDED, exit=RunExit.INTERRUPTED))
    assert "Next: Run again: this run was interrupted." in shown(cut_short)


def test_terminal_counts_hundreds_of_jobs_that_could_not_be_stopped(report: Report):
    left = replace(report.footer, leftovers=tuple(str(1179021120823033857 + job) for job in range(200)))
    rows = shown(replace(report, footer=left)).splitlines()
    (first,) = (number for number, row in enumerate(rows) if row.startswith("200 jobs of the suite may still run"))
    hint = "While they run, later runs check less. To stop them: seatunnel-v2 cleanup"
    assert hint in "".join(rows[first : first + 4])


def test_terminal_does_not_count_jobs_that_are_not_known(report: Report):
    left = replace(report, footer=replace(report.footer, leftovers=("1179021120823033857", UNKNOWN)))
    assert "1 job of the suite may still run: 1179021120823033857, perhaps others, because" in shown(left)


def test_terminal_names_no_jobs_of_a_server_that_has_stopped(report: Report):
    header, footer = replace(report.header, served=True), replace(report.footer, leftovers=("1179021120823033857",))
    assert "may still run" not in shown(replace(report, header=header, footer=footer))


def test_progress_is_shown_only_to_somebody(outcome: Make):
    text = io.StringIO()
    watcher = RunProgress(Console(file=text))
    for event in (CheckStarted("a.b"), CheckFinished(outcome("a.b"))):
        watcher.on_event(event)
    watcher.close()
    assert text.getvalue() == ""


def test_progress_begins_before_the_first_check_is_known():
    text = io.StringIO()
    watcher = RunProgress(Console(file=text, force_terminal=True, width=80))
    watcher.begin()
    watcher.progress.refresh()
    watcher.close()
    assert "asking the target" in text.getvalue()


def test_somebody_who_watches_sees_the_failures_and_the_time(failed: Make):
    text = io.StringIO()
    watcher = RunProgress(Console(file=text, force_terminal=True, width=80))
    checks = tuple(f"a.c{number}" for number in range(9))
    watcher.on_event(RunStarted("t", "documented", "0" * 64, "smoke", 1, "r", "0", "2026", 9, checks))
    for check in checks[:6]:
        watcher.on_event(CheckStarted(check))
        watcher.on_event(CheckFinished(failed(check_id=check, seconds=4.0)))
    watcher.progress.refresh()
    watcher.close()
    assert "6/9" in text.getvalue()
    assert "6 failed" in text.getvalue()
    assert re.search(r"\d\d:\d\d left", Text.from_ansi(text.getvalue()).plain)
