"""Cleans up jobs and tags that a run leaves on its target, also after a crash, with the journal of the run.

Each process of a run has a journal, an NDJSON file. A line is on the disk before its request is sent. A run that could
clean up removes the file.

At the end of a run, `stop_left` finds its jobs in the list of running jobs. After a crash, `clean_up` stops only jobs
whose name on the target has the prefix of the run, wherever their ids come from. Cleaning up twice is safe.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import psutil

from seatunnel_conformance.errors import Inconclusive, InvalidSettings
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.target.connection import parsed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OF_NO_JOB, RUNNING, ForeignJob, OwnIds, id_of
from seatunnel_conformance.text.redaction import Redactor, redact_url
from seatunnel_openapi.files import parse_json, read_bytes

_FORMAT: Final = 1

_MOST_BYTES: Final = 2**24
"""The maximum size of a journal in bytes. A long run writes a thousandth of this."""

_MOST_PIDS: Final = 2**31
_RUN: Final = re.compile("[0-9a-f]{6}")
_ID: Final = re.compile("[1-9][0-9]{0,18}")
_LARGEST_ID: Final = 2**63 - 1


class NoJournal(InvalidSettings):
    """A file is not a journal, or can't be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is not a journal of a run: {reason}")


class JournalNotKept(Inconclusive, InvalidSettings):
    """The journal can't be written: the run does not begin, or it begins no further check."""

    exit = 2
    hint = "--journal FILE sets another file"

    def __init__(self, path: Path, problem: OSError) -> None:
        super().__init__(f"the journal {path} can't be written: {problem.strerror or type(problem).__name__}")


def require_keepable(path: Path) -> None:
    """Raise `JournalNotKept` if no journal can be created at this path. The folder is created."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The journal itself is created with its first entry: its name could be taken before that.
        with tempfile.TemporaryFile(dir=path.parent, buffering=0) as file:
            file.write(b"\n")  # on a full disk, only an empty file can be created
    except OSError as problem:
        raise JournalNotKept(path, problem) from problem


@dataclass(slots=True)
class Journal:
    """The journal of this process. Without a `path`, nothing is written.

    `redactor` redacts ids and names of jobs, because they can come from the target. If an entry can't be written, it
    and all later ones raise `error`.
    """

    url: str = ""
    run: str = ""
    path: Path | None = None
    redactor: Redactor = field(default=Redactor())
    error: JournalNotKept | None = None
    _begun: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def job(self, job_id: str, name: str) -> None:
        """Record a job before it is submitted, or when the target has accepted it; `name` may be a prefix.

        A job without a name is not recorded, because its id does not tell the owner. An id that `Leftovers` ignores is
        not recorded either, such as a negative id of a generated request: the cleanup finds this job in the list of
        running jobs.
        """
        if name and _ID.fullmatch(shown := self.redactor.text(job_id)):
            self._note({"event": "job", "id": shown, "name": self.redactor.text(name)})

    def tags(self, own: Mapping[str, str]) -> None:
        """Record that tags will be set, and the tags to restore."""
        self._note({"event": "tags", "own": dict(own)})

    def _note(self, entry: Mapping[str, Any]) -> None:
        if self.path is None:
            return
        with self._lock:
            # After an error, the last line may be incomplete, so that no other may follow it.
            if self.error is None:
                try:
                    if not self._begun:
                        self.path, self._begun = _created(self.path), True
                        _append(self.path, _header(self.url, self.run))
                    _append(self.path, entry)
                except OSError as problem:
                    self.error = JournalNotKept(self.path, problem)
            if self.error is not None:
                raise self.error

    def done(self) -> None:
        """Remove the journal, because nothing is left on the target."""
        if self.path is not None and self._begun:
            self.path.unlink(missing_ok=True)
            self._begun = False


def _created(path: Path) -> Path:
    """Create a file at this path, or next to it if another process of the run has created it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        path = path.with_stem(f"{path.stem}-{os.getpid()}")
        path.touch()
    return path


