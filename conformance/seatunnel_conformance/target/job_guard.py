"""Checks every request that changes a target before it is sent: it must not affect jobs of others.

This rule holds for all commands. A request may name ids of the run's own jobs, if the target has just shown each job
under a name of the run. A submission may name a new random id. Any other request (with unknown, invalid or foreign ids,
other spellings of an id, or tags) could affect jobs of others on a target that deviates. Such a request is sent only if
the target's list and counts showed no job of others in the last tenth of a second, or if the user passes `--dedicated`.
Even then, no request names the id of a job that the target shows under another name. If in doubt, a request is not
sent. Every connection of the suite, and the proxy of faults, uses this guard.
"""

from __future__ import annotations

import math
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.ambiguity import Deed, as_id, certain_ids, named_ids
from seatunnel_conformance.target.reads import ListedJobs, Look, next_read
from seatunnel_openapi.files import json_or

RUNNING: Final = "/running-jobs"
HISTORY: Final = "/finished-jobs"
LISTS: Final = (RUNNING, HISTORY)
"""The lists that together have all jobs of a target."""

OF_NO_JOB: Final = frozenset({"jobId", "found"})
"""The members of the response for an unknown job."""

_MOST: Final = 50
"""The maximum number of ids in one request that are looked up. Each takes up to three requests."""

_TRIES: Final = 5
"""The maximum number of reads of a list until it has as many jobs as the overview counts."""

_RECENT: Final = 1.0
"""Seconds for which a read of a list is used again: an engine takes 0.25 s for a list of a thousand jobs."""

_MOMENT: Final = 0.1
"""Seconds after a read without jobs of others for which the target counts as free of them.

A job that starts in this time is not protected. But for each read, the engine asks all running jobs for their metrics,
which takes 10 ms for each, and checks need hundreds of reads at the same time.
"""

_LONGEST: Final = 5.0
"""The maximum number of seconds for which an overview is used again; the longer its read took, the longer it is used.

An engine counts its ended jobs for each overview, which takes 0.25 s for a thousand jobs, and more under load.
"""

_PAUSES: Final = (0.2, 0.6)
"""Seconds before the list is read again: a job that the run has submitted without an id gets its receipt meanwhile."""

_UNSEEN: Final = "the owners of its jobs were not looked up"

_RUN: Final = "jobs of others run on it, such as {}"

Read = Callable[[str], Any]
"""Returns the JSON of the response for a path of the API; None for anything but JSON with status 200."""


class ForeignJob(NotObservable):
    """A request is not sent, because it names a job that the run may not have submitted. `job_id` is decimal text."""

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(f"the request was not sent, because it names the job {job_id}: {reason}")
        self.job_id = job_id


class CouldHitOthers(ForeignJob):
    """A request is not sent, because it could affect jobs of others on a target that deviates."""

    def __init__(self, job_id: str, doubt: str, others: str) -> None:
        NotObservable.__init__(
            self,
            f"the request was not sent, because it could hit jobs of others: {doubt}; {others} (--dedicated permits"
            " it on a deployment that has no jobs of others)",
        )
        self.job_id = job_id


