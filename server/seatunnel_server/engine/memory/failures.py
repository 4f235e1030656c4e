"""The failures of running jobs, and their text in responses: a Java class, a message, and a stack trace."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePath
from traceback import walk_tb

_MAX_MESSAGE = 4000
_MAX_FRAMES = 8


class TaskFailed(Exception):
    """A task of a running job failed; its text becomes part of the job's `errorMsg`."""


class BudgetExceeded(TaskFailed):
    """A running job exceeds a limit. It is not tried again, since another attempt would exceed it, too."""

    def __init__(self, limit: float, what: str) -> None:
        super().__init__(f"The job exceeds a limit of this server: {limit:,.0f} {what}")
        self.limit = limit


def failure_text(error: BaseException) -> str:
    """Return the text of a failure: `class: message`, and the innermost calls, without the folders of their files.

    Its length is limited, because the history keeps it for thousands of jobs, and a message may quote a whole row.
    """
    message = str(error)
    if not isinstance(error, TaskFailed) and not hasattr(error, "java_class"):
        message = f"{type(error).__name__}: {message}"  # a bug in a plugin: its Python class helps to find it
    java_class = getattr(error, "java_class", "java.lang.RuntimeException")
    calls = [
        f"\tat {frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"
        f"({PurePath(frame.f_code.co_filename).name}:{line})"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return "\n".join([f"{java_class}: {message[:_MAX_MESSAGE]}", *list(islice(reversed(calls), _MAX_FRAMES))])
