"""Standard output that keeps no command from its end: neither a reader that goes away nor a full disk does."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from typing_extensions import Buffer

from seatunnel_v2.exits import ExitStatus


class _Descriptor(io.FileIO):
    """A file descriptor that takes whatever is written; what could not be written any more is `trouble`."""

    trouble: OSError | None = None

    def write(self, data: Buffer) -> int:
        try:
            return super().write(data)
        except OSError as problem:
            self.trouble = problem
            return memoryview(data).nbytes


@contextmanager
def unfailing_output() -> Iterator[None]:
    """Let a command come to its own exit status whatever becomes of what it prints; end with 2 for a full disk.

    A reader that has gone, such as `head`, has got what it wanted.
    """
    descriptor = _Descriptor(sys.stdout.fileno(), "w", closefd=False)
    before, encoding, lines = sys.stdout, sys.stdout.encoding, sys.stdout.isatty()
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(descriptor), encoding, "backslashreplace", line_buffering=lines)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before
        trouble = descriptor.trouble
        if trouble is not None and not isinstance(trouble, BrokenPipeError):
            sys.stderr.write(f"seatunnel-v2: standard output can't be written: {trouble.strerror}\n")  # noqa: TID251 - the system's words
            sys.exit(ExitStatus.USAGE)
