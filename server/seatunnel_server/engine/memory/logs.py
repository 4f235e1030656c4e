"""The logs of a node and of its jobs, in the line format of the engine's log configuration.

Lines are buffered for a moment and written by a thread, so that neither rows nor requests wait for a disk. If a log
can't be written, this is reported once, and its further lines are dropped; no job fails because of this.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import sys
import time
import weakref
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from seatunnel_server.engine.domain import JobId, LogText
from seatunnel_server.engine.memory.clock import Clock

_TICK: Final = 50_000_000
"""The nanoseconds within which two changes of a folder may have the same time."""


class OpenLog:
    """A log file with its content at the time of opening: later lines are not read, and it may be removed meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is closed when this object is deleted. Raises `OSError`."""
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size
        weakref.finalize(self, self._file.close)

    def read(self, at: int, size: int) -> bytes:
        """Return at most `size` bytes from the offset `at` on. Raises `OSError`."""
        self._file.seek(at)
        return self._file.read(min(size, self.size - at))


class LogFolder:
    """A folder of log files. No name leads out of it, neither by its spelling nor through a link in the folder."""

    def __init__(self, path: Path) -> None:
        """Take the folder, and make it if it is missing. Raises `OSError`."""
        path.mkdir(parents=True, exist_ok=True)
        self._path = path.resolve()
        self._names: Sequence[str] = ()
        self._known = frozenset[str]()
        self._changed = -1
        """The time of the folder's last change when its names were read, in ns; -1 if they have to be read again."""

    def names(self) -> Sequence[str]:
        """Return the sorted names of the files; an empty list if the folder can't be read.

        It is the same object until a file is added or removed.
        """
        try:
            changed = self._path.stat().st_mtime_ns
            if self._changed == changed:
                return self._names
            with os.scandir(self._path) as entries:
                self._names = sorted(entry.name for entry in entries if self._is_log(entry))
        except OSError:
            return []
        self._known = frozenset(self._names)
        # A later change in the same tick of the file system's clock would not change the folder's time.
        self._changed = changed if time.time_ns() - changed > _TICK else -1
        return self._names

    def open(self, name: str) -> OpenLog | None:
        """Open a file for reading; return None if there is no such file."""
        try:
            file = self._file(name)
            return OpenLog(file) if file else None
        except OSError:
            return None

    def size_of_all(self, prefix: str) -> int:
        """Return the size of all files with a prefix, in bytes."""
        return sum(self.size(name) for name in self.names() if name.startswith(prefix))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes; 0 if there is none."""
        try:
            return os.lstat(self._path / name).st_size
        except OSError:
            return 0

    def append(self, name: str, data: bytes, *, rotates: bool = False) -> None:
        """Append to a file, which is made if it is missing. Raises `OSError`, also if the file is a link.

        With `rotates`, the file is renamed first, with the suffix `.1`, and replaces an earlier file of this name.
        """
        file = self._path / name
        if rotates or name not in self._known:
            self._changed = -1
        if rotates:
            file.replace(self._path / f"{name}.1")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(file, flags, 0o644), "ab") as stream:
            stream.write(data)

    def remove(self, name: str) -> int:
        """Delete a file, and return its size in bytes; 0 if it can't be deleted."""
        size = self.size(name)
        self._changed = -1
        try:
            (self._path / name).unlink()
        except OSError:
            return 0
        return size

    def _is_log(self, entry: os.DirEntry[str]) -> bool:
        return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and self._file(entry.name) is not None)

    def _file(self, name: str) -> Path | None:
        if not name or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
            return None
        file = (self._path / name).resolve()
        return file if file.parent == self._path and file.is_file() else None


SERVER_LOG = "seatunnel-engine-server.log"

_T = TypeVar("_T")
_LOGGER_WIDTH = 30
_FLUSH_SECONDS = 0.2
_FLUSH_BYTES = _PIECE_BYTES = 64 * 1024
# Room for the engine's own lines in a log that rows have filled.
_RESERVE = 64 * 1024
_TOTAL_RESERVE = 1024 * _RESERVE
_LONGEST_MESSAGE = 16 * 1024
_JOB_PREFIX = "job-"
_NOTICE = (
    "[SeaTunnel] Log truncated: returning {} bytes from the tail of {} bytes (file size at read start). A partial "
    "first line is omitted when possible; an oversized single line returns a UTF-8-safe partial tail. Raise "
    "seatunnel.engine.http.log-response-max-size-mb, or set it to 0 for no limit, to return more.\n"
)


