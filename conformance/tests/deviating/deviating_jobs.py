"""Deviations of lists, jobs, commands, credentials and tags."""

import json
import re
from collections.abc import Callable, Container
from functools import partial
from html import escape
from time import monotonic
from typing import Any
from unicodedata import normalize

from deviations import (
    BY_STATE,
    BY_STATE_CHECK,
    FINISHED,
    FINISHED_CHECK,
    INFO,
    INFO_CHECK,
    OLDER,
    RUNNING,
    RUNNING_CHECK,
    UPLOAD,
    deviation,
    has_query,
    renamed,
    replaced,
    texts,
)

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.faults.documents import DETAILS


def failed_jobs_keep_running(it: ProxiedExchange, failed: dict[str, Any]) -> ProxiedExchange:
    if it.is_for(INFO) and it.document.get("jobStatus") == "FAILED":
        failed[it.document["jobId"]] = it.document
    return it.with_json([*it.document, *failed.values()]) if it.is_for(RUNNING) else it


def configs_are_the_first(it: ProxiedExchange, uploaded: list[bytes]) -> ProxiedExchange:
    """In a list of configurations or uploads, all jobs get the source of the first one."""
    if it.is_for(UPLOAD) and (rows := re.search(rb'"row.num": \d+', it.request.body)):
        uploaded.append(rows[0])
        return it.with_request_body(it.request.body.replace(rows[0], uploaded[0]))
    return sent(each(put(source=it.request_json[0]["source"])))(it) if it.is_for("submit_jobs") else it


def stops_show_in_details(it: ProxiedExchange, stopped: set[str]) -> ProxiedExchange:
    stopped |= {"yes"} if it.is_for("stop_job") else set()
    return it.with_json({**it.document, "jobStatus": "CANCELED"}) if stopped and it.is_for(INFO) else it


def first_stopped_jobs_fail(it: ProxiedExchange, first: list[str], *, count: int = 1) -> ProxiedExchange:
    if not it.is_for(INFO) or it.document.get("jobStatus") != "CANCELED":
        return it
    first += [] if it.value in first or len(first) == count else [it.value]
    error = "CheckpointException: CheckpointCoordinator inside have error."
    return edited(put(jobStatus="FAILED", errorMsg=error))(it) if it.value in first else it


def first_two_stopped_jobs_fail(it: ProxiedExchange, first: list[str]) -> ProxiedExchange:
    return first_stopped_jobs_fail(it, first, count=2)


def tags_are_forgotten(it: ProxiedExchange, times: list[float]) -> ProxiedExchange:
    if it.is_for("update_tags"):
        times.append(monotonic())
    is_late = it.is_for("get_overview") and it.query and times and monotonic() - times[-1] > 2
    return it.with_request(query=[("conformance-none", "x")]) if is_late else it


def only_first_item_encrypted(it: ProxiedExchange) -> ProxiedExchange:
    token = it.request_json["source"][0].get("token")
    first = at("token", lambda found: [found[0], *token[1:]])
    return edited(at("source", each(first)))(it) if isinstance(token, list) else it


def options_of_a_second_submission(it: ProxiedExchange, submitted: list[str]) -> ProxiedExchange:
    submitted += [it.parameters.get("jobId", "")] if it.is_for("submit_job") else []
    is_lost = it.is_for(INFO) and submitted.count(it.value) > 1
    return edited(put(envOptions={}))(it) if is_lost else it


def other_job(it: ProxiedExchange, shown_jobs: dict[str, Any]) -> ProxiedExchange:
    others = (job for job_id, job in shown_jobs.items() if job_id != it.value)
    other = next(others, it.document)
    if "jobStatus" in it.document:
        shown_jobs.setdefault(it.value, it.document)
    return it.with_json(other)


def job_of_a_stopped_id(it: ProxiedExchange, state: dict[str, Any]) -> ProxiedExchange:
    if it.is_for("stop_jobs"):
        state["stopped"] = True
    if not it.is_for(INFO) or not tells(it):
        return it
    is_known = "jobStatus" in it.document
    state |= {"job": it.document} if is_known else {}
    return it.with_json({**state["job"], "jobId": it.value}) if len(state) > 1 and not is_known else it


