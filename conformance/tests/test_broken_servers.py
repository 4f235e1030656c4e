"""Servers that are broken on purpose, and the checks that must notice: by failing, and for the right reason.

Each fault is a function on the traffic of the reference server; its docstring says what the broken server does.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict

pytestmark = pytest.mark.slow

Ask = Callable[[Any], tuple[int, Any]]
Fault = Callable[[Any, Ask], tuple[int, Any]]


def unknown_id_is_404(asked: Any, ask: Ask) -> tuple[int, Any]:
    """An unknown job id is answered with 404 instead of 200."""
    status, document = ask(asked)
    return (404, document) if document == {"jobId": ""} else (status, document)


def unknown_id_is_echoed(asked: Any, ask: Ask) -> tuple[int, Any]:
    """An unknown job id is answered with that id."""
    status, document = ask(asked)
    return status, {"jobId": asked.target.rpartition("/")[2]} if document == {"jobId": ""} else document


def another_job_is_answered(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The details of a job are those of the first job in the history."""
    status, document = ask(asked)
    if asked.target.startswith("/job-info/") and isinstance(document, dict) and "finishedTime" in document:
        other = ask(type(asked)("GET", "/finished-jobs", b""))[1][0]["jobId"]
        return ask(type(asked)("GET", f"/job-info/{other}", b""))
    return status, document


