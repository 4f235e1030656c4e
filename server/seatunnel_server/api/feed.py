"""The feed of ended jobs, and the graph of a job, as proposals to upstream would add them.

Source: notes on the sources of 3.x, 2.12.
"""

from __future__ import annotations

import base64
from bisect import bisect
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Self

from seatunnel_server.api.members import Members, Nested, always, milliseconds
from seatunnel_server.engine.domain import Job, JobStatus, Vertex
from seatunnel_server.engine.errors import IllegalArgument, InvalidNumber
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE, parsed

_DEFAULT_LIMIT: Final = 100
_LIMITS: Final = range(1, 1001)
_ALL: Final = "*"
_SUMMARY: Final = 512
"""Characters of an error that the feed shows; the length upstream is not known."""


@dataclass(frozen=True, slots=True)
class FeedPart:
    """A part of the feed, and the cursor of the next part.

    `scanned` counts its jobs in all states; `head` is the lowest sequence that is not forgotten. `more` says whether
    further jobs follow, `reset` whether jobs after the cursor of the request have been forgotten.
    """

    jobs: Sequence[Job]
    scanned: int
    head: int
    more: bool
    reset: bool
    limit: int
    cursor: str


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """A request for a part of the feed: from `start`, or after the sequence `after`; jobs in one state, or in all."""

    start: str | None
    after: int | None
    status: str | None
    limit: int

    @classmethod
    def parse(cls, start: str | None, cursor: str | None, status: str | None, limit: str | None) -> Self:
        """Read the parameters. Raises `IllegalArgument`."""
        most, state = _limit(limit), _status(status)
        if start is not None and cursor is not None:
            raise IllegalArgument("start and cursor must not be provided together.")
        if cursor is not None:
            after, of_cursor = _position(cursor)
            if state is not None and state != of_cursor:
                raise IllegalArgument("status does not match the cursor.")
            return cls(None, after, of_cursor, most)
        if start is None:
            raise IllegalArgument("start or cursor must be provided.")
        if start.lower() not in {"beginning", "latest"}:
            raise IllegalArgument("start must be beginning or latest.")
        return cls(start.lower(), None, state, most)

    def part(self, forgotten: int, kept: Sequence[Job]) -> FeedPart:
        """Return the requested part. `kept` are the ended jobs, `forgotten` is the version of the last removed one.

        A job's version is its sequence, so the sequences have gaps. Raises `IllegalArgument`.
        """
        ended = kept[-1].version if kept else forgotten
        after = {"beginning": forgotten, "latest": ended}[self.start] if self.start else self.after or 0
        if after > ended:
            raise IllegalArgument("cursor is ahead of the committed monitoring sequence.")
        first = bisect(kept, after, key=attrgetter("version"))
        seen = kept[first : first + self.limit]
        jobs = [job for job in seen if self.status in {None, job.status}]
        last = seen[-1].version if seen else max(after, forgotten)
        text = f"2|{last}|{self.status or _ALL}"
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return FeedPart(jobs, len(seen), forgotten + 1, last < ended, after < forgotten, self.limit, cursor)


def _limit(text: str | None) -> int:
    if text is None or not text.strip():
        return _DEFAULT_LIMIT
    try:
        limit = parsed(text.strip(), INT_RANGE)
    except InvalidNumber:
        raise IllegalArgument("limit must be an integer.") from None
    if limit not in _LIMITS:
        raise IllegalArgument("limit must be between 1 and 1000.")
    return limit


def _status(text: str | None) -> str | None:
    name = (text or "").strip().upper()
    if not name:
        return None
    if name not in JobStatus.__members__:
        raise IllegalArgument(f"Unknown job status: {text}")
    if not JobStatus(name).is_end:
        raise IllegalArgument("status must be a terminal job status.")
    return name


def _position(cursor: str) -> tuple[int, str | None]:
    """Return the sequence after which a cursor continues, and its state; None for all. Raises `IllegalArgument`."""
    with suppress(ValueError, IllegalArgument):
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        version, number, status = content.split("|")
        if version == "2" and (after := parsed(number, LONG_RANGE)) >= 0:
            return after, None if status == _ALL else _status(status)
    raise IllegalArgument("Invalid cursor.")


_JOB_END: Final[Members] = {
    "sequence": lambda it: it.version,
    "jobId": lambda it: str(it.id),
    "jobName": lambda it: it.name,
    "jobStatus": lambda it: it.status.value,
    "createTime": lambda it: milliseconds(it.create_time),
    "observedTime": lambda it: milliseconds(it.finish_time or it.create_time),
    "errorSummary": lambda it: it.error and it.error[:_SUMMARY],
    "startTime": lambda it: it.start_time and milliseconds(it.start_time),
    "finishTime": lambda it: it.finish_time and milliseconds(it.finish_time),
}
JOB_FEED: Final[Members] = {
    "data": Nested(lambda it: it.jobs, _JOB_END),
    "hasMore": lambda it: it.more,
    "limit": lambda it: it.limit,
    "scanned": lambda it: it.scanned,
    "headSequence": lambda it: it.head,
    "cursorReset": lambda it: it.reset,
    "nextCursor": lambda it: it.cursor,
}


def _tables(vertex: Vertex) -> Sequence[str]:
    return [] if vertex.type == "transform" else sorted(set(vertex.table_paths))


_METADATA: Final = {True: "REPORTED", False: "UNAVAILABLE"}
_NODE: Final[Members] = {
    "id": lambda it: str(it.id),
    "kind": lambda it: it.type.upper(),
    "name": lambda it: it.name,
    "tablePaths": _tables,
    "datasetMetadata": lambda it: "NOT_APPLICABLE" if it.type == "transform" else _METADATA[bool(_tables(it))],
}
_EDGE: Final[Members] = {
    "pipelineId": lambda it: it[0],
    "sourceNodeId": lambda it: str(it[1].input_vertex_id),
    "targetNodeId": lambda it: str(it[1].target_vertex_id),
}


def _by_id(job: Job) -> Sequence[Vertex]:
    return sorted(job.plan.vertices, key=lambda it: it.id)


def _edges(job: Job) -> Sequence[tuple[int, object]]:
    edges = ((number, edge) for number, several in job.plan.edges.items() for edge in several)
    return sorted(edges, key=lambda it: (it[0], it[1].input_vertex_id, it[1].target_vertex_id))


JOB_LINEAGE: Final[Members] = {
    "schemaVersion": always(1),
    "jobId": lambda it: str(it.id),
    "graphKind": always("EXECUTION"),
    "idScope": always("JOB"),
    "nodes": Nested(_by_id, _NODE),
    "edges": Nested(_edges, _EDGE),
    "warnings": Nested(
        lambda it: [each for each in _by_id(it) if each.type != "transform" and not _tables(each)],
        {"code": always("DATASET_METADATA_UNAVAILABLE"), "nodeId": lambda it: str(it.id)},
    ),
}
