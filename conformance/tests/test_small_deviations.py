"""A deviation in one value, one list or one moment fails the check of its clause, and no check of another one."""

import re
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any

import pytest

from seatunnel_conformance.faults.catalogue import FaultEffect, fault_named
from seatunnel_conformance.faults.documents import DETAILS
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.report.outcomes import Outcome, Verdict

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]


class Changed(FaultEffect):
    """A function of the responses with status 200 of some operations, and of the first of these."""

    def __init__(self, change: Callable[[ProxiedExchange, Any], Any], *operations: str) -> None:
        self.change, self.operations = change, operations
        self.first: Any = None

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(*self.operations) or not exchange.ok or exchange.document is None:
            return exchange
        self.first = self.first or exchange.document
        return exchange.with_json(self.change(exchange, self.first))


class RowsAreIgnored(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_page = exchange.is_for("get_finished_jobs_by_state") and "rows" in exchange.parameters
        return exchange.with_request(query=[("page", exchange.parameters["page"])]) if is_page else exchange


class TagsAreForgotten(FaultEffect):
    def __init__(self) -> None:
        self.set = monotonic()

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for("update_tags"):
            self.set = monotonic()
        is_late = exchange.is_for("get_overview") and monotonic() - self.set > 2
        return exchange.with_request(query=[("conformance-none", "x")]) if is_late and exchange.query else exchange


class StatesAreBeginnings(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_part = exchange.is_for("get_finished_jobs_by_state") and exchange.value in "FINISHED"
        return exchange.with_request(path="/finished-jobs/FINISHED") if is_part else exchange


class FailedJobsKeepRunning(FaultEffect):
    def __init__(self) -> None:
        self.failed: dict[str, Any] = {}

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        found = exchange.document
        if exchange.is_for("get_job_info") and found.get("jobStatus") == "FAILED":
            self.failed[found["jobId"]] = found
        return exchange.with_json([*found, *self.failed.values()]) if exchange.is_for("get_running_jobs") else exchange


class OneTagIsSet(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for("update_tags"):
            return exchange
        return exchange.with_request_body(dict([*exchange.request_json.items()][:1]))


class ConfigsAreTheFirst(FaultEffect):
    """The source of the first configuration is that of all, of a list or of uploads."""

    def __init__(self) -> None:
        self.uploaded = b""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for("submit_job_by_upload"):
            rows = re.search(rb'"row.num": \d+', exchange.request.body)
            self.uploaded = self.uploaded or rows[0]
            return exchange.with_request_body(exchange.request.body.replace(rows[0], self.uploaded))
        if not exchange.is_for("submit_jobs"):
            return exchange
        first, *_ = jobs = exchange.request_json
        return exchange.with_request_body([{**job, "source": first["source"]} for job in jobs])


class UploadsFail(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_error(500) if exchange.is_for("submit_job_by_upload") else exchange


class CharsetIsIgnored(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_named = exchange.is_for("submit_jobs") and "charset" in exchange.request.header("content-type")
        return exchange.with_request_header("Content-Type", "application/json") if is_named else exchange


class StopsShowInDetails(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        self.is_stopped = getattr(self, "is_stopped", False) or exchange.is_for("stop_job")
        if not self.is_stopped or not exchange.is_for("get_job_info"):
            return exchange
        return exchange.with_json({**exchange.document, "jobStatus": "CANCELED"})


class NamesInUtf16(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_list = exchange.is_for("get_all_log_names") and exchange.ok
        return exchange.with_body(exchange.received.body.decode().encode("utf-16-le")) if is_list else exchange


class ErrorsAreCut(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_cut = exchange.is_for("get_running_job") and exchange.is_error and exchange.method == "GET"
        return exchange.with_delivery(exchange.received.as_bytes()[:-9], Cut.CLOSE) if is_cut else exchange


class NodeLogInUtf16(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_text = exchange.is_for("read_node_log") and exchange.ok
        return exchange.with_header("Content-Type", "text/plain;charset=utf-16") if is_text else exchange


class NodeLogIsCut(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_text = exchange.is_for("read_node_log") and exchange.ok
        return exchange.with_body(exchange.received.body[:40]) if is_text else exchange


class EveryStopSaves(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        sent = exchange.request_json
        if not exchange.is_for("stop_job") or not isinstance(sent, dict):
            return exchange
        return exchange.with_request_body({**sent, "isStopWithSavePoint": True})


class HoconNeedsNoEnv(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        body = exchange.request.body
        needs_none = exchange.parameters.get("format") == "hocon" and b"source" in body and b"env" not in body
        return exchange.with_request_body(b"env {}\n" + body) if needs_none else exchange


def first_pipeline_only(exchange: ProxiedExchange, _: Any) -> Any:
    jobs = exchange.document
    for job in jobs:
        job["jobDag"]["pipelineEdges"] = {"1": job["jobDag"]["pipelineEdges"]["1"]}
    return jobs


def named_as_given(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    if "job.name" in job.get("envOptions", {}):
        job["envOptions"]["job.name"] = job["jobName"]
    return job


def slots_unfiltered(exchange: ProxiedExchange, _: Any) -> Any:
    return (
        {**exchange.document, "totalSlot": "2"}
        if exchange.query and exchange.document["runningJobs"] > "0"
        else exchange.document
    )


def running_jobs_filtered(exchange: ProxiedExchange, _: Any) -> Any:
    return {**exchange.document, "runningJobs": "0"} if exchange.query else exchange.document


def only_first_item_encrypted(exchange: ProxiedExchange, _: Any) -> Any:
    sent = exchange.request_json["source"][0].get("token")
    source = exchange.document["source"][0]
    if isinstance(sent, list):
        source = {**source, "token": [source["token"][0], *sent[1:]]}
    return {**exchange.document, "source": [source]}


def total_of_only_page_is_short(exchange: ProxiedExchange, _: Any) -> Any:
    page = exchange.document
    is_only_page = isinstance(page, dict) and page["total"] == len(page["data"]) > 0
    return {**page, "total": page["total"] - 1} if is_only_page else page


def without_transforms(exchange: ProxiedExchange, _: Any) -> Any:
    jobs = exchange.document
    for job in jobs:
        job["jobDag"]["vertexInfoMap"] = [one for one in job["jobDag"]["vertexInfoMap"] if one["type"] != "transform"]
    return jobs


def failed_twice(exchange: ProxiedExchange, _: Any) -> Any:
    return [job for job in exchange.document for _ in range(1 + (job["jobStatus"] == "FAILED"))]


def without_failed(exchange: ProxiedExchange, _: Any) -> Any:
    return [job for job in exchange.document if job["jobStatus"] != "FAILED"]


def failed_elsewhere(exchange: ProxiedExchange, _: Any) -> Any:
    return [] if exchange.value == "FAILED" else exchange.document


def id_as_read(exchange: ProxiedExchange, _: Any) -> Any:
    return {**exchange.document, "jobId": exchange.document["jobId"].lstrip("+0")}


def rounded(exchange: ProxiedExchange, _: Any) -> Any:
    return [{"jobId": int(float(item["jobId"]))} for item in exchange.document]


def unpadded(exchange: ProxiedExchange, _: Any) -> Any:
    found = exchange.document
    for plugin in found["source"]:
        plugin |= {name: value.rstrip("=") for name, value in plugin.items() if name == "password"}
    return found


NOTICED = [
    ("finished-jobs.unknown-state", "2.3.10", StatesAreBeginnings()),
    ("stop-job.receipt", "2.3.10", Changed(id_as_read, "stop_job")),
    ("running-jobs.no-ended", "2.3.10", FailedJobsKeepRunning()),
    ("life-cycle.listed-once", "2.3.10", Changed(failed_twice, "get_finished_jobs_by_state")),
    ("finished-jobs.lists-ended", "2.3.10", Changed(without_failed, "get_finished_jobs")),
    ("finished-jobs.only-that-state", "2.3.10", Changed(failed_elsewhere, "get_finished_jobs_by_state")),
    ("overview.tag-filter", "2.3.10", Changed(slots_unfiltered, "get_overview")),
    ("overview.jobs-unfiltered", "2.3.10", Changed(running_jobs_filtered, "get_overview")),
    ("GET /running-jobs, with jobs", "2.3.10", Changed(without_transforms, "get_running_jobs")),
    ("GET /running-jobs, with jobs", "2.3.10", Changed(first_pipeline_only, "get_running_jobs")),
    ("GET /job-info/{jobId}, with jobs", "2.3.10", Changed(named_as_given, *DETAILS)),
    ("submit-job.missing-section", "2.3.10", HoconNeedsNoEnv()),
    ("update-tags.replaces", "2.3.10", OneTagIsSet()),
    ("submit-jobs.receipts", "2.3.10", ConfigsAreTheFirst()),
    ("submit-job.upload", "2.3.10", ConfigsAreTheFirst()),
    ("log.same-text", "2.3.10", NodeLogIsCut()),
    ("log.same-text", "2.3.10", NodeLogInUtf16()),
    ("http.whole-body", "2.3.10", ErrorsAreCut()),
    ("http.body-charset", "2.3.10", CharsetIsIgnored()),
    ("encrypt-config.other-kinds", "2.3.10", Changed(only_first_item_encrypted, "encrypt_config")),
    ("submit-jobs.optional-params", "2.3.10", Changed(lambda one, _: one.document[:1], "submit_jobs")),
    (
        "GET /finished-jobs/{state}, with jobs",
        "2.3.13",
        Changed(total_of_only_page_is_short, "get_finished_jobs_by_state"),
    ),
    ("GET /finished-jobs/{state}, with jobs", "2.3.13", RowsAreIgnored()),
    ("option-rules.rules", "3.1.0", Changed(lambda _, first: first, "get_option_rules")),
    (
        "resource.workers",
        "3.1.0",
        Changed(lambda one, _: {**one.document, "collectedAt": 1_700_000_000}, "get_worker_resources"),
    ),
    (
        "metrics.realtime-edges",
        "3.1.0",
        Changed(lambda one, _: {**one.document, "fromMs": one.document["toMs"] - 3_600_000}, "get_realtime_edges"),
    ),
]


@pytest.mark.parametrize(("check", "release", "effect"), NOTICED, ids=[check for check, *_ in NOTICED])
def test_small_deviation_fails_the_check_of_its_clause(
    broken: Broken, judge: Judge, check: str, release: str, effect: FaultEffect
) -> None:
    assert judge(check, broken(effect, release), release).verdict is Verdict.FAIL


NOT_BLAMED = [
    ("http.first-value", Changed(rounded, "stop_jobs")),
    ("http.chunked-body", Changed(unpadded, "encrypt_config")),
    ("http.further-members", UploadsFail()),
    ("http.further-members", NamesInUtf16()),
    ("http.whole-body", NamesInUtf16()),
    ("stop-job.unknown-id", fault_named("unknown-id-is-404").make()),
    ("stop-jobs.unknown-id", fault_named("unknown-id-is-404").make()),
    ("submit-job.refused-is-unknown", fault_named("unknown-id-is-404").make()),
]


@pytest.mark.parametrize(("check", "effect"), NOT_BLAMED, ids=[check for check, _ in NOT_BLAMED])
def test_small_deviation_passes_the_check_of_another_clause(
    broken: Broken, judge: Judge, check: str, effect: FaultEffect
) -> None:
    assert judge(check, broken(effect, "2.3.10"), "2.3.10").verdict is Verdict.PASS


def flag_lost(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    return {**job, "isStartWithSavePoint": False} if "isStartWithSavePoint" in job else job


def test_tag_that_is_not_set_is_not_blamed_on_the_filter(broken: Broken, judge: Judge) -> None:
    outcome = judge("overview.all-tags", broken(OneTagIsSet(), "2.3.10"), "2.3.10")
    assert outcome.see == "update-tags.replaces"


def another_job(exchange: ProxiedExchange, _: Any) -> Any:
    return {**exchange.document, "jobId": "7"}


@pytest.mark.parametrize("check", ["submit-job.generated-id", "stop-job.unknown-id", "stop-job.ended-job"])
def test_response_to_another_request_is_not_blamed_on_what_was_done_before(
    broken: Broken, judge: Judge, check: str
) -> None:
    outcome = judge(check, broken(Changed(another_job, "get_job_info"), "2.3.10"), "2.3.10")
    assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, "job-info.asked-job")


def canceled_twice(exchange: ProxiedExchange, _: Any) -> Any:
    return [job for job in exchange.document for _ in range(1 + (job["jobStatus"] == "CANCELED"))]


@pytest.mark.parametrize(
    ("check", "effect", "reason"),
    [
        ("life-cycle.restart", Changed(flag_lost, "get_job_info"), "GET /job-info/.*at /isStartWithSavePoint: .*"),
        ("stop-job.ended-job", StopsShowInDetails(), 'GET /job-info/.*at /jobStatus: .* found "CANCELED"'),
        ("GET /finished-jobs, with jobs", Changed(canceled_twice, "get_finished_jobs"), "GET /finished-jobs was.*"),
    ],
)
def test_reason_is_about_the_response_that_is_wrong(
    broken: Broken, judge: Judge, check: str, effect: FaultEffect, reason: str
) -> None:
    assert re.fullmatch(reason, judge(check, broken(effect, "2.3.10"), "2.3.10").reason)


def test_full_run_notices_that_tags_are_forgotten(broken: Broken, judge: Judge) -> None:
    outcome = judge("update-tags.replaces", broken(TagsAreForgotten(), "2.3.10"), "2.3.10", profile="full")
    assert outcome.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("fault_id", "check"),
    [("batch-runs-the-first-only", "submit-jobs.receipts"), ("failing-batch-is-rolled-back", "submit-jobs.one-by-one")],
)
def test_job_of_a_batch_that_never_starts_fails_the_check_of_the_batch(
    broken: Broken, judge: Judge, fault_id: str, check: str
) -> None:
    assert judge(check, broken(fault_named(fault_id).make(), "2.3.10"), "2.3.10").verdict is Verdict.FAIL


def test_list_in_the_order_of_names_breaks_the_order(broken: Broken, judge: Judge) -> None:
    effect = fault_named("history-is-sorted-by-name").make()
    assert judge("finished-jobs.order", broken(effect, "2.3.13"), "2.3.13").verdict is Verdict.FAIL


def test_pages_of_a_list_to_which_others_add_jobs_are_no_alarm(broken: Broken, judge: Judge) -> None:
    effect = fault_named("somebody-elses-jobs-keep-ending").make()
    assert judge("finished-jobs.page", broken(effect, "2.3.13"), "2.3.13").verdict is Verdict.PASS


class FramesDiffer(FaultEffect):
    """Each stack trace has a frame of its own."""

    def __init__(self) -> None:
        self.frames = count()

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        frame = rf"\n\tat jetty.Frame{next(self.frames)}"
        text = exchange.received.body.decode("latin-1").replace(r"\n\tat ", rf"{frame}\n\tat ", 1)
        return exchange.with_body(text.encode("latin-1"))


@pytest.mark.parametrize("clause", ["http.chunked-body", "http.body-charset", "http.first-value"])
def test_frames_of_a_stack_trace_are_not_compared(broken: Broken, judge: Judge, clause: str) -> None:
    release = "development-2026-07-01"
    outcome = judge(clause, broken(FramesDiffer(), release), release)
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_wrong_end_state_is_blamed_on_the_stop(broken: Broken, judge: Judge) -> None:
    url = broken(EveryStopSaves(), "2.3.10")
    for check in ("finished-jobs.lists-ended", "life-cycle.listed-once", "GET /finished-jobs/{state}, with jobs"):
        outcome = judge(check, url, "2.3.10")
        assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, "life-cycle.stop-ends")


def with_end_from_the_start(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    return {"finishTime": None, "errorMsg": None, **job} if "jobStatus" in job else job


def test_null_end_of_a_running_job_is_not_taken_for_its_end(broken: Broken, judge: Judge) -> None:
    url = broken(Changed(with_end_from_the_start, "get_job_info"), "2.3.10")
    checks = ("job-info.running-members", "life-cycle.batch-ends", "life-cycle.stop-ends", "life-cycle.times")
    found = {check: judge(check, url, "2.3.10").verdict for check in checks}
    assert found == {**dict.fromkeys(checks, Verdict.PASS), "job-info.running-members": Verdict.FAIL}


def time_that_goes_on(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    return {**job, "finishTime": f"2026-01-01 00:00:{int(monotonic()) % 60:02}"} if "finishTime" in job else job


def test_time_that_changes_by_itself_is_not_blamed_on_a_stop(broken: Broken, judge: Judge) -> None:
    url = broken(Changed(time_that_goes_on, "get_running_job"), "2.3.10")
    found = {check: judge(check, url, "2.3.10").verdict for check in ("life-cycle.times", "stop-job.ended-job")}
    assert found == {"life-cycle.times": Verdict.FAIL, "stop-job.ended-job": Verdict.PASS}


def options_lost(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    return {**job, "jobDag": {**job["jobDag"], "envOptions": {}}} if "jobDag" in job else job


def test_options_that_one_operation_loses_are_not_blamed_on_the_config(broken: Broken, judge: Judge) -> None:
    url = broken(Changed(options_lost, "get_job_info"), "2.3.10")
    assert judge("submit-job.hocon-dots", url, "2.3.10").verdict is Verdict.PASS


def pipelines_from_zero(exchange: ProxiedExchange, _: Any) -> Any:
    plan = exchange.document.get("jobDag", {})
    edges = {str(int(number) - 1): edge for number, edge in plan.get("pipelineEdges", {}).items()}
    return {**exchange.document, "jobDag": {**plan, "pipelineEdges": edges}} if plan else exchange.document


def test_numbers_of_pipelines_are_not_blamed_on_the_options_of_tables(broken: Broken, judge: Judge) -> None:
    url = broken(Changed(pipelines_from_zero, "get_job_info"), "2.3.10")
    found = {check: judge(check, url, "2.3.10").verdict for check in ("job-info.pipelines", "submit-job.table-options")}
    assert found == {"job-info.pipelines": Verdict.FAIL, "submit-job.table-options": Verdict.PASS}


def sinks_without_tables(exchange: ProxiedExchange, _: Any) -> Any:
    job = exchange.document
    for vertex in job.get("jobDag", {}).get("vertexInfoMap", []):
        vertex["tablePaths"] = [] if vertex["type"] == "sink" else vertex["tablePaths"]
    return job


def test_tables_that_two_operations_lose_are_not_blamed_on_the_lists(broken: Broken, judge: Judge) -> None:
    url = broken(Changed(sinks_without_tables, *DETAILS), "2.3.10")
    found = {
        path: judge(f"GET {path}, with jobs", url, "2.3.10").verdict
        for path in ("/job-info/{jobId}", "/finished-jobs", "/finished-jobs/{state}")
    }
    assert found == {
        "/job-info/{jobId}": Verdict.FAIL,
        "/finished-jobs": Verdict.PASS,
        "/finished-jobs/{state}": Verdict.PASS,
    }


def test_options_that_a_list_loses_for_every_job_are_not_blamed_on_the_config(broken: Broken, judge: Judge) -> None:
    def dotted_lost(exchange: ProxiedExchange, _: Any) -> Any:
        kept = ((job, job["envOptions"].items()) for job in exchange.document)
        return [{**job, "envOptions": {name: text for name, text in all_ if "." not in name}} for job, all_ in kept]

    url = broken(Changed(dotted_lost, "get_running_jobs"), "2.3.10")
    assert judge("submit-job.hocon-dots", url, "2.3.10").verdict is Verdict.PASS
