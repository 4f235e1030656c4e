"""History faults: lists of ended jobs that are not what happened, and readings of members that are not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import ProxiedExchange


def _is_no_state(exchange: ProxiedExchange) -> bool:
    states = exchange.contract.schema("JobStatus")["enum"]
    return exchange.is_for("get_finished_jobs_by_state") and exchange.value.upper() not in states


@fault("history-drops-the-last", breaks=["finished-jobs.lists-ended", "life-cycle.in-one-list"])
def history_drops_the_last(exchange: ProxiedExchange) -> ProxiedExchange:
    """The job that ended last is missing in the list of all ended jobs."""
    oldest_first = exchange.is_for("get_finished_jobs") and doc.fact(exchange, "listOrder") == "oldest-first"
    return _history(exchange, lambda items: items[:-1] if oldest_first else items[1:])


@fault("history-holds-finished-only", breaks=["finished-jobs.lists-ended", "life-cycle.listed-once"])
def history_holds_finished_only(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of all ended jobs has those only that finished by themselves."""
    return _history(exchange, lambda items: [job for job in items if job["jobStatus"] == "FINISHED"])


@fault("history-keeps-two", breaks=["finished-jobs.lists-ended", "life-cycle.in-one-list"])
def history_keeps_two(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of all ended jobs has only the two that were submitted first."""
    return _history(exchange, lambda items: sorted(items, key=lambda job: str(job["createTime"]))[:2])


@fault("history-swaps-names", breaks=["finished-jobs.lists-ended"])
def history_swaps_names(exchange: ProxiedExchange) -> ProxiedExchange:
    """In the list of ended jobs every job has the name of its neighbour."""

    def changed(items: list[Any]) -> list[Any]:
        names = [job["jobName"] for job in items]
        return [{**job, "jobName": name} for job, name in zip(items, [*names[1:], *names[:1]], strict=True)]

    return _history(exchange, changed)


@fault("history-says-finished", breaks=["finished-jobs.lists-ended", "finished-jobs.only-that-state"])
def history_says_finished(exchange: ProxiedExchange) -> ProxiedExchange:
    """In the lists of ended jobs every job is `FINISHED`."""
    return _each_ended(exchange, lambda job: {**job, "jobStatus": "FINISHED"})


@fault("history-shows-running-jobs", breaks=["finished-jobs.no-running", "life-cycle.in-one-list"])
def history_shows_running_jobs(exchange: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    """Jobs that run are in the list of ended ones, too."""
    if doc.shows_a_job(exchange) and doc.is_running(exchange, exchange.document):
        running[exchange.document["jobId"]] = exchange.document
    if not doc.lists_jobs(exchange, "get_finished_jobs") or not exchange.document:
        return exchange
    pattern = exchange.document[0]
    listed = [{**pattern, "jobId": job["jobId"], "jobName": job["jobName"]} for job in running.values()]
    return exchange.with_change(lambda items: [*items, *listed])


@fault("history-is-reversed", breaks=["finished-jobs.order"])
def history_is_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The lists of ended jobs have the opposite order."""
    return exchange.with_change(lambda items: items[::-1]) if doc.lists_jobs(exchange, *doc.FINISHED) else exchange


@fault("history-is-sorted-by-name", breaks=["finished-jobs.order"])
def history_is_sorted_by_name(exchange: ProxiedExchange) -> ProxiedExchange:
    """The lists of ended jobs are in the order of the jobs' names, backwards."""
    if not doc.lists_jobs(exchange, *doc.FINISHED):
        return exchange
    return exchange.with_change(lambda items: sorted(items, key=lambda job: str(job["jobName"]), reverse=True))


@fault("history-is-in-order-of-submission", breaks=["finished-jobs.order"])
def history_is_in_order_of_submission(exchange: ProxiedExchange, submitted: list[str]) -> ProxiedExchange:
    """The list of all ended jobs has the order in which they were submitted."""
    submitted += sorted(doc.submitted_ids(exchange).difference(submitted))
    places = {job_id: place for place, job_id in enumerate(submitted)}
    is_newest_first = exchange.is_for("get_finished_jobs") and doc.fact(exchange, "listOrder") == "newest-first"

    def changed(items: list[Any]) -> list[Any]:
        return sorted(items, key=lambda job: places.get(job["jobId"], -1), reverse=is_newest_first)

    return _history(exchange, changed)


@fault("stopped-jobs-have-errors-by-state", breaks=["finished-jobs.failed-with-error"])
def stopped_jobs_have_errors_by_state(exchange: ProxiedExchange) -> ProxiedExchange:
    """In the list of their state, jobs that were stopped have an error."""
    if not exchange.is_for("get_finished_jobs_by_state"):
        return exchange
    return _each_ended(exchange, lambda job: {**job, "errorMsg": "stopped"} if job["jobStatus"] == "CANCELED" else job)


@fault("history-hides-errors", breaks=["finished-jobs.failed-with-error"])
def history_hides_errors(exchange: ProxiedExchange) -> ProxiedExchange:
    """Failed jobs are listed without the text of their error."""
    return _each_ended(exchange, lambda job: {**job, "errorMsg": None})


@fault("history-has-empty-errors", breaks=["finished-jobs.failed-with-error"])
def history_has_empty_errors(exchange: ProxiedExchange) -> ProxiedExchange:
    """Jobs that did not fail are listed with an empty text as their error."""
    return _each_ended(exchange, lambda job: {**job, "errorMsg": job["errorMsg"] or ""})


@fault("state-filter-is-ignored", breaks=["finished-jobs.only-that-state", "life-cycle.listed-once"], before=True)
def state_filter_is_ignored(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of one state has the jobs of all states."""
    filtered = exchange.is_for("get_finished_jobs_by_state")
    return exchange.with_request(path="/finished-jobs") if filtered else exchange


@fault("state-list-drops-the-last", breaks=["finished-jobs.only-that-state", "life-cycle.listed-once"])
def state_list_drops_the_last(exchange: ProxiedExchange) -> ProxiedExchange:
    """The list of one state lacks the job that was submitted last."""
    if not doc.lists_jobs(exchange, "get_finished_jobs_by_state"):
        return exchange
    return exchange.with_change(lambda items: sorted(items, key=lambda job: str(job["createTime"]))[:-1])


@fault("cancelled-are-listed-as-finished", breaks=["finished-jobs.only-that-state", "life-cycle.listed-once"])
def cancelled_are_listed_as_finished(exchange: ProxiedExchange, cancelled: list[Any]) -> ProxiedExchange:
    """The list of finished jobs has the cancelled ones, too, in their own state."""
    if doc.lists_jobs(exchange, "get_finished_jobs"):
        cancelled[:] = [job for job in exchange.document if job["jobStatus"] == "CANCELED"]
    if doc.lists_jobs(exchange, "get_finished_jobs_by_state"):
        if exchange.value == "CANCELED":
            cancelled[:] = exchange.document
        elif exchange.value == "FINISHED":
            return exchange.with_change(lambda items: [*items, *cancelled])
    return exchange


@fault("state-case-is-taken-otherwise", breaks=["finished-jobs.state-matching"])
def state_case_is_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """The letter case of a state counts where it is ignored, and is ignored where it counts."""
    if not exchange.is_for("get_finished_jobs_by_state") or not exchange.value.islower():
        return exchange
    return exchange.with_reply(200, [] if doc.fact(exchange, "stateMatching") == "ignore-case" else [{"jobId": "1"}])


@fault("unknown-state-is-400", breaks=["finished-jobs.unknown-state"], when=_is_no_state)
def unknown_state_is_400(exchange: ProxiedExchange) -> ProxiedExchange:
    """A text that is not a state is answered with 400."""
    return exchange.with_error(400, "no such state")


@fault("unknown-state-lists-all", breaks=["finished-jobs.unknown-state"], when=_is_no_state, before=True)
def unknown_state_lists_all(exchange: ProxiedExchange) -> ProxiedExchange:
    """A text that is not a state is answered with the jobs of all states."""
    return exchange.with_request(path="/finished-jobs")


@fault("savepoints-are-cancellations", breaks=["finished-jobs.savepoint-state", "life-cycle.listed-once"])
def savepoints_are_cancellations(exchange: ProxiedExchange, saved: list[Any]) -> ProxiedExchange:
    """Jobs that were stopped with a savepoint are listed as cancelled ones."""
    if doc.lists_jobs(exchange, "get_finished_jobs"):
        saved[:] = [job for job in exchange.document if job["jobStatus"] == "SAVEPOINT_DONE"]
    if doc.lists_jobs(exchange, "get_finished_jobs_by_state"):
        if exchange.value == "SAVEPOINT_DONE":
            return exchange.with_json([])
        if exchange.value == "CANCELED":
            as_cancelled = [{**job, "jobStatus": "CANCELED"} for job in saved]
            return exchange.with_change(lambda items: [*items, *as_cancelled])
    return exchange


@fault("slash-behind-a-state-is-forgiven", breaks=["finished-jobs.whole-segment"], before=True)
def slash_behind_a_state_is_forgiven(exchange: ProxiedExchange) -> ProxiedExchange:
    """A slash behind a state is ignored."""
    return (
        exchange.with_request(path=exchange.path.rstrip("/"))
        if exchange.is_for("get_finished_jobs_by_state")
        else exchange
    )


@fault("ended-jobs-are-listed-twice", breaks=["life-cycle.listed-once", "finished-jobs.lists-ended"])
def ended_jobs_are_listed_twice(exchange: ProxiedExchange) -> ProxiedExchange:
    """Every job is twice in the list of all ended jobs."""
    return _history(exchange, lambda items: items * 2)


@fault("a-silent-member-has-no-known-error", breaks=["monitoring.unanswered"], on="get_system_monitoring_information")
def a_silent_member_has_no_known_error(exchange: ProxiedExchange) -> ProxiedExchange:
    """A member that does not respond is listed with its port as text, and with an error that no client knows."""
    silent = {"host": "10.0.0.9", "port": "5801", "error": "slow"}
    return exchange.with_change(lambda readings: [*readings, silent]) if exchange.ok else exchange


@fault("a-member-has-no-reading", breaks=["monitoring.one-per-member"], on="get_system_monitoring_information")
def a_member_has_no_reading(exchange: ProxiedExchange) -> ProxiedExchange:
    """One member of the cluster has no reading."""
    return exchange.with_change(lambda readings: readings[1:]) if exchange.document else exchange


def _history(exchange: ProxiedExchange, change: Callable[[list[Any]], list[Any]]) -> ProxiedExchange:
    return exchange.with_change(change) if doc.lists_jobs(exchange, "get_finished_jobs") else exchange


def _each_ended(exchange: ProxiedExchange, change: doc.JobChange) -> ProxiedExchange:
    return doc.each_job(exchange, change) if doc.lists_jobs(exchange, *doc.FINISHED) else exchange