class Log:
    """A log file, written line by line. If it is full, or all logs together are, rows are dropped after a notice."""

    def __init__(self, logs: Logs, name: str, *, context: str, cap: int, rolls: bool = False) -> None:
        """Take the file's name, the text in brackets before each line, and the bytes after which the log is full."""
        self.name = name
        self.rolls = rolls
        self.given_up = False
        self._logs = logs
        self._context = context
        self._cap = cap
        self._size = logs.size(name)
        self._full = False
        self._pending: list[bytes] = []
        self._pending_size = 0

    @property
    def takes_rows(self) -> bool:
        """Whether `row` still writes lines."""
        return not (self.given_up or self._full)

    def row(self, logger: str, thread: str, message: str) -> None:
        """Write a line that a task prints, unless the log is full."""
        if not self.takes_rows:
            return
        if reason := self._why_full():
            self._full = True
            self.line("o.a.s.e.s.TaskExecutionService", thread, f"{reason}: no more rows here")
            return
        self._write("INFO", logger, thread, message)

    def line(self, logger: str, thread: str, message: str, *, level: str = "INFO") -> None:
        """Write a line of the engine itself."""
        if not self.given_up and (self.rolls or self._has_reserve()):
            self._write(level, logger, thread, message[:_LONGEST_MESSAGE])

    def _why_full(self) -> str | None:
        if self._size >= self._cap:
            return f"The log has its {self._cap} bytes"
        if self._logs.used >= self._logs.total:
            return f"The logs of all jobs have their {self._logs.total} bytes"
        return None

    def _has_reserve(self) -> bool:
        return self._size < self._cap + _RESERVE and self._logs.used < self._logs.total + _TOTAL_RESERVE

    def take(self) -> bytes:
        """Return the lines that have not been written yet, and remove them from the buffer."""
        data = b"".join(self._pending)
        self._pending.clear()
        self._pending_size = 0
        return data

    def rotates(self) -> bool:
        """Return whether to rotate the file before the next write; if so, start to count its size again."""
        if not self.rolls or self._size - self._pending_size < self._cap:
            return False
        self._size = self._pending_size
        return True

    def _write(self, level: str, logger: str, thread: str, message: str) -> None:
        where = logger[-_LOGGER_WIDTH:].ljust(_LOGGER_WIDTH)
        text = f"[{self._context}] {self._logs.timestamp()} {level:<5} [{where}] [{thread}] - {message}\n"
        data = text.encode("utf-8", "replace")
        self._pending.append(data)
        self._pending_size += len(data)
        self._size += len(data)
        if not self.rolls:
            self._logs.used += len(data)
        self._logs.written(self, urgent=self._pending_size >= _FLUSH_BYTES)


