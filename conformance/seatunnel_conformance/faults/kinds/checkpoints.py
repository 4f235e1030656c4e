"""Faults of checkpoints and of the queue of waiting jobs: records that are missing, or in another order."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *

_OVERVIEW: Final = "get_checkpoint_overview"
_HISTORY: Final = "get_checkpoint_history"
_QUEUE: Final = "get_pending_jobs"


def _shows_pipelines(it: ProxiedExchange) -> bool:
    return it.ok and "pipelines" in it.document


FAULTS: Final = (
    row("checkpoints-are-not-counted", "The pipelines of a job with checkpoints have no counts.",
        "jobs.checkpoint-overview", edited(at("pipelines", each(drop("counts")))), on=_OVERVIEW, when=is_ok),
    row("checkpoints-are-forgotten",
        "A job with checkpoints is answered as if it had none.", "jobs.checkpoint-overview",
        document(lambda it: {"jobId": it.document["jobId"]}), on=_OVERVIEW, when=_shows_pipelines),
    row("job-without-checkpoints-is-404", "A job without a record of checkpoints is answered with 404.",
        "jobs.checkpoint-no-record", status(NOT_FOUND),
        on=_OVERVIEW, when=lambda it: it.ok and not _shows_pipelines(it)),
    row("checkpoints-of-any-id", "The checkpoints of an id that is not an integer are answered with 200.",
        "jobs.checkpoint-invalid-id", reply(200, {"jobId": "0"}), on=_OVERVIEW, when=has_status(BAD_REQUEST)),
    row("history-forgets-checkpoints", "The history of every job is empty.", "jobs.checkpoint-history",
        document([]), on=_HISTORY, when=is_ok),
    row("history-without-a-record-is-404", "The history of a job without a record is answered with 404.",
        "jobs.checkpoint-history-empty", status(NOT_FOUND), on=_HISTORY, when=lambda it: it.ok and not it.document),
    row("history-filters-of-any-word",
        "A filter with an unknown value is answered with an empty history instead of an error.",
        "jobs.checkpoint-history-filters", reply(200, []), on=_HISTORY, when=has_status(BAD_REQUEST)),
    row("queue-has-no-summary", "The queue of waiting jobs has no summary.", "pending-jobs.members",
        edited(drop("queueSummary")), on=_QUEUE, when=is_ok),
    row("queue-of-one-job-is-404", "A job that does not wait is answered with 404.", "pending-jobs.one-job",
        status(NOT_FOUND), on=_QUEUE, when=lambda it: it.ok and "jobId" in it.parameters),
    row("queue-limit-is-refused", "A queue with a limit is answered with 400.", "pending-jobs.limit",
        error(BAD_REQUEST), on=_QUEUE, when=asks("limit"), before=True),
    row("queue-is-never-pretty", "The queue is formatted for programs, regardless of `User-Agent`.",
        "pending-jobs.pretty", without_parameter("pretty"), on=_QUEUE, before=True),
    row("queue-errors-are-json",
        "An invalid query of the queue is answered with a JSON error instead of the servlet container's page.",
        "pending-jobs.invalid-query", error(BAD_REQUEST), on=_QUEUE, when=has_status(BAD_REQUEST)),
)  # fmt: skip
