"""Faults of `/overview`, `/running-jobs` and `/job-info`: responses that match their schemas, but are wrong."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_conformance.faults.changes import *
from seatunnel_openapi.files import json_or

_RUNNING: Final = "get_running_jobs"
_UNKNOWN: Final = "job-info.unknown-id running-job.unknown-id"
_INVALID: Final = "job-info.invalid-id running-job.invalid-id"
_LONG: Final = 2**63


def _another_job_is_shown(it: ProxiedExchange, last: dict[str, Any]) -> ProxiedExchange:
    before, last[it.operation_id] = last.get(it.operation_id, it.document), it.document
    return it if before["jobId"] == it.document["jobId"] else it.with_json(before)


def _asked_id_on_another_job(it: ProxiedExchange, first: dict[str, Any]) -> ProxiedExchange:
    taken = {name: first.setdefault(name, it.document[name]) for name in ("jobName", "jobDag", "createTime")}
    return it.with_json({**it.document, **taken})


def _through_float(value: Any) -> Any:
    if isinstance(value, int):
        return int(float(value))
    return str(int(float(value))) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


def _lacks_id(it: ProxiedExchange) -> bool:
    return it.path in {"/job-info", "/job-info/"}


FAULTS: Final = (
    # The overview.
    row("slots-are-counted-otherwise",
        "With dynamic slots, `totalSlot` is not zero where the contract states zero, and vice versa.",
        "overview.dynamic-slots", on="get_overview", change=lambda it: overview(
            put(totalSlot="2" if doc.fact(it, "dynamicTotalSlots") == "zero" else "0"))(it)),
    row("free-slots-never-change", "The overview shows all slots as free, even while jobs run.", "overview.fixed-slots",
        overview(lambda found: {**found, "unassignedSlot": found["totalSlot"]}), deployment="fixed-slots"),
    row("total-slots-are-the-free-ones", "In the overview, `totalSlot` is the number of free slots.",
        "overview.fixed-slots",
        overview(lambda found: {**found, "totalSlot": found["unassignedSlot"]}), deployment="fixed-slots"),
    row("running-count-is-off-by-one", "The overview counts one running job too many.", "overview.counts-match-lists",
        overview(at("runningJobs", lambda count: str(int(count) + 1)))),
    row("finished-count-counts-all-ended", "The overview counts cancelled jobs among the finished ones.",
        "overview.counts-match-lists",
        overview(lambda found: {
            **found, "finishedJobs": str(int(found["finishedJobs"]) + int(found["cancelledJobs"]))})),
    row("cancelled-count-is-the-failed-one",
        "The overview exchanges the counts of failed and cancelled jobs, and `cancelledJobs` is one too high.",
        "overview.counts-match-lists", overview(lambda found: {
            **found, "failedJobs": found["cancelledJobs"], "cancelledJobs": str(int(found["failedJobs"]) + 1)})),
    row("failed-jobs-are-not-counted", "The overview counts no failed jobs.", "overview.counts-match-lists",
        overview(put(failedJobs="0"))),
    # The list of running jobs.
    row("running-list-drops-the-last", "The list of running jobs lacks the newest job.",
        "running-jobs.lists-running overview.counts-match-lists",
        edited(lambda items: sorted(items, key=lambda job: str(job["createTime"]))[:-1]),
        on=_RUNNING, when=doc.lists_jobs),
    row("running-list-is-empty", "The list of running jobs is always empty.",
        "running-jobs.lists-running life-cycle.in-one-list", document([]), on=_RUNNING, when=doc.lists_jobs),
    row("running-list-is-reversed", "The list of running jobs is in the opposite order.", "running-jobs.order",
        edited(backwards), on=_RUNNING, when=doc.lists_jobs),
    row("listed-job-has-no-name", "The list of running jobs shows every job under the default name.",
        "running-jobs.lists-running running-jobs.same-as-details", listed(put(jobName="SeaTunnel_Job")), on=_RUNNING),
    row("listed-job-is-pending", "The list of running jobs shows every job as `PENDING`.", "running-jobs.lists-running",
        listed(put(jobStatus="PENDING")), on=_RUNNING),
    row("listed-job-is-older", "The list of running jobs shows other create times than the details of the jobs.",
        "running-jobs.same-as-details", listed(put(createTime=doc.SOME_TIME)), on=_RUNNING),
    row("listed-job-has-no-plan", "The list of running jobs shows plans without edges.",
        "running-jobs.same-as-details", listed(pipelines(lambda _: {})), on=_RUNNING),
    row("listed-options-are-empty", "The list of running jobs shows jobs without options.",
        "running-jobs.options-as-text running-jobs.same-as-details", listed(put(envOptions={})), on=_RUNNING),
    row("options-keep-their-types", "The options of a job are numbers and booleans where they must be strings.",
        "running-jobs.options-as-text", jobs(at("envOptions", values(lambda text: json_or(text, text))))),
    row("options-get-defaults", "The options of a job also have `job.retry.times`, which its `env` does not have.",
        "running-jobs.options-as-text",
        jobs(at("envOptions", lambda options: options and {"job.retry.times": "3", **options}))),
    row("truth-values-are-capitalised", "A boolean in the options of a job is written as `True` or `False`.",
        "running-jobs.options-as-text",
        jobs(at("envOptions", values(lambda value: {"true": "True", "false": "False"}.get(value, value))))),
    # One job.
    row("unknown-id-is-404", "An unknown job id is answered with 404 instead of 200.", _UNKNOWN, status(404),
        when=doc.shows_unknown_job),
    row("unknown-id-is-an-empty-object", "An unknown job id is answered with an empty object, without `jobId`.",
        _UNKNOWN, document({}), when=doc.shows_unknown_job),
    row("unknown-id-has-another-answer",
        "For an unknown job, `jobId` is the requested id where it must be empty, and vice versa.", _UNKNOWN,
        document(lambda it: {"jobId": it.value if doc.fact(it, "unknownJob") == "empty" else ""}),
        when=doc.shows_unknown_job),
    row("another-job-is-shown", "The response for a job describes the job of the previous request.",
        "job-info.asked-job", _another_job_is_shown, when=doc.shows_a_job),
    row("asked-id-on-another-job", "Every job has the name, plan and create time of the job that was requested first.",
        "job-info.asked-job", _asked_id_on_another_job, on="get_job_info", when=doc.shows_a_job),
    row("ids-are-rounded", "Ids in responses are converted to floats, so they lose their last digits.",
        "job-info.asked-job submit-job.receipt", edited(everywhere(at("jobId", _through_float))), when=has_status(200)),
    row("plan-has-another-id", "The plan of a job has the id of another job.", "job-info.asked-job",
        jobs(at("jobDag", put(jobId="1")))),
    row("missing-id-shows-a-list", "The path `/job-info` without an id is answered with an empty list instead of 400.",
        "job-info.missing-id", reply(200, []), when=_lacks_id),
    row("missing-id-has-another-message",
        "The path `/job-info` without an id gets the error message for an id that is not a number.",
        "job-info.missing-id", error(400, 'For input string: ""'), when=_lacks_id),
    row("invalid-id-is-unknown", "A job id that is not an integer is answered like an unknown id instead of with 400.",
        _INVALID, doc.as_unknown, on=doc.DETAILS, when=has_status(BAD_REQUEST)),
    row("invalid-id-is-500", "A job id that is not an integer is answered with 500 instead of 400.",
        _INVALID, status(500), on=doc.DETAILS, when=lambda it: not it.ok),
    row("invalid-id-is-not-quoted", "The error for a job id that is not an integer does not quote the id.",
        "job-info.invalid-id", error(400, "invalid job id"), on=doc.DETAILS, when=lambda it: not it.ok),
    row("huge-ids-wrap-around", "A job id that is too large for 64 bits is taken modulo 2^64 instead of refused.",
        _INVALID, path(lambda it: it.path.replace(it.value, str(int(it.value) - 2 * _LONG))),
        on=doc.DETAILS, when=lambda it: it.value.isdecimal() and int(it.value) >= _LONG, before=True),
    row("signs-are-refused", "A job id with a plus sign is answered with 400.", "job-info.signs-and-zeros", error(400),
        on="get_job_info", when=lambda it: it.value.startswith("+")),
    row("signs-are-dropped", "The minus sign of a job id is ignored, so the response describes another job.",
        "job-info.signs-and-zeros", path(lambda it: it.path.replace("/-", "/")),
        on="get_job_info", when=lambda it: it.value.startswith("-"), before=True),
    row("slash-behind-an-id-is-forgiven", "A slash after a job id is ignored instead of answered with 400.",
        "job-info.trailing-slash", path(lambda it: it.path.rstrip("/")), on="get_job_info", before=True),
)  # fmt: skip
