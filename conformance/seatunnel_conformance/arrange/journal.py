"""What a run is about to leave on its target, written down before it does: so that a crash can be tidied up after.

One file for each process of a run, in lines of JSON, each safe on the disk before the request that it is about is sent.
A run that could tidy up itself removes its file.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import platformdirs
import psutil

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.text.redaction import Veil, redact_url

_FORMAT: Final = 1

_MOST_BYTES: Final = 2**24
"""Bytes of a journal; one of a long run has a thousandth of that."""

_MOST_PIDS: Final = 2**31
_RUN: Final = re.compile("[0-9a-f]{6}")
_ID: Final = re.compile("[1-9][0-9]{0,18}")
_LARGEST_ID: Final = 2**63 - 1


class NoJournal(InvalidSettings):
    """A file is no journal of a run."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is no journal of a run: {reason}")
        self.path = path
        self.reason = reason


class JournalNotKept(InvalidSettings):
    """The journal of a run could not be made."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the journal {path} can't be written: {reason}; --journal names another file")
        self.path = path


def state_folder() -> Path:
    """Return where journals are kept if nobody says otherwise."""
    return platformdirs.user_state_path("seatunnel-v2") / "journals"


def require_keepable(path: Path) -> None:
    """Raise `JournalNotKept` unless a journal of that name can be made; its folder is made as needed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The journal itself is made when there is something to note, under a name that only then is known to be free.
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as problem:
        raise JournalNotKept(path, problem.strerror or type(problem).__name__) from problem


@dataclass(slots=True)
class Journal:
    """The journal that this process writes about one run; without a `path` it keeps nothing.

    `veil` hides secrets in what the target may have said: ids and names of jobs.
    """

    url: str = ""
    run: str = ""
    path: Path | None = None
    veil: Veil = Veil()
    _begun: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether anything is written down at all."""
        return self.path is not None

    def job(self, job_id: str, name: str) -> None:
        """Note a job that is about to be submitted, or that the target says it has taken; `name` may be a beginning.

        One without a name is not noted: by its id alone nobody could tell afterwards whose job it is.
        """
        if name:
            self._note({"event": "job", "id": self.veil.text(job_id), "name": self.veil.text(name)})

    def tags(self, own: Mapping[str, str]) -> None:
        """Note that tags are about to be set, and those that the node has afterwards."""
        self._note({"event": "tags", "own": dict(own)})

    def _note(self, entry: Mapping[str, Any]) -> None:
        if self.path is not None:
            if not self._begun:
                self.path, self._begun = _created(self.path), True
                _append(self.path, _header(self.url, self.run))
            _append(self.path, entry)

    def done(self) -> None:
        """Forget everything: nothing is left on the target."""
        if self.path is not None and self._begun:
            self.path.unlink(missing_ok=True)
            self._begun = False


def _created(path: Path) -> Path:
    """Create a file of that name, or, where there is one (another process of the run has it), of a like one."""
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
class Remains:
    """What a journal says was left: `jobs` are names by id, `tags` are those to be put back, None if none were set.

    `pid` and `since` tell the process that has written it. `ignored` are sentences about lines that no run has written
    for its own jobs: nothing is done about them.
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
        """Read a journal; its last line may have been cut off. Raises `NoJournal`.

        Every member is held against its type and form, since anybody may have written the file: what is read here
        decides which jobs are stopped, and where.
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
                # The process died while it wrote its last line, so the request that it is about was never sent.
                if number < len(lines) or not isinstance(problem, json.JSONDecodeError):
                    ignored.append(f"line {number}: {problem}")
        return cls(path, **head, jobs=jobs, tags=tags[-1] if tags else None, ignored=tuple(ignored))

    @property
    def is_going_on(self) -> bool:
        """Whether the process that writes it still lives, so that nothing is left behind yet."""
        try:
            return abs(psutil.Process(self.pid).create_time() - self.since) < 1
        except psutil.AccessDenied:
            return True
        except psutil.Error:
            return False


def _lines(path: Path) -> list[str]:
    """Return the lines of a file. Raises `NoJournal` where it is none, or can't be read."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise NoJournal(path, "it is no regular file")
            content = file.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise NoJournal(path, problem.strerror or type(problem).__name__) from None
    if len(content) > _MOST_BYTES:
        raise NoJournal(path, f"it has more than {_MOST_BYTES} bytes")
    try:
        return content.decode().removesuffix("\n").split("\n") if content else []
    except UnicodeDecodeError:
        raise NoJournal(path, "it is not UTF-8 text") from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a named pipe, whose other end may never come, at once."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except RecursionError:
        raise ValueError("no entry of a journal") from None


def _head(path: Path, line: str) -> dict[str, Any]:
    """Return the members of a journal's first line. Raises `NoJournal`."""
    try:
        head = _parsed(line)
    except ValueError:
        raise NoJournal(path, "its first line is no JSON") from None
    match head:
        case {"event": "run", "url": str(url), "run": str(run), "pid": int(pid), "since": float(since), "format": 1}:
            valid = _RUN.fullmatch(run) and _is_address(url) and 0 < pid < _MOST_PIDS and math.isfinite(since)
            if valid and not isinstance(pid, bool):
                return {"url": url, "run": run, "pid": pid, "since": since}
    raise NoJournal(path, "its first line is not that of a run")


def _is_address(url: str) -> bool:
    """Tell whether a text is an address as `Journal` writes them: in full, without user, query and fragment."""
    try:
        parts = urlsplit(url)
        in_full = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return in_full and not set("@?# \\") & set(url) and url.isprintable()


def _take(line: str, run: str, jobs: dict[str, str], tags: list[Mapping[str, str]]) -> None:
    """Add what a line says to jobs and tags. Raises `ValueError` for a line that the run has not written."""
    match _parsed(line):
        case {"event": "job", "id": job_id, "name": name}:
            jobs |= _own_job(run, job_id, name)
        case {"event": "tags", "own": own}:
            tags.append(_tags(own))
        case _:
            raise ValueError("no entry of a journal")


def _own_job(run: str, job_id: Any, name: Any) -> dict[str, str]:
    """Return a job's name by its id. Raises `ValueError` unless both are such as the run's own jobs have."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id) or int(job_id) > _LARGEST_ID:
        raise ValueError("an id of a job is a decimal number of 64 bits")
    if not isinstance(name, str) or not OwnIds(run).is_own_name(name):
        raise ValueError(f"the name of the job {job_id} is none of this run's: {name!r:.80}")
    return {job_id: name}


def _tags(own: Any) -> dict[str, str]:
    if not isinstance(own, dict) or not all(isinstance(value, str) for value in own.values()):
        raise ValueError("tags are texts by name")
    return own


def journals(folder: Path) -> list[Path]:
    """Return what may be journals in a folder, the oldest first. Raises `NoJournal` for a folder that can't be read."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.stat(follow_symlinks=False).st_mtime, Path(entry)) for entry in entries if _has_name(entry)]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise NoJournal(folder, problem.strerror or type(problem).__name__) from None
    return [path for _, path in sorted(found)]


def _has_name(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".ndjson")
