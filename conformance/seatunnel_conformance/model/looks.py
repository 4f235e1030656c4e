"""One look at everything that shows the run's own jobs: details, lists, counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.jobs import NO_OPTIONS, Jobs
from seatunnel_conformance.arrange.states import END_STATES
from seatunnel_conformance.model.believed import Believed
from seatunnel_conformance.target.deployment import Target

Document: TypeAlias = Mapping[str, Any]

RUNNING: Final = "/running-jobs"
FINISHED: Final = "/finished-jobs"

_COUNTS: Final = {
    "runningJobs": RUNNING,
    "finishedJobs": f"{FINISHED}/FINISHED",
    "failedJobs": f"{FINISHED}/FAILED",
    "cancelledJobs": f"{FINISHED}/CANCELED",
}
"""The counts of the overview, and the list that each is the length of."""

_MOST_ENTRIES: Final = 50
"""Entries of own jobs that are kept of a list; there are as many jobs at the most, and each is listed once."""

LISTS: Final = (RUNNING, FINISHED, *(f"{FINISHED}/{state}" for state in END_STATES))


@dataclass(frozen=True, slots=True)
class Look:
    """What was shown, by job id or by the path of a list.

    `before` and `after` are the answers of `/job-info` at the beginning and the end of the look, so that what lies
    between can be held against a job that has not changed meanwhile. Of `lists` the entries of the run's own jobs are
    kept. A list that could not be read is not there.
    `counted` has the counts with the lengths they must equal, as long as no list has changed meanwhile.
    """

    before: Mapping[str, Document]
    after: Mapping[str, Document]
    details: Mapping[str, Document]
    lists: Mapping[str, list[Any]]
    counted: Mapping[str, tuple[Any, int]]

    def is_still(self, job_id: str) -> bool:
        """Tell whether a job has shown the same face at the beginning and at the end."""
        return _face(self.before[job_id]) == _face(self.after[job_id])

    def entries(self, path: str, job_id: str) -> list[Document] | None:
        """Return the items of a list that have this id; None when the list could not be read."""
        if path not in self.lists:
            return None
        return [item for item in self.lists[path] if isinstance(item, Mapping) and item.get("jobId") == job_id]


def look(target: Target, jobs: Jobs, believed: Iterable[Believed]) -> Look:
    """Look once; only reading requests are sent."""
    ids = [job.own.id for job in believed]
    before = {job_id: jobs.info(job_id) for job_id in ids}
    lists = {path: listed for path in LISTS if (listed := _listed(target, path, ids)) is not None}
    overview = _members(target, "/overview")
    again = {path: _listed(target, path, ids) for path in _COUNTS.values()}
    details = {job_id: _members(target, f"/running-job/{job_id}") for job_id in ids}
    after = {job_id: jobs.info(job_id) for job_id in ids}
    still = {
        name: path for name, path in _COUNTS.items() if name in overview and _is_same(lists.get(path), again[path])
    }
    counted = {name: (overview[name], lists[path].length) for name, path in still.items()}
    return Look(before, after, details, {path: listed.own for path, listed in lists.items()}, counted)


def _face(document: Document) -> tuple[Any, ...]:
    return (document.get("jobStatus"), document.get("createTime"), frozenset(document))


def _is_same(listed: _Listed | None, again: _Listed | None) -> bool:
    return listed is not None and again is not None and listed.identity == again.identity


def _identity(item: Any) -> Any:
    return (item.get("jobId"), item.get("createTime")) if isinstance(item, Mapping) else item


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is kept of a list, which may be long: entries of own jobs, its length, and a digest of who is in it."""

    own: list[Any]
    length: int
    identity: bytes


def _listed(target: Target, path: str, ids: Collection[str]) -> _Listed | None:
    answer = target.get(path)
    try:
        items = answer.items if answer.status == HTTPStatus.OK else None
    except AssertionError:
        return None
    if items is None:
        return None
    own = (item for item in items if isinstance(item, Mapping) and item.get("jobId") in ids)
    identity = sha256()
    for item in items:
        identity.update(repr(_identity(item)).encode("utf-8", "surrogatepass"))
    return _Listed(list(islice(own, _MOST_ENTRIES)), len(items), identity.digest())


def workers(target: Target, tags: Mapping[str, str]) -> int:
    """Return how many workers the overview finds by tags; the count has a name that releases disagree about."""
    overview = _members(target, "/overview", tags)
    return next((int(count) for name, count in overview.items() if name.startswith("work") and _is_number(count)), 0)


def _is_number(count: Any) -> bool:
    return isinstance(count, str) and count.isdecimal()


def _members(target: Target, path: str, query: Mapping[str, str] = NO_OPTIONS) -> Document:
    answer = target.get(path, query=query)
    try:
        return answer.members if answer.status == HTTPStatus.OK else {}
    except AssertionError:
        return {}
