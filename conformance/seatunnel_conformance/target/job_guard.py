"""The check of every request that changes a target: it may name no job but the run's own.

A request may name an id if the run has generated it at random, if the target shows its job under the run's name, or if
the target provably does not know it. If in doubt, the request is not sent. Every connection of the suite uses this
guard. Job ids are found in every place and spelling of a request that a server could accept.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from seatunnel_conformance.errors import NotObservable

RUNNING: Final = "/running-jobs"
HISTORY: Final = "/finished-jobs"
LISTS: Final = (RUNNING, HISTORY)
"""The lists that together have every job of a target."""

_MOST: Final = 50
"""The most ids in one request that the run has not generated: each takes three look-ups."""

_TRIES: Final = 5

_RECENT: Final = 1.0
"""Seconds for which a list is cached: one with a thousand jobs takes an engine a quarter of a second."""

Read = Callable[[str], Any]
"""Returns the JSON response of a path of the API; None for anything but JSON with status 200."""


class ForeignJob(NotObservable):
    """A request names a job that the run may not have submitted, and is not sent. `job_id` is decimal text."""

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(f"the request was not sent, because it names the job {job_id}: {reason}")
        self.job_id = job_id


@dataclass(slots=True)
class OwnIds:
    """The job ids of one run. `run` is its random name.

    `generated` are random ids, `submitted` those that a request has named, `named_again` those that a second request
    has named, `submissions` the numbers of submissions that have named them. `claimed` are ids that the target has
    assigned to jobs of the run; before they are used, the target has to show them under the run's name. `foreign` are
    ids that it has listed under another name; None before the first look, which is before the first submission.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(3))
    generated: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    named_again: set[str] = field(default_factory=set)
    submissions: Counter[str] = field(default_factory=Counter)
    claimed: set[str] = field(default_factory=set)
    foreign: set[str] | None = None

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

    def is_own_name(self, name: object) -> bool:
        """Return whether a job's name has this run's prefix."""
        return isinstance(name, str) and name.startswith(self.prefix)


@dataclass(slots=True, repr=False)
class JobGuard:
    """Decides whether a request that changes a target may be sent.

    `read` sends a GET to the target, `clock` is in seconds.
    """

    own: OwnIds
    read: Read
    clock: Callable[[], float] = time.monotonic
    _lists: dict[str, tuple[float, list[Mapping[str, Any]] | None]] = field(default_factory=dict)
    _proved: set[str] = field(default_factory=set)

    def require_own(self, target: str, body: bytes | None) -> frozenset[str]:
        """Return the ids that a request which changes the target names; `target` is path and query.

        Raises `ForeignJob` unless it may be sent.
        """
        named = named_ids(target, body)
        if "/submit" in target and self.own.foreign is None:
            self._listed(RUNNING)
        if len(named - self.own.generated - self._proved) > _MOST:
            raise ForeignJob(min(named), f"it names {len(named)} jobs, too many to look up")
        for job_id in sorted(named - self._proved):
            self._require_own(job_id)
        self._proved.clear()
        self.own.named_again |= named & self.own.submitted
        self.own.submitted |= named & self.own.generated
        # No other client used these ids just now. If the target assigns them to the run, the job's name will tell.
        self.own.claimed |= named - self.own.generated
        return named

    def _require_own(self, job_id: str) -> None:
        if job_id in self.own.generated:
            if job_id not in self.own.submitted and "jobStatus" in self._shown(job_id):
                raise ForeignJob(job_id, "the target already has a job with this random id")
        elif not (job_id in self.own.claimed and self._is_shown_as_own(job_id)):
            self.require_unknown(job_id)

    def _is_shown_as_own(self, job_id: str) -> bool:
        """Return whether the target shows a job under the run's name, and nowhere under another name."""
        if job_id in (self.own.foreign or ()):
            return False
        names = [self._shown(job_id).get("jobName")]
        for path in LISTS:
            names += [item.get("jobName") for item in self._listed(path) or () if _id_of(item) == job_id]
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
            if job_id in map(_id_of, items):
                raise ForeignJob(job_id, f"{path} has this id, and the run did not submit it")

    def may_name(self, job_id: str) -> bool:
        """Return whether the next request may name an id; if so, it is not looked up again for that request."""
        try:
            self._require_own(job_id)
        except ForeignJob:
            return False
        self._proved.add(job_id)
        return True

    def require_not_shown(self, job_id: str) -> Any:
        """Return the response of `/job-info` for an id. Raises `ForeignJob` if it shows a job."""
        shown = self.read(f"/job-info/{job_id}")
        if isinstance(shown, Mapping) and {"jobStatus", "jobName"} & shown.keys():
            raise ForeignJob(job_id, "the run did not submit it")
        return shown

    def _shown(self, job_id: str) -> Mapping[str, Any]:
        shown = self.read(f"/job-info/{job_id}")
        return shown if isinstance(shown, Mapping) and _id_of(shown) == job_id else {}

    def _listed(self, path: str) -> list[Mapping[str, Any]] | None:
        """Return the jobs of a list, cached for a second; None if it is not readable or not complete."""
        read_at, jobs = self._lists.get(path, (-_RECENT, None))
        if self.clock() - read_at >= _RECENT:
            jobs = self._list_read(path)
            self._lists[path] = self.clock(), jobs
        return jobs

    def _list_read(self, path: str) -> list[Mapping[str, Any]] | None:
        """Read a list. A gateway may hide jobs of other users: then the overview counts more than the list has.

        A job can also end between both reads, but not in every attempt.
        """
        for _ in range(_TRIES):
            overview = self.read("/overview") if path == RUNNING else None
            counted = str(overview.get("runningJobs")) if isinstance(overview, Mapping) else ""
            items = self.read(path)
            if not (isinstance(items, list) and all(isinstance(item, Mapping) and _id_of(item) for item in items)):
                break
            others = {str(_id_of(item)) for item in items if not self.own.is_own_name(item.get("jobName"))}
            self.own.foreign = (self.own.foreign or set()) | others
            if not counted.isdecimal() or len(items) >= int(counted):
                return items
        return None


