"""Java's regular expressions on data, without the ones that never come to an end.

Rows are matched in between requests, so a pattern whose worst case is too long fails its job instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from seatunnel_server.engine.memory.pipeline import TaskFailed

_MAX_LENGTH = 200
_MAX_STEPS = 10**8
_REPEATED_REPEAT = re.compile(r"\)[*+{]|[*+}][*+{]")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")
_GROUP = re.compile(r"\\(.)|\$(\d)")


class JavaPattern:
    """A pattern, compiled when it is first used, as the engine meets a bad one with the first row.

    Every method raises `TaskFailed` for a pattern that does not compile or could take too long for the text.
    """

    def __init__(self, pattern: str) -> None:
        """Take a pattern in Java's syntax; Python reads the usual ones alike."""
        self._pattern = pattern

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        if len(self._pattern) > _MAX_LENGTH or _REPEATED_REPEAT.search(self._pattern):
            raise TaskFailed(f"java.lang.StackOverflowError: '{self._pattern[:_MAX_LENGTH]}' repeats repetitions")
        try:
            return re.compile(self._pattern)
        except (re.error, OverflowError) as error:
            raise TaskFailed(f"java.util.regex.PatternSyntaxException: {error} near '{self._pattern}'") from error

    @cached_property
    def _repeats(self) -> int:
        return len(_REPEAT.findall(self._pattern))

    def _affordable(self, text: str) -> re.Pattern[str]:
        if len(text) ** (self._repeats + 1) > _MAX_STEPS and len(text) > 2 * len(self._pattern):
            raise TaskFailed(f"java.lang.StackOverflowError: '{self._pattern}' on a text of {len(text)} characters")
        return self._compiled

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        return self._affordable(text).fullmatch(text) is not None

    def split(self, text: str, limit: int) -> list[str]:
        """Cut a text into at most `limit` pieces."""
        return [text] if limit <= 1 else self._affordable(text).split(text, maxsplit=limit - 1)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each match starts and ends."""
        return [found.span() for found in self._affordable(text).finditer(text)]

    def replacing(self, replacement: str, *, first_only: bool) -> Callable[[str], str]:
        """Return what replaces matches, `$1` in the replacement being the first group."""

        def expand(found: re.Match[str]) -> str:
            return _GROUP.sub(lambda part: part[1] or (found[int(part[2])] or ""), replacement)

        def rewrite(text: str) -> str:
            try:
                return self._affordable(text).sub(expand, text, count=int(first_only))
            except IndexError:
                raise TaskFailed("java.lang.IndexOutOfBoundsException: No group in the pattern") from None

        return rewrite
