"""Standard output that survives a closed pipe and a full disk, so that every command returns its exit status."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from typing_extensions import Buffer

from seatunnel_v2.exits import ExitStatus


class _Descriptor(io.FileIO):
    """A file descriptor whose writes don't raise. The last error is in `error`."""

    error: OSError | None = None

    def write(self, data: Buffer) -> int:
        try:
            return super().write(data)
        except OSError as problem:
            self.error = problem
            return memoryview(data).nbytes


@contextmanager
def unfailing_output() -> Iterator[None]:
    """Keep the exit status of a command if its output can't be written; exit with 2 for a full disk.

    A closed pipe, for example from `head`, is not an error.
    """
    descriptor = _Descriptor(sys.stdout.fileno(), "w", closefd=False)
    before, encoding, lines = sys.stdout, sys.stdout.encoding, sys.stdout.isatty()
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(descriptor), encoding, "backslashreplace", line_buffering=lines)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before
        error = descriptor.error
        if error is not None and not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"seatunnel-v2: standard output can't be written: {error.strerror}\n")  # noqa: TID251 - the system's words
            sys.exit(ExitStatus.USAGE)