def counts_are_numbers(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The counts of the overview are numbers instead of text."""
    status, document = ask(asked)
    if asked.target.startswith("/overview"):
        document = {name: int(value) if value.isdecimal() else value for name, value in document.items()}
    return status, document


def finished_count_is_one_too_high(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The overview counts one finished job too many."""
    status, document = ask(asked)
    if asked.target.startswith("/overview"):
        document["finishedJobs"] = str(int(document["finishedJobs"]) + 1)
    return status, document


def tag_filter_is_ignored(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The overview counts all workers, whatever tags are asked for."""
    path = asked.target.partition("?")[0]
    return ask(type(asked)(asked.method, path, asked.body) if path == "/overview" else asked)


def tags_are_not_kept(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Tags are accepted, and forgotten."""
    if asked.target == "/update-tags" and isinstance(asked.json, dict):
        return ask(asked.with_json({}))
    return ask(asked)


def state_filter_is_ignored(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The list of one state is that of all states."""
    if asked.target.startswith("/finished-jobs/"):
        return ask(type(asked)("GET", "/finished-jobs", b""))
    return ask(asked)


def history_is_reversed(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The history is listed the other way round."""
    status, document = ask(asked)
    return status, document[::-1] if asked.target.startswith("/finished-jobs") else document


def stop_does_nothing(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A stop is acknowledged, and not done."""
    if asked.target == "/stop-job" and isinstance(asked.json, dict):
        return 200, {"jobId": str(asked.json.get("jobId"))}
    return ask(asked)


def stop_forgets_savepoint(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A stop never takes a savepoint."""
    if asked.target == "/stop-job" and isinstance(asked.json, dict):
        return ask(asked.with_json({"jobId": asked.json.get("jobId")}))
    return ask(asked)


def batch_stop_stops_the_first_only(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Of several jobs only the first is stopped, and all are acknowledged."""
    if asked.target == "/stop-jobs" and isinstance(asked.json, list) and len(asked.json) > 1:
        status, _ = ask(asked.with_json(asked.json[:1]))
        return status, [{"jobId": item["jobId"]} for item in asked.json]
    return ask(asked)


def ids_are_rounded(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Ids pass through a float."""
    status, document = ask(asked)
    if asked.target.startswith("/submit-job?") and status == 200:
        document["jobId"] = str(int(float(document["jobId"])))
    return status, document


def receipts_are_in_another_order(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The receipts of a batch come in the opposite order."""
    status, document = ask(asked)
    return status, document[::-1] if asked.target == "/submit-jobs" and status == 200 else document


def name_is_ignored(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The name of a job is not taken from its query."""
    if asked.target.startswith("/submit-job?"):
        kept = [part for part in asked.target.split("&") if not part.startswith("jobName=")]
        return ask(type(asked)(asked.method, "&".join(kept), asked.body))
    return ask(asked)


def submitted_job_is_lost(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A job is acknowledged, and never run."""
    if asked.target.startswith("/submit-job?jobId="):
        query = dict(part.split("=", 1) for part in asked.target.partition("?")[2].split("&"))
        return 200, {"jobId": query["jobId"], "jobName": query.get("jobName", "")}
    return ask(asked)


def job_without_source_is_taken(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A config without a source is accepted."""
    status, document = ask(asked)
    refused = asked.target.startswith("/submit-job?") and b'"source"' not in asked.body
    return (200, {"jobId": "1", "jobName": "x"}) if refused else (status, document)


def error_has_another_shape(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Errors have a member `error` instead of `message`."""
    status, document = ask(asked)
    return status, {"error": document["message"]} if status >= 400 and document else document


def empty_body_is_accepted(asked: Any, ask: Ask) -> tuple[int, Any]:
    """An empty body is taken for an empty object."""
    return ask(asked.with_json({}) if asked.method == "POST" and not asked.body.strip() else asked)


def password_is_left_in_the_clear(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Of the credentials of a sink none is encrypted."""
    status, document = ask(asked)
    if asked.target == "/encrypt-config" and status == 200:
        document["sink"] = copy.deepcopy(asked.json["sink"])
    return status, document


def rows_are_not_counted(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A finished job has read and written nothing."""
    status, document = ask(asked)
    if asked.target.startswith("/job-info/") and isinstance(document, dict) and "finishedTime" in document:
        document["metrics"] = dict.fromkeys(document["metrics"], "0")
    return status, document


def failed_job_has_no_error(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A failed job has no error message."""
    status, document = ask(asked)
    if isinstance(document, dict) and document.get("jobStatus") == "FAILED":
        document["errorMsg"] = None
    return status, document


def ended_job_is_listed_as_running(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The list of running jobs has ended ones, too."""
    status, document = ask(asked)
    if asked.target == "/running-jobs":
        document = document + ask(type(asked)("GET", "/finished-jobs", b""))[1]
    return status, document


def logs_are_those_of_all_jobs(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The logs of a job are those of all jobs."""
    if asked.target.startswith("/logs/") and ".log" not in asked.target:
        return ask(type(asked)("GET", "/logs?format=json", b""))
    return ask(asked)


def monitoring_value_is_a_number(asked: Any, ask: Ask) -> tuple[int, Any]:
    """One value of a reading is a number."""
    status, document = ask(asked)
    if asked.target.startswith("/system-monitoring-information"):
        document[0]["processors"] = int(document[0]["processors"])
    return status, document


@pytest.mark.parametrize(
    ("fault", "check_id", "said"),
    [
        (unknown_id_is_404, "job-info.unknown-id", "was answered 404"),
        (unknown_id_is_echoed, "job-info.unknown-id", '{"jobId": "873519264018273645"}'),
        (unknown_id_is_echoed, "running-job.unknown-id", '{"jobId": "873519264018273645"}'),
        (another_job_is_answered, "job-info.asked-job", "jobName"),
        (counts_are_numbers, "overview.members", 'is not of type "string"'),
        (counts_are_numbers, "GET /overview", 'is not of type "string"'),
        (finished_count_is_one_too_high, "overview.counts-match-lists", "assert"),
        (tag_filter_is_ignored, "overview.tag-filter", "assert"),
        (tags_are_not_kept, "update-tags.replaces", "assert 0 >= 1"),
        (state_filter_is_ignored, "finished-jobs.only-that-state", "CANCELED"),
        (state_filter_is_ignored, "finished-jobs.unknown-state", "NO_SUCH_STATE"),
        (history_is_reversed, "finished-jobs.order", "assert"),
        (stop_does_nothing, "life-cycle.stop-ends", "has not ended, although another one ran"),
        (stop_forgets_savepoint, "life-cycle.savepoint-stop-ends", "'CANCELED' == 'SAVEPOINT_DONE'"),
        (batch_stop_stops_the_first_only, "stop-jobs.stops-all", "has not ended, although another one ran"),
        (ids_are_rounded, "submit-job.receipt", "jobId"),
        (receipts_are_in_another_order, "submit-jobs.receipts", "assert"),
        (name_is_ignored, "submit-job.given-name", "conformance-other"),
        (submitted_job_is_lost, "life-cycle.never-unknown", "{'jobId': ''}"),
        (submitted_job_is_lost, "submit-job.receipt", "assert '' =="),
        (job_without_source_is_taken, "submit-job.missing-section", "was answered 200"),
        (error_has_another_shape, "http.error-shape", "error"),
        (error_has_another_shape, "GET /job-info/{jobId}", "is a required property"),
        (empty_body_is_accepted, "http.empty-body", "was answered"),
        (password_is_left_in_the_clear, "encrypt-config.encodes", "assert 'seatunnel' =="),
        (rows_are_not_counted, "job-info.counts", "assert '0' == '5'"),
        (failed_job_has_no_error, "job-info.error-message", "None"),
        (ended_job_is_listed_as_running, "running-jobs.no-ended", "assert"),
        (ended_job_is_listed_as_running, "life-cycle.in-one-list", "assert"),
        (logs_are_those_of_all_jobs, "logs.no-match", "assert"),
        (monitoring_value_is_a_number, "monitoring.text-values", "int"),
    ],
    ids=lambda value: value.__name__.replace("_", "-") if callable(value) else str(value),
)
@pytest.mark.slow
def test_broken_server_fails_the_check_for_the_right_reason(
    broken: Callable[[Fault], str], judge: Callable[..., Outcome], fault: Fault, check_id: str, said: str
):
    outcome = judge(check_id, broken(fault))
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert said in f"{outcome.reason}\n" + "\n".join(finding.detail for finding in outcome.findings)
    assert all(finding.curl.startswith("curl ") for finding in outcome.findings)


def nothing(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Nothing is broken: the harness of these tests alone must not make a check fail."""
    return ask(asked)


@dataclass
class BusyCluster:
    """With every fifth request a job of somebody else has come to its end."""

    asked: int = 0

    def __call__(self, asked: Any, ask: Ask) -> tuple[int, Any]:
        self.asked += 1
        ended = self.asked // 5
        status, document = ask(asked)
        if asked.target == "/finished-jobs/FINISHED" and document:
            document += [{**document[0], "jobId": str(10**17 + number)} for number in range(ended)]
        if asked.target.startswith("/overview"):
            document["finishedJobs"] = str(int(document["finishedJobs"]) + ended)
        return status, document


@pytest.mark.parametrize("check_id", ["overview.counts-match-lists", "overview.jobs-unfiltered"])
def test_cluster_that_never_rests_passes(broken: Callable[[Fault], str], judge: Callable[..., Outcome], check_id: str):
    outcome = judge(check_id, broken(BusyCluster()))
    assert outcome.verdict is Verdict.PASS, outcome.reason


def late_savepoint_is_an_error(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The savepoint of a job that does not run is a server error, as on another member than the master."""
    if asked.target == "/stop-job" and asked.json.get("isStopWithSavePoint"):
        return 500, {"status": "fail", "message": "not running, save point failed"}
    return ask(asked)


def other_member(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A member that is not the master, in a cluster of two."""
    status, document = late_savepoint_is_an_error(asked, ask)
    return status, document * 2 if asked.target == "/system-monitoring-information" else document


@pytest.mark.parametrize(
    ("member", "verdict"), [(other_member, Verdict.PASS), (late_savepoint_is_an_error, Verdict.FAIL)]
)
def test_late_savepoint_is_an_error_of_other_members_than_the_master_only(
    broken: Callable[[Fault], str], judge: Callable[..., Outcome], member: Fault, verdict: Verdict
):
    assert judge("stop-job.ended-job", broken(member)).verdict is verdict


def test_context_path_is_not_the_root_that_a_path_can_lead_out_of(
    serve: Callable[[Any], str], judge: Callable[..., Outcome]
):
    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            await receive()
            path = scope["raw_path"].decode("latin-1")
            unreadable = "/%" in path or path.startswith("/seatunnel/../..")
            await send({"type": "http.response.start", "status": 400 if unreadable else 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    outcome = judge("http.unreadable-path", serve(app) + "/seatunnel")
    assert outcome.verdict is Verdict.PASS, outcome.reason


@pytest.mark.parametrize(
    "check_id",
    ["job-info.unknown-id", "overview.members", "life-cycle.stop-ends", "submit-jobs.receipts", "GET /overview"],
)
@pytest.mark.slow
def test_server_without_a_fault_passes(broken: Callable[[Fault], str], judge: Callable[..., Outcome], check_id: str):
    outcome = judge(check_id, broken(nothing))
    assert outcome.verdict is Verdict.PASS, outcome.reason


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
    serve: Callable[[Any], str],
    one_answer: Callable[..., Any],
    judge: Callable[..., Outcome],
    status: int,
    body: bytes,
    check_id: str,
):
    outcome = judge(check_id, serve(one_answer(status, body)))
    assert outcome.verdict is Verdict.FAIL, outcome.reason


def test_server_that_loses_jobs_is_not_blamed_by_checks_that_need_one(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], judge: Callable[..., Outcome]
):
    outcome = judge("job-info.vertices", serve(one_answer(200, b'{"jobId": ""}')))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "/job-info shows no job" in outcome.reason


def test_secret_in_the_address_is_in_no_part_of_an_outcome(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], judge: Callable[..., Outcome]
):
    url = serve(one_answer(404, b'{"password": "pl4nted"}')).replace("://", "://user:pl4nted@")
    for check_id in ("overview.members", "http.unknown-path", "job-info.unknown-id", "GET /overview"):
        outcome = judge(check_id, url)
        assert outcome.verdict is Verdict.FAIL
        assert "pl4nted" not in str(outcome.as_event())


def test_check_on_a_dead_target_is_inconclusive(judge: Callable[..., Outcome]):
    outcome = judge("job-info.unknown-id", "http://127.0.0.1:1")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "can't be reached" in outcome.reason


@pytest.mark.parametrize("check_id", ["job-info.unknown-id", "GET /overview"])
def test_secret_in_the_address_of_a_dead_target_is_hidden(judge: Callable[..., Outcome], check_id: str):
    outcome = judge(check_id, "http://user:pl4nted@127.0.0.1:1", profile="smoke")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "pl4nted" not in str(outcome.as_event())


def test_generated_requests_to_a_dead_target_are_inconclusive(judge: Callable[..., Outcome]):
    begun = time.monotonic()
    outcome = judge("GET /overview", "http://127.0.0.1:1", profile="smoke")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert time.monotonic() - begun < 20
