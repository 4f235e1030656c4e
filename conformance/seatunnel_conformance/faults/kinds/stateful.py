"""Stateful faults: responses that are valid one by one, but contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.observe.forms import counters


def _with_restored(exchange: ProxiedExchange, **members: Any) -> ProxiedExchange:
    """Show other members of jobs that were started from a savepoint."""
    return doc.each_job(exchange, lambda job: {**job, **members} if job.get("isStartWithSavePoint") else job)


def _is_restart(exchange: ProxiedExchange) -> bool:
    asked = exchange.is_for("submit_job") and exchange.ok
    return asked and exchange.parameters.get("isStartWithSavePoint", "").lower() == "true"


# States.


@fault("end-state-comes-too-early", breaks=["life-cycle.states-in-order"])
def end_state_comes_too_early(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """A job is shown `FINISHED` for a moment, before it is shown as running."""
    if not doc.shows_a_job(exchange) or not doc.is_running(exchange, exchange.document):
        return exchange
    looks[exchange.value] += 1
    first = looks[exchange.value] == 1
    return exchange.with_change(lambda job: {**job, "jobStatus": "FINISHED"}) if first else exchange


@fault("cancelling-job-runs-again", breaks=["life-cycle.states-in-order"])
def cancelling_job_runs_again(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """A running job is shown as cancelling in every second response."""
    if not doc.shows_a_job(exchange) or not doc.is_running(exchange, exchange.document):
        return exchange
    looks[exchange.value] += 1
    odd = looks[exchange.value] % 2
    return exchange.with_change(lambda job: {**job, "jobStatus": "CANCELING"}) if odd else exchange


@fault("jobs-end-in-no-end-state", breaks=["life-cycle.states-in-order", "life-cycle.batch-ends"])
def jobs_end_in_no_end_state(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that has ended is shown as if it had failed and did not know it yet."""
    return doc.each_job(exchange, lambda job: {**job, "jobStatus": "FAILING"} if doc.is_ended(exchange, job) else job)


@fault("batch-jobs-end-cancelled", breaks=["life-cycle.batch-ends"])
def batch_jobs_end_cancelled(exchange: ProxiedExchange) -> ProxiedExchange:
    """A batch job that has ended by itself is shown as cancelled."""
    return _restated(exchange, "FINISHED", "CANCELED")


@fault("batch-jobs-fail", breaks=["life-cycle.batch-ends", "submit-job.documented-job"])
def batch_jobs_fail(exchange: ProxiedExchange) -> ProxiedExchange:
    """A batch job that has ended by itself is shown as failed."""
    return _restated(exchange, "FINISHED", "FAILED")


@fault("batch-jobs-never-end", breaks=["life-cycle.batch-ends"], on="get_job_info", when=doc.shows_a_job)
def batch_jobs_never_end(exchange: ProxiedExchange) -> ProxiedExchange:
    """A batch job is shown as running for ever, although it has written all of its rows."""
    job = exchange.document
    if not doc.is_ended(exchange, job) or job["jobStatus"] != "FINISHED":
        return exchange
    running = {"envOptions": {}, "pluginJarsUrls": [], "isStartWithSavePoint": False}
    members = doc.form(exchange, "running").members
    shown = {**job, **running, "jobStatus": "RUNNING"}
    return exchange.with_json({name: value for name, value in shown.items() if name in members})


@fault("streaming-jobs-end", breaks=["life-cycle.streaming-runs-on"])
def streaming_jobs_end(exchange: ProxiedExchange, moved: set[str]) -> ProxiedExchange:
    """A streaming job is shown as finished once it has moved rows."""
    if not doc.shows_a_job(exchange) or not doc.is_running(exchange, exchange.document):
        return exchange
    job = exchange.document
    if job["jobId"] in moved:
        return exchange.with_json(doc.as_finished(exchange, job, "FINISHED"))
    if counters(job["metrics"]).get("sourcereceivedcount", "0") != "0":
        moved.add(job["jobId"])
    return exchange


