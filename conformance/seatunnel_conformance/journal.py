"""What a run is about to leave on its target, written down before it does: so that a crash can be tidied up after.

One file for each process of a run, in lines of JSON, each safe on the disk before the request that it is about is sent.
A run that could tidy up itself removes its file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import platformdirs
import psutil

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.redaction import redact_url

_FORMAT: Final = 1


class NoJournal(InvalidSettings):
    """A file is no journal of a run."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is no journal of a run: {reason}")
        self.path = path


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
    """The journal that this process writes about one run; without a `path` it keeps nothing."""

    url: str = ""
    run: str = ""
    path: Path | None = None
    _begun: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether anything is written down at all."""
        return self.path is not None

    def job(self, job_id: str, name: str) -> None:
        """Note a job that is about to be submitted, or that the target says it has taken; `name` may be a beginning."""
        self._note({"event": "job", "id": job_id, "name": name})

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

    `pid` and `since` tell the process that has written it.
    """

    path: Path
    url: str
    run: str
    pid: int
    since: float
    jobs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a journal; its last line may have been cut off. Raises `NoJournal`."""
        try:
            entries = list(_entries(path.read_text(encoding="utf-8")))
        except OSError as problem:
            raise NoJournal(path, problem.strerror or type(problem).__name__) from None
        except ValueError:
            raise NoJournal(path, "its lines are no JSON") from None
        try:
            head = entries[0]
            jobs = {str(entry["id"]): str(entry["name"]) for entry in entries if entry["event"] == "job"}
            tags = [dict(entry["own"]) for entry in entries if entry["event"] == "tags"]
            return cls(path, head["url"], head["run"], head["pid"], head["since"], jobs, tags[-1] if tags else None)
        except (LookupError, TypeError, ValueError):
            raise NoJournal(path, "its lines are others") from None

    @property
    def is_going_on(self) -> bool:
        """Whether the process that writes it still lives, so that nothing is left behind yet."""
        try:
            return abs(psutil.Process(self.pid).create_time() - self.since) < 1
        except psutil.NoSuchProcess:
            return False


def _entries(text: str) -> Iterator[dict[str, Any]]:
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except ValueError:
            # The process died while it wrote this line, so the request that it is about was never sent.
            if number < len(lines):
                raise


def journals(folder: Path) -> list[Path]:
    """Return the journals in a folder, the oldest first."""
    return sorted(folder.glob("*.ndjson"), key=lambda path: path.stat().st_mtime)