class Logs:
    """All logs of a node. Without a folder, lines are dropped."""

    def __init__(self, folder: Path | None, *, clock: Clock, cap: int, total: int = 2**40, most_read: int = 0) -> None:
        """Take the folder, which is made if it is missing, and the most bytes of one log and of all logs of jobs.

        Of a file with more than `most_read` bytes, only the end is returned, after a notice; 0 sets no limit.
        """
        self._most_read = most_read
        self._clock = clock
        self._cap = cap
        self._complained = False
        self._closed = False
        self._folder: LogFolder | None = None
        self._folder = self._open(folder)
        self.total = total
        self.used = self._folder.size_of_all(_JOB_PREFIX) if self._folder else 0
        """The bytes of the logs of all jobs, buffered ones included."""
        self._dirty: dict[str, Log] = {}
        self._writes: set[asyncio.Future[Any]] = set()
        self._flusher: asyncio.Task[None] | None = None
        self._stamp, self._stamped = "", -math.inf
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logs")
        self.server = Log(self, SERVER_LOG, context="", cap=cap, rolls=True)
        self.server.given_up = self._folder is None

    def job(self, job_id: JobId) -> Log:
        """Open the log of a job; an existing file is continued."""
        if earlier := self._dirty.get(_job_log(job_id)):
            self._flush(earlier)
        log = Log(self, _job_log(job_id), context=str(job_id), cap=self._cap)
        log.given_up = self._folder is None
        return log

    def size(self, name: str) -> int:
        """Return the size of a log on disk, in bytes."""
        return self._folder.size(name) if self._folder else 0

    def timestamp(self) -> str:
        """Return the time in the format of lines."""
        elapsed = self._clock.monotonic()
        if elapsed - self._stamped >= 0.001:  # noqa: PLR2004 - the text holds milliseconds
            now = self._clock.now()
            self._stamp, self._stamped = f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03}", elapsed
        return self._stamp

    def written(self, log: Log, *, urgent: bool) -> None:
        """Request that the buffer of a log is written: at once if `urgent`, otherwise in a moment."""
        if self._closed:
            return
        self._dirty[log.name] = log
        if urgent:
            self._flush(log)
        elif self._flusher is None and _loop_runs():
            self._flusher = asyncio.create_task(self._flush_soon(), name="log-flusher")

    async def names(self) -> Sequence[str]:
        """Return the sorted names of all log files; the same object until a file is added or removed."""
        return await self._on_disk(lambda folder: folder.names(), list[str]())

    async def read(self, name: str) -> LogText | None:
        """Return the text of a log, up to its last line; None if there is no such file."""
        log = await self._on_disk(lambda folder: folder.open(name), None)
        return None if log is None else _Text(log, self._thread, self._most_read)

    def remove(self, job_id: JobId) -> None:
        """Delete the log of a job."""
        if self._folder and not self._closed:
            name = _job_log(job_id)
            unwritten = self._dirty.pop(name, None)
            self.used -= len(unwritten.take()) if unwritten else 0
            self._submit(partial(self._folder.remove, name)).add_done_callback(self._gone)

    async def aclose(self) -> None:
        """Write all buffers and end the thread."""
        if self._flusher:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
        self._flush_all()
        self._closed = True
        await asyncio.gather(*self._writes, return_exceptions=True)
        self._thread.shutdown()

    def _open(self, folder: Path | None) -> LogFolder | None:
        try:
            return LogFolder(folder) if folder else None
        except OSError as error:
            self._complain(str(folder), error)
            return None

    async def _on_disk(self, ask: Callable[[LogFolder], _T], nothing: _T) -> _T:
        if self._folder is None:
            return nothing
        # One thread does everything in order, so all earlier lines are on disk before this is done.
        self._flush_all()
        return await asyncio.get_running_loop().run_in_executor(self._thread, ask, self._folder)

    async def _flush_soon(self) -> None:
        await self._clock.tick(_FLUSH_SECONDS)
        self._flusher = None
        self._flush_all()

    def _flush_all(self) -> None:
        for log in list(self._dirty.values()):
            self._flush(log)

    def _flush(self, log: Log) -> None:
        del self._dirty[log.name]
        if self._folder:
            rotates = log.rotates()
            write = self._submit(partial(self._folder.append, log.name, log.take(), rotates=rotates))
            write.add_done_callback(partial(self._check, log))

    def _submit(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        write = asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)
        return write

    def _gone(self, removal: asyncio.Future[int]) -> None:
        if not removal.cancelled():
            self.used -= removal.result()

    def _check(self, log: Log, write: asyncio.Future[None]) -> None:
        error = None if write.cancelled() else write.exception()
        if error and not log.given_up:
            log.given_up = True
            self._complain(log.name, error)

    def _complain(self, name: str, error: BaseException) -> None:
        if self._complained:
            return
        self._complained = True
        text = f"{name} can't be written and is given up: {getattr(error, 'strerror', None) or error}"
        sys.stderr.write(f"warning: {text}\n")
        if self._folder:
            self.server.line("o.a.s.e.s.SeaTunnelServer", "logs", text, level="WARN")


class _Text:
    """The text of a log, with U+FFFD for bytes that are not UTF-8; a thread reads it piece by piece.

    For a file with more than `most` bytes, it is a notice and the lines that begin in the last `most` bytes; if none
    begins there, it is a notice and the last characters.
    """

    def __init__(self, log: OpenLog, thread: ThreadPoolExecutor, most: int = 0) -> None:
        self._log = log
        self._thread = thread
        self._most = most

    async def pieces(self) -> AsyncIterator[str]:
        decode, loop = getincrementaldecoder("utf-8")("replace").decode, asyncio.get_running_loop()
        begin = 0
        if 0 < self._most < self._log.size:
            begin = await loop.run_in_executor(self._thread, self._begin_of_end)
            yield _NOTICE.format(self._log.size - begin, self._log.size)
        for at in range(begin, self._log.size, _PIECE_BYTES):
            data = await loop.run_in_executor(self._thread, self._log.read, at, _PIECE_BYTES)
            yield decode(data, final=at + _PIECE_BYTES >= self._log.size)

    def _begin_of_end(self) -> int:
        first = self._log.size - self._most
        for at in range(first - 1, self._log.size, _PIECE_BYTES):
            behind = at + self._log.read(at, _PIECE_BYTES).find(b"\n") + 1
            if at < behind < self._log.size:
                return behind
        following = itertools.takewhile(lambda byte: byte & 0xC0 == 0x80, self._log.read(first, 3))  # noqa: PLR2004 - UTF-8
        return first + len(list(following))


def _job_log(job_id: JobId) -> str:
    return f"{_JOB_PREFIX}{job_id}.log"


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
