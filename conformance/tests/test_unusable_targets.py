"""The verdicts of checks for targets with one response for everything, without jobs, or that can't be reached."""

import time

import pytest
from makers import Judge, MakeApp, Serve

from seatunnel_conformance.report.outcomes import Verdict

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "check_id",
    ["overview.members", "job-info.unknown-id", "submit-job.receipt", "stop-job.unknown-id", "encrypt-config.encodes"],
)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, b"{}", id="empty-object"),
        pytest.param(200, b"[]", id="empty-list"),
        pytest.param(200, b"null", id="null"),
        pytest.param(200, b"<html></html>", id="html"),
        pytest.param(200, b"", id="nothing"),
        pytest.param(200, b'{"jobId": {"jobId": [1]}, "source": 5}', id="wrong-kinds"),
        pytest.param(200, b"[" * 100_000, id="deep-json"),
        pytest.param(200, b"\xff\xfe\x00", id="no-utf-8"),
        pytest.param(404, b"{}", id="not-found"),
        pytest.param(500, b'{"status":"fail","message":null}', id="server-error"),
    ],
)
def test_server_with_one_answer_for_everything_fails(  # noqa: PLR0913, PLR0917 - a table of two dimensions
    serve: Serve, one_answer: MakeApp, judge: Judge, status: int, body: bytes, check_id: str
):
    outcome = judge(check_id, serve(one_answer(status, body)))
    assert outcome.verdict is Verdict.FAIL, outcome.reason


def test_server_that_loses_jobs_is_not_blamed_by_checks_that_need_one(serve: Serve, one_answer: MakeApp, judge: Judge):
    outcome = judge("job-info.vertices", serve(one_answer(200, b'{"jobId": ""}')))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "/job-info does not show the accepted job" in outcome.reason


def test_secret_in_the_address_is_in_no_part_of_an_outcome(serve: Serve, one_answer: MakeApp, judge: Judge):
    url = serve(one_answer(404, b'{"password": "pl4nted"}')).replace("://", "://user:pl4nted@")
    for check_id in ("overview.members", "http.unknown-path", "job-info.unknown-id", "GET /overview"):
        outcome = judge(check_id, url)
        assert outcome.verdict is Verdict.FAIL
        assert "pl4nted" not in str(outcome.as_json())


def test_check_on_a_dead_target_is_inconclusive(judge: Judge):
    outcome = judge("job-info.unknown-id", "http://127.0.0.1:1")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "can't be reached" in outcome.reason


@pytest.mark.parametrize("check_id", ["job-info.unknown-id", "GET /overview"])
def test_secret_in_the_address_of_a_dead_target_is_hidden(judge: Judge, check_id: str):
    outcome = judge(check_id, "http://user:pl4nted@127.0.0.1:1", profile="smoke")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "pl4nted" not in str(outcome.as_json())


def test_generated_requests_to_a_dead_target_are_inconclusive(judge: Judge):
    begun = time.monotonic()
    outcome = judge("GET /overview", "http://127.0.0.1:1", profile="smoke")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert time.monotonic() - begun < 20
