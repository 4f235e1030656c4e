"""A SIGTERM is treated like Ctrl-C: jobs are stopped and tags are put back before the process ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Final, TypeAlias

Handlers: TypeAlias = Mapping[int, Callable[[int, FrameType | None], Any] | int | None]
"""What `signal.signal` takes and gives, by signal."""

_heard: Final[list[int]] = []


def interrupt_on_sigterm() -> Handlers | None:
    """Have a SIGTERM treated like Ctrl-C, and both remembered; return the handlers before, for `restore`.

    Only the main thread may do so; None where this is another.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    if signal.getsignal(signal.SIGTERM) is not _interrupt:
        _heard.clear()
    # Whoever began this in the background may have it ignore Ctrl-C.
    listening = signal.getsignal(signal.SIGINT) in {signal.default_int_handler, _interrupt}
    return {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, *[signal.SIGINT] * listening)}


def _interrupt(number: int, frame: FrameType | None) -> None:
    _heard.append(number)
    signal.default_int_handler(number, frame)


def was_interrupted() -> bool:
    """Tell whether a signal has come since the first `interrupt_on_sigterm` whose handlers were not restored yet."""
    return bool(_heard)


def require_no_interrupt() -> None:
    """Raise the `KeyboardInterrupt` of a signal that was heard, and made something else of.

    CPython 3.11 makes a `RuntimeError` of one that comes while it makes a class, as an import does.
    """
    if _heard:
        raise KeyboardInterrupt


def restore(handlers: Handlers | None) -> None:
    """Put the handlers of before in their place."""
    for number, handler in (handlers or {}).items():
        signal.signal(number, handler)
    if handlers and handlers[signal.SIGTERM] is not _interrupt:
        _heard.clear()
