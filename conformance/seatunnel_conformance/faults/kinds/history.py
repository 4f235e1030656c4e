"""Faults of the lists of ended jobs: jobs, order, states, errors; and of the entry of an unresponsive member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_ALL: Final = "get_finished_jobs"
_BY_STATE: Final = "get_finished_jobs_by_state"
_LISTS_ENDED: Final = "finished-jobs.lists-ended"
_ONLY_THAT: Final = "finished-jobs.only-that-state"


def _is_no_state(it: ProxiedExchange) -> bool:
    return it.value.upper() not in it.contract.schema("JobStatus")["enum"]


def _by_create_time(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda job: str(job["createTime"]))


def _without_the_last(it: ProxiedExchange) -> ProxiedExchange:
    oldest_first = doc.fact(it, "listOrder") == "oldest-first"
    return edited(lambda items: items[:-1] if oldest_first else items[1:])(it)


def _with_running_jobs(it: ProxiedExchange, running: dict[str, doc.Job]) -> ProxiedExchange:
    if doc.shows_a_job(it) and doc.is_running(it, it.document):
        running[it.document["jobId"]] = it.document
    if not doc.lists_jobs(it, _ALL):
        return it
    # With the members of an ended job, if the list has one.
    more = [{**(it.document or [job])[0], "jobId": job["jobId"], "jobName": job["jobName"]} for job in running.values()]
    return it.with_json([*it.document, *more])


def _in_order_of_submission(it: ProxiedExchange, submitted: list[str]) -> ProxiedExchange:
    submitted += sorted(doc.submitted_ids(it).difference(submitted))
    if not doc.lists_jobs(it, _ALL):
        return it
    places = {job_id: place for place, job_id in enumerate(submitted)}
    newest_first = doc.fact(it, "listOrder") == "newest-first"
    return it.with_json(sorted(it.document, key=lambda job: places.get(job["jobId"], -1), reverse=newest_first))


def _listed_as(state: str, other: str, *, moved: bool) -> Callable[..., ProxiedExchange]:
    """Add the jobs in `state` to the list of the state `other`. If `moved`, remove them from their own list."""

    def change(it: ProxiedExchange, found: list[Any]) -> ProxiedExchange:
        if doc.lists_jobs(it, _ALL) or (doc.lists_jobs(it, _BY_STATE) and it.value == state):
            jobs_there = [job for job in it.document if job["jobStatus"] == state]
            found[:] = [{**job, "jobStatus": other} for job in jobs_there] if moved else jobs_there
        if not doc.lists_jobs(it, _BY_STATE) or it.value not in {state, other}:
            return it
        return it.with_json([*it.document, *found]) if it.value == other else it.with_json([]) if moved else it

    return change


FAULTS: Final = (
    row("history-drops-the-last", "The list of all ended jobs lacks the job that ended last.",
        f"{_LISTS_ENDED} life-cycle.in-one-list", _without_the_last, on=_ALL, when=doc.lists_jobs),
    row("history-holds-finished-only", "The list of all ended jobs has only the jobs in state `FINISHED`.",
        f"{_LISTS_ENDED} life-cycle.listed-once", edited(keep(lambda job: job["jobStatus"] == "FINISHED")),
        on=_ALL, when=doc.lists_jobs),
    row("history-keeps-two", "The list of all ended jobs has only the two oldest jobs.",
        f"{_LISTS_ENDED} life-cycle.in-one-list", edited(lambda items: _by_create_time(items)[:2]),
        on=_ALL, when=doc.lists_jobs),
    row("history-swaps-names", "In the list of all ended jobs, each job has the name of the next job.", _LISTS_ENDED,
        edited(rotated("jobName")), on=_ALL, when=doc.lists_jobs),
    row("history-says-finished", "In the lists of ended jobs, every job has the state `FINISHED`.",
        f"{_LISTS_ENDED} {_ONLY_THAT}", listed(put(jobStatus="FINISHED")), on=doc.FINISHED),
    row("history-shows-running-jobs", "The list of all ended jobs also has running jobs.",
        "finished-jobs.no-running life-cycle.in-one-list", _with_running_jobs),
    row("history-is-reversed", "The lists of ended jobs are in the opposite order.", "finished-jobs.order",
        edited(backwards), on=doc.FINISHED, when=doc.lists_jobs),
    row("history-is-sorted-by-name", "The lists of ended jobs are sorted by name instead of by end time.",
        "finished-jobs.order", edited(lambda items: sorted(items, key=lambda job: str(job["jobName"]), reverse=True)),
        on=doc.FINISHED, when=doc.lists_jobs),
    row("history-is-in-order-of-submission",
        "The list of all ended jobs is in order of submission instead of end time.",
        "finished-jobs.order", _in_order_of_submission),
    row("stopped-jobs-have-errors-by-state",
        "In the list of one state, cancelled jobs have an error message instead of null.",
        "finished-jobs.failed-with-error", listed(put(errorMsg="stopped"), in_state("CANCELED")), on=_BY_STATE),
    row("history-hides-errors", "In the lists of ended jobs, failed jobs have no error message.",
        "finished-jobs.failed-with-error", listed(put(errorMsg=None)), on=doc.FINISHED),
    row("history-has-empty-errors",
        "In the lists of ended jobs, jobs that did not fail have an empty error message instead of null.",
        "finished-jobs.failed-with-error", listed(at("errorMsg", lambda text: text or "")), on=doc.FINISHED),
    row("state-filter-is-ignored", "The list of one state has the ended jobs of all states.",
        f"{_ONLY_THAT} life-cycle.listed-once", path("/finished-jobs"), on=_BY_STATE, before=True),
    row("state-list-drops-the-last", "The list of one state lacks the job that was created last.",
        f"{_ONLY_THAT} life-cycle.listed-once", edited(lambda items: _by_create_time(items)[:-1]),
        on=_BY_STATE, when=doc.lists_jobs),
    row("cancelled-are-listed-as-finished", "The list of finished jobs also has the cancelled jobs.",
        f"{_ONLY_THAT} life-cycle.listed-once", _listed_as("CANCELED", "FINISHED", moved=False)),
    row("state-case-is-taken-otherwise",
        "A state in lower case finds no jobs where letter case must be ignored, and vice versa.",
        "finished-jobs.state-matching", on=_BY_STATE, when=lambda it: it.value.islower(), change=reply(
            200, lambda it: [] if doc.fact(it, "stateMatching") == "ignore-case" else [{"jobId": "1"}])),
    row("unknown-state-is-400",
        "A list of jobs for a word that is not a state is answered with 400 instead of an empty list.",
        "finished-jobs.unknown-state", error(400, "no such state"), on=_BY_STATE, when=_is_no_state),
    row("unknown-state-lists-all", "A list of jobs for a word that is not a state has the ended jobs of all states.",
        "finished-jobs.unknown-state", path("/finished-jobs"), on=_BY_STATE, when=_is_no_state, before=True),
    row("savepoints-are-cancellations", "Jobs that were stopped with a savepoint are in the list of cancelled jobs.",
        "finished-jobs.savepoint-state life-cycle.listed-once", _listed_as("SAVEPOINT_DONE", "CANCELED", moved=True)),
    row("slash-behind-a-state-is-forgiven", "In `/finished-jobs/{state}`, a slash after the state is ignored.",
        "finished-jobs.whole-segment", path(lambda it: it.path.rstrip("/")), on=_BY_STATE, before=True),
    row("ended-jobs-are-listed-twice", "The list of all ended jobs has every job twice.",
        f"life-cycle.listed-once {_LISTS_ENDED}", edited(twice), on=_ALL, when=doc.lists_jobs),
    row("a-silent-member-has-no-known-error",
        "The monitoring entry of an unresponsive member has a string as port and an undefined `error`.",
        "monitoring.unanswered",
        edited(lambda readings: [*readings, {"host": "10.0.0.9", "port": "5801", "error": "slow"}]),
        on="get_system_monitoring_information", when=is_ok),
)  # fmt: skip
