"""Faults of `/stop-job` and `/stop-jobs`: stops that are not executed, executed wrongly, or answered wrongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_ONE: Final = "stop_job"
_LIST: Final = "stop_jobs"
_BOTH: Final = "stop_job stop_jobs"
_FLAG: Final = "isStopWithSavePoint"
_SMALL: Final = 2**31
_ENDS_SAVED: Final = "life-cycle.savepoint-stop-ends stop-job.savepoint-words"


def _id_of(item: Any) -> Any:
    return item.get("jobId") if isinstance(item, dict) else None


def _wants_savepoint(item: Mapping[str, Any]) -> bool:
    return str(item.get(_FLAG)).lower() == "true"


def _stops(it: ProxiedExchange) -> Iterable[Any]:
    """Return the stops in the body of a request to `/stop-job` or `/stop-jobs`."""
    return it.request_json if isinstance(it.request_json, list) else [it.request_json]


def _ids(it: ProxiedExchange) -> list[Any]:
    """Return the `jobId` of each stop in the body of `/stop-jobs`; None for an item without one."""
    return list(map(_id_of, it.request_json)) if isinstance(it.request_json, list) else []


def _is_stop(*, saving: bool) -> Callable[[ProxiedExchange], bool]:
    return lambda it: bool(_id_of(it.request_json)) and _wants_savepoint(it.request_json) is saving


def _has_id_of_type(kind: type) -> Callable[[ProxiedExchange], bool]:
    return lambda it: type(_id_of(it.request_json)) is kind


def _has_invalid_id(it: ProxiedExchange) -> bool:
    return it.status == BAD_REQUEST and any(_id_of(item) is not None for item in _stops(it))


def _lacks_id(it: ProxiedExchange) -> bool:
    return it.is_error and any(isinstance(item, dict) and item.get("jobId") is None for item in _stops(it))


_whole: Final[Edit] = at(
    "jobId", lambda found: int(found) if isinstance(found, float) and math.isfinite(found) else found
)
_unsaved: Final[Edit] = at(_FLAG, lambda flag: False if str(flag).lower() == "true" else flag)


def _late_savepoint_is_500(it: ProxiedExchange, ended: set[str]) -> ProxiedExchange:
    ended |= doc.ended_ids(it)
    late = it.is_for(_ONE) and it.ok and it.document.get("jobId") in ended
    return it.with_error(SERVER_ERROR) if late and _wants_savepoint(it.request_json) else it


def _changes_an_ended_job(it: ProxiedExchange, ended: set[str], stopped: set[str]) -> ProxiedExchange:
    stopped |= doc.stopped_ids(it) & ended
    ended |= doc.ended_ids(it)
    return jobs(put(jobStatus="SAVEPOINT_DONE"), among(stopped))(it)


def _cancels_a_saved_job(it: ProxiedExchange, saved: set[str], stopped: set[str]) -> ProxiedExchange:
    stopped |= doc.stopped_ids(it) & saved
    saved |= {it.value} if doc.shows_a_job(it) and it.document["jobStatus"] == "SAVEPOINT_DONE" else set()
    return jobs(put(jobStatus="CANCELED"), among(stopped))(it)


def _saves_a_canceled_job(it: ProxiedExchange, canceled: set[str], saved: set[str]) -> ProxiedExchange:
    late = doc.stopped_ids(it) & canceled if it.is_for(_ONE) else set()
    saved |= late if late and _wants_savepoint(it.request_json) else set()
    canceled |= doc.ended_ids(it) if doc.shows_ended_job(it) and it.document["jobStatus"] == "CANCELED" else set()
    return jobs(put(jobStatus="SAVEPOINT_DONE"), among(saved))(it)


def _behind_a_failure(it: ProxiedExchange) -> set[str]:
    failed = it.is_for(_LIST) and it.is_error and isinstance(it.request_json, list)
    return {str(_id_of(item)) for item in it.request_json[1:]} if failed else set()


def _stops_the_first_only(it: ProxiedExchange, dropped: list[Any]) -> ProxiedExchange:
    if it.response:
        receipts_of_others = [{"jobId": item["jobId"]} for item in dropped]
        return it.with_json([*it.document, *receipts_of_others]) if it.ok and dropped else it
    items = it.request_json
    dropped[:] = items[1:] if isinstance(items, list) and all(map(_id_of, items)) else []
    return it.with_request_body(items[:1]) if dropped else it


_DONE: Final = reply(200, lambda it: {"jobId": _id_of(it.request_json)})

FAULTS: Final = (
    row("stop-is-swallowed", "A stop without a savepoint is answered with 200, but the job keeps running.",
        "life-cycle.stop-ends stop-job.receipt", _DONE, on=_ONE, when=_is_stop(saving=False), before=True),
    row("long-lists-of-stops-are-cut", "Only the first five stops of a list are executed.", "stop-jobs.stops-all",
        sent(first(5)), on=_LIST, before=True),
    row("savepoint-stop-is-swallowed", "A stop with a savepoint is answered with 200, but the job keeps running.",
        _ENDS_SAVED, _DONE, on=_ONE, when=_is_stop(saving=True), before=True),
    row("stop-takes-no-savepoint",
        "A stop with a savepoint makes no savepoint, so the job is `CANCELED` and can't be restored.", _ENDS_SAVED,
        sent(_unsaved), on=_ONE, before=True),
    row("stop-always-takes-a-savepoint", "A stop without a savepoint makes one, so the job is `SAVEPOINT_DONE`.",
        "life-cycle.stop-ends stop-job.receipt", sent(put(**{_FLAG: True})), on=_ONE, before=True),
    row("stop-reads-no-text-flag", "The savepoint flag of a stop counts as false if it is the string `true`.",
        "stop-job.savepoint-words", sent(at(_FLAG, lambda flag: flag is True)), on=_ONE, before=True),
    row("any-word-takes-a-savepoint", "The savepoint flag of a stop counts as true if it is any string, even `false`.",
        "stop-job.savepoint-words", sent(at(_FLAG, bool)), on=_ONE, before=True),
    row("null-takes-a-savepoint", "The savepoint flag of a stop counts as true if it is null.",
        "stop-job.savepoint-words", sent(at(_FLAG, lambda flag: flag is None or flag)), on=_ONE, before=True),
    row("one-takes-a-savepoint", "The savepoint flag of a stop counts as true if it is the number 1.",
        "stop-job.savepoint-words", sent(at(_FLAG, lambda flag: flag == 1 or flag)), on=_ONE, before=True),
    row("stop-receipt-names-another-id", "The receipt of a stop has another id than the stopped job.",
        "stop-job.receipt stop-job.number-or-text", edited(at("jobId", lambda job_id: str(int(job_id) + 1))),
        on=_ONE, when=is_ok),
    row("stop-receipt-is-empty", "A stop is answered with an empty object, without `jobId`.",
        "stop-job.receipt stop-job.unknown-id stop-job.ended-job", document({}), on=_ONE, when=tells),
    row("stop-is-202", "A stop is answered with 202 instead of 200.", "stop-job.receipt stop-job.again",
        status(202), on=_ONE, when=is_ok),
    row("numeric-stop-ids-are-refused", "A stop is answered with 400 if its `jobId` is a number.",
        "stop-job.number-or-text", error(BAD_REQUEST), on=_ONE, when=_has_id_of_type(int), before=True),
    row("text-stop-ids-are-refused", "A stop is answered with 400 if its `jobId` is a string.",
        "stop-job.number-or-text stop-job.receipt", error(BAD_REQUEST),
        on=_ONE, when=_has_id_of_type(str), before=True),
    row("numeric-stop-ids-are-rounded",
        "A `jobId` that is a number is converted to a float in a stop, so another job is stopped.",
        "stop-job.number-or-text", sent(at("jobId", lambda found: int(float(found)))),
        on=_ONE, when=_has_id_of_type(int), before=True),
    row("unknown-stop-is-404", "The stop of a job that was never submitted is answered with 404 instead of 200.",
        "stop-job.unknown-id", after(doc.submitted_ids, lambda known: lambda it: (
            error(404)(it) if it.is_for(_ONE) and it.ok and it.document["jobId"] not in known else it))),
    row("unknown-stop-makes-a-job", "After the stop of an unknown job, it is shown as `CANCELED`.",
        "stop-job.unknown-id stop-jobs.unknown-id",
        after(doc.stopped_ids, lambda ids: made_up(ids, jobName="", jobStatus="CANCELED"))),
    row("stop-of-ended-job-is-409", "The stop of a job that has ended is answered with 409 instead of 200.",
        "stop-job.ended-job stop-jobs.unknown-id",
        after(doc.ended_ids, lambda ended: lambda it: it.with_error(409) if doc.stopped_ids(it) & ended else it)),
    row("late-savepoint-is-500",
        "With one node, a stop with a savepoint is answered with 500 if the job has ended.",
        "stop-job.ended-job", _late_savepoint_is_500),
    row("stop-changes-an-ended-job", "After the stop of an ended job, its state is `SAVEPOINT_DONE`.",
        "stop-job.ended-job life-cycle.end-is-final stop-jobs.unknown-id", _changes_an_ended_job),
    row("late-savepoint-changes-a-canceled-job",
        "A cancelled job that is then stopped with a savepoint is `SAVEPOINT_DONE`.", "stop-job.ended-job",
        _saves_a_canceled_job),
    row("stop-cancels-a-saved-job", "After another stop, a job that ended with a savepoint is `CANCELED`.",
        "stop-job.ended-job", _cancels_a_saved_job),
    row("second-stop-is-409", "A second stop of the same job is answered with 409 instead of 200.", "stop-job.again",
        at_times(lambda number: number > 1, error(409), by=lambda it: it.document["jobId"]), on=_ONE, when=is_ok),
    row("stop-without-id-is-done", "A stop without `jobId` is answered with 200 instead of 400.",
        "stop-job.missing-id stop-jobs.missing-id",
        reply(200, lambda it: {"jobId": ""} if it.is_for(_ONE) else []), on=_BOTH, when=_lacks_id),
    row("stop-without-id-says-something-else",
        "The error for a stop without `jobId` has another message than the contract states.",
        "stop-job.missing-id stop-jobs.missing-id", error(BAD_REQUEST, "jobId missing"), on=_BOTH, when=_lacks_id),
    row("stop-of-no-id-is-500", "A stop with a `jobId` that is not an integer is answered with 500 instead of 400.",
        "stop-job.invalid-id stop-jobs.invalid-id", status(SERVER_ERROR), on=_BOTH, when=_has_invalid_id),
    row("stop-of-no-id-is-done", "A stop with a `jobId` that is not an integer is answered with 200 instead of 400.",
        "stop-job.invalid-id stop-jobs.invalid-id", reply(200, lambda it: it.request_json),
        on=_BOTH, when=_has_invalid_id),
    row("fractions-of-ids-are-cut", "A stop with the `jobId` 5.7 stops job 5 instead of being refused.",
        "stop-job.invalid-id stop-jobs.invalid-id", sent(lambda found: each(_whole)(_whole(found))),
        on=_BOTH, before=True),
    # Several stops at once.
    row("stop-receipts-are-rounded",
        "The ids in the receipts of `/stop-jobs` are converted to floats, so they lose their last digits.",
        "stop-jobs.receipts stop-jobs.unknown-id", edited(each(at("jobId", lambda found: int(float(found))))),
        on=_LIST, when=lists),
    row("only-the-first-id-is-checked",
        "Items of `/stop-jobs` after the first are skipped if their `jobId` is missing or invalid.",
        "stop-jobs.invalid-id stop-jobs.missing-id", sent(lambda found: found[:1] + [
            item for item in found[1:] if type(_id_of(item)) is int and abs(_id_of(item)) < 2**63]),
        on=_LIST, when=lambda it: isinstance(it.request_json, list), before=True),
    row("stop-receipts-are-reversed",
        "The receipts of `/stop-jobs` are in the opposite order of the stops in the request.", "stop-jobs.receipts",
        edited(backwards), on=_LIST, when=lists),
    row("batch-stops-the-first-only", "Only the first job in `/stop-jobs` is stopped, but all of them get receipts.",
        "stop-jobs.stops-all", _stops_the_first_only, on=_LIST, before=None),
    row("batch-takes-no-savepoints", "The savepoint flags in `/stop-jobs` are ignored.",
        "stop-jobs.stops-all", sent(each(_unsaved)), on=_LIST, before=True),
    row("small-stop-ids-are-taken-otherwise",
        "A `jobId` below 2^31 is accepted by `/stop-jobs` where it must fail, and vice versa.",
        "stop-jobs.small-number",
        lambda it: it.with_error(SERVER_ERROR) if it.ok else it.with_reply(200, it.request_json),
        on=_LIST, when=lambda it: any(type(job_id) is int and job_id < _SMALL for job_id in _ids(it))),
    row("text-stop-ids-work", "A `jobId` that is a string is answered with 200 by `/stop-jobs` instead of 500.",
        "stop-jobs.text-id", reply(200, lambda it: it.request_json), on=_LIST,
        when=lambda it: it.status == SERVER_ERROR and any(isinstance(job_id, str) for job_id in _ids(it))),
    row("text-stop-ids-stop-nothing",
        "A `jobId` that is a string is answered with 500 by `/stop-jobs`, and the job is not stopped.",
        "stop-jobs.text-id", error(SERVER_ERROR), on=_LIST, before=True,
        when=lambda it: any(isinstance(job_id, str) and job_id.isdecimal() for job_id in _ids(it))),
    row("batch-goes-on-behind-a-failure", "If an item of `/stop-jobs` fails, the jobs after it are stopped, too.",
        "stop-jobs.one-by-one", after(_behind_a_failure, lambda ids: jobs(put(jobStatus="CANCELING"), among(ids)))),
    row("no-stops-are-refused", "An empty list in `/stop-jobs` is answered with 400 instead of 200.",
        "stop-jobs.no-stops", error(BAD_REQUEST), on=_LIST, when=lambda it: it.request_json == []),
    row("no-stops-give-an-object",
        "An empty list in `/stop-jobs` is answered with an empty object instead of an empty list.",
        "stop-jobs.no-stops", document({}), on=_LIST, when=lambda it: it.request_json == []),
    row("single-stop-is-a-list-too", "An object instead of a list is accepted by `/stop-jobs`.", "stop-jobs.not-a-list",
        reply(200, lambda it: [it.request_json]), on=_LIST, when=lambda it: isinstance(it.request_json, dict)),
)  # fmt: skip
