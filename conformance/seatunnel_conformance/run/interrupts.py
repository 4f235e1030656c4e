"""Signals that end a run or a command. Each command imports this module first, so it imports nothing of the suite."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Final, TypeAlias

Handlers: TypeAlias = Mapping[int, Callable[[int, FrameType | None], Any] | int | None]
"""Signal handlers by signal, as `signal.signal` takes and returns them."""

LOOK: Final = 1.0
"""Seconds between two looks for a signal that was lost: one that arrives right before a wait does not end it."""

_received: Final[list[int]] = []
"""The signals that were received since the first `interrupt_on_sigterm`."""


def interrupt_on_sigterm() -> Handlers | None:
    """Make SIGTERM and Ctrl-C raise `KeyboardInterrupt`, and record them. Return the previous handlers for `restore`.

    Signal handlers can only be set in the main thread; in other threads, None is returned.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    if signal.getsignal(signal.SIGTERM) is not _interrupt:
        _received.clear()
    # A shell lets processes in the background ignore Ctrl-C; that stays.
    listening = signal.getsignal(signal.SIGINT) in {signal.default_int_handler, _interrupt}
    return {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, *[signal.SIGINT] * listening)}


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    signal.default_int_handler(number, frame)


def was_interrupted() -> bool:
    """Return whether a signal was received since the first `interrupt_on_sigterm` that is not restored yet."""
    return bool(_received)


def require_no_interrupt() -> None:
    """Raise `KeyboardInterrupt` if a signal was received: the signal's own exception may have been lost.

    CPython 3.11 raises a `RuntimeError` instead if the signal is received while it creates a class.
    """
    if _received:
        raise KeyboardInterrupt


def restore(handlers: Handlers | None) -> None:
    """Restore the previous handlers."""
    for number, handler in (handlers or {}).items():
        signal.signal(number, handler)
    if handlers and handlers[signal.SIGTERM] is not _interrupt:
        _received.clear()
