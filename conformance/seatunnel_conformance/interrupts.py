"""A SIGTERM is treated like Ctrl-C: jobs are stopped and tags are put back before the process ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int
"""What `signal.signal` takes and gives."""


def interrupt_on_sigterm() -> Handler | None:
    """Have a SIGTERM treated like Ctrl-C; return the handler before, for `restore`.

    Only the main thread may do so; None where this is another.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, signal.default_int_handler)


def restore(handler: Handler | None) -> None:
    """Put the handler of before in its place."""
    if handler is not None:
        signal.signal(signal.SIGTERM, handler)
