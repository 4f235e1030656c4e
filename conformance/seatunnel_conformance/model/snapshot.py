"""Snapshots: the expected state of the jobs of a history, with the state that the target shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.expectations import misplaced
from seatunnel_conformance.arrange.jobs import NO_OPTIONS, Jobs, OwnJob
from seatunnel_conformance.observe.accusation import comparable, consistent, disagreement
from seatunnel_conformance.observe.forms import COUNTED, END_STATES, JobForms
from seatunnel_conformance.observe.rules import Timeline
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import LISTS as JOB_LISTS
from seatunnel_openapi import Contract

MOST_JOBS: Final = 4
"""The maximum number of jobs of one history; more take time and slots, and find nothing new."""


class Work(StrEnum):
    """The behaviour of a job that is not stopped."""

    BATCH = "batch"
    ENDLESS = "endless"
    FAILING = "failing"


_OWN_ENDS: Final = {Work.BATCH: "FINISHED", Work.FAILING: "FAILED"}

_STOPPED_ENDS: Final = {True: "SAVEPOINT_DONE", False: "CANCELED"}


@dataclass(slots=True)
class ModelJob:
    """A job of a history, with its expected state.

    `starts` is the number of starts under its id. `stopped` is None before a stop, True after a stop with a savepoint,
    and False after one without. `shown` are the objects of `/job-info` since its last start, in order.
    """

    own: OwnJob
    work: Work
    starts: int = 1
    stopped: bool | None = None
    shown: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def end(self) -> str | None:
        """The state in which the job must end; None if it must keep running."""
        return _OWN_ENDS.get(self.work) if self.stopped is None else _STOPPED_ENDS[self.stopped]

    def started_again(self) -> None:
        """Record a new start, and forget the stop and the objects of the previous one."""
        self.starts += 1
        self.stopped = None
        self.shown.clear()


class Verb(StrEnum):
    """The kinds of commands of a history."""

    SUBMIT = "submit"
    SUBMIT_AGAIN = "submit again"
    START_FROM_SAVEPOINT = "start from its savepoint"
    STOP = "stop"
    STOP_UNKNOWN = "stop unknown"
    TAG = "tag"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class LastCommand:
    """The last command of a history: its jobs, whether it was one request for `several` jobs, and the response.

    `refused`: a member other than the master answered a stop with 500, as it can't take the savepoint.
    """

    verb: Verb
    jobs: Sequence[OwnJob] = ()
    several: bool = False
    response: Response | None = None
    refused: bool = False


Document: TypeAlias = Mapping[str, Any]

RUNNING, FINISHED = JOB_LISTS

_MOST_ENTRIES: Final = 50
"""The maximum number of entries of own jobs that are kept of a list."""

LISTS: Final = (RUNNING, FINISHED, *(f"{FINISHED}/{state}" for state in END_STATES))


@dataclass(frozen=True, slots=True)
class Observation:
    """The responses that were read after a command, by job id or by the path of a list.

    `before` and `after` are the objects of `/job-info` at the beginning and at the end; for an unchanged job, the
    responses between them must agree. `details` are the objects of `/running-job`. `lists` has the run's own jobs in
    each list that could be read. `counted` has each count of the overview with the numbers that it must equal: the
    length of its list and, for a list by state, the number of jobs in this state in `/finished-jobs`. `counted` is
    empty if a count changed meanwhile. `wrong_lists` has a clause id and the problem for each list that is certainly
    wrong.
    """

    before: Mapping[str, Document]
    after: Mapping[str, Document]
    details: Mapping[str, Document]
    lists: Mapping[str, list[Any]]
    counted: Mapping[str, tuple[Any, ...]]
    wrong_lists: tuple[tuple[str, str], ...] = ()

    def is_unchanged(self, job_id: str) -> bool:
        """Return whether a job had the same state, create time and members at the beginning and at the end."""
        return _key_members(self.before[job_id]) == _key_members(self.after[job_id])

    def entries(self, path: str, job_id: str) -> list[Document] | None:
        """Return the entries of a list with this id; None if the list could not be read."""
        if path not in self.lists:
            return None
        return [item for item in self.lists[path] if isinstance(item, Mapping) and item.get("jobId") == job_id]


def observe(target: Target, jobs: Jobs, model_jobs: Iterable[ModelJob], *, whole: bool = False) -> Observation:
    """Read the jobs, lists and counts once, with GET requests. Long lists of ended jobs are only read if `whole`."""
    ids = [job.own.id for job in model_jobs]
    before = {job_id: jobs.asked(job_id) for job_id in ids}
    overview = _members(target, "/overview")
    reads = target.wire.lists
    due = [path for path in LISTS if whole or not reads.is_long(path if path == RUNNING else FINISHED)]
    items = {path: listed for path in due if (listed := _items(target, path)) is not None}
    again = _members(target, "/overview")
    details = {job_id: _members(target, f"/running-job/{job_id}") for job_id in ids}
    after = {job_id: jobs.asked(job_id) for job_id in ids}
    # Any job that starts or ends changes at least one count.
    unchanged = all(overview.get(name) == again.get(name) for name in COUNTED)
    counted = _without_late(target, items, _numbers(overview, items)) if unchanged else {}
    differing = [name for name, (count, *lengths) in counted.items() if count not in lengths]
    wrong = {name: proof for name in differing if (proof := _proof(jobs, COUNTED[name]))}
    counted = {name: numbers for name, numbers in counted.items() if name not in wrong}
    lists = {path: _own_entries(listed, ids) for path, listed in items.items()}
    return Observation(before, after, details, lists, counted, tuple(wrong.values()))


def _numbers(overview: Document, items: Mapping[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return each count with the numbers that it must equal, if the lists could be read."""
    known = {name: path for name, path in COUNTED.items() if name in overview and {path, FINISHED} <= items.keys()}
    return {name: (overview[name], *_lengths(items, path)) for name, path in known.items()}