@dataclass(slots=True)
class OwnIds:
    """The job ids of one run, and what it may change. `run` is its random name.

    `generated` has the random ids; `submitted` are those that a request has named, `named_again` those that a second
    request has named. `submissions` counts the submissions by id. `unanswered` has the ids of submissions without a
    response: their jobs may still start. `received` has the ids in responses to submissions. `claimed` has the ids that
    the run has named, or that the target gave to its jobs, without those that it generated. Before a request names such
    an id again, the target has to show its job under a name of the run.

    `foreign` has the ids of jobs that the target has listed under other names. `before` has those listed before the
    first submission; it is None until then, or if the list was not complete. `submits` is true from then on. `others`
    describes a seen job of others, or is empty. `dedicated` is true if the user says that all jobs on the target may be
    lost. `counts` has the last overview, and how long it may be used. `tags` has the tags to restore, and `tagged` is
    true if the run has changed tags. The thread that looks at a list has the `turn`; the others use what it has read.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(3))
    generated: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    named_again: set[str] = field(default_factory=set)
    submissions: Counter[str] = field(default_factory=Counter)
    unanswered: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    received: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    before: frozenset[str] | None = None
    counts: tuple[float, Any] = (-math.inf, None)
    submits: bool = False
    dedicated: bool = False
    others: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = False
    turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def prefix(self) -> str:
        """The prefix of the names of all jobs of the run."""
        return f"conformance-{self.run}-"

    def generate(self, source: random.Random = random.SystemRandom(), *, negative: bool = False) -> str:  # noqa: B008 - it has no state
        """Return a new random id. Engines accept `negative` ids, too.

        It has 18 digits, like the ids of engines, and is odd: clients and servers that use floats change its last
        digit. The probability that one of a million jobs has the same id is 2·10^-12.
        """
        number = source.randrange(10**17, 10**18) | 1
        job_id = str(-number if negative else number)
        self.generated.add(job_id)
        return job_id

    @property
    def unnamed(self) -> set[str]:
        """The ids in receipts that the target has chosen."""
        return self.received - self.generated - (self.before or frozenset())

    @property
    def named(self) -> set[str]:
        """The ids of all jobs that the run may have on the target."""
        return self.submitted | self.claimed | self.unnamed

    def is_own_name(self, name: object) -> bool:
        """Return whether a job's name has the prefix of the run."""
        return isinstance(name, str) and name.startswith(self.prefix)

    def has(self, job: Mapping[str, Any]) -> bool:
        """Return whether an item of a list is a job of the run, by its random id, its receipt, or its name."""
        job_id = id_of(job)
        is_received = job_id in self.received and job_id not in (self.before or ())
        is_named = self.is_own_name(job.get("jobName")) and job_id not in self.foreign
        return job_id in self.generated or is_received or is_named


