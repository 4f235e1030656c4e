"""The client under test: a command, which runs in its own process group, or a function, which runs in a thread."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol

import psutil

from seatunnel_conformance.errors import InvalidSettings

ADDRESS: Final = "SEATUNNEL_URL"
"""The environment variable with the address of the server."""

_TAIL: Final = 20_000
"""The maximum number of bytes at the end of the output that are read."""

_MOST_OUTPUT: Final = 2**26
"""The size in bytes from which on the output is discarded: a client that prints without end would fill the disk."""

_GLANCE: Final = 0.1
"""Seconds after which a waiting thread looks whether the run was stopped."""

_KILLING: Final = 5
"""The maximum number of seconds to wait for the end of a killed process."""


class CommandNotStarted(InvalidSettings):
    """The command of the client can't be started."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"the command {command!r} can't be started: {reason}")


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a client: its exit status, or None if it was killed after the time limit, and the end of its output.

    `left` is the number of processes that it left running in the background.
    """

    status: int | None
    output: str
    seconds: float
    left: int = 0

    @property
    def sentence(self) -> str:
        """The ending as part of a sentence."""
        left = f" and left {self.left} of its processes running" if self.left else ""
        if self.status is None:
            return f"did not end within {self.seconds:.0f} s"
        return f"ended with exit status {self.status}{left}"


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """A client that is a command line. `{url}`, `{job_id}` and `{scenario}` in its words are replaced."""

    words: Sequence[str]

    @property
    def selection(self) -> Sequence[str]:
        """The arguments of `try-client` that name the client."""
        return ["--", *self.words]

    def run(self, environment: Mapping[str, str], timeout: float, stop: threading.Event) -> Ending:
        """Run the command with these additional environment variables.

        It runs until it ends, `timeout` seconds are over, or `stop` is set. All processes that it started are killed
        then. Raises `CommandNotStarted`.
        """
        began = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = self._start(environment, output)
            status: int | None = None
            left: list[psutil.Process] = []
            try:
                status = _waited(process, output, began + timeout, stop)
            finally:
                left = _marked(environment[ADDRESS])
                for each in (*_family(process), *left):
                    with contextlib.suppress(psutil.Error):
                        each.kill()
                process.wait(_KILLING)
            seconds = time.monotonic() - began
            output.seek(max(0, output.seek(0, os.SEEK_END) - _TAIL))
            return Ending(status, output.read().decode("utf-8", "replace"), seconds, 0 if status is None else len(left))

    def _start(self, environment: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        words = [_filled(word, environment) for word in self.words]
        try:
            return subprocess.Popen(  # noqa: S603 - the user's own command
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                process_group=0,
            )
        except OSError as problem:
            raise CommandNotStarted(words[0], problem.strerror or str(problem)) from problem


def _waited(process: subprocess.Popen[bytes], output: IO[bytes], end: float, stop: threading.Event) -> int | None:
    """Return the exit status of a process; None if it still runs at `end` (`time.monotonic`) or when `stop` is set."""
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _GLANCE))
        if os.fstat(output.fileno()).st_size > _MOST_OUTPUT:
            # The process has the same position in the file.
            os.lseek(output.fileno(), 0, os.SEEK_SET)
            os.ftruncate(output.fileno(), 0)
    return None


def _filled(word: str, environment: Mapping[str, str]) -> str:
    for name in ("url", "job_id", "scenario"):
        word = word.replace(f"{{{name}}}", environment[f"SEATUNNEL_{name.upper()}"])
    return word


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _marked(address: str) -> list[psutil.Process]:
    """Return the running processes, including daemons, that have the address of the scenario in their environment."""
    found = psutil.process_iter(["environ", "status"])
    return [
        process
        for process in found
        if (process.info["environ"] or {}).get(ADDRESS) == address and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


@dataclass(frozen=True, slots=True)
class ClientFunction:
    """A client that is a function of a test. It gets the environment variables, and runs in a thread.

    Its exit status is the number that it returns, or 1 if it raises an exception, whose text is the output. A thread
    can't be killed, so after the time limit it runs on.
    """

    function: Callable[[Mapping[str, str]], Any]

    @property
    def words(self) -> Sequence[str]:
        """The name of the function."""
        return [getattr(self.function, "__name__", repr(self.function))]

    @property
    def selection(self) -> Sequence[str]:
        """The arguments of `try-client` that name the client."""
        return ["--", *self.words]

    def run(self, environment: Mapping[str, str], timeout: float, stop: threading.Event) -> Ending:
        """Run the function, like `ClientCommand.run`."""
        began, results = time.monotonic(), list[tuple[int, str]]()
        thread = threading.Thread(target=lambda: results.append(self._result(environment)), daemon=True)
        thread.start()
        while thread.is_alive() and not stop.is_set() and (left := began + timeout - time.monotonic()) > 0:
            thread.join(min(left, _GLANCE))
        status, output = results[0] if results else (None, "")
        return Ending(status, output, time.monotonic() - began)

    def _result(self, environment: Mapping[str, str]) -> tuple[int, str]:
        try:
            returned = self.function(environment)
        except SystemExit as end:
            return (end.code, "") if isinstance(end.code, int) else (int(end.code is not None), str(end.code or ""))
        except Exception as problem:  # noqa: BLE001 - any exception is how a client fails
            return 1, f"{type(problem).__module__}.{type(problem).__name__}: {problem}"
        return (returned, "") if isinstance(returned, int) else (0, str(returned or ""))


class Client(Protocol):
    """A client that is run once for each scenario. Reports show its `words`."""

    @property
    def words(self) -> Sequence[str]:
        """The command, or a name."""

    @property
    def selection(self) -> Sequence[str]:
        """The arguments of `try-client` that name the client."""

    def run(self, environment: Mapping[str, str], timeout: float, stop: threading.Event) -> Ending:
        """Run the client until it ends, the time limit is over, or `stop` is set."""