def _id_of(item: Mapping[str, Any]) -> str | None:
    """Return the job id of an object; None if it has no readable id."""
    job_id = item.get("jobId")
    is_id = isinstance(job_id, int | str) and not isinstance(job_id, bool) and str(job_id).lstrip("+-").isdecimal()
    return as_id(str(job_id)) if is_id else None


def _is_unknown(shown: Any, job_id: str) -> bool:
    """Return whether a response of `/job-info` says that there is no such job: an id alone, or with `found: false`."""
    if not isinstance(shown, Mapping) or shown.get("found", False) is not False:
        return False
    return shown.keys() - {"found"} == {"jobId"} and str(shown["jobId"]) in {"", job_id}


_LARGEST: Final = 2**63
_LONGEST: Final = 40
"""The most digits of a number that a server could convert to an id."""

_NUMBER: Final = re.compile(r"[+-]?\d+")
_SEGMENT: Final = re.compile(r"(?:job-)?([+-]?\d+)(?:[;.].*)?")
"""A segment of a path: an id, also with matrix parameters, or the log file of a job."""
_POWER: Final = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?[eE]\+?\d{1,2}(?!\d)")
_NAMED: Final = re.compile(r"(?i)job[\W_]?ids?\W{1,12}?([+-]?\d+)")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@lru_cache(maxsize=16)
def named_ids(target: str, body: bytes | None = None) -> frozenset[str]:
    """Return the job ids that a request names, as decimal text without plus sign or leading zeros.

    `target` is the path with its query, both still encoded. If in doubt, a number is an id: digits of any script,
    numbers in strings, and large numbers modulo 2^64 are found. Ids are path segments, and values of members or
    parameters that are called `id` or end in `jobId`. In a request that stops jobs they are also list items, every
    number of the query, and every number of a body that is not JSON.
    """
    path, _, query = target.partition("?")
    every = "stop" in path.lower()
    segments = map(_SEGMENT.fullmatch, map(unquote, path.split("/")))
    found = {segment[1] for segment in segments if segment}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if every or is_id_name(name):
            found.update(_numbers(value))
    if body:
        found.update(_in_body(body, every=every))
    return frozenset(job_id for number in found if (job_id := as_id(number)) is not None)


def as_id(number: str) -> str | None:
    """Return a decimal number as the 64-bit integer that a server could convert it to; None if it is too long."""
    if len(number) > _LONGEST:
        return None
    return str((int(number) + _LARGEST) % (2 * _LARGEST) - _LARGEST)


def _in_body(body: bytes, *, every: bool) -> Iterator[str]:
    text = body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace").lstrip("\ufeff")
    try:
        # Numbers stay text because they can be long, and objects stay pairs because names can be repeated.
        document = json.loads(text, parse_int=str, parse_float=_whole, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        for each in (plain, unquote_plus(plain)):
            yield from _numbers(each) if every else _NAMED.findall(each)
    else:
        yield from _in_document(document, counts=every)


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order; a name can be repeated."""


def _in_document(document: Any, *, counts: bool) -> Iterator[str]:
    """Yield the ids in a document. Iterative, because documents can be nested deeply."""
    left = [(document, counts, False)]
    while left:
        value, bare, named = left.pop()
        if isinstance(value, _Pairs):
            # Every value inside an id member counts; bare numbers inside another member don't.
            left += [(inner, False, named or is_id_name(name)) for name, inner in value]
        elif isinstance(value, list):
            left += [(inner, bare, named) for inner in value]
        elif (bare or named) and isinstance(value, str):
            yield from _numbers(value)


def _numbers(text: str) -> Iterator[str]:
    yield from _NUMBER.findall(text)
    yield from (str(int(float(power))) for power in _POWER.findall(text))


def _whole(number: str) -> str:
    """Return the integer part of a number with a fraction or an exponent, as a server may convert it."""
    value = float(number)
    return str(int(value)) if abs(value) < 2 * _LARGEST else ""


def is_id_name(name: str) -> bool:
    """Return whether a member or parameter has the id of a job: `jobId`, `restoreSourceJobId`, `id`."""
    plain = re.sub(r"[\W_]", "", name).lower()
    return plain in {"id", "ids"} or plain.endswith(("jobid", "jobids"))
