"""How the engine words a failure: a Java exception's class, its message, and lines that look like its stack trace."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePath
from traceback import walk_tb

from seatunnel_server.engine.memory.pipeline import TaskFailed

_MAX_MESSAGE = 4000
_MAX_FRAMES = 8


def failure_text(error: BaseException) -> str:
    """Return the text of a failure: `class: message`, then the innermost calls, without the folders of their files.

    It is bounded, because thousands of failed jobs are remembered with theirs, and a message may quote a whole row.
    """
    message = str(error)
    if not isinstance(error, TaskFailed) and not hasattr(error, "java_class"):
        message = f"{type(error).__name__}: {message}"  # a mistake in a plugin: its Python class helps to find it
    java_class = getattr(error, "java_class", "java.lang.RuntimeException")
    return "\n".join([f"{java_class}: {message[:_MAX_MESSAGE]}", *_calls(error)])


def _calls(error: BaseException) -> list[str]:
    calls = [
        f"\tat {frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"
        f"({PurePath(frame.f_code.co_filename).name}:{line})"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return list(islice(reversed(calls), _MAX_FRAMES))
