"""A failed check names the operation whose response is wrong, and leads nobody to another one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from seatunnel_conformance.faults.catalogue import FaultEffect, fault_named
from seatunnel_conformance.faults.documents import DETAILS
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.report.outcomes import Outcome, Verdict

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]
Change = Callable[[ProxiedExchange], ProxiedExchange]


class Changed(FaultEffect):
    """A function of the responses of one operation with status 200, and of the earlier exchanges."""

    def __init__(self, operation_id: str, change: Callable[[ProxiedExchange, list[ProxiedExchange]], Any]) -> None:
        self.operation_id, self.change = operation_id, change
        self.earlier: list[ProxiedExchange] = []

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        applies = exchange.is_for(self.operation_id) and exchange.ok and exchange.document is not None
        changed = exchange.with_json(self.change(exchange, self.earlier)) if applies else exchange
        self.earlier.append(exchange)
        return changed


class Latin(FaultEffect):
    """The responses of one operation are encoded as ISO-8859-1."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(self.operation_id):
            return exchange
        return exchange.with_body(exchange.received.body.decode().encode("latin-1", "replace") + b"\xe9")


def reversed_list(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return exchange.document[::-1]


def emptied(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return exchange.document[:0]


def time_as_number(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return exchange.document | ({"createTime": 5} if "createTime" in exchange.document else {})


def total_of_another_list(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return {**exchange.document, "total": 99} if isinstance(exchange.document, dict) else exchange.document


def info_as_previous_level(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return {**exchange.document, "previousLevel": "INFO"}


def level_forgotten_after_a_read(exchange: ProxiedExchange, earlier: list[ProxiedExchange]) -> Any:
    return {**exchange.document, "level": "INFO"} if earlier[-1].is_for("get_logger") else exchange.document


def doubled(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    return exchange.document * 2


def in_one_pipeline(exchange: ProxiedExchange, _: list[ProxiedExchange]) -> Any:
    plan = exchange.document.get("jobDag", {"pipelineEdges": {}})
    joined = {"1": [edge for edges in plan["pipelineEdges"].values() for edge in edges]}
    return {**exchange.document, "jobDag": {**plan, "pipelineEdges": joined}}


class TooManyRequests(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_error(429) if exchange.is_for("get_job_info") else exchange


def options_of_a_second_submission(exchange: ProxiedExchange, earlier: list[ProxiedExchange]) -> Any:
    sent = [one for one in earlier if one.is_for("submit_job") and one.parameters.get("jobId") == exchange.value]
    return {**exchange.document, "envOptions": {}} if len(sent) > 1 else exchange.document


def other_job(exchange: ProxiedExchange, earlier: list[ProxiedExchange]) -> Any:
    others = (one for one in earlier if one.is_for("get_job_info") and one.value != exchange.value)
    return next((one.document for one in others if "jobStatus" in one.document), exchange.document)


def job_of_a_stopped_id(exchange: ProxiedExchange, earlier: list[ProxiedExchange]) -> Any:
    is_stopped = any(one.is_for("stop_jobs") for one in earlier) and "jobStatus" not in exchange.document
    return {**other_job(exchange, earlier), "jobId": exchange.value} if is_stopped else exchange.document


def streaming_job_before_it_runs(exchange: ProxiedExchange, earlier: list[ProxiedExchange]) -> Any:
    if "STREAMING" not in str(exchange.document.get("envOptions")):
        return exchange.document
    first = (one.document for one in earlier if one.target == exchange.target and "jobStatus" in one.document)
    return {**next(first, exchange.document), "jobStatus": "PENDING"}


DETAILS_CHECK = "GET /job-info/{jobId}, with jobs"
BY_STATE = "get_finished_jobs_by_state"

ACCUSED = [
    ("finished-jobs.order", "2.3.13", BY_STATE, reversed_list, "GET /finished-jobs/{state}"),
    ("GET /finished-jobs, with jobs", "2.3.10", "get_finished_jobs", reversed_list, "GET /finished-jobs"),
    ("finished-jobs.failed-with-error", "2.3.10", "get_finished_jobs", doubled, "GET /finished-jobs"),
    ("logs.by-job-id", "2.3.10", "read_logs", emptied, "GET /logs/{jobIdOrFile}"),
    ("finished-jobs.page", "2.3.13", BY_STATE, total_of_another_list, "GET /finished-jobs/{state}"),
    ("POST /submit-job, linked requests", "2.3.10", DETAILS[0], time_as_number, "GET /job-info/{jobId}"),
    ("loggers.override", "3.0.0", "set_logger_level", info_as_previous_level, "POST /loggers/{name}"),
    ("loggers.override", "3.0.0", "get_logger", level_forgotten_after_a_read, "POST /loggers/{name}"),
    ("submit-job.id-of-running-job", "2.3.10", DETAILS[0], options_of_a_second_submission, "POST /submit-job"),
    (DETAILS_CHECK, "2.3.10", DETAILS[0], streaming_job_before_it_runs, "GET /job-info/{jobId}"),
    ("stop-jobs.unknown-id", "2.3.10", DETAILS[0], job_of_a_stopped_id, "POST /stop-jobs"),
]


@pytest.mark.parametrize("row", ACCUSED, ids=[f"{operation}-{change.__name__}" for *_, operation, change, _ in ACCUSED])
def test_failed_check_names_the_operation(broken: Broken, judge: Judge, row: tuple[str, str, str, Any, str]) -> None:
    check, release, operation_id, change, accused = row
    outcome = judge(check, broken(Changed(operation_id, change), release), release)
    assert (outcome.verdict, outcome.operation) == (Verdict.FAIL, accused), outcome.reason


POINTING = [
    ("overview.counts-match-lists", Changed(BY_STATE, emptied), "finished-jobs.only-that-state"),
    ("overview.counts-match-lists", Changed("get_running_jobs", emptied), "running-jobs.lists-running"),
    ("life-cycle.end-is-final", Changed("get_job_info", other_job), "job-info.asked-job"),
    ("submit-job.table-options", Changed("get_job_info", in_one_pipeline), "job-info.pipelines"),
    ("submit-job.given-id", TooManyRequests(), "job-info.members"),
    ("http.unsupported-write", fault_named("json-begins-with-a-mark").make(), "overview.members"),
    ("http.body-charset", fault_named("json-is-sent-as-latin").make(), "encrypt-config.rest-unchanged"),
]


@pytest.mark.parametrize("row", POINTING, ids=[cause for *_, cause in POINTING])
def test_check_points_to_the_clause_that_a_response_breaks(
    broken: Broken, judge: Judge, row: tuple[str, FaultEffect, str]
) -> None:
    check, effect, cause = row
    outcome = judge(check, broken(effect, "2.3.10"), "2.3.10")
    assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, cause)


@pytest.mark.parametrize(
    ("check", "operation_id"),
    [
        ("GET /finished-jobs/{state}, with jobs", "get_finished_jobs"),
        ("submit-job.given-name", "get_job_info"),
        ("life-cycle.in-one-list", "get_running_jobs"),
    ],
)
def test_response_that_cannot_be_read_accuses_no_check_of_another_operation(
    broken: Broken, judge: Judge, check: str, operation_id: str
) -> None:
    outcome = judge(check, broken(Latin(operation_id), "2.3.10"), "2.3.10")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "not JSON" in outcome.reason


def test_page_instead_of_a_list_of_log_files_fails_only_the_clause_of_the_list(broken: Broken, judge: Judge) -> None:
    class Page(FaultEffect):
        def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
            return exchange.with_header("Content-Type", "text/html") if exchange.is_for("list_logs") else exchange

    outcome = judge("log.page", broken(Page(), "2.3.10"), "2.3.10")
    assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, "logs.json-list")


def errors_cut(jobs: Any) -> Any:
    return [{**job, "errorMsg": job["errorMsg"] and "x"} for job in jobs]


def transforms_as_sources(job: Any) -> Any:
    return json.loads(json.dumps(job).replace('"transform"', '"source"'))


def edges_of_the_first_source(job: Any) -> Any:
    pipelines = job.get("jobDag", {}).get("pipelineEdges", {})
    joined = {name: [{**edge, "inputVertexId": "1"} for edge in edges] for name, edges in pipelines.items()}
    return {**job, "jobDag": {**job["jobDag"], "pipelineEdges": joined}} if len(pipelines) > 1 else job


def total_of_the_first_table(job: Any) -> Any:
    tables = job.get("metrics", {}).get("TableSourceReceivedCount")
    metrics = {**job["metrics"], "SourceReceivedCount": next(iter(tables.values()))} if tables else {}
    return {**job, "metrics": metrics} if tables else job


def failed_before_it_began(job: Any) -> Any:
    return {**job, "finishTime": "2001-01-01 00:00:00"} if job.get("jobStatus") == "FAILED" else job


VIEWS_THAT_DIFFER = [
    (
        DETAILS,
        total_of_the_first_table,
        {"/running-jobs": Verdict.PASS, "/finished-jobs": Verdict.PASS, "/job-info/{jobId}": Verdict.FAIL},
    ),
    (
        DETAILS,
        failed_before_it_began,
        {"/finished-jobs": Verdict.PASS, "/finished-jobs/{state}": Verdict.PASS, "/running-job/{jobId}": Verdict.FAIL},
    ),
    (("get_finished_jobs", BY_STATE), errors_cut, {"/finished-jobs": Verdict.FAIL, "/job-info/{jobId}": Verdict.PASS}),
    (DETAILS, transforms_as_sources, {"/finished-jobs": Verdict.PASS, "/finished-jobs/{state}": Verdict.PASS}),
    (DETAILS, edges_of_the_first_source, {"/running-jobs": Verdict.PASS, "/finished-jobs": Verdict.PASS}),
    (
        ("get_finished_jobs",),
        lambda jobs: jobs[::-1],
        {"/finished-jobs": Verdict.FAIL, "/finished-jobs/{state}": Verdict.PASS},
    ),
]


@pytest.mark.parametrize("row", VIEWS_THAT_DIFFER, ids=["totals", "times", "errors", "plans", "edges", "order"])
def test_operation_is_accused_that_shows_a_job_in_its_own_way(broken: Broken, judge: Judge, row: Any) -> None:
    operations, change, verdicts = row

    class Other(FaultEffect):
        def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
            return exchange.with_change(change) if exchange.is_for(*operations) and exchange.ok else exchange

    found = {path: judge(f"GET {path}, with jobs", broken(Other(), "2.3.10"), "2.3.10").verdict for path in verdicts}
    assert found == verdicts


def test_recording_names_the_operation_of_the_wrong_step(broken: Broken, judge: Judge) -> None:
    class Other(FaultEffect):
        def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
            is_wrong = exchange.is_for("get_job_info") and exchange.is_error
            return exchange.with_error(400, "another") if is_wrong else exchange

    outcome = judge(
        "GET /overview, recorded as http-semantics/accept-ignored-on-success", broken(Other(), "2.3.10"), "2.3.10"
    )
    assert (outcome.verdict, outcome.operation) == (Verdict.FAIL, "GET /job-info/{jobId}")
