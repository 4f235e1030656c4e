"""Faults of `/jobs/checkpoints` and `/pending-jobs`: missing records, wrong responses to ids, filters and limits."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *

_OVERVIEW: Final = "get_checkpoint_overview"
_HISTORY: Final = "get_checkpoint_history"
_QUEUE: Final = "get_pending_jobs"


def _shows_pipelines(it: ProxiedExchange) -> bool:
    return it.ok and "pipelines" in it.document


FAULTS: Final = (
    row("checkpoints-are-not-counted", "The checkpoint overview of a job has pipelines without `counts`.",
        "jobs.checkpoint-overview", edited(at("pipelines", each(drop("counts")))), on=_OVERVIEW, when=is_ok),
    row("checkpoints-are-forgotten", "The checkpoint overview of a job with checkpoints has no pipelines.",
        "jobs.checkpoint-overview",
        document(lambda it: {"jobId": it.document["jobId"]}), on=_OVERVIEW, when=_shows_pipelines),
    row("job-without-checkpoints-is-404",
        "The checkpoint overview of a job without checkpoints is answered with 404 instead of 200.",
        "jobs.checkpoint-no-record", status(NOT_FOUND),
        on=_OVERVIEW, when=lambda it: it.ok and not _shows_pipelines(it)),
    row("checkpoints-of-any-id",
        "A checkpoint overview for an id that is not an integer is answered with 200 instead of 400.",
        "jobs.checkpoint-invalid-id", reply(200, {"jobId": "0"}), on=_OVERVIEW, when=has_status(BAD_REQUEST)),
    row("history-forgets-checkpoints", "The checkpoint history of every job is empty.", "jobs.checkpoint-history",
        document([]), on=_HISTORY, when=is_ok),
    row("history-without-a-record-is-404",
        "The checkpoint history of a job without checkpoints is answered with 404 instead of an empty list.",
        "jobs.checkpoint-history-empty", status(NOT_FOUND), on=_HISTORY, when=lambda it: it.ok and not it.document),
    row("history-filters-of-any-word",
        "A checkpoint history with an invalid filter is answered with an empty list instead of 400.",
        "jobs.checkpoint-history-filters", reply(200, []), on=_HISTORY, when=has_status(BAD_REQUEST)),
    row("queue-has-no-summary", "The response of `/pending-jobs` lacks `queueSummary`.", "pending-jobs.members",
        edited(drop("queueSummary")), on=_QUEUE, when=is_ok),
    row("queue-of-one-job-is-404",
        "A request to `/pending-jobs` for one job that is not waiting is answered with 404 instead of 200.",
        "pending-jobs.one-job", status(NOT_FOUND), on=_QUEUE, when=lambda it: it.ok and "jobId" in it.parameters),
    row("queue-limit-is-refused", "A request for pending jobs with the parameter `limit` is answered with 400.",
        "pending-jobs.limit", error(BAD_REQUEST), on=_QUEUE, when=asks("limit"), before=True),
    row("queue-is-never-pretty", "The parameter `pretty` of `/pending-jobs` has no effect.",
        "pending-jobs.pretty", without_parameter("pretty"), on=_QUEUE, before=True),
    row("queue-errors-are-json",
        "An invalid query of `/pending-jobs` gets a JSON error instead of the servlet container's HTML page.",
        "pending-jobs.invalid-query", error(BAD_REQUEST), on=_QUEUE, when=has_status(BAD_REQUEST)),
)  # fmt: skip
