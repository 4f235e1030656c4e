"""Semantic faults: responses that match their schemas, but are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange

# The overview.


@fault("slots-are-counted-otherwise", breaks=["overview.dynamic-slots"])
def slots_are_counted_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """With dynamic slots the total is a number where zero is stated, and zero where a number is."""
    stated = exchange.contract.operation("get_overview").behaviour.choice("dynamicTotalSlots")
    return doc.overview(exchange, totalSlot="2" if stated == "zero" else "0")


@fault("free-slots-never-change", breaks=["overview.fixed-slots"], when=doc.shows_overview, deployment="fixed-slots")
def free_slots_never_change(exchange: ProxiedExchange) -> ProxiedExchange:
    """All slots are free, whatever runs."""
    return doc.overview(exchange, unassignedSlot=exchange.document["totalSlot"])


@fault(
    "total-slots-are-the-free-ones", breaks=["overview.fixed-slots"], when=doc.shows_overview, deployment="fixed-slots"
)
def total_slots_are_the_free_ones(exchange: ProxiedExchange) -> ProxiedExchange:
    """The total of slots is the number of the free ones."""
    return doc.overview(exchange, totalSlot=exchange.document["unassignedSlot"])


@fault("running-count-is-off-by-one", breaks=["overview.counts-match-lists"])
def running_count_is_off_by_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview counts one running job too many."""
    return _recounted(exchange, "runningJobs", lambda found: int(found["runningJobs"]) + 1)


