"""The check of every request that changes a target: it can't hit a job of others.

The rule, for all commands: a request may name ids of the run's own jobs, each of which the target shows under the run's
name right before, and a new random id for a job that it submits. Anything else (unknown, invalid or foreign ids, other
spellings of an id, tags) could hit jobs of others on a target that deviates. It is sent only if the target has shown no
other job in the last tenth of a second, neither in its list nor in its count, or the user says that it is dedicated to
the run. Even then, no request names an id whose job the target shows or lists under another name. If in doubt, the
request is not sent. Every connection of the suite, and the proxy of faults, uses this guard.
"""

from __future__ import annotations

import json
import math
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.ambiguity import Deed, as_id, certain_ids, named_ids
from seatunnel_conformance.target.reads import ListedJobs, Look, next_read

RUNNING: Final = "/running-jobs"
HISTORY: Final = "/finished-jobs"
LISTS: Final = (RUNNING, HISTORY)
"""The lists that together have every job of a target."""

OF_NO_JOB: Final = frozenset({"jobId", "found"})
"""The members of a response about a job that does not exist."""

_MOST: Final = 50
"""The most ids in one request that are looked up: each takes up to three requests."""

_TRIES: Final = 5

_RECENT: Final = 1.0
"""Seconds for which a list is used: one with a thousand jobs takes an engine a quarter of a second."""

_MOMENT: Final = 0.1
"""Seconds for which the target counts as without jobs of others. A job that starts in them is not protected, but each
look asks every running job for its metrics, a hundredth of a second each, and checks ask hundreds of times at once."""

_LONGEST: Final = 5.0
"""Seconds for which the counts of an overview are used at most, according to the duration of its read.

An engine counts its ended jobs for each overview: with a thousand, a quarter of a second, and more under load.
"""

_PAUSES: Final = (0.2, 0.6)
"""Seconds until a job that the run has submitted without an id is known by its receipt."""

_UNSEEN: Final = "it was not looked up whose jobs it names"

_RUN: Final = "jobs of others run on it, such as {}"

Read = Callable[[str], Any]
"""Returns the JSON response of a path of the API; None for anything but JSON with status 200."""


class ForeignJob(NotObservable):
    """A request names a job that the run may not have submitted, and is not sent. `job_id` is decimal text."""

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(f"the request was not sent, because it names the job {job_id}: {reason}")
        self.job_id = job_id


class CouldHitOthers(ForeignJob):
    """A request could change jobs of others on a target that deviates, and is not sent."""

    def __init__(self, job_id: str, doubt: str, others: str) -> None:
        NotObservable.__init__(
            self,
            f"the request was not sent, because it could hit jobs of others: {doubt}, and {others} (--dedicated permits"
            " it on a deployment that has no jobs of others)",
        )
        self.job_id = job_id


@dataclass(slots=True)
class OwnIds:
    """The job ids of one run, and what it may do. `run` is its random name.

    `generated` are random ids, `submitted` those that a request has named, `named_again` those that a second request
    has named, `submissions` the numbers of submissions that have named them. `claimed` are ids that the target has
    assigned to jobs of the run, and `received` all in receipts; before they are used, the target has to show them under
    the run's name. `foreign` are ids that it has listed under another name. `before` are those of the first look,
    before the first submission: None before that, or if the list was not complete. `submits` tells that there was one.

    `unanswered` are those of submissions that got no response: their jobs may still come.

    `counts` is the last overview, and until when it is used. `dedicated` tells that the user says that the target has
    no jobs of others; `others` is the sentence about those that were seen, empty before. `tags` are those to restore,
    `tagged` whether the run has changed the tags.
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

    @property
    def prefix(self) -> str:
        """The prefix of the names of the run's jobs."""
        return f"conformance-{self.run}-"

    def generate(self, source: random.Random = random.SystemRandom(), *, negative: bool = False) -> str:  # noqa: B008 - it has no state
        """Return a new random id; engines accept `negative` ones, too.

        It has 18 digits, like the engine's ids, and is odd, so that a client or server that uses floats loses its last
        digit. The probability that one of a million jobs has the same id is 10^-11.
        """
        number = source.randrange(10**17, 10**18) | 1
        job_id = str(-number if negative else number)
        self.generated.add(job_id)
        return job_id

    @property
    def unnamed(self) -> set[str]:
        """The ids in receipts that the run has not chosen."""
        return self.received - self.generated - (self.before or frozenset())

    @property
    def named(self) -> set[str]:
        """The ids of all jobs that the run may have on the target."""
        return self.submitted | self.claimed | self.unnamed

    def is_own_name(self, name: object) -> bool:
        """Return whether a job's name has the prefix of the run."""
        return isinstance(name, str) and name.startswith(self.prefix)

    def has(self, job: Mapping[str, Any]) -> bool:
        """Return whether an item of a list is a job of the run: by its random id, a receipt, or its name."""
        job_id = id_of(job)
        is_received = job_id in self.received and job_id not in (self.before or ())
        is_named = self.is_own_name(job.get("jobName")) and job_id not in self.foreign
        return job_id in self.generated or is_received or is_named


