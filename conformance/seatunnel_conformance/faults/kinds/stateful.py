"""Stateful faults: responses that are valid one by one, but contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.observe.forms import END
from seatunnel_conformance.observe.forms import counters as counters_of

_LATE: Final = "2099-01-01 00:00:00"
"""A time after every job."""

_LOOKS: Final = 2
"""Responses after which a job changes; any small number will do."""

_SUBMISSIONS: Final = "submit_job submit_jobs"

_FLAG: Final = "isStartWithSavePoint"


def _is_running(it: ProxiedExchange) -> bool:
    return doc.shows_a_job(it) and doc.is_running(it, it.document)


def _at_looks(state: str, is_turn: Callable[[int], object]) -> Callable[..., ProxiedExchange]:
    """Show a job in a state in those of its responses whose number, from 1, matches a condition."""
    return at_times(is_turn, edited(put(jobStatus=state)), by=lambda it: it.value)


def _asks_for_restart(it: ProxiedExchange) -> bool:
    return it.parameters.get(_FLAG, "").lower() == "true"


def _restated(state: str, shown_state: str, **more: Any) -> Change:
    """Show jobs in one state as jobs in another one, with other values of further members."""
    return jobs(put(jobStatus=shown_state, **more), in_state(state))


def _ends_after_rows(it: ProxiedExchange, moved: set[str]) -> ProxiedExchange:
    job = it.document
    if job["jobId"] in moved:
        return doc.in_form(it, "finished", **{END: job["createTime"]}, jobStatus="FINISHED", errorMsg=None)
    if counters_of(job["metrics"]).get("sourcereceivedcount", "0") != "0":
        moved.add(job["jobId"])
    return it


def _without(job_ids: Collection[str]) -> Change:
    """Remove jobs from a list."""
    return listed(lambda job: None if job["jobId"] in job_ids else job)


def _lists_ended_jobs(it: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    if it.is_for("get_job_info") and doc.shows_a_job(it):
        running[it.value] = {**it.document, "jobStatus": "RUNNING"}
    if not doc.lists_jobs(it, "get_running_jobs"):
        return it
    known = {job["jobId"] for job in it.document}
    return it.with_json([*it.document, *(job for job_id, job in running.items() if job_id not in known)])


def _stale_overview(it: ProxiedExchange, first: dict[str, str]) -> ProxiedExchange:
    zero = {name: "0" for name in it.document if name.endswith("Jobs")}
    first |= first or {**it.document, **zero}
    return it.with_json(dict(first))


FAULTS: Final = (
    # States.
    row("end-state-comes-too-early", "A job is shown `FINISHED` for a moment, before it is shown as running.",
        "life-cycle.states-in-order", _at_looks("FINISHED", lambda look: look == 1), when=_is_running),
    row("cancelling-job-runs-again", "A running job is shown as cancelling in every second response.",
        "life-cycle.states-in-order", _at_looks("CANCELING", lambda look: look % 2), when=_is_running),
    row("jobs-end-in-no-end-state", "An ended job stays in the state `FAILING`.",
        "life-cycle.states-in-order life-cycle.batch-ends", jobs(put(jobStatus="FAILING"), doc.is_ended)),
    row("batch-jobs-end-cancelled", "A batch job that has ended by itself is shown as cancelled.",
        "life-cycle.batch-ends", _restated("FINISHED", "CANCELED")),
    row("batch-jobs-fail", "A batch job that has ended by itself is shown as failed.",
        "life-cycle.batch-ends submit-job.documented-job", _restated("FINISHED", "FAILED")),
    row("batch-jobs-never-end",
        "A batch job is shown as running for ever, although it has written all of its rows.", "life-cycle.batch-ends",
        on="get_job_info", change=lambda it: doc.in_form(
            it, "running", envOptions={}, pluginJarsUrls=[], isStartWithSavePoint=False, jobStatus="RUNNING"),
        when=lambda it: doc.shows_ended_job(it) and it.document["jobStatus"] == "FINISHED"),
    row("streaming-jobs-end", "A streaming job is shown as finished once it has moved rows.",
        "life-cycle.streaming-runs-on", _ends_after_rows, when=_is_running),
    row("failed-jobs-finish", "A job that has failed is shown as finished, without an error.",
        "life-cycle.failure-ends job-info.error-message", _restated("FAILED", "FINISHED", errorMsg=None)),
    row("failed-jobs-keep-running", "The details of a job that has failed show it as running for ever.",
        "life-cycle.failure-ends", _restated("FAILED", "RUNNING")),
    row("failed-jobs-say-nothing", "The error of a failed job is null in its details.",
        "life-cycle.failure-ends job-info.error-message", shown(at("errorMsg", lambda _: None))),
    row("finished-jobs-have-errors", "The error of a job that did not fail is an empty text.",
        "job-info.error-message", shown(at("errorMsg", lambda text: text or ""))),
    row("cancelled-jobs-finish", "A job that was stopped is shown as `FINISHED`.",
        "life-cycle.stop-ends stop-job.receipt", _restated("CANCELED", "FINISHED")),
    row("savepoints-are-lost", "A job that was stopped with a savepoint is shown as `CANCELED`.",
        "life-cycle.savepoint-stop-ends finished-jobs.savepoint-state", _restated("SAVEPOINT_DONE", "CANCELED")),
    row("ended-jobs-change-their-state", "A cancelled job turns into a failed one some requests after its end.",
        "life-cycle.end-is-final", _at_looks("FAILED", lambda look: look > _LOOKS),
        when=lambda it: doc.shows_a_job(it) and it.document["jobStatus"] == "CANCELED"),
    # Starting again.
    row("restart-is-refused", "A job is not started again from its savepoint: the response is 500.",
        "life-cycle.restart", error(500), on="submit_job", when=lambda it: it.ok and _asks_for_restart(it)),
    row("restart-is-only-confirmed",
        "A start from a savepoint is answered with the receipt, but the job does not start.", "life-cycle.restart",
        reply(200, lambda it: {name: it.parameters.get(name, "") for name in ("jobId", "jobName")}), on="submit_job",
        when=lambda it: _asks_for_restart(it) and it.parameters.get("jobId"), before=True),
    row("restart-forgets-savepoint", "A job that was started from its savepoint does not say so.",
        "life-cycle.restart", jobs(put(isStartWithSavePoint=False), doc.is_restored)),
    row("restart-is-not-listed-as-one", "The list of running jobs shows no job as started from a savepoint.",
        "life-cycle.restart", listed(put(isStartWithSavePoint=False)), on="get_running_jobs"),
    row("restart-flag-is-ignored", "The flag `isStartWithSavePoint` of a submission is ignored.", "life-cycle.restart",
        without_parameter(_FLAG), on="submit_job", when=lambda it: it.parameters.get("jobId"), before=True),
    row("restart-gets-another-name", "A job that was started again is shown under the default name.",
        "life-cycle.restart", jobs(put(jobName="SeaTunnel_Job"), doc.is_restored)),
    # Accepted, and never visible.
    row("accepted-jobs-stay-unknown", "A job is accepted, and is unknown afterwards.",
        "life-cycle.never-unknown submit-job.receipt",
        after(doc.submitted_ids, lambda ids: both(hidden(ids), _without(ids)))),
    row("accepted-jobs-are-unknown-at-first",
        "The first request for a job after its submission shows an unknown job.",
        "life-cycle.never-unknown", unknown_at_first, when=doc.shows_a_job),
    row("ending-jobs-are-unknown", "Between running and ended a job is unknown for a moment.",
        "life-cycle.never-unknown", unknown_at_first, when=doc.shows_ended_job),
    # Lists.
    row("ended-jobs-keep-running-in-the-list", "The list of running jobs has ended ones, too.",
        "running-jobs.no-ended life-cycle.in-one-list", _lists_ended_jobs),
    row("running-list-is-stale", "The list of running jobs is cached, and lacks the newest jobs.",
        "running-jobs.lists-running life-cycle.in-one-list", after(doc.submitted_ids, _without),
        on=f"{_SUBMISSIONS} get_running_jobs"),
    row("history-is-stale", "The list of ended jobs is cached, and lacks the newest jobs.",
        "finished-jobs.lists-ended life-cycle.in-one-list", after(doc.submitted_ids, _without),
        on=f"{_SUBMISSIONS} get_finished_jobs"),
    row("overview-is-stale", "The overview is cached from before the first job.", "overview.counts-match-lists",
        _stale_overview, when=lambda it: doc.shows_overview(it) and not it.query),
    # Times.
    row("ended-jobs-lose-their-names", "A job that has ended is shown with the default name.", "submit-job.given-name",
        shown(put(jobName="SeaTunnel_Job"), doc.is_ended)),
    row("create-time-moves", "The create time of a job differs in every response.", "life-cycle.times",
        numbered(lambda number: jobs(put(createTime=f"2001-01-01 00:00:{number % 60:02}")))),
    row("end-comes-before-the-beginning", "The end time of a job is before its create time.", "life-cycle.times",
        end_time(doc.SOME_TIME)),
    row("end-time-moves", "The end time of a job is the time of the request.", "life-cycle.times",
        numbered(lambda number: end_time(f"2099-01-01 00:00:{number % 60:02}"))),
    row("lists-tell-another-end", "The list of ended jobs has other end times than the details.", "life-cycle.times",
        end_time(_LATE, where=lambda *_: True), on=doc.FINISHED, when=doc.lists_jobs),
)  # fmt: skip
