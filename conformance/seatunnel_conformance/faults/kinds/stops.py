"""Stop faults: stops that are not done, done otherwise, or answered as something else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import FaultEffect, fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, SERVER_ERROR, ProxiedExchange

_FLAG = "isStopWithSavePoint"


def _has_invalid_id(exchange: ProxiedExchange) -> bool:
    wrong = exchange.is_for("stop_job", "stop_jobs") and exchange.status == BAD_REQUEST
    return wrong and any(_id_of(item) is not None for item in _stopped(exchange))


def _has_text_id(exchange: ProxiedExchange) -> bool:
    texts = [item for item in _stopped(exchange) if isinstance(_id_of(item), str)]
    return exchange.is_for("stop_jobs") and exchange.status == SERVER_ERROR and bool(texts)


@fault("stop-is-swallowed", breaks=["life-cycle.stop-ends", "stop-job.receipt"], before=True)
def stop_is_swallowed(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop without savepoint is answered as if it were done, and nothing happens."""
    item = exchange.request_json
    plain = exchange.is_for("stop_job") and isinstance(item, dict) and not _wants_savepoint(item) and _id_of(item)
    return exchange.with_reply(200, {"jobId": _id_of(item)}) if plain else exchange


@fault("long-lists-of-stops-are-cut", breaks=["stop-jobs.stops-all"], on="stop_jobs", before=True)
def long_lists_of_stops_are_cut(exchange: ProxiedExchange) -> ProxiedExchange:
    """Only the first five jobs of a list are stopped."""
    items = exchange.request_json
    return exchange.with_request_body(items[:5]) if isinstance(items, list) and items[5:] else exchange


