"""Faults of checkpoints and of the queue of waiting jobs: records that are missing, or in another order."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_conformance.faults.catalogue import fault
from seatunnel_conformance.faults.exchange import BAD_REQUEST, NOT_FOUND, ProxiedExchange, without

_OVERVIEW: Final = "get_checkpoint_overview"
_HISTORY: Final = "get_checkpoint_history"
_QUEUE: Final = "get_pending_jobs"


def _shows_pipelines(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(_OVERVIEW) and exchange.ok and "pipelines" in exchange.document


def _lists_history(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(_HISTORY) and exchange.ok


def _shows_queue(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(_QUEUE) and exchange.ok


@fault("checkpoints-are-not-counted", breaks=["jobs.checkpoint-overview"], when=_shows_pipelines)
def checkpoints_are_not_counted(exchange: ProxiedExchange) -> ProxiedExchange:
    """The pipelines of a job with checkpoints have no counts."""
    return exchange.with_change(_without_counts)


@fault("checkpoints-are-forgotten", breaks=["jobs.checkpoint-overview"], when=_shows_pipelines)
def checkpoints_are_forgotten(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job with checkpoints is answered as one without."""
    return exchange.with_change(lambda job: {"jobId": job["jobId"]})


@fault("job-without-checkpoints-is-404", breaks=["jobs.checkpoint-no-record"], on=_OVERVIEW)
def job_without_checkpoints_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job without a record of checkpoints is answered with 404."""
    return exchange.with_status(NOT_FOUND) if exchange.ok and not _shows_pipelines(exchange) else exchange


@fault("checkpoints-of-any-id", breaks=["jobs.checkpoint-invalid-id"], on=_OVERVIEW)
def checkpoints_of_any_id(exchange: ProxiedExchange) -> ProxiedExchange:
    """The checkpoints of an id that is not an integer are answered with 200."""
    return exchange.with_reply(200, {"jobId": "0"}) if exchange.status == BAD_REQUEST else exchange


@fault("history-forgets-checkpoints", breaks=["jobs.checkpoint-history"], when=_lists_history)
def history_forgets_checkpoints(exchange: ProxiedExchange) -> ProxiedExchange:
    """The history of every job is empty."""
    return exchange.with_change(lambda _: [])


@fault("history-without-a-record-is-404", breaks=["jobs.checkpoint-history-empty"])
def history_without_a_record_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """The history of a job without a record is answered with 404."""
    return exchange.with_status(NOT_FOUND) if _lists_history(exchange) and not exchange.document else exchange


@fault("history-filters-of-any-word", breaks=["jobs.checkpoint-history-filters"], on=_HISTORY)
def history_filters_of_any_word(exchange: ProxiedExchange) -> ProxiedExchange:
    """A filter that means nothing is answered with an empty history."""
    return exchange.with_reply(200, []) if exchange.status == BAD_REQUEST else exchange


@fault("queue-has-no-summary", breaks=["pending-jobs.members"], when=_shows_queue)
def queue_has_no_summary(exchange: ProxiedExchange) -> ProxiedExchange:
    """The queue of waiting jobs has no summary."""
    return exchange.with_change(lambda queue: without(queue, "queueSummary"))


@fault("queue-of-one-job-is-404", breaks=["pending-jobs.one-job"], when=_shows_queue)
def queue_of_one_job_is_404(exchange: ProxiedExchange) -> ProxiedExchange:
    """A job that does not wait is answered with 404."""
    return exchange.with_status(NOT_FOUND) if "jobId" in exchange.parameters else exchange


@fault("queue-limit-is-refused", breaks=["pending-jobs.limit"], on=_QUEUE, before=True)
def queue_limit_is_refused(exchange: ProxiedExchange) -> ProxiedExchange:
    """A queue with a limit is answered with 400."""
    return exchange.with_error(BAD_REQUEST) if "limit" in exchange.parameters else exchange


@fault("queue-is-never-pretty", breaks=["pending-jobs.pretty"], on=_QUEUE, before=True)
def queue_is_never_pretty(exchange: ProxiedExchange) -> ProxiedExchange:
    """The queue is formatted for programs, regardless of `User-Agent`."""
    return exchange.with_request(query=[pair for pair in exchange.query if pair[0] != "pretty"])


@fault("queue-errors-are-json", breaks=["pending-jobs.invalid-query"], on=_QUEUE)
def queue_errors_are_json(exchange: ProxiedExchange) -> ProxiedExchange:
    """A question about the queue that can't be read is answered like every other."""
    return exchange.with_error(BAD_REQUEST) if exchange.status == BAD_REQUEST else exchange


def _without_counts(job: dict[str, Any]) -> dict[str, Any]:
    return {**job, "pipelines": [without(pipeline, "counts") for pipeline in job["pipelines"]]}