def _without_late(
    target: Target, items: Mapping[str, list[Any]], counted: Mapping[str, tuple[Any, ...]]
) -> dict[str, tuple[Any, ...]]:
    """Return the counts, except those that differ from their list because a job has just started or ended.

    This is assumed if the list is different when it is read again. An engine counts a job before it lists the job, and
    lists a job for a moment after its end.
    """
    differing = [name for name, numbers in counted.items() if any(number != numbers[0] for number in numbers)]
    paths = dict.fromkeys((FINISHED, *(COUNTED[name] for name in differing)) if differing else ())
    changed = {path for path in paths if _ids(items[path]) != _ids(_items(target, path))}
    late = {name for name in differing if changed & {FINISHED, COUNTED[name]}}
    return {name: numbers for name, numbers in counted.items() if name not in late}


def _proof(jobs: Jobs, path: str) -> tuple[str, str] | None:
    """Return the clause that a list breaks, by id, and the problem; None if a second read does not confirm it.

    A single read can be wrong, because a job may end between two of its requests.
    """
    found = misplaced(jobs, path)
    return found if found and found == misplaced(jobs, path) else None


def _lengths(items: Mapping[str, list[Any]], path: str) -> list[str]:
    """Return the length of a list, and the number of jobs of its state in the list of all ended jobs, as text."""
    if path == RUNNING:
        return [str(len(items[path]))]
    states = Counter(str(item.get("jobStatus")) for item in items[FINISHED] if isinstance(item, Mapping))
    return [str(len(items[path])), str(states[path.rpartition("/")[2]])]


def _key_members(document: Document) -> tuple[Any, ...]:
    return (document.get("jobStatus"), document.get("createTime"), frozenset(document))


def _ids(items: Iterable[Any] | None) -> list[Any]:
    """Return id and create time of each job of a list: a job that was started again has the same id."""
    return [(item.get("jobId"), item.get("createTime")) if isinstance(item, Mapping) else item for item in items or ()]


def _own_entries(items: Iterable[Any], ids: Collection[str]) -> list[Any]:
    return list(
        islice((item for item in items if isinstance(item, Mapping) and item.get("jobId") in ids), _MOST_ENTRIES)
    )


def _items(target: Target, path: str) -> list[Any] | None:
    response = target.get(path)
    return response.json_as(list) if response.status == HTTPStatus.OK else None


def workers(target: Target, tags: Mapping[str, str]) -> int:
    """Return the number of workers with these tags, or 0 if the overview lacks it."""
    return shown_workers(target, tags) or 0


def shown_workers(target: Target, tags: Mapping[str, str]) -> int | None:
    """Return the number of workers with these tags, or None if the overview lacks it."""
    count = _members(target, "/overview", tags).get("workers")
    return int(count) if isinstance(count, str) and count.isdecimal() else None


def _members(target: Target, path: str, query: Mapping[str, str] = NO_OPTIONS) -> Document:
    response = target.get(path, query=query)
    return (response.json_as(dict) if response.status == HTTPStatus.OK else None) or {}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The input of invariants: the jobs with their expected state, the last command, and the responses after it.

    `tagged` has for each value of the run's tag whether the node has it, and how many workers the overview finds with
    it. `tagged` is empty before the history has set a tag.
    """

    contract: Contract
    jobs: Sequence[ModelJob]
    command: LastCommand
    observation: Observation
    tagged: Mapping[str, tuple[bool, int]] = field(default_factory=dict)

    @property
    def forms(self) -> JobForms:
        """The forms in which `/job-info` shows a job."""
        return JobForms.of(self.contract, "get_job_info")

    def timelines(self) -> Iterator[Timeline]:
        """Yield the timeline of each job, made of its objects of `/job-info`."""
        for job in self.jobs:
            yield Timeline.of(job.own.id, job.own.name, self.forms, job.shown, end=job.end, starts=job.starts)

    def unchanged_jobs(self) -> Iterator[tuple[ModelJob, Document]]:
        """Yield the jobs that did not change during the observation, with their object of `/job-info`."""
        for job in self.jobs:
            document = self.observation.after.get(job.own.id, {})
            if "jobStatus" in document and self.observation.is_unchanged(job.own.id):
                yield job, document

    def ended_jobs(self) -> Iterator[tuple[ModelJob, Document]]:
        """Yield the unchanged jobs that have ended, and are no longer shown in the running form."""
        for job, document in self.unchanged_jobs():
            if self.forms.is_over(document) and not self.forms.running.fits(document):
                yield job, document

    def unlike_others(self, job: ModelJob, shown: Document, names: Collection[str]) -> dict[str, tuple[Any, Any]]:
        """Return the members of a job that differ at this operation: for each, the expected and the found value.

        Only members in `names`, or below them, are returned.
        """
        seen = self.observation
        others = [{"jobId": job.own.id, "jobName": job.own.name}, seen.details.get(job.own.id, {})]
        others += [one for path in (RUNNING, FINISHED) for one in seen.entries(path, job.own.id) or ()]
        votes = [consistent(seen.after[job.own.id], job.shown)]
        votes += [consistent(one) for one in others if one is not shown]
        found, expected = disagreement(comparable(shown), votes)
        return {name: (expected[name], found[name]) for name in found if name.partition("/")[0] in names}