@dataclass(slots=True, repr=False)
class JobGuard:
    """Decides whether a request that changes a target may be sent.

    `read` sends a GET request to the target; `clock` and `sleep` are in seconds.
    """

    own: OwnIds
    read: Read
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)
    looks: dict[str, Look] = field(default_factory=dict)
    """The latest reads of lists from this node by path. All connections to the node can share them."""

    def require_read(self, target: str, body: bytes | None) -> None:
        """Raise `ForeignJob` for a GET request that could affect a job of others if it is handled like POST."""
        deed = Deed.of(target)
        if deed is not Deed.OTHER and (doubt := self._doubt(deed, target, body)) and (others := self.others()):
            raise CouldHitOthers(min(named_ids(target, body), default=""), doubt, others)

    def require_own(self, target: str, body: bytes | None) -> frozenset[str]:
        """Return the ids in a request that changes the target. Raises `ForeignJob` if it must not be sent.

        `target` is path and query.
        """
        own, deed, named = self.own, Deed.of(target), named_ids(target, body)
        if deed is Deed.SUBMIT and not own.submits:
            self._look()
        if len(named - own.generated) > _MOST:
            raise ForeignJob(min(named), f"it names {len(named)} jobs, too many to look up")
        doubt = _UNSEEN if named <= own.generated and self._is_alone else self._doubt(deed, target, body)
        if doubt:
            if others := self.others():
                raise CouldHitOthers(min(named, default=""), doubt, others)
            for job_id in sorted(named):
                self._require_not_foreign(job_id)
        own.tagged |= deed is Deed.TAG
        own.named_again |= named & own.submitted
        own.submitted |= named & own.generated
        own.unanswered |= named & own.generated if deed is Deed.SUBMIT else frozenset()
        # These ids were unknown a moment ago. Before they are named again, their jobs need a name of the run.
        own.claimed |= named - own.generated
        return named

    def _look(self) -> None:
        """Read the list of running jobs before the first submission: all are jobs of others."""
        own, listed = self.own, self._list_read(RUNNING, counted=True)
        if listed is not None:
            own.before = frozenset(own.foreign)
        own.submits = True

    def received(self, target: str, body: bytes | None, receipts: Any) -> None:
        """Register the ids in `receipts`, the JSON of the response to a submission."""
        if Deed.of(target) is Deed.SUBMIT:
            self.own.unanswered -= named_ids(target, body)
            items = receipts if isinstance(receipts, list) else [receipts]
            self.own.received |= {job_id for item in items if isinstance(item, Mapping) and (job_id := id_of(item))}

    def _doubt(self, deed: Deed, target: str, body: bytes | None) -> str:
        """Return how a request could affect jobs of others; empty if it only names own jobs that were just shown."""
        if deed is Deed.TAG:
            restores = self.own.tagged and json_or(body or b"") == self.own.tags
            return "" if restores else "it replaces the tags of the node"
        found = certain_ids(target, body)
        if found is None:
            return "servers could read another job id from it"
        if len(found.ids) > _MOST:
            return f"it names {len(found.ids)} jobs, too many to look up"
        is_submission = deed is Deed.SUBMIT and not found.restores
        wrong = (job_id for job_id in sorted(found.ids) if not self._may_have(job_id, is_submission=is_submission))
        if (job_id := next(wrong, None)) is not None:
            return f"it names the id {job_id}, and the target does not show that this is a job of the run"
        rounded = {float(job_id) for job_id in found.as_numbers - self.own.generated}
        if rounded and self._listed(RUNNING) is not None and rounded & set(map(float, self.own.foreign)):
            return "servers that read ids as floats take one of its ids for that of another job"
        return ""

    def _may_have(self, job_id: str, *, is_submission: bool) -> bool:
        """Return whether an id is that of a job of the run or, in a submission, a new id without a job."""
        is_new = job_id in self.own.generated and job_id not in self.own.submitted
        if is_new:
            return is_submission and not self._shown(job_id)
        return self._is_shown_as_own(job_id)

    def others(self) -> str:
        """Return why the target has or may have jobs of others now, or an empty string.

        Jobs that were seen once count until the end of the run: a target may hide them for a moment.
        """
        own = self.own
        for number, pause in enumerate((*_PAUSES, 0.0) if not own.dedicated else ()):
            if own.others:
                return own.others
            jobs = self.running() if number else self._listed(RUNNING, counted=True)
            if jobs is None:
                return f"it is unknown whose jobs run on the target, because {RUNNING} can't be read completely"
            if not (foreign := [job for job in jobs if not self._is_own(job)]):
                return ""
            self.sleep(pause)
        if not own.dedicated:
            own.others = _RUN.format(id_of(foreign[0]))
        return own.others

    @property
    def _is_alone(self) -> bool:
        """Whether a recent read showed no jobs of others, or the run has the option `--dedicated`."""
        own, look = self.own, self._recent(RUNNING, counted=True)
        return own.dedicated or (look is not None and not own.others and all(map(self._is_own, look.jobs or ())))

    def _is_own(self, job: Mapping[str, Any]) -> bool:
        """Return whether a listed job is of the run. The name is not enough if the first read was incomplete."""
        own = self.own
        is_by_id = id_of(job) in own.generated | own.received | own.claimed
        return own.has(job) and (is_by_id or own.before is not None or not own.submits)

    def _require_not_foreign(self, job_id: str) -> None:
        if job_id in self.own.generated:
            if job_id not in self.own.submitted and "jobStatus" in self._shown(job_id):
                raise ForeignJob(job_id, "the target already has a job with this random id")
        elif not (job_id in self.own.claimed and self._is_shown_as_own(job_id)):
            self.require_unknown(job_id)

    def _is_shown_as_own(self, job_id: str) -> bool:
        """Return whether the target shows a job with exactly this id under a name of the run, and under no other name.

        `/job-info` or a list can show it.
        """
        if job_id in self.own.foreign or job_id not in self.own.generated | self.own.claimed | self.own.received:
            return False
        shown = self._shown(job_id)
        if shown and (str(shown["jobId"]) != job_id or job_id in self.own.generated):
            return str(shown["jobId"]) == job_id and self.own.is_own_name(shown.get("jobName"))
        # An id that the target has chosen could be that of a job of others that it hides in its lists, or has renamed.
        lists = [self._listed(path) for path in LISTS]
        is_sure = None not in lists and (self.own.before is not None or not self.own.submits)
        if job_id not in self.own.generated and not is_sure:
            return False
        items = [item for jobs in lists for item in jobs or () if id_of(item) == job_id]
        names = [item.get("jobName") for item in (shown, *items)]
        known = [name for name in names if name is not None]
        return bool(known) and all(map(self.own.is_own_name, known))

    def require_unknown(self, job_id: str) -> None:
        """Raise `ForeignJob` unless `/job-info` shows an id as unknown, and no list has it."""
        shown = self.require_not_shown(job_id)
        if not _is_unknown(shown, job_id):
            raise ForeignJob(job_id, "/job-info does not say that the job is unknown")
        for path in LISTS:
            items = self._listed(path)
            if items is None:
                raise ForeignJob(job_id, f"{path} is not readable or not complete, so its owner is unknown")
            if job_id in map(id_of, items):
                raise ForeignJob(job_id, f"{path} has this id, and the run did not submit it")

    def require_nameable(self, job_id: str) -> None:
        """Raise `ForeignJob` if a request must not name this id, which the run did not generate."""
        if not (job_id in self.own.claimed and self._is_shown_as_own(job_id)):
            self.require_unknown(job_id)
            if others := self.others():
                raise CouldHitOthers(job_id, f"it names the id {job_id}, which is unknown", others)

    def require_certain(self, target: str, body: bytes | None) -> None:
        """Raise `ForeignJob` if the form of a request could affect jobs of others, whatever its ids."""
        is_certain = Deed.of(target) is not Deed.TAG and certain_ids(target, body) is not None
        if not is_certain and (others := self.others()):
            raise CouldHitOthers("", "servers could read another job id from it, or it replaces tags", others)

    def require_not_shown(self, job_id: str) -> Any:
        """Return the response of `/job-info` for an id. Raises `ForeignJob` if it shows a job."""
        shown = self.read(f"/job-info/{job_id}")
        if isinstance(shown, Mapping) and {"jobStatus", "jobName"} & shown.keys():
            raise ForeignJob(job_id, "the run did not submit it")
        return shown

    def _shown(self, job_id: str) -> Mapping[str, Any]:
        shown = self.read(f"/job-info/{job_id}")
        return shown if isinstance(shown, Mapping) and id_of(shown) == job_id and shown.keys() > {"jobId"} else {}

    def _listed(self, path: str, *, counted: bool = False) -> ListedJobs | None:
        """Return the jobs of a list, read at most `_RECENT` seconds ago; None if it can't be read completely.

        With `counted`, it was read at most `_MOMENT` seconds ago, and has as many jobs as the overview counts.
        """
        with self.own.turn:
            look = self._recent(path, counted=counted)
            return self._list_read(path, counted=counted) if look is None else look.jobs

    def _recent(self, path: str, *, counted: bool) -> Look | None:
        look = self.looks.get(path)
        longest = _MOMENT if counted else _RECENT
        if look is None or self.clock() - look.at >= longest or (counted and (look.jobs is None or not look.counted)):
            return None
        return look

    def running(self) -> ListedJobs | None:
        """Read and return the list of running jobs; None if it can't be read, or may be incomplete."""
        return self._list_read(RUNNING, counted=True)

    def _list_read(self, path: str, *, counted: bool = False) -> ListedJobs | None:
        """Read a list; return None if it can't be read, or has fewer jobs than the overview counts.

        A gateway may hide other users' jobs in lists. As a job can also end between both reads, they are repeated. With
        `counted`, an overview without counts is not enough.
        """
        jobs = None
        for number in range(_TRIES):
            overview = self._overview(again=number > 0) if path == RUNNING else None
            counts = overview if isinstance(overview, Mapping) else {}
            numbers = [str(counts.get(name)) for name in ("runningJobs", "pendingJobs")]
            items = self.read(path)
            if not (isinstance(items, list) and all(isinstance(item, Mapping) and id_of(item) for item in items)):
                break
            others = {str(id_of(item)) for item in items if not self.own.has(item)}
            self.own.foreign |= others
            # Before the first submission, none of them can be a job of the run.
            own = self.own
            if path == RUNNING and others and not (own.submits or own.dedicated):
                own.others = _RUN.format(min(others))
            if counted and not numbers[0].isdecimal():
                break
            if all(len(items) >= int(number) for number in numbers if number.isdecimal()):
                jobs = items
                break
        self.looks[path] = Look(self.clock(), jobs, numbers[0].isdecimal())
        return jobs

    def _overview(self, *, again: bool) -> Any:
        """Return the overview. The last one is used again for some time, unless `again` is true."""
        until, shown = self.own.counts
        if again or self.clock() >= until:
            begun = self.clock()
            shown = self.read("/overview")
            self.own.counts = next_read(begun, self.clock(), most=_LONGEST), shown
        return shown


def id_of(item: Mapping[str, Any]) -> str | None:
    """Return the job id of a JSON object as decimal text; None if it has none."""
    job_id = item.get("jobId")
    is_id = isinstance(job_id, int | str) and not isinstance(job_id, bool) and str(job_id).lstrip("+-").isdecimal()
    return as_id(str(job_id)) if is_id else None


def _is_unknown(shown: Any, job_id: str) -> bool:
    """Return whether a response of `/job-info` means an unknown job: only an id, also with `found: false`."""
    if not isinstance(shown, Mapping) or shown.get("found", False) is not False:
        return False
    return "jobId" in shown and shown.keys() <= OF_NO_JOB and str(shown["jobId"]) in {"", job_id}