@dataclass(slots=True, repr=False)
class JobGuard:
    """Decides whether a request that changes a target may be sent.

    `read` sends a GET to the target, `clock` is in seconds.
    """

    own: OwnIds
    read: Read
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)
    looks: dict[str, Look] = field(default_factory=dict)
    """The latest reads of lists from the node of the target, by path; all connections to it can share them."""

    def require_read(self, target: str, body: bytes | None) -> None:
        """Raise `ForeignJob` for a GET that could hit a job on a target which takes it for a POST."""
        deed = Deed.of(target)
        if deed is not Deed.OTHER and (doubt := self._doubt(deed, target, body)) and (others := self.others()):
            raise CouldHitOthers(min(named_ids(target, body), default=""), doubt, others)

    def require_own(self, target: str, body: bytes | None) -> frozenset[str]:
        """Return the ids that a request which changes the target names; `target` is path and query.

        Raises `ForeignJob` unless it may be sent.
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
        # No other client used these ids just now. If the target assigns them to the run, the job's name will tell.
        own.claimed |= named - own.generated
        return named

    def _look(self) -> None:
        """Look at the jobs on the target before the first submission: none of them is the run's."""
        own, listed = self.own, self._list_read(RUNNING, counted=True)
        if listed is not None:
            own.before = frozenset(own.foreign)
        own.submits = True

    def received(self, target: str, body: bytes | None, receipts: Any) -> None:
        """Register the ids in the response to a submission, as JSON."""
        if Deed.of(target) is Deed.SUBMIT:
            self.own.unanswered -= named_ids(target, body)
            items = receipts if isinstance(receipts, list) else [receipts]
            self.own.received |= {job_id for item in items if isinstance(item, Mapping) and (job_id := id_of(item))}

    def _doubt(self, deed: Deed, target: str, body: bytes | None) -> str:
        """Return how a request could hit jobs of others; empty if it can't: it names own jobs only, shown just now."""
        if deed is Deed.TAG:
            return "" if self.own.tagged and _json(body) == self.own.tags else "it replaces the tags of the node"
        found = certain_ids(target, body)
        if found is None:
            return "servers could read another job id from it"
        if len(found.ids) > _MOST:
            return f"it names {len(found.ids)} jobs, too many to look up"
        is_submission = deed is Deed.SUBMIT and not found.restores
        wrong = (job_id for job_id in sorted(found.ids) if not self._may_have(job_id, is_submission=is_submission))
        if (job_id := next(wrong, None)) is not None:
            return f"it names the id {job_id}, which the target does not show as that of a job of this run"
        rounded = {float(job_id) for job_id in found.as_numbers - self.own.generated}
        if rounded and self._listed(RUNNING) is not None and rounded & set(map(float, self.own.foreign)):
            return "it names an id that is that of another job in servers that use floats"
        return ""

    def _may_have(self, job_id: str, *, is_submission: bool) -> bool:
        """Return whether an id is that of a job of the run, or a new one for a job that a request submits."""
        is_new = job_id in self.own.generated and job_id not in self.own.submitted
        if is_new:
            return is_submission and not self._shown(job_id)
        return self._is_shown_as_own(job_id)

    def others(self) -> str:
        """Return why there could be jobs of others on the target, as of this moment; empty if there are none.

        Once seen, they count to the end of the run: a target may hide them for a moment.
        """
        own = self.own
        for number, pause in enumerate((*_PAUSES, 0.0) if not own.dedicated else ()):
            if own.others:
                return own.others
            jobs = self.running() if number else self._listed(RUNNING, counted=True)
            if jobs is None:
                return f"the number of running jobs, and {RUNNING}, do not show whose jobs run"
            if not (foreign := [job for job in jobs if not self._is_own(job)]):
                return ""
            self.sleep(pause)
        if not own.dedicated:
            own.others = _RUN.format(id_of(foreign[0]))
        return own.others

    @property
    def _is_alone(self) -> bool:
        """Whether a recent read showed no foreign job, or the run has `--dedicated`; own jobs need no check then."""
        own, look = self.own, self._recent(RUNNING, counted=True)
        return own.dedicated or (look is not None and not own.others and all(map(self._is_own, look.jobs or ())))

    def _is_own(self, job: Mapping[str, Any]) -> bool:
        """Return whether a job is one of the run: not only by its name if the first look could not show the others."""
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
        """Return whether the target shows a job under this very id and the run's name, and nowhere under another name.

        If `/job-info` does not show a job, a list may.
        """
        if job_id in self.own.foreign or job_id not in self.own.generated | self.own.claimed | self.own.received:
            return False
        shown = self._shown(job_id)
        if shown and (str(shown["jobId"]) != job_id or job_id in self.own.generated):
            return str(shown["jobId"]) == job_id and self.own.is_own_name(shown.get("jobName"))
        # An id that the target has chosen could be that of a job which it hides in its lists, or has renamed.
        lists = [self._listed(path) for path in LISTS]
        is_sure = None not in lists and (self.own.before is not None or not self.own.submits)
        if job_id not in self.own.generated and not is_sure:
            return False
        items = [item for jobs in lists for item in jobs or () if id_of(item) == job_id]
        names = [item.get("jobName") for item in (shown, *items)]
        known = [name for name in names if name is not None]
        return bool(known) and all(map(self.own.is_own_name, known))

    def require_unknown(self, job_id: str) -> None:
        """Raise `ForeignJob` unless the target does not know an id: its job is neither shown nor listed."""
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
        """Raise `ForeignJob` unless a request may name an id that the run has not generated."""
        if not (job_id in self.own.claimed and self._is_shown_as_own(job_id)):
            self.require_unknown(job_id)
            if others := self.others():
                raise CouldHitOthers(job_id, f"it names the id {job_id}, which is unknown", others)

    def require_certain(self, target: str, body: bytes | None) -> None:
        """Raise `ForeignJob` if a request could hit jobs of others by its form, whatever its ids are."""
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
        """Return the jobs of a list, read in the last second; None if it is not readable or not complete.

        With `counted`, the list is of this moment, and the overview has counted its jobs.
        """
        look = self._recent(path, counted=counted)
        return self._list_read(path, counted=counted) if look is None else look.jobs

    def _recent(self, path: str, *, counted: bool) -> Look | None:
        look = self.looks.get(path)
        longest = _MOMENT if counted else _RECENT
        if look is None or self.clock() - look.at >= longest or (counted and (look.jobs is None or not look.counted)):
            return None
        return look

    def running(self) -> ListedJobs | None:
        """Return the list of running jobs; None if it is not readable, or not known to be complete."""
        return self._list_read(RUNNING, counted=True)

    def _list_read(self, path: str, *, counted: bool = False) -> ListedJobs | None:
        """Read a list. A gateway may hide jobs of other users: then the overview counts more than the list has.

        A job can also end between both reads, but not in every attempt. With `counted`, the overview has to count.
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
            # Before the first submission, none of them can be the run's.
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
        """Return the overview: the last one while it is used, unless it is read `again`."""
        until, shown = self.own.counts
        if again or self.clock() >= until:
            begun = self.clock()
            shown = self.read("/overview")
            self.own.counts = next_read(begun, self.clock(), most=_LONGEST), shown
        return shown


def _json(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError):
        return None


def id_of(item: Mapping[str, Any]) -> str | None:
    """Return the job id of an object; None if it has no readable id."""
    job_id = item.get("jobId")
    is_id = isinstance(job_id, int | str) and not isinstance(job_id, bool) and str(job_id).lstrip("+-").isdecimal()
    return as_id(str(job_id)) if is_id else None


def _is_unknown(shown: Any, job_id: str) -> bool:
    """Return whether a response of `/job-info` says that there is no such job: an id alone, or with `found: false`."""
    if not isinstance(shown, Mapping) or shown.get("found", False) is not False:
        return False
    return "jobId" in shown and shown.keys() <= OF_NO_JOB and str(shown["jobId"]) in {"", job_id}