@fault("failed-jobs-finish", breaks=["life-cycle.failure-ends", "job-info.error-message"])
def failed_jobs_finish(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that has failed is shown as finished, without an error."""
    return _restated(exchange, "FAILED", "FINISHED", errorMsg=None)


@fault("failed-jobs-keep-running", breaks=["life-cycle.failure-ends"])
def failed_jobs_keep_running(exchange: ProxiedExchange) -> ProxiedExchange:
    """The details of a job that has failed show it as running for ever."""
    return _restated(exchange, "FAILED", "RUNNING")


@fault("failed-jobs-say-nothing", breaks=["life-cycle.failure-ends", "job-info.error-message"])
def failed_jobs_say_nothing(exchange: ProxiedExchange) -> ProxiedExchange:
    """The error of a failed job is null in its details."""
    return doc.each_shown(exchange, lambda job: {**job, "errorMsg": None} if "errorMsg" in job else job)


@fault("finished-jobs-have-errors", breaks=["job-info.error-message"])
def finished_jobs_have_errors(exchange: ProxiedExchange) -> ProxiedExchange:
    """The error of a job that did not fail is an empty text."""
    return doc.each_shown(
        exchange, lambda job: {**job, "errorMsg": job["errorMsg"] or ""} if "errorMsg" in job else job
    )


@fault("cancelled-jobs-finish", breaks=["life-cycle.stop-ends", "stop-job.receipt"])
def cancelled_jobs_finish(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that was stopped is shown as finished by itself."""
    return _restated(exchange, "CANCELED", "FINISHED")


@fault("savepoints-are-lost", breaks=["life-cycle.savepoint-stop-ends", "finished-jobs.savepoint-state"])
def savepoints_are_lost(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that was stopped with a savepoint is shown as cancelled."""
    return _restated(exchange, "SAVEPOINT_DONE", "CANCELED")


@fault("ended-jobs-change-their-state", breaks=["life-cycle.end-is-final"])
def ended_jobs_change_their_state(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """A cancelled job turns into a failed one some requests after its end."""
    if not doc.shows_a_job(exchange) or exchange.document["jobStatus"] != "CANCELED":
        return exchange
    looks[exchange.value] += 1
    late = looks[exchange.value] > 2  # noqa: PLR2004 - any small number will do
    return exchange.with_change(lambda job: {**job, "jobStatus": "FAILED"}) if late else exchange


# Starting again.


@fault("restart-is-refused", breaks=["life-cycle.restart"], when=_is_restart)
def restart_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job is not started again from its savepoint: the response is 500."""
    return exchange.with_error(500)


@fault("restart-is-only-confirmed", breaks=["life-cycle.restart"], before=True)
def restart_is_only_confirmed(exchange: ProxiedExchange) -> ProxiedExchange:
    """A start from a savepoint is answered with the receipt, and the job stays as it is."""
    asked = exchange.parameters
    if not exchange.is_for("submit_job") or asked.get("isStartWithSavePoint", "").lower() != "true":
        return exchange
    receipt = {"jobId": asked.get("jobId", ""), "jobName": asked.get("jobName", "")}
    return exchange.with_reply(200, receipt) if receipt["jobId"] else exchange


@fault("restart-forgets-savepoint", breaks=["life-cycle.restart"])
def restart_forgets_savepoint(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that was started from its savepoint does not say so."""
    return _with_restored(exchange, isStartWithSavePoint=False)


@fault("restart-is-not-listed-as-one", breaks=["life-cycle.restart"], on="get_running_jobs")
def restart_is_not_listed_as_one(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of running jobs shows no job as started from a savepoint."""
    return doc.each_listed(exchange, lambda job: {**job, "isStartWithSavePoint": False})


@fault("restart-flag-is-ignored", breaks=["life-cycle.restart"], before=True)
def restart_flag_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The flag that asks for a start from a savepoint is ignored."""
    if not exchange.is_for("submit_job") or not exchange.parameters.get("jobId"):
        return exchange
    return exchange.with_request(query=[pair for pair in exchange.query if pair[0] != "isStartWithSavePoint"])


@fault("restart-gets-another-name", breaks=["life-cycle.restart"])
def restart_gets_another_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that was started again is shown under the default name."""
    return _with_restored(exchange, jobName="SeaTunnel_Job")


# Accepted, and never visible.


@fault("accepted-jobs-stay-unknown", breaks=["life-cycle.never-unknown", "submit-job.receipt"])
def accepted_jobs_stay_unknown(exchange: ProxiedExchange, taken: set[str]) -> ProxiedExchange:
    """A job is accepted, and is unknown afterwards."""
    taken |= doc.submitted_ids(exchange)
    if doc.shows_a_job(exchange) and exchange.document["jobId"] in taken:
        return doc.as_unknown(exchange)
    return _without(exchange, taken)


@fault("accepted-jobs-are-unknown-at-first", breaks=["life-cycle.never-unknown"])
def accepted_jobs_are_unknown_at_first(exchange: ProxiedExchange, seen: set[str]) -> ProxiedExchange:
    """The first request for a job after its submission returns an unknown one."""
    if not doc.shows_a_job(exchange) or exchange.value in seen:
        return exchange
    seen.add(exchange.value)
    return doc.as_unknown(exchange)


@fault("ending-jobs-are-unknown", breaks=["life-cycle.never-unknown"])
def ending_jobs_are_unknown(exchange: ProxiedExchange, seen: set[str]) -> ProxiedExchange:
    """Between running and ended a job is unknown for a moment."""
    if not doc.shows_a_job(exchange) or not doc.is_ended(exchange, exchange.document):
        return exchange
    if exchange.value in seen:
        return exchange
    seen.add(exchange.value)
    return doc.as_unknown(exchange)


# Lists.


@fault("ended-jobs-keep-running-in-the-list", breaks=["running-jobs.no-ended", "life-cycle.in-one-list"])
def ended_jobs_keep_running_in_the_list(exchange: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    """The list of running jobs has ended ones, too."""
    if exchange.is_for("get_job_info") and doc.shows_a_job(exchange):
        running[exchange.value] = {**exchange.document, "jobStatus": "RUNNING"}
    if not doc.lists_jobs(exchange, "get_running_jobs"):
        return exchange
    listed = {job["jobId"] for job in exchange.document}
    more = [job for job_id, job in running.items() if job_id not in listed]
    return exchange.with_change(lambda items: [*items, *more])


@fault("running-list-is-stale", breaks=["running-jobs.lists-running", "life-cycle.in-one-list"])
def running_list_is_stale(exchange: ProxiedExchange, taken: set[str]) -> ProxiedExchange:
    """The list of running jobs lacks those that were submitted since it was made."""
    taken |= doc.submitted_ids(exchange)
    return _without(exchange, taken) if exchange.is_for("get_running_jobs") else exchange


@fault("history-is-stale", breaks=["finished-jobs.lists-ended", "life-cycle.in-one-list"])
def history_is_stale(exchange: ProxiedExchange, taken: set[str]) -> ProxiedExchange:
    """The list of ended jobs lacks those that were submitted since it was made."""
    taken |= doc.submitted_ids(exchange)
    return _without(exchange, taken) if exchange.is_for("get_finished_jobs") else exchange


@fault("overview-is-stale", breaks=["overview.counts-match-lists"])
def overview_is_stale(exchange: ProxiedExchange, first: dict[str, str]) -> ProxiedExchange:
    """The overview stays as it was before the first job."""
    if not doc.shows_overview(exchange) or exchange.query:
        return exchange
    zero = {name: "0" for name in exchange.document if name.endswith("Jobs")}
    first |= first or {**exchange.document, **zero}
    return exchange.with_json(dict(first))


# Times.


@fault("ended-jobs-lose-their-names", breaks=["submit-job.given-name"])
def ended_jobs_lose_their_names(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that has ended is shown with the default name."""
    return doc.each_shown(
        exchange, lambda job: {**job, "jobName": "SeaTunnel_Job"} if doc.is_ended(exchange, job) else job
    )


@fault("create-time-moves", breaks=["life-cycle.times"])
def create_time_moves(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """The create time of a job is another one in every response."""
    looks["all"] += 1
    moved = f"2001-01-01 00:00:{looks['all'] % 60:02}"
    return doc.each_job(exchange, lambda job: {**job, "createTime": moved})


@fault("end-comes-before-the-beginning", breaks=["life-cycle.times"])
def end_comes_before_the_beginning(exchange: ProxiedExchange) -> ProxiedExchange:
    """The end time of a job lies before its create time."""
    return _ended_at(exchange, doc.SOME_TIME)


@fault("end-time-moves", breaks=["life-cycle.times"])
def end_time_moves(exchange: ProxiedExchange, looks: Counter[str]) -> ProxiedExchange:
    """The end time of a job is the time of the request."""
    looks["all"] += 1
    return _ended_at(exchange, f"2099-01-01 00:00:{looks['all'] % 60:02}")


@fault("lists-tell-another-end", breaks=["life-cycle.times"])
def lists_tell_another_end(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of ended jobs tells other end times than the details."""
    if not doc.lists_jobs(exchange, *doc.FINISHED):
        return exchange
    return doc.each_job(exchange, lambda job: {**job, doc.end_of(exchange): "2099-01-01 00:00:00"})


def _ended_at(exchange: ProxiedExchange, time: str) -> ProxiedExchange:
    """Show another end time of jobs that have ended."""
    return doc.each_job(
        exchange, lambda job: {**job, doc.end_of(exchange): time} if doc.is_ended(exchange, job) else job
    )


def _without(exchange: ProxiedExchange, job_ids: Collection[str]) -> ProxiedExchange:
    """Remove jobs from a list."""
    return doc.each_listed(exchange, lambda job: None if job["jobId"] in job_ids else job)


def _restated(exchange: ProxiedExchange, state: str, shown: str, **more: Any) -> ProxiedExchange:
    """Show jobs in one state as jobs in another one, with other values of further members."""
    return doc.each_job(exchange, lambda job: {**job, "jobStatus": shown, **more} if job["jobStatus"] == state else job)