def _append(path: Path, entry: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _header(url: str, run: str) -> dict[str, Any]:
    me = psutil.Process()
    address = redact_url(url)
    return {"event": "run", "url": address, "run": run, "pid": me.pid, "since": me.create_time(), "format": _FORMAT}


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The content of a journal.

    `jobs` has names, or the prefix of names, by id. `tags` has the tags to restore; None if the run set no tags. `pid`
    and `since` identify the process that wrote it. `ignored` describes invalid lines; the cleanup ignores them.
    """

    path: Path
    url: str
    run: str
    pid: int
    since: float
    jobs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    ignored: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a journal; the last line may be incomplete. Raises `NoJournal`.

        All members are validated: the file decides which jobs are stopped, and anybody could have written it.
        """
        lines = _lines(path)
        if not lines:
            raise NoJournal(path, "it is empty")
        head = _head(path, lines[0])
        jobs, tags, ignored = dict[str, str](), list[Mapping[str, str]](), list[str]()
        for number, line in enumerate(lines[1:], start=2):
            try:
                _take(line, head["run"], jobs, tags)
            except ValueError as problem:
                # The process died while writing its last line, so the request of that line was not sent.
                if number < len(lines) or not isinstance(problem, json.JSONDecodeError):
                    ignored.append(f"line {number}: {problem}")
        return cls(path, **head, jobs=jobs, tags=tags[-1] if tags else None, ignored=tuple(ignored))

    @property
    def is_going_on(self) -> bool:
        """Whether the process that writes the journal is still running."""
        try:
            return abs(psutil.Process(self.pid).create_time() - self.since) < 1
        except psutil.AccessDenied:
            return True
        except psutil.Error:
            return False


def _lines(path: Path) -> list[str]:
    """Return the lines of a journal. Raises `NoJournal` if it can't be read or is not a regular file."""
    try:
        content = read_bytes(path, _MOST_BYTES, waiting=False)
    except OSError as problem:
        raise NoJournal(path, problem.strerror or type(problem).__name__) from None
    try:
        return content.decode().removesuffix("\n").split("\n") if content else []
    except UnicodeDecodeError:
        raise NoJournal(path, "it is not UTF-8 text") from None


def _head(path: Path, line: str) -> dict[str, Any]:
    """Return the members of a journal's first line. Raises `NoJournal`."""
    try:
        head = parse_json(line)
    except ValueError:
        raise NoJournal(path, "its first line is not JSON") from None
    match head:
        case {"event": "run", "url": str(url), "run": str(run), "pid": int(pid), "since": float(since), "format": 1}:
            valid = _RUN.fullmatch(run) and _is_address(url) and 0 < pid < _MOST_PIDS and math.isfinite(since)
            if valid and not isinstance(pid, bool):
                return {"url": url, "run": run, "pid": pid, "since": since}
    raise NoJournal(path, "its first line is not that of a run")


def _is_address(url: str) -> bool:
    """Return whether a text is a URL as `Journal` writes it, without user, query or fragment."""
    return "://" in url and parsed(url) is not None and not set("@?# \\") & set(url) and url.isprintable()


def _take(line: str, run: str, jobs: dict[str, str], tags: list[Mapping[str, str]]) -> None:
    """Add the jobs or tags in a line of the journal. Raises `ValueError` for an invalid line."""
    match parse_json(line):
        case {"event": "job", "id": job_id, "name": name}:
            jobs |= _own_job(run, job_id, name)
        case {"event": "tags", "own": own}:
            if not isinstance(own, dict) or not all(isinstance(value, str) for value in own.values()):
                raise ValueError("tags must be an object of strings")
            tags.append(own)
        case _:
            raise ValueError("not an entry of a journal")


def _own_job(run: str, job_id: Any, name: Any) -> dict[str, str]:
    """Return the name of a job by its id. Raises `ValueError` if a job of the run can't have this id or name."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id) or int(job_id) > _LARGEST_ID:
        raise ValueError("a job id must be a decimal 64-bit number")
    if not isinstance(name, str) or not OwnIds(run).is_own_name(name):
        raise ValueError(f"the name of the job {job_id} does not have the prefix of this run: {name!r:.80}")
    return {job_id: name}


def journals(folder: Path) -> list[Path]:
    """Return the possible journals in a folder, oldest first. Raises `NoJournal` if it is unreadable."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime, Path(entry))
                for entry in entries
                if entry.name.endswith(".ndjson")
            ]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise NoJournal(folder, problem.strerror or type(problem).__name__) from None
    return [path for _, path in sorted(found)]


ENDING: Final = 10.0
"""Seconds to wait until stopped jobs have left the list. On engines, this takes up to three."""

_AGAIN: Final = 3.0
"""Seconds after which a job that still runs is stopped again, because an engine can lose a stop."""

_PAUSE: Final = 0.2

UNKNOWN: Final = f"perhaps others, because {RUNNING} could not be read completely"


