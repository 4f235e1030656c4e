"""The gate before every request that changes a target: no job is named in one but the run's own.

An id may be named if the run has drawn it at random, if the target shows it under the run's name, or if the target
provably does not know it. What is unclear is not sent. Every connection of the suite has this gate, so no check can
pass it by.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.job_ids import as_id, named_ids

LISTS: Final = ("/running-jobs", "/finished-jobs")
"""Where every job stands that a target knows."""

_MOST: Final = 50
"""Ids that one request may name without having been drawn: each costs three look-ups."""

_RECENT: Final = 1.0
"""Seconds for which a list is not read again: one with a thousand jobs costs an engine a quarter of a second."""

Read = Callable[[str], Any]
"""Returns the JSON that a path of the API is answered with; None for anything but JSON with status 200."""


class ForeignJob(NotObservable):
    """A request names a job that the run may not have submitted, and is not sent. `job_id` is decimal text."""

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(f"nothing was sent, since the request names the job {job_id}: {reason}")
        self.job_id = job_id


@dataclass(slots=True)
class OwnIds:
    """The job ids of one run. `run` is its random name.

    `drawn` were chosen at random, `submitted` are those of them that a request has named; `claimed` are those that
    the target has said are of the run's jobs, which it has to confirm by their names.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(3))
    drawn: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """What the names of the run's jobs begin with."""
        return f"conformance-{self.run}-"

    def draw(self, source: random.Random = random.SystemRandom(), *, negative: bool = False) -> str:  # noqa: B008 - it has no state
        """Return an id that nobody uses; engines take `negative` ones, too.

        Of the engine's own length, 18 digits, and odd, so that precision is lost where it can be. Among a million jobs
        the chance to meet one is one to 10^11.
        """
        number = source.randrange(10**17, 10**18) | 1
        job_id = str(-number if negative else number)
        self.drawn.add(job_id)
        return job_id

    def is_own_name(self, name: object) -> bool:
        """Tell whether a job's name is one that only this run gives."""
        return isinstance(name, str) and name.startswith(self.prefix)


@dataclass(slots=True, repr=False)
class JobGuard:
    """Decides which requests that change a target may be sent.

    `read` looks things up at the target itself, `clock` is in seconds.
    """

    own: OwnIds
    read: Read
    clock: Callable[[], float] = time.monotonic
    _lists: dict[str, tuple[float, list[Mapping[str, Any]] | None]] = field(default_factory=dict)
    _proved: set[str] = field(default_factory=set)

    def require_own(self, target: str, body: bytes | None) -> None:
        """Let a request pass that changes the target, or raise `ForeignJob`; `target` is the path with its query."""
        named = named_ids(target, body)
        if len(named - self.own.drawn - self._proved) > _MOST:
            raise ForeignJob(min(named), f"it names {len(named)} jobs, too many to look them up")
        for job_id in sorted(named - self._proved):
            self._require_own(job_id)
        self._proved.clear()
        self.own.submitted |= named & self.own.drawn
        # Nobody else had these a moment ago. Whether the target has given them to a job of the run, its name tells.
        self.own.claimed |= named - self.own.drawn

    def _require_own(self, job_id: str) -> None:
        if job_id in self.own.drawn:
            if job_id not in self.own.submitted and "jobStatus" in self._shown(job_id):
                raise ForeignJob(job_id, "although it was drawn at random, the target has it")
        elif not (job_id in self.own.claimed and self._is_shown_as_own(job_id)):
            self.require_unknown(job_id)

    def _is_shown_as_own(self, job_id: str) -> bool:
        """Tell whether the target shows a job under the run's name, and nowhere under another."""
        names = [self._shown(job_id).get("jobName")]
        for path in LISTS:
            names += [item.get("jobName") for item in self._listed(path) or () if _id_of(item) == job_id]
        known = [name for name in names if name is not None]
        return bool(known) and all(map(self.own.is_own_name, known))

    def require_unknown(self, job_id: str) -> None:
        """Raise `ForeignJob` unless the target provably does not know an id: its job is not shown, and in no list."""
        shown = self.require_not_shown(job_id)
        if not (isinstance(shown, Mapping) and shown.keys() == {"jobId"} and str(shown["jobId"]) in {"", job_id}):
            raise ForeignJob(job_id, "/job-info does not say that there is no such job")
        for path in LISTS:
            items = self._listed(path)
            if items is None:
                raise ForeignJob(job_id, f"{path} does not say whose it is")
            if job_id in map(_id_of, items):
                raise ForeignJob(job_id, f"{path} has this id, and the run did not submit it")

    def may_name(self, job_id: str) -> bool:
        """Tell whether the next request may name an id, which then is not looked up again."""
        try:
            self._require_own(job_id)
        except ForeignJob:
            return False
        self._proved.add(job_id)
        return True

    def require_not_shown(self, job_id: str) -> Any:
        """Raise `ForeignJob` if the target shows a job under an id, and return what it says else."""
        shown = self.read(f"/job-info/{job_id}")
        if isinstance(shown, Mapping) and {"jobStatus", "jobName"} & shown.keys():
            raise ForeignJob(job_id, "the run did not submit it")
        return shown

    def _shown(self, job_id: str) -> Mapping[str, Any]:
        shown = self.read(f"/job-info/{job_id}")
        return shown if isinstance(shown, Mapping) and _id_of(shown) == job_id else {}

    def _listed(self, path: str) -> list[Mapping[str, Any]] | None:
        """Return the jobs of a list, as it was a second ago at most; None where it can't be told which are in it."""
        read_at, jobs = self._lists.get(path, (-_RECENT, None))
        if self.clock() - read_at >= _RECENT:
            items = self.read(path)
            is_clear = isinstance(items, list) and all(isinstance(item, Mapping) and _id_of(item) for item in items)
            jobs = items if is_clear else None
            self._lists[path] = self.clock(), jobs
        return jobs


def _id_of(item: Mapping[str, Any]) -> str | None:
    """Return the id of the job that an object shows; None where it has none that can be read."""
    job_id = item.get("jobId")
    is_id = isinstance(job_id, int | str) and not isinstance(job_id, bool) and str(job_id).lstrip("+-").isdecimal()
    return as_id(str(job_id)) if is_id else None