def streaming_job_before_it_runs(it: ProxiedExchange, first: dict[str, Any]) -> ProxiedExchange:
    if "STREAMING" not in str(it.document.get("envOptions")):
        return it
    return it.with_json({**first.setdefault(it.target, it.document), "jobStatus": "PENDING"})


def uploaded_jobs_are_not_stopped(it: ProxiedExchange, uploaded: set[str]) -> ProxiedExchange:
    if it.response:
        uploaded |= {it.document["jobId"]} if it.is_for(UPLOAD) else set()
        return it
    job_id = str(it.request_json.get("jobId")) if it.is_for("stop_job") else ""
    return it.with_reply(200, {"jobId": job_id}) if job_id in uploaded else it


RUNNING_FORM = {"envOptions": {}, "pluginJarsUrls": [], "isStartWithSavePoint": False}
KEEPS_THE_RUNNING_FORM = shown(
    lambda job: drop("finishTime", "errorMsg")(job) | RUNNING_FORM, lambda _, job: "finishTime" in job
)


def ended_job_is_listed_once(it: ProxiedExchange, seen: set[str]) -> ProxiedExchange:
    """The first list of running jobs still has each as ended, as an engine does for a moment."""
    new = {job["jobId"] for job in it.document} - seen
    seen |= new
    return listed(put(jobStatus="FINISHED"), among(new))(it)


def jobs_have_ended(number: int) -> Change:
    """A foreign job ends before each read of the list of finished jobs."""
    return edited(lambda jobs: [*({"jobId": str(ended)} for ended in range(number)), *jobs])


def ended_after_each(it: ProxiedExchange) -> ProxiedExchange:
    """A foreign job ends before each read of a page with one job."""
    return edited(at("data", each(put(jobId="7", jobName="nightly"))))(it) if it.parameters.get("rows") == "1" else it


def summary_keeps_jobs(it: ProxiedExchange, seen: dict[str, Any]) -> ProxiedExchange:
    seen |= {job["jobId"]: job for job in it.document}
    return it.with_json([*seen.values()])


def queued_early(reads: Container[int]) -> Callable[..., ProxiedExchange]:
    """Some responses with the queue list a job that its size does not count yet."""
    queued = edited(put(pendingJobs=[{"enqueueTimestamp": 1}]))
    return numbered(lambda number: queued if number in reads else unchanged)


def repeated(state: str) -> Edit:
    """List the jobs in a state twice."""
    return lambda found: [job for job in found for _ in range(1 + (job["jobStatus"] == state))]


def is_only_page(it: ProxiedExchange) -> bool:
    return tells(it) and it.document["total"] == len(it.document["data"]) > 0


def joined(found: Any) -> Any:
    return {"1": [edge for edges in found.values() for edge in edges]}


def edges_of_the_first_source(found: Any) -> Any:
    first = each(put(inputVertexId="1"))
    return {name: first(edges) for name, edges in found.items()} if len(found) > 1 else found


def total_of_the_first_table(found: Any) -> Any:
    tables = found.get("TableSourceReceivedCount")
    return {**found, "SourceReceivedCount": next(iter(tables.values()))} if tables else found