@fault("finished-count-counts-all-ended", breaks=["overview.counts-match-lists"])
def finished_count_counts_all_ended(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview counts cancelled jobs as finished ones, too."""
    return _recounted(exchange, "finishedJobs", lambda found: int(found["finishedJobs"]) + int(found["cancelledJobs"]))


@fault("cancelled-count-is-the-failed-one", breaks=["overview.counts-match-lists"], when=doc.shows_overview)
def cancelled_count_is_the_failed_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """The counts of failed and of cancelled jobs are exchanged, and one is added."""
    found = exchange.document
    return doc.overview(exchange, failedJobs=found["cancelledJobs"], cancelledJobs=str(int(found["failedJobs"]) + 1))


@fault("failed-jobs-are-not-counted", breaks=["overview.counts-match-lists"])
def failed_jobs_are_not_counted(exchange: ProxiedExchange) -> ProxiedExchange:
    """The overview counts no failed jobs."""
    return doc.overview(exchange, failedJobs="0")


# The list of running jobs.


@fault("running-list-drops-the-last", breaks=["running-jobs.lists-running", "overview.counts-match-lists"])
def running_list_drops_the_last(exchange: ProxiedExchange) -> ProxiedExchange:
    """The newest job is missing in the list of running jobs."""
    if not doc.lists_jobs(exchange, "get_running_jobs"):
        return exchange
    return exchange.with_change(lambda items: sorted(items, key=lambda job: str(job["createTime"]))[:-1])


@fault("running-list-is-empty", breaks=["running-jobs.lists-running", "life-cycle.in-one-list"])
def running_list_is_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs is always empty."""
    return exchange.with_json([]) if doc.lists_jobs(exchange, "get_running_jobs") else exchange


@fault("running-list-repeats-jobs", breaks=["running-jobs.lists-running", "overview.counts-match-lists"])
def running_list_repeats_jobs(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every job is twice in the list of running jobs."""
    return exchange.with_change(lambda items: items * 2) if doc.lists_jobs(exchange, "get_running_jobs") else exchange


@fault("running-list-is-reversed", breaks=["running-jobs.order"])
def running_list_is_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs has the opposite order."""
    return exchange.with_change(lambda items: items[::-1]) if doc.lists_jobs(exchange, "get_running_jobs") else exchange


@fault("listed-job-has-no-name", breaks=["running-jobs.lists-running", "running-jobs.same-as-details"])
def listed_job_has_no_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """Running jobs are listed under the default name instead of their own."""
    return _running_listed(exchange, jobName="SeaTunnel_Job")


@fault("listed-job-is-pending", breaks=["running-jobs.lists-running"])
def listed_job_is_pending(exchange: ProxiedExchange) -> ProxiedExchange:
    """Running jobs are listed as waiting."""
    return _running_listed(exchange, jobStatus="PENDING")


@fault("listed-job-is-older", breaks=["running-jobs.same-as-details"])
def listed_job_is_older(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs has other create times than the details."""
    return _running_listed(exchange, createTime=doc.SOME_TIME)


@fault("listed-job-has-no-plan", breaks=["running-jobs.same-as-details"])
def listed_job_has_no_plan(exchange: ProxiedExchange) -> ProxiedExchange:
    """The plans in the list of running jobs have no edges."""
    if not doc.lists_jobs(exchange, "get_running_jobs"):
        return exchange
    return doc.each_job(exchange, lambda job: doc.with_plan(job, pipelineEdges={}))


@fault("listed-options-are-empty", breaks=["running-jobs.options-as-text", "running-jobs.same-as-details"])
def listed_options_are_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """Running jobs are listed without any options."""
    return _running_listed(exchange, envOptions={})


@fault("options-keep-their-types", breaks=["running-jobs.options-as-text"])
def options_keep_their_types(exchange: ProxiedExchange) -> ProxiedExchange:
    """Numbers and truth values among a job's options are not text."""
    return _with_options(exchange, lambda options: {name: _typed(value) for name, value in options.items()})


@fault("options-get-defaults", breaks=["running-jobs.options-as-text"])
def options_get_defaults(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job's options have the engine's defaults added."""
    return _with_options(exchange, lambda options: {"job.retry.times": "3", **options})


@fault("truth-values-are-capitalised", breaks=["running-jobs.options-as-text"])
def truth_values_are_capitalised(exchange: ProxiedExchange) -> ProxiedExchange:
    """A truth value among a job's options is written `True`."""
    words = {"true": "True", "false": "False"}
    return _with_options(exchange, lambda options: {name: words.get(value, value) for name, value in options.items()})


# One job.


@fault("unknown-id-is-404", breaks=["job-info.unknown-id", "running-job.unknown-id"], when=doc.shows_unknown_job)
def unknown_id_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """An unknown job id is answered with 404 instead of 200."""
    return exchange.with_status(404)


@fault(
    "unknown-id-is-an-empty-object",
    breaks=["job-info.unknown-id", "running-job.unknown-id"],
    when=doc.shows_unknown_job,
)
def unknown_id_is_an_empty_object(exchange: ProxiedExchange) -> ProxiedExchange:
    """An unknown job id is answered with an empty object."""
    return exchange.with_json({})


@fault(
    "unknown-id-has-another-answer",
    breaks=["job-info.unknown-id", "running-job.unknown-id"],
    when=doc.shows_unknown_job,
)
def unknown_id_has_another_answer(exchange: ProxiedExchange) -> ProxiedExchange:
    """An unknown job id is echoed where the empty text is stated, and left out where an echo is."""
    return exchange.with_json({"jobId": exchange.value if doc.fact(exchange, "unknownJob") == "empty" else ""})


@fault("another-job-is-shown", breaks=["job-info.asked-job"], when=doc.shows_a_job)
def another_job_is_shown(exchange: ProxiedExchange, last: dict[str, Any]) -> ProxiedExchange:
    """The details are those of the job that was asked for before."""
    document, kind = exchange.document, exchange.operation_id
    shown = last.get(kind, document)
    if shown["jobId"] != document["jobId"]:
        last[kind] = document
        return exchange.with_json(shown)
    last[kind] = document
    return exchange


@fault("asked-id-on-another-job", breaks=["job-info.asked-job"], on="get_job_info", when=doc.shows_a_job)
def asked_id_on_another_job(exchange: ProxiedExchange, first: dict[str, Any]) -> ProxiedExchange:
    """Name, plan and create time of the first job ever shown are given for every job, under its own id."""
    taken = {name: first.setdefault(name, exchange.document[name]) for name in ("jobName", "jobDag", "createTime")}
    return exchange.with_json({**exchange.document, **taken})


@fault("ids-are-rounded", breaks=["job-info.asked-job", "submit-job.receipt"])
def ids_are_rounded(exchange: ProxiedExchange) -> ProxiedExchange:
    """Ids in responses went through a float, and have lost their last digits."""
    return exchange.with_change(_rounded) if exchange.ok and exchange.document else exchange


@fault("plan-has-another-id", breaks=["job-info.asked-job"])
def plan_has_another_id(exchange: ProxiedExchange) -> ProxiedExchange:
    """The plan of a job has another id than the job."""
    return doc.each_job(exchange, lambda job: doc.with_plan(job, jobId="1"))


@fault("missing-id-shows-a-list", breaks=["job-info.missing-id"])
def missing_id_shows_a_list(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path without an id is answered with an empty list."""
    return exchange.with_reply(200, []) if exchange.path in {"/job-info", "/job-info/"} else exchange


@fault("missing-id-has-another-message", breaks=["job-info.missing-id"])
def missing_id_has_another_message(exchange: ProxiedExchange) -> ProxiedExchange:
    """A path without an id gets the message of an id that is not a number."""
    return (
        exchange.with_error(400, 'For input string: ""') if exchange.path in {"/job-info", "/job-info/"} else exchange
    )


@fault("invalid-id-is-unknown", breaks=["job-info.invalid-id", "running-job.invalid-id"])
def invalid_id_is_unknown(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is not an integer is answered like an unknown job."""
    invalid = exchange.is_for(*doc.DETAILS) and exchange.status == 400  # noqa: PLR2004 - as the clause says it
    return doc.as_unknown(exchange) if invalid else exchange


@fault("invalid-id-is-500", breaks=["job-info.invalid-id", "running-job.invalid-id"])
def invalid_id_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is not an integer is answered with 500."""
    return exchange.with_status(500) if exchange.is_for(*doc.DETAILS) and not exchange.ok else exchange


@fault("invalid-id-is-not-quoted", breaks=["job-info.invalid-id"])
def invalid_id_is_not_quoted(exchange: ProxiedExchange) -> ProxiedExchange:
    """The error about an id that is not an integer does not quote it."""
    return exchange.with_error(400, "invalid job id") if exchange.is_for(*doc.DETAILS) and not exchange.ok else exchange


@fault("huge-ids-wrap-around", breaks=["job-info.invalid-id", "running-job.invalid-id"], before=True)
def huge_ids_wrap_around(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id outside of 64 bits is taken modulo 2^64."""
    if not exchange.is_for(*doc.DETAILS) or not exchange.value.isdecimal() or int(exchange.value) < _LONG:
        return exchange
    return exchange.with_request(path=exchange.path.replace(exchange.value, str(int(exchange.value) - 2 * _LONG)))


@fault("signs-are-refused", breaks=["job-info.signs-and-zeros"], on="get_job_info")
def signs_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id with a plus sign is answered with 400."""
    return exchange.with_error(400) if exchange.value.startswith("+") else exchange


@fault("signs-are-dropped", breaks=["job-info.signs-and-zeros"], on="get_job_info", before=True)
def signs_are_dropped(exchange: ProxiedExchange) -> ProxiedExchange:
    """The minus sign of an id is dropped, so that another job is meant."""
    return exchange.with_request(path=exchange.path.replace("/-", "/")) if exchange.value.startswith("-") else exchange


@fault("slash-behind-an-id-is-forgiven", breaks=["job-info.trailing-slash"], on="get_job_info", before=True)
def slash_behind_an_id_is_forgiven(exchange: ProxiedExchange) -> ProxiedExchange:
    """A slash behind an id is ignored."""
    return exchange.with_request(path=exchange.path.rstrip("/"))


_LONG: Final = 2**63


def _recounted(exchange: ProxiedExchange, name: str, count: Callable[[Mapping[str, str]], int]) -> ProxiedExchange:
    if not doc.shows_overview(exchange):
        return exchange
    return doc.overview(exchange, **{name: str(count(exchange.document))})


def _running_listed(exchange: ProxiedExchange, **members: Any) -> ProxiedExchange:
    if not doc.lists_jobs(exchange, "get_running_jobs"):
        return exchange
    return doc.each_job(exchange, lambda job: {**job, **members})


def _with_options(
    exchange: ProxiedExchange, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> ProxiedExchange:
    def changed(job: doc.Job) -> doc.Job:
        return {**job, "envOptions": change(job["envOptions"])} if job.get("envOptions") else job

    return doc.each_job(exchange, changed)


def _typed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _rounded(found: Any) -> Any:
    """Return a document in which every value under `jobId` went through a float."""
    if isinstance(found, list):
        return [_rounded(item) for item in found]
    if not isinstance(found, dict):
        return found
    return {name: _through_float(value) if name == "jobId" else _rounded(value) for name, value in found.items()}


def _through_float(value: Any) -> Any:
    if isinstance(value, int):
        return int(float(value))
    return str(int(float(value))) if isinstance(value, str) and value.lstrip("-").isdecimal() else value
