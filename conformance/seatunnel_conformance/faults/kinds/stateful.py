"""Faults of a job over time: valid responses whose states, names, times or lists contradict earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.observe.forms import END
from seatunnel_conformance.observe.forms import counters as counters_of

_LATE: Final = "2099-01-01 00:00:00"
"""A time after every job."""

_LOOKS: Final = 2
"""The responses that show a job correctly before it changes; any small number will do."""

_SUBMISSIONS: Final = "submit_job submit_jobs"

_FLAG: Final = "isStartWithSavePoint"


def _is_running(it: ProxiedExchange) -> bool:
    return doc.shows_a_job(it) and doc.is_running(it, it.document)


def _at_looks(state: str, is_turn: Callable[[int], object]) -> Callable[..., ProxiedExchange]:
    """Show a job in this state if `is_turn(n)` is true; the response is the n-th about the job (from 1)."""
    return at_times(is_turn, edited(put(jobStatus=state)), by=lambda it: it.value)


def _asks_for_restart(it: ProxiedExchange) -> bool:
    return it.parameters.get(_FLAG, "").lower() == "true"


def _restated(state: str, shown_state: str, **more: Any) -> Change:
    """Show the jobs in `state` in the state `shown_state`, and set their other members to the values in `more`."""
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
    row("end-state-comes-too-early", "The first response for a running job shows it as `FINISHED`.",
        "life-cycle.states-in-order", _at_looks("FINISHED", lambda look: look == 1), when=_is_running),
    row("cancelling-job-runs-again", "Every second response for a running job shows it as `CANCELING`.",
        "life-cycle.states-in-order", _at_looks("CANCELING", lambda look: look % 2), when=_is_running),
    row("running-job-is-scheduled-again", "Every second response for a running job shows it as `SCHEDULED`.",
        "life-cycle.states-in-order", _at_looks("SCHEDULED", lambda look: look % 2 == 0), when=_is_running),
    row("jobs-end-in-no-end-state", "An ended job has the state `FAILING`, so a client waits for its end forever.",
        "life-cycle.states-in-order life-cycle.batch-ends", jobs(put(jobStatus="FAILING"), doc.is_ended)),
    row("batch-jobs-end-cancelled", "A finished job has the state `CANCELED`.",
        "life-cycle.batch-ends", _restated("FINISHED", "CANCELED")),
    row("batch-jobs-fail", "A finished job has the state `FAILED`.",
        "life-cycle.batch-ends submit-job.documented-job", _restated("FINISHED", "FAILED")),
    row("batch-jobs-never-end",
        "The details of a finished job show it as running, so a client waits for its end forever.",
        "life-cycle.batch-ends",
        on="get_job_info", change=lambda it: doc.in_form(
            it, "running", envOptions={}, pluginJarsUrls=[], isStartWithSavePoint=False, jobStatus="RUNNING"),
        when=lambda it: doc.shows_ended_job(it) and it.document["jobStatus"] == "FINISHED"),
    row("streaming-jobs-end", "A streaming job is shown as `FINISHED` after it has read rows, although it runs on.",
        "life-cycle.streaming-runs-on", _ends_after_rows, when=_is_running),
    row("failed-jobs-finish", "A failed job has the state `FINISHED` and no error.",
        "life-cycle.failure-ends job-info.error-message", _restated("FAILED", "FINISHED", errorMsg=None)),
    row("failed-jobs-keep-running", "A failed job has the state `RUNNING`, so a client waits for its end forever.",
        "life-cycle.failure-ends", _restated("FAILED", "RUNNING")),
    row("failed-jobs-say-nothing", "The details of a failed job have null as error.",
        "life-cycle.failure-ends job-info.error-message", shown(at("errorMsg", lambda _: None))),
    row("finished-jobs-have-errors",
        "The details of a job that did not fail have an empty error message instead of null.",
        "job-info.error-message", shown(at("errorMsg", lambda text: text or ""))),
    row("cancelled-jobs-finish", "A job that was stopped has the state `FINISHED` instead of `CANCELED`.",
        "life-cycle.stop-ends stop-job.receipt", _restated("CANCELED", "FINISHED")),
    row("savepoints-are-lost",
        "A job that was stopped with a savepoint has the state `CANCELED` instead of `SAVEPOINT_DONE`.",
        "life-cycle.savepoint-stop-ends finished-jobs.savepoint-state", _restated("SAVEPOINT_DONE", "CANCELED")),
    row("ended-jobs-change-their-state", "After some responses, a cancelled job has the state `FAILED`.",
        "life-cycle.end-is-final", _at_looks("FAILED", lambda look: look > _LOOKS),
        when=lambda it: doc.shows_a_job(it) and it.document["jobStatus"] == "CANCELED"),
    # Starting again.
    row("restart-is-refused", "A start from a savepoint is answered with 500.",
        "life-cycle.restart", error(500), on="submit_job", when=lambda it: it.ok and _asks_for_restart(it)),
    row("restart-is-only-confirmed", "A start from a savepoint gets a receipt, but the job does not start.",
        "life-cycle.restart",
        reply(200, lambda it: {name: it.parameters.get(name, "") for name in ("jobId", "jobName")}), on="submit_job",
        when=lambda it: _asks_for_restart(it) and it.parameters.get("jobId"), before=True),
    row("restart-forgets-savepoint", "A job that was started from its savepoint has `isStartWithSavePoint` false.",
        "life-cycle.restart", jobs(put(isStartWithSavePoint=False), doc.is_restored)),
    row("restart-is-not-listed-as-one", "In the list of running jobs, `isStartWithSavePoint` is always false.",
        "life-cycle.restart", listed(put(isStartWithSavePoint=False)), on="get_running_jobs"),
    row("restart-flag-is-ignored", "The parameter `isStartWithSavePoint` is ignored in a submission with an id.",
        "life-cycle.restart",
        without_parameter(_FLAG), on="submit_job", when=lambda it: it.parameters.get("jobId"), before=True),
    row("restart-gets-another-name",
        "A job that was started from its savepoint has the default name instead of its own.",
        "life-cycle.restart", jobs(put(jobName="SeaTunnel_Job"), doc.is_restored)),
    # Accepted, and never visible.
    row("accepted-jobs-stay-unknown", "A job gets a receipt, but is unknown afterwards and in no list.",
        "life-cycle.never-unknown submit-job.receipt",
        after(doc.submitted_ids, lambda ids: both(hidden(ids), _without(ids)))),
    row("accepted-jobs-are-unknown-at-first",
        "The first request for a job after its submission is answered as if the job were unknown.",
        "life-cycle.never-unknown", unknown_at_first, when=doc.shows_a_job),
    row("ending-jobs-are-unknown", "The first request for a job after its end is answered as if the job were unknown.",
        "life-cycle.never-unknown", unknown_at_first, when=doc.shows_ended_job),
    # Lists.
    row("ended-jobs-keep-running-in-the-list", "The list of running jobs keeps jobs that have ended.",
        "running-jobs.no-ended life-cycle.in-one-list", _lists_ended_jobs),
    row("running-list-is-stale", "The list of running jobs lacks all new jobs, as if it were cached.",
        "running-jobs.lists-running life-cycle.in-one-list", after(doc.submitted_ids, _without),
        on=f"{_SUBMISSIONS} get_running_jobs"),
    row("history-is-stale", "The list of all ended jobs lacks all new jobs, as if it were cached.",
        "finished-jobs.lists-ended life-cycle.in-one-list", after(doc.submitted_ids, _without),
        on=f"{_SUBMISSIONS} get_finished_jobs"),
    row("overview-is-stale", "The overview never changes and counts no jobs, as if it were cached.",
        "overview.counts-match-lists", _stale_overview, when=lambda it: doc.shows_overview(it) and not it.query),
    # Times.
    row("ended-jobs-lose-their-names", "The details of an ended job show the default name instead of the job's own.",
        "submit-job.given-name", shown(put(jobName="SeaTunnel_Job"), doc.is_ended)),
    row("create-time-moves", "The create time of a job is different in every response.", "life-cycle.times",
        numbered(lambda number: jobs(put(createTime=f"2001-01-01 00:00:{number % 60:02}")))),
    row("end-comes-before-the-beginning", "The end time of a job is before its create time.", "life-cycle.times",
        end_time(doc.SOME_TIME)),
    row("end-time-moves", "The end time of a job is different in every response.", "life-cycle.times",
        numbered(lambda number: end_time(f"2099-01-01 00:00:{number % 60:02}"))),
    row("lists-tell-another-end", "The lists of ended jobs show other end times than the details of the jobs.",
        "life-cycle.times", end_time(_LATE, where=lambda *_: True), on=doc.FINISHED, when=doc.lists_jobs),
)  # fmt: skip