@dataclass(slots=True)
class Sweep:
    """The result of `stop_left`: the ids of jobs that were `stopped`, in order, and of jobs that may still run."""

    stopped: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def stop_left(target: Target, stopped: Iterable[str] = (), seconds: float = ENDING) -> Sweep:
    """Stop the jobs of the run in the list of running jobs, and wait until they leave the list. Raises `Inconclusive`.

    `stopped` has the ids of jobs that were stopped a moment ago. `seconds` is the maximum time to wait; with 0, a job
    whose stop was accepted does not count as left. Listed jobs without a name are not stopped, and count as left,
    because they could be jobs of the run.
    """
    own, sweep, begun = target.own, Sweep(), time.monotonic()
    asked, refused = dict.fromkeys(stopped, begun), set[str]()
    while True:
        listed = target.wire.guard.running()
        if listed is None:
            return Sweep(sweep.stopped, [UNKNOWN])
        running = [str(id_of(job)) for job in listed if own.has(job)]
        unnamed = [str(id_of(job)) for job in listed if job.get("jobName") is None and not own.has(job)]
        for job_id in running:
            if job_id not in refused and time.monotonic() - asked.get(job_id, -_AGAIN) >= _AGAIN:
                asked[job_id] = time.monotonic()
                accepted = is_stopped(target, job_id)
                sweep.stopped += [job_id] if accepted and job_id not in sweep.stopped else []
                refused |= set() if accepted else {job_id}
        if refused.issuperset(running) or time.monotonic() - begun >= seconds:
            sweep.left = [job_id for job_id in running if seconds or job_id in refused]
            sweep.left += [job_id for job_id in unnamed if job_id not in (own.before or ())]
            return sweep
        time.sleep(_PAUSE)


def is_stopped(target: Target, job_id: str) -> bool:
    """Stop a job that the target shows under a name of the run. Return whether the stop was accepted."""
    target.own.claimed |= {job_id} - target.own.generated
    try:
        body = {"jobId": job_id, "isStopWithSavePoint": False}
        return target.post("/stop-job", body=body).status == HTTPStatus.OK
    except ForeignJob:
        return False


_ENDED = frozenset({*END_STATES, "UNKNOWABLE"})


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """The result of a cleanup: the ids of jobs that were `stopped`, and of jobs that could not be (`left`).

    `tags` is true if tags were restored. `error` says why the cleanup is incomplete. `kept` says why the journal was
    not removed although everything was cleaned up. Both can be empty.
    """

    stopped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    tags: bool = False
    error: str = ""
    kept: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether everything was cleaned up."""
        return not self.left and not self.error and not self.kept


def clean_up(leftovers: Leftovers, target: Target) -> CleanupResult:
    """Stop the jobs of a run, restore tags, and remove the journal if nothing is left."""
    own = OwnIds(leftovers.run, claimed=set(leftovers.jobs))
    own.tags, own.tagged = dict(leftovers.tags or {}), leftovers.tags is not None
    stopped, left, tags, error = list[str](), list[str](), False, ""
    with target.for_jobs_of(own) as writing:
        try:
            for job_id in [job_id for job_id in leftovers.jobs if is_alive(writing, job_id)]:
                (stopped if is_stopped(writing, job_id) else left).append(job_id)
            # The process can have died after the submission of a job, before its id was in the journal.
            sweep = stop_left(writing, (*stopped, *left))
            stopped, left = (list(dict.fromkeys(ids)) for ids in ((*stopped, *sweep.stopped), (*left, *sweep.left)))
            response = writing.post("/update-tags", body=dict(own.tags)) if own.tagged else None
            error = "the tags were refused" if response and response.status != HTTPStatus.OK else ""
            tags = leftovers.tags is not None
        except Inconclusive as problem:
            error = str(problem)
    # Ids and errors come from the target.
    hidden = target.wire.redactor.text
    found = CleanupResult(tuple(map(hidden, stopped)), tuple(map(hidden, left)), tags, hidden(error))
    return replace(found, kept=_removed(leftovers)) if found.is_complete else found


def _removed(leftovers: Leftovers) -> str:
    """Remove the journal, and return the reason if it was kept."""
    if leftovers.ignored:
        return "the journal is kept, because some of its lines are invalid"
    try:
        leftovers.path.unlink(missing_ok=True)
    except OSError as problem:
        return f"the journal can't be removed: {problem.strerror}"
    return ""


def is_alive(target: Target, job_id: str) -> bool:
    """Return whether the target shows a job of the run that has not ended, with or without its name."""
    shown = target.get("/job-info/{jobId}", jobId=job_id).json_as(dict) or {}
    is_unnamed = shown.get("jobName") is None and id_of(shown) in {None, job_id}
    is_own = is_unnamed or job_id in target.own.generated or target.own.is_own_name(shown.get("jobName"))
    return is_own and not shown.keys() <= OF_NO_JOB and shown.get("jobStatus") not in _ENDED