JOBS = (
    # Lists and states.
    deviation("states-are-beginnings", path("/finished-jobs/FINISHED"), BY_STATE, lambda it: it.value in "FINISHED",
              before=True, fails="finished-jobs.unknown-state"),
    deviation("failed-jobs-keep-running", failed_jobs_keep_running, fails="running-jobs.no-ended"),
    deviation("failed-jobs-are-twice", edited(repeated("FAILED")), BY_STATE, fails="life-cycle.listed-once"),
    deviation("cancelled-jobs-are-twice", edited(repeated("CANCELED")), FINISHED, is_ok,
              fails=FINISHED_CHECK, reason="GET /finished-jobs was.*"),
    deviation("failed-jobs-are-not-listed", edited(keep(lambda job: job["jobStatus"] != "FAILED")), FINISHED, is_ok,
              fails="finished-jobs.lists-ended"),
    deviation("failed-jobs-are-elsewhere", document([]), BY_STATE, lambda it: it.ok and it.value == "FAILED",
              fails="finished-jobs.only-that-state"),
    deviation("list-is-empty", document([]), BY_STATE, lists,
              points={"overview.counts-match-lists": "finished-jobs.only-that-state"}),
    deviation("running-list-is-empty", document([]), RUNNING, lists,
              points={"overview.counts-match-lists": "running-jobs.lists-running"}),
    deviation("list-is-searched-by-name", listed(lambda _: None), RUNNING, lambda it: "jobName" in it.parameters,
              fails=RUNNING_CHECK),
    deviation("state-list-is-reversed", edited(backwards), BY_STATE, lists, release="2.3.13",
              fails="finished-jobs.order", accuses="GET /finished-jobs/{state}"),
    deviation("list-is-reversed", edited(backwards), FINISHED, lists,
              fails=FINISHED_CHECK, accuses="GET /finished-jobs", passes=BY_STATE_CHECK),
    deviation("list-is-doubled", edited(twice), FINISHED, lists,
              fails="finished-jobs.failed-with-error", accuses="GET /finished-jobs"),
    deviation("errors-are-cut", edited(each(lambda job: {**job, "errorMsg": job["errorMsg"] and "x"})),
              (FINISHED, BY_STATE), is_ok, fails=FINISHED_CHECK, passes=INFO_CHECK),
    deviation("history-is-sorted-by-name", release="2.3.13", fails="finished-jobs.order"),
    deviation("ended-job-is-listed-once", ended_job_is_listed_once, RUNNING, lists, release="development-2026-07-01",
              passes="running-jobs.no-end-state"),
    deviation("jobs-end-with-each-read", numbered(jobs_have_ended), FINISHED, is_ok, release="documented",
              passes="http.unknown-parameters"),
    deviation("page-has-a-job-of-others", ended_after_each, BY_STATE, release="2.3.13",
              passes="GET /finished-jobs, recorded as finished-jobs/own-finished", options={"profile": "full"}),
    deviation("counters-of-a-list-are-doubled", edited(each(at("metrics", lambda text: text.replace('":"', '":"1')))),
              FINISHED, lists, release="documented", fails=FINISHED_CHECK),
    deviation("both-lists-are-wrong", both(
                  listed(vertices(each(put(tablePaths=[])))),
                  listed(at("jobName", lambda name: name.encode("ascii", "replace").decode()))), (FINISHED, BY_STATE),
              release="documented", fails=FINISHED_CHECK, passes=INFO_CHECK),
    # A job waits while the overview is read for the first time, and no longer when the queue is read again.
    deviation("job-waits-for-a-moment",
              numbered(lambda number: overview(put(pendingJobs="1" if number == 1 else "0"))), "get_overview",
              release="development-2026-08-29", passes=("pending-jobs.members", "overview.counts-match-lists")),
    deviation("queue-is-shown-before-it-is-counted", queued_early({2, 3}), "get_pending_jobs",
              release="development-2026-08-29", passes="pending-jobs.members"),
    deviation("summary-keeps-jobs", summary_keeps_jobs, "get_running_jobs_summary",
              lambda it: lists(it) and not it.query, release="3.1.0", fails="running-jobs.summary"),
    deviation("queue-is-only-counted", edited(at("queueSummary", put(size=3))), "get_pending_jobs", is_ok,
              release="development-2026-08-29", fails="pending-jobs.members",
              points={"overview.counts-match-lists": "pending-jobs.members"}),
    deviation("queue-is-never-counted", queued_early(range(2, 99)), "get_pending_jobs",
              release="development-2026-08-29", fails="pending-jobs.members"),
    # Pages.
    deviation("total-of-only-page-is-short", edited(at("total", lambda total: total - 1)), BY_STATE, is_only_page,
              release="2.3.13", fails=BY_STATE_CHECK),
    deviation("total-is-of-another-list", edited(put(total=99)), BY_STATE, tells, release="2.3.13",
              fails="finished-jobs.page", accuses="GET /finished-jobs/{state}"),
    deviation("total-is-what-is-left", edited(lambda page: {**page, "total": len(page["data"])}), FINISHED,
              lambda it: tells(it) and it.parameters["page"] != "1", release="2.3.13", fails="finished-jobs.page"),
    deviation("second-page-is-the-first", with_parameter("page", "1"), RUNNING,
              lambda it: it.parameters.get("page") == "2", before=True, release="2.3.13", fails="running-jobs.page"),
    deviation("rows-are-ignored", query(lambda found: [pair for pair in found if pair[0] == "page"]), BY_STATE,
              lambda it: "rows" in it.parameters, before=True, release="2.3.13", fails=BY_STATE_CHECK),
    deviation("somebody-elses-jobs-keep-ending", release="2.3.13", passes="finished-jobs.page"),
    # Plans, options and counters.
    deviation("transforms-are-not-listed", listed(vertices(keep(lambda vertex: vertex["type"] != "transform"))),
              RUNNING, fails=RUNNING_CHECK),
    deviation("first-pipeline-only", listed(pipelines(keep(lambda name: name == "1"))), RUNNING, fails=RUNNING_CHECK),
    deviation("pipelines-from-zero", shown(pipelines(
                  lambda found: {str(int(number) - 1): edges for number, edges in found.items()})), INFO,
              fails="job-info.pipelines", passes="submit-job.table-options"),
    deviation("pipelines-are-joined", shown(pipelines(joined)), INFO,
              points={"submit-job.table-options": "job-info.pipelines"}),
    deviation("sinks-without-tables", shown(vertices(each(
                  lambda vertex: {**vertex, "tablePaths": []} if vertex["type"] == "sink" else vertex))), DETAILS,
              fails=INFO_CHECK, passes=(FINISHED_CHECK, BY_STATE_CHECK)),
    deviation("transforms-are-sources",
              edited(lambda job: json.loads(json.dumps(job).replace('"transform"', '"source"'))), DETAILS, is_ok,
              passes=(FINISHED_CHECK, BY_STATE_CHECK)),
    deviation("edges-of-the-first-source", shown(pipelines(edges_of_the_first_source)), DETAILS,
              passes=(RUNNING_CHECK, FINISHED_CHECK)),
    deviation("total-of-the-first-table", shown(at("metrics", total_of_the_first_table)), DETAILS,
              fails=INFO_CHECK, passes=(RUNNING_CHECK, FINISHED_CHECK)),
    deviation("named-as-given", shown(lambda job: at("envOptions", lambda found: {
                  name: job["jobName"] if name == "job.name" else value for name, value in found.items()})(job)),
              DETAILS, fails=INFO_CHECK),
    deviation("options-are-lost", shown(at("jobDag", put(envOptions={}))), INFO, passes="submit-job.hocon-dots"),
    deviation("dotted-options-are-not-listed", listed(at("envOptions", keep(lambda name: "." not in name))), RUNNING,
              passes="submit-job.hocon-dots"),
    deviation("options-are-stripped", edited(texts(str.strip)), RUNNING, fails="running-jobs.options-as-text"),
    deviation("every-other-count-is-zero", numbered(
                  lambda number: unchanged if number % 2 else replaced(rb'(Count":)"\d+"', rb'\1"0"')), RUNNING,
              fails=RUNNING_CHECK, reason=r"GET /running-jobs was.* counters of the job \d+ fell: .*"),
    deviation("names-are-escaped", edited(texts(escape)), INFO, fails="submit-job.given-name"),
    # Times, ends and other jobs.
    deviation("end-is-null-from-the-start", shown(lambda job: {"finishTime": None, "errorMsg": None, **job}), INFO,
              fails="job-info.running-members",
              passes=("life-cycle.batch-ends", "life-cycle.stop-ends", "life-cycle.times")),
    deviation("end-goes-on", shown(at("finishTime", lambda _: f"2026-01-01 00:00:{int(monotonic()) % 60:02}")), OLDER,
              fails="life-cycle.times", passes="stop-job.ended-job"),
    deviation("end-moves",
              numbered(lambda number: edited(put(finishTime=f"2030-01-01 00:00:0{min(number, 2)}")),
                       lambda it: it.value), DETAILS, lambda it: "finishTime" in it.document,
              fails=INFO_CHECK, passes=FINISHED_CHECK),
    deviation("running-form-is-kept", KEEPS_THE_RUNNING_FORM, INFO, release="2.3.13",
              fails="job-info.finished-members"),
    deviation("running-form-is-kept-as-the-release-does", KEEPS_THE_RUNNING_FORM, INFO,
              release="development-2026-07-01", passes="job-info.finished-members"),
    deviation("failed-before-it-began",
              shown(put(finishTime="2001-01-01 00:00:00"), lambda _, job: job["jobStatus"] == "FAILED"), DETAILS,
              fails="GET /running-job/{jobId}, with jobs", passes=(FINISHED_CHECK, BY_STATE_CHECK)),
    deviation("create-time-is-a-number", shown(at("createTime", lambda _: 5)), INFO,
              fails="POST /submit-job, linked requests", accuses="GET /job-info/{jobId}"),
    deviation("streaming-jobs-are-shown-as-at-first", streaming_job_before_it_runs, INFO,
              lambda it: tells(it) and "jobStatus" in it.document, fails=INFO_CHECK, accuses="GET /job-info/{jobId}"),
    deviation("flag-is-lost", shown(at("isStartWithSavePoint", lambda _: False)), INFO,
              fails="life-cycle.restart", reason="GET /job-info/.*at /isStartWithSavePoint: .*"),
    deviation("job-has-another-id", edited(put(jobId="7")), INFO, is_ok, points=dict.fromkeys(
        ["submit-job.generated-id", "stop-job.unknown-id", "stop-job.ended-job"], "job-info.asked-job")),
    deviation("another-job-is-shown", other_job, INFO, tells, points={"life-cycle.end-is-final": "job-info.asked-job"}),
    deviation("start-time-is-left-out", edited(drop("startTime")), INFO, is_ok, release="2.3.13", points=dict.fromkeys(
        ["life-cycle.counters-never-fall", "life-cycle.end-is-final", "life-cycle.states-in-order"],
        "job-info.members"), passes=("life-cycle.never-unknown", "running-jobs.options-as-text")),
    deviation("unknown-id-is-404",
              passes=("stop-job.unknown-id", "stop-jobs.unknown-id", "submit-job.refused-is-unknown")),
    deviation("details-are-refused", error(429), INFO, before=True, points={"submit-job.given-id": "job-info.members"}),
)  # fmt: skip

