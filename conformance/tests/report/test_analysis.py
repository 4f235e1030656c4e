"""Summaries of the outcomes of a run: the coverage of the contract, and the diagnosis of a target."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from makers import Make, Write

from seatunnel_conformance.report.analysis import coverage, coverage_sentence, diagnosis, failure_groups
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.target.routes import met_parts, parts
from seatunnel_openapi import load

PARTS = ("GET /logs 200", "GET /logs 500", "GET /logs ?format", "GET /metrics 200")
SENTENCE = "The requests exercised 1 of 2 operations, 1 of 3 statuses, 1 of 1 query parameters of the contract."


@pytest.fixture
def met(stream: Write, outcome: Make) -> Report:
    """Return the report of a run whose two checks have sent requests to one operation."""
    written = Report.read(stream(outcome("a.x", met=["GET /logs 200"]), outcome("a.y", met=["GET /logs ?format"])))
    return replace(written, header=replace(written.header, parts=PARTS))


def test_coverage_says_what_was_met_and_what_never(met: Report):
    found = coverage(met)
    assert found == {"GET /logs": (["200", "?format"], ["500"]), "GET /metrics": ([], ["200"])}
    assert coverage_sentence(found) == SENTENCE


def test_page_has_a_row_for_each_operation(met: Report):
    page = as_html(met)
    assert SENTENCE in page
    assert "<code>GET /logs</code></th><td>200, ?format</td><td>500</td>" in page


def test_report_of_an_earlier_version_has_no_coverage(stream: Write, outcome: Make):
    written = Report.read(stream(outcome("a.x")))
    assert (coverage_sentence(coverage(written)), "Coverage of the contract" in as_html(written)) == ("", False)


def test_requests_meet_what_the_contract_has_and_nothing_else():
    contract = load("2.3.13")
    sent = [("GET", "/st/logs?format=json&secret=1", 200), ("HEAD", "/st/log/a%20b", 404), ("GET", "/st/nowhere", 200)]
    met = set(met_parts(contract, "/st", [*sent, ("GET", "/st/logs", 299)]))
    assert met == {"GET /logs 200", "GET /logs ?format", "GET /log/{file} 404"}
    assert met < set(parts(contract))


def test_jobs_that_do_not_end_are_one_cause(outcome: Make):
    reasons = [f'a job has not ended: {{"jobId": "{n}"}}' for n in range(3)]
    groups = failure_groups(outcome("a.b", "fail", reason=reason) for reason in reasons)
    assert [(group.sentence, len(group.outcomes)) for group in groups] == [("a job has not ended", 3)]


Answer = dict[str, Any]


@pytest.fixture
def looks(stream: Write, outcome: Make, failed: Make) -> Callable[..., str]:
    """Return a function that returns the diagnosis for failures with these responses; empty if there is none."""

    def said(*responses: Answer, passed: int = 0) -> str:
        kept = asdict(failed().exchanges[0])
        asked = [{**kept, "url": f"http://localhost/kind-{n}/1", **response} for n, response in enumerate(responses)]
        broken = [failed(check_id=f"a.b{n}", exchanges=[exchange]) for n, exchange in enumerate(asked)]
        report = Report.read(stream(*broken, *(outcome(f"a.c{n}") for n in range(passed))))
        found = diagnosis(report)
        return found.sentence if found else ""

    return said


HTML = "<!DOCTYPE html><html><body>Log in</body></html>"


@pytest.mark.parametrize(
    ("response", "word"),
    [
        ({"status": 200, "body": "{}"}, "`{}`"),
        ({"status": 200, "body": ""}, "an empty body"),
        ({"status": 200, "body": HTML}, "HTML pages"),
        ({"status": 401, "body": HTML}, "401"),
        ({"status": 404, "body": HTML}, "404"),
        ({"status": 302, "body": ""}, "redirected"),
        ({"status": 503, "body": "busy"}, "5xx"),
    ],
)
def test_target_that_answers_everything_alike_is_called_what_it_looks_like(
    looks: Callable[..., str], response: Answer, word: str
):
    assert word in looks(*[response] * 9, {"status": 200, "body": '{"a": 1}'})


def test_server_with_a_few_operations_gets_the_options_that_select_them(stream: Write, failed: Make):
    missing = {**asdict(failed().exchanges[0]), "status": 404}
    found = diagnosis(Report.read(stream(*(failed(check_id=f"a.b{n}", exchanges=[missing]) for n in range(9)))))
    assert found is not None
    assert "--only get_overview" in found.hint


def test_echo_is_known_by_what_it_was_sent(looks: Callable[..., str]):
    sent = [{"status": 200, "body": text, "sent": {"headers": [], "body": text}} for text in "abcdefg"]
    assert "echo" in looks(*sent)


def test_service_of_no_known_kind_is_another_service(looks: Callable[..., str]):
    assert "another service" in looks(*({"status": 200, "body": f'{{"x": {n}}}'} for n in range(9)))


def test_run_of_the_failing_checks_again_does_not_call_the_target_another_service(stream: Write, failed: Make):
    answered = [{**asdict(failed().exchanges[0]), "status": 200, "body": f'{{"x": {n}}}'} for n in range(9)]
    whole = Report.read(stream(*(failed(check_id=f"a.b{n}", exchanges=[one]) for n, one in enumerate(answered))))
    assert diagnosis(whole) is not None
    assert diagnosis(replace(whole, header=replace(whole.header, partial=True))) is None


def test_mock_that_plays_jobs_by_heart_is_noticed_though_most_checks_pass(looks: Callable[..., str]):
    submitted = {"method": "POST", "url": "http://localhost/submit-job?jobName=x", "status": 200}
    one_id = [{**submitted, "body": '{"jobId": "7"}'}] * 4
    assert "mock" in looks(*one_id, passed=90)
    assert looks(*({**submitted, "body": f'{{"jobId": "{n}"}}'} for n in range(4)), passed=90) == ""


@pytest.mark.parametrize("passed", [0, 90])
def test_prism_is_known_by_the_errors_that_it_signs(looks: Callable[..., str], passed: int):
    error = {"status": 404, "body": '{"type":"https://stoplight.io/prism/errors#NO_PATH_MATCHED_ERROR"}'}
    assert "Prism" in looks(error, *({"status": 200, "body": f'{{"x": {n}}}'} for n in range(9)), passed=passed)


def test_seatunnel_with_some_failures_is_not_doubted(looks: Callable[..., str]):
    assert looks(*[{"status": 404, "body": "x"}] * 9, passed=90) == ""
    assert looks(passed=90) == ""


def test_one_failing_check_is_no_habit(looks: Callable[..., str]):
    assert looks({"status": 404, "body": "x"}) == ""


def test_one_question_that_is_asked_again_and_again_is_no_habit_of_the_target(looks: Callable[..., str]):
    polled = {"url": "http://localhost/job-info/7", "status": 200, "body": '{"jobId": "7"}'}
    assert "another service" in looks(*[polled] * 9)