@fault(
    "savepoint-stop-is-swallowed", breaks=["life-cycle.savepoint-stop-ends", "stop-job.savepoint-words"], before=True
)
def savepoint_stop_is_swallowed(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop with a savepoint is answered as if it were done, and nothing happens."""
    item = exchange.request_json
    saving = exchange.is_for("stop_job") and isinstance(item, dict) and _wants_savepoint(item) and _id_of(item)
    return exchange.with_reply(200, {"jobId": _id_of(item)}) if saving else exchange


@fault("stop-takes-no-savepoint", breaks=["life-cycle.savepoint-stop-ends", "stop-job.savepoint-words"], before=True)
def stop_takes_no_savepoint(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop never takes a savepoint, so that the job ends `CANCELED`."""
    return _with_stop(exchange, lambda item: {**item, _FLAG: False} if _wants_savepoint(item) else item)


@fault("stop-always-takes-a-savepoint", breaks=["life-cycle.stop-ends", "stop-job.receipt"], before=True)
def stop_always_takes_a_savepoint(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop always takes a savepoint, so that the job ends `SAVEPOINT_DONE`."""
    return _with_stop(exchange, lambda item: {**item, _FLAG: True})


@fault("stop-reads-no-text-flag", breaks=["stop-job.savepoint-words"], before=True)
def stop_reads_no_text_flag(exchange: ProxiedExchange) -> ProxiedExchange:
    """A savepoint flag that is text counts as no."""
    return _with_stop(exchange, lambda item: {**item, _FLAG: item.get(_FLAG) is True})


@fault("any-word-takes-a-savepoint", breaks=["stop-job.savepoint-words"], before=True)
def any_word_takes_a_savepoint(exchange: ProxiedExchange) -> ProxiedExchange:
    """Any word as the savepoint flag asks for a savepoint."""
    return _with_stop(exchange, lambda item: {**item, _FLAG: bool(item.get(_FLAG))})


@fault("stop-receipt-names-another-id", breaks=["stop-job.receipt", "stop-job.number-or-text"])
def stop_receipt_names_another_id(exchange: ProxiedExchange) -> ProxiedExchange:
    """The receipt of a stop tells the id after the one that was sent."""
    return _with_receipt(exchange, lambda receipt: {**receipt, "jobId": str(int(receipt["jobId"]) + 1)})


@fault("stop-receipt-is-empty", breaks=["stop-job.receipt", "stop-job.unknown-id", "stop-job.ended-job"])
def stop_receipt_is_empty(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop is answered with an empty object."""
    return _with_receipt(exchange, lambda _: {})


@fault("stop-is-202", breaks=["stop-job.receipt", "stop-job.again"])
def stop_is_202(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop is answered with 202 instead of 200."""
    return exchange.with_status(202) if exchange.is_for("stop_job") and exchange.ok else exchange


@fault("numeric-stop-ids-are-refused", breaks=["stop-job.number-or-text"], on="stop_job", before=True)
def numeric_stop_ids_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is a number is answered with 400."""
    number = isinstance(exchange.request_json, dict) and type(exchange.request_json.get("jobId")) is int
    return exchange.with_error(BAD_REQUEST) if number else exchange


@fault("text-stop-ids-are-refused", breaks=["stop-job.number-or-text", "stop-job.receipt"], on="stop_job", before=True)
def text_stop_ids_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is text is answered with 400."""
    text = isinstance(exchange.request_json, dict) and isinstance(exchange.request_json.get("jobId"), str)
    return exchange.with_error(BAD_REQUEST) if text else exchange


@fault("numeric-stop-ids-are-rounded", breaks=["stop-job.number-or-text"], before=True)
def numeric_stop_ids_are_rounded(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is a number went through a float, so that another job is meant."""
    return _with_stop(
        exchange, lambda item: {**item, "jobId": int(float(item["jobId"]))} if type(item.get("jobId")) is int else item
    )


@fault("unknown-stop-is-404", breaks=["stop-job.unknown-id"])
def unknown_stop_is_404(exchange: ProxiedExchange, known: set[str]) -> ProxiedExchange:
    """The stop of a job that was never submitted is answered with 404."""
    known |= doc.submitted_ids(exchange)
    unknown = exchange.is_for("stop_job") and exchange.ok and exchange.document["jobId"] not in known
    return exchange.with_error(404) if unknown else exchange


@fault("unknown-stop-makes-a-job", breaks=["stop-job.unknown-id", "stop-jobs.unknown-id"])
def unknown_stop_makes_a_job(exchange: ProxiedExchange, stopped: set[str]) -> ProxiedExchange:
    """The id of no job is shown as a cancelled job once it was stopped."""
    if exchange.is_for("stop_job", "stop_jobs"):
        stopped |= {str(receipt.get("jobId")) for receipt in doc.receipts(exchange)}
    if not doc.shows_unknown_job(exchange) or exchange.value not in stopped:
        return exchange
    return exchange.with_json({"jobId": exchange.value, "jobName": "", "jobStatus": "CANCELED"})


@fault("stop-of-ended-job-is-409", breaks=["stop-job.ended-job", "stop-jobs.unknown-id"])
def stop_of_ended_job_is_409(exchange: ProxiedExchange, ended: set[str]) -> ProxiedExchange:
    """The stop of a job that has ended is answered with 409."""
    ended |= doc.ended_ids(exchange)
    stopped = doc.receipts(exchange) if exchange.is_for("stop_job", "stop_jobs") else []
    late = any(str(receipt.get("jobId")) in ended for receipt in stopped)
    return exchange.with_error(409) if late else exchange


@fault("late-savepoint-is-500", breaks=["stop-job.ended-job"])
def late_savepoint_is_500(exchange: ProxiedExchange, ended: set[str]) -> ProxiedExchange:
    """The stop with a savepoint of a job that has ended is answered with 500, although the node is the only one."""
    ended |= doc.ended_ids(exchange)
    late = exchange.is_for("stop_job") and exchange.ok and exchange.document.get("jobId") in ended
    wants_savepoint = late and _wants_savepoint(exchange.request_json)
    return exchange.with_error(SERVER_ERROR) if wants_savepoint else exchange


@fault("stop-changes-an-ended-job", breaks=["stop-job.ended-job", "life-cycle.end-is-final", "stop-jobs.unknown-id"])
def stop_changes_an_ended_job(exchange: ProxiedExchange, ended: set[str], stopped: set[str]) -> ProxiedExchange:
    """A job that has ended is shown as stopped with a savepoint once it was stopped again."""
    if exchange.is_for("stop_job", "stop_jobs"):
        stopped |= {str(receipt.get("jobId")) for receipt in doc.receipts(exchange)} & ended
    ended |= doc.ended_ids(exchange)
    return doc.each_job(
        exchange, lambda job: {**job, "jobStatus": "SAVEPOINT_DONE"} if job["jobId"] in stopped else job
    )


@fault("second-stop-is-409", breaks=["stop-job.again"])
def second_stop_is_409(exchange: ProxiedExchange, stopped: set[str]) -> ProxiedExchange:
    """A second stop of the same job is answered with 409."""
    if not exchange.is_for("stop_job") or not exchange.ok:
        return exchange
    job_id = exchange.document["jobId"]
    again = job_id in stopped
    stopped.add(job_id)
    return exchange.with_error(409) if again else exchange


@fault("stop-without-id-is-done", breaks=["stop-job.missing-id", "stop-jobs.missing-id"])
def stop_without_id_is_done(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop that names no job is answered with 200."""
    lacks = _lacks_id(exchange) and exchange.is_error
    return exchange.with_reply(200, {"jobId": ""} if exchange.is_for("stop_job") else []) if lacks else exchange


@fault("stop-without-id-says-something-else", breaks=["stop-job.missing-id", "stop-jobs.missing-id"])
def stop_without_id_says_something_else(exchange: ProxiedExchange) -> ProxiedExchange:
    """The error about a stop that names no job has another message."""
    return exchange.with_error(BAD_REQUEST, "jobId missing") if _lacks_id(exchange) and exchange.is_error else exchange


@fault("stop-of-no-id-is-500", breaks=["stop-job.invalid-id", "stop-jobs.invalid-id"], when=_has_invalid_id)
def stop_of_no_id_is_500(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop of an id that is not an integer is answered with 500."""
    return exchange.with_status(SERVER_ERROR)


@fault("stop-of-no-id-is-done", breaks=["stop-job.invalid-id", "stop-jobs.invalid-id"], when=_has_invalid_id)
def stop_of_no_id_is_done(exchange: ProxiedExchange) -> ProxiedExchange:
    """A stop of an id that is not an integer is answered as if it were done."""
    return exchange.with_reply(200, exchange.request_json)


@fault("fractions-of-ids-are-cut", breaks=["stop-job.invalid-id", "stop-jobs.invalid-id"], before=True)
def fractions_of_ids_are_cut(exchange: ProxiedExchange) -> ProxiedExchange:
    """Of an id that is no whole number the fraction is cut off."""

    def changed(item: dict[str, Any]) -> dict[str, Any]:
        number = item.get("jobId")
        cut = isinstance(number, float) and math.isfinite(number)
        return {**item, "jobId": int(item["jobId"])} if cut else item

    return _with_each_stop(exchange, changed)


# Several stops at once.


@fault("stop-receipts-are-rounded", breaks=["stop-jobs.receipts", "stop-jobs.unknown-id"])
def stop_receipts_are_rounded(exchange: ProxiedExchange) -> ProxiedExchange:
    """The ids in the receipts of several stops went through a float."""
    return _with_receipts(exchange, lambda found: [{**item, "jobId": int(float(item["jobId"]))} for item in found])


@fault("stop-receipts-are-reversed", breaks=["stop-jobs.receipts"])
def stop_receipts_are_reversed(exchange: ProxiedExchange) -> ProxiedExchange:
    """The receipts of several stops come in the opposite order."""
    return _with_receipts(exchange, lambda found: found[::-1])


@fault("batch-stops-the-first-only", breaks=["stop-jobs.stops-all"])
class BatchStopsTheFirstOnly(FaultEffect):
    """Of several jobs only the first is stopped; all of them get receipts."""

    def __init__(self) -> None:
        self.dropped: list[Any] = []

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send the first stop on."""
        items = exchange.request_json if exchange.is_for("stop_jobs") else None
        self.dropped = items[1:] if isinstance(items, list) and all(map(_id_of, items)) else []
        return exchange.with_request_body(items[:1]) if items and self.dropped else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Give receipts for the others."""
        if not exchange.is_for("stop_jobs") or not exchange.ok or not self.dropped:
            return exchange
        others = [{"jobId": item["jobId"]} for item in self.dropped]
        return exchange.with_change(lambda found: [*found, *others])


@fault("batch-takes-no-savepoints", breaks=["stop-jobs.stops-all"], on="stop_jobs", before=True)
def batch_takes_no_savepoints(exchange: ProxiedExchange) -> ProxiedExchange:
    """Several stops take no savepoints, whatever their items say."""
    return _with_each_stop(exchange, lambda item: {**item, _FLAG: False} if _wants_savepoint(item) else item)


@fault("small-stop-ids-are-taken-otherwise", breaks=["stop-jobs.small-number"])
def small_stop_ids_are_taken_otherwise(exchange: ProxiedExchange) -> ProxiedExchange:
    """A small id fails where it is stated to work, and works where it is stated to fail."""
    items = exchange.request_json if exchange.is_for("stop_jobs") else None
    small = isinstance(items, list) and any(type(_id_of(item)) is int and _id_of(item) < 2**31 for item in items)
    if not small:
        return exchange
    return exchange.with_error(SERVER_ERROR) if exchange.ok else exchange.with_reply(200, items)


@fault("text-stop-ids-work", breaks=["stop-jobs.text-id"], when=_has_text_id)
def text_stop_ids_work(exchange: ProxiedExchange) -> ProxiedExchange:
    """Ids that are text are answered with 200."""
    return exchange.with_reply(200, exchange.request_json)


@fault("text-stop-ids-stop-nothing", breaks=["stop-jobs.text-id"], before=True)
def text_stop_ids_stop_nothing(exchange: ProxiedExchange) -> ProxiedExchange:
    """An id that is text fails before the job is stopped."""
    items = exchange.request_json if exchange.is_for("stop_jobs") else None
    text = isinstance(items, list) and any(
        str(_id_of(item)).isdecimal() and isinstance(_id_of(item), str) for item in items
    )
    return exchange.with_error(SERVER_ERROR) if text else exchange


@fault("batch-goes-on-behind-a-failure", breaks=["stop-jobs.one-by-one"])
def batch_goes_on_behind_a_failure(exchange: ProxiedExchange, stopped: set[str]) -> ProxiedExchange:
    """Jobs behind an item that fails are shown as stopped."""
    items = exchange.request_json if exchange.is_for("stop_jobs") and exchange.is_error else None
    if isinstance(items, list):
        stopped |= {str(_id_of(item)) for item in items[1:]}
    return doc.each_job(exchange, lambda job: {**job, "jobStatus": "CANCELING"} if job["jobId"] in stopped else job)


@fault("no-stops-are-refused", breaks=["stop-jobs.no-stops"], on="stop_jobs")
def no_stops_are_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty list of stops is answered with 400."""
    return exchange.with_error(BAD_REQUEST) if exchange.request_json == [] else exchange


@fault("no-stops-give-an-object", breaks=["stop-jobs.no-stops"])
def no_stops_give_an_object(exchange: ProxiedExchange) -> ProxiedExchange:
    """An empty list of stops is answered with an empty object."""
    return exchange.with_json({}) if exchange.is_for("stop_jobs") and exchange.request_json == [] else exchange


@fault("single-stop-is-a-list-too", breaks=["stop-jobs.not-a-list"], on="stop_jobs")
def single_stop_is_a_list_too(exchange: ProxiedExchange) -> ProxiedExchange:
    """The body of a single stop is taken for a list of one."""
    return exchange.with_reply(200, [exchange.request_json]) if isinstance(exchange.request_json, dict) else exchange


def _id_of(item: Any) -> Any:
    return item.get("jobId") if isinstance(item, dict) else None


def _wants_savepoint(item: Mapping[str, Any]) -> bool:
    return str(item.get(_FLAG)).lower() == "true"


def _with_stop(exchange: ProxiedExchange, change: Callable[[dict[str, Any]], dict[str, Any]]) -> ProxiedExchange:
    known = exchange.is_for("stop_job") and isinstance(exchange.request_json, dict)
    changed = change(exchange.request_json) if known else None
    return exchange if changed is None or changed == exchange.request_json else exchange.with_request_body(changed)


def _with_each_stop(exchange: ProxiedExchange, change: Callable[[dict[str, Any]], dict[str, Any]]) -> ProxiedExchange:
    items = exchange.request_json if exchange.is_for("stop_jobs") else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return _with_stop(exchange, change)
    changed = [change(item) for item in items]
    return exchange if str(changed) == str(items) else exchange.with_request_body(changed)


def _with_receipt(exchange: ProxiedExchange, change: doc.JobChange) -> ProxiedExchange:
    known = exchange.is_for("stop_job") and exchange.ok and exchange.document
    return exchange.with_change(change) if known else exchange


def _with_receipts(exchange: ProxiedExchange, change: Callable[[list[Any]], list[Any]]) -> ProxiedExchange:
    known = exchange.is_for("stop_jobs") and exchange.ok and exchange.document
    return exchange.with_change(change) if known else exchange


def _stopped(exchange: ProxiedExchange) -> Iterable[Any]:
    found = exchange.request_json if exchange.is_for("stop_job", "stop_jobs") else []
    return found if isinstance(found, list) else [found]


def _lacks_id(exchange: ProxiedExchange) -> bool:
    return any(isinstance(item, dict) and item.get("jobId") is None for item in _stopped(exchange))