COMMANDS = (
    deviation("receipt-has-the-id-as-read", edited(at("jobId", lambda job_id: job_id.lstrip("+0"))), "stop_job", is_ok,
              fails="stop-job.receipt"),
    deviation("every-stop-saves", sent(put(isStopWithSavePoint=True)), "stop_job", before=True, points=dict.fromkeys(
        ["finished-jobs.lists-ended", "life-cycle.listed-once", BY_STATE_CHECK], "life-cycle.stop-ends")),
    deviation("stops-show-in-details", stops_show_in_details, fails="stop-job.ended-job",
              reason='GET /job-info/.*at /jobStatus: .* found "CANCELED"'),
    deviation("stopped-ids-are-jobs", job_of_a_stopped_id, fails="stop-jobs.unknown-id", accuses="POST /stop-jobs"),
    deviation("receipts-are-rounded", edited(each(at("jobId", lambda found: int(float(found))))), "stop_jobs", is_ok,
              passes="http.first-value"),
    deviation("one-receipt-for-each-id", edited(lambda items: list({item["jobId"]: item for item in items}.values())),
              "stop_jobs", lists, fails="stop-jobs.receipts"),
    deviation("false-is-true", request_body(rb'(SavePoint": "?)false', rb"\1true"), "stop_jobs submit_jobs",
              before=True, fails=("stop-jobs.stops-all", "submit-jobs.optional-params")),
    deviation("first-stopped-job-fails", first_stopped_jobs_fail, INFO,
              passes=("life-cycle.stop-ends", "life-cycle.stop-ends, random histories", "stop-jobs.stops-all",
                      "finished-jobs.order")),
    deviation("first-two-stopped-jobs-fail", first_two_stopped_jobs_fail, INFO,
              passes="stop-job.savepoint-words"),
    deviation("stopped-jobs-fail", shown(put(jobStatus="FAILED"), lambda _, job: job["jobStatus"] == "CANCELED"), INFO,
              fails="life-cycle.stop-ends"),
    deviation("uploaded-jobs-are-not-stopped", uploaded_jobs_are_not_stopped, before=None,
              fails="life-cycle.stop-ends"),
    deviation("configs-are-the-first", configs_are_the_first, before=True,
              fails=("submit-jobs.receipts", "submit-job.upload")),
    deviation("one-receipt", edited(lambda items: items[:1]), "submit_jobs", is_ok,
              fails="submit-jobs.optional-params"),
    deviation("batch-runs-the-first-only", fails="submit-jobs.receipts"),
    deviation("failing-batch-is-rolled-back", fails="submit-jobs.one-by-one"),
    deviation("uploads-fail", error(500), UPLOAD, before=True, passes="http.further-members"),
    deviation("hocon-needs-no-env", lambda it: it.with_request_body(b"env {}\n" + it.request.body),
              when=lambda it: it.parameters.get("format") == "hocon" and b"source" in it.request.body
              and b"env" not in it.request.body, before=True, fails="submit-job.missing-section"),
    deviation("options-of-a-second-submission-are-lost", options_of_a_second_submission,
              fails="submit-job.id-of-running-job", accuses="POST /submit-job"),
    deviation("names-have-16-bits", renamed(lambda text: re.sub("[\U00010000-\U0010ffff]", "?", text)), "submit_job",
              has_query, before=True, fails="submit-job.given-name"),
    deviation("names-are-composed", renamed(partial(normalize, "NFC")), "submit_job", has_query, before=True,
              fails="submit-job.given-name"),
    deviation("names-of-uploads-keep-plus-signs", lambda it: it.with_target(it.target.replace("+", "%2B")), UPLOAD,
              before=True, fails="submit-job.upload-parameters"),
    deviation("names-in-forms-are-ascii", request_body("\u00e9".encode(), b"?"), UPLOAD, before=True,
              fails="submit-job.upload-parameters"),
    deviation("names-are-short", renamed(lambda text: text[:255]), "submit_job", has_query, before=True,
              fails="submit-job.given-name"),
    deviation("yes-is-true", renamed(lambda text: "true" if text in {"1", "yes"} else text), "submit_job", has_query,
              before=True, fails="submit-job.savepoint-words"),
    # Credentials.
    deviation("only-first-item-is-encrypted", only_first_item_encrypted, "encrypt_config", is_ok,
              fails="encrypt-config.other-kinds"),
    deviation("padding-is-lost", edited(at("source", each(at("password", lambda text: text.rstrip("="))))),
              "encrypt_config", is_ok, passes="http.chunked-body"),
    deviation("digits-are-numbers", edited(texts(lambda text: int(text) if text.isdigit() else text)), "encrypt_config",
              fails="encrypt-config.rest-unchanged"),
    deviation("line-breaks-are-lost", edited(texts(lambda text: " ".join(text.splitlines()))), "encrypt_config",
              fails="encrypt-config.rest-unchanged"),
    deviation("empty-objects-are-lost", edited(at("conformance", lambda found: {
                  name: value for name, value in found.items() if value != {}})), "encrypt_config",
              fails="encrypt-config.rest-unchanged"),
    deviation("json-is-sent-as-latin", points={"http.body-charset": "encrypt-config.rest-unchanged"}),
    # The overview and tags.
    deviation("slots-are-unfiltered", overview(put(totalSlot="2")), "get_overview",
              lambda it: it.ok and it.query and it.document["runningJobs"] > "0", fails="overview.tag-filter"),
    deviation("running-jobs-are-filtered", overview(put(runningJobs="0")), "get_overview", has_query,
              fails="overview.jobs-unfiltered"),
    deviation("one-tag-is-set", sent(lambda tags: dict([*tags.items()][:1]) if isinstance(tags, dict) else tags),
              "update_tags", before=True, fails="update-tags.replaces",
              points={"overview.all-tags": "update-tags.replaces"}),
    deviation("tags-are-forgotten", tags_are_forgotten, before=True, fails="update-tags.replaces",
              options={"profile": "full"}),
    deviation("tags-are-ascii", sent(texts(lambda text: text if text.isascii() else "?")), "update_tags", before=True,
              fails="update-tags.replaces"),
    deviation("plus-is-a-plus", lambda it: it.with_target(it.target.replace("+", "%2B")), "get_overview", before=True,
              fails="overview.exact-tags"),
    deviation("last-tag-decides", query(lambda found: found[-1:]), "get_overview", lambda it: len(it.parameters) > 1,
              before=True, fails="overview.all-tags"),
)  # fmt: skip
