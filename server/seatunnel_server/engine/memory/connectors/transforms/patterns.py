"""Java's regular expressions, matched by RE2 in time that is linear in the length of the text.

RE2 has most of Java's syntax. Patterns with what it lacks (back-references, look-around, possessive quantifiers,
operations on character classes) are not run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import re2

from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import RowMeter

_MAX_LENGTH = 2_000
"""The most characters of a pattern; compiling takes at most some 30 ms."""
_MAX_MEMORY = 2**20
"""The most bytes of a compiled pattern."""
_MAX_STEPS = 1_000_000
"""The largest product of the pattern's instructions and the text's characters (plus groups): some 50 ms and 16 MB."""
_MAX_MATCHES = 10_000
_MAX_SECONDS = 0.075
"""The most time for all matches in a text: the search for each may read the whole rest of the text."""
_SHOWN = 200
_GROUP = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}", re.DOTALL)
_WORD = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?|&&|.", re.DOTALL)
# The errors of RE2 for patterns that are valid in Java. Java refuses patterns with any other error, too.
_ONLY_JAVA = re.compile(
    r"""invalid\ perl\ operator:\ \(\?(?:[=!>xduU-]|<[=!])
    |invalid\ escape\ sequence:\ \\(?:[1-9GNRVXZcehku]|[^\x00-\x7f])
    |bad\ repetition\ operator:\ .*\+\Z
    |invalid\ repetition\ size
    |invalid\ character\ class\ range:\ \\[pP]
    |pattern\ too\ large""",
    re.VERBOSE | re.DOTALL,
)


class PatternNotRun(Exception):
    """RE2 can't match the pattern, which is valid in Java."""


class JavaPattern:
    """A pattern in Java's syntax.

    As in the engine, an invalid pattern fails at the first row: every method raises `TaskFailed`, also for a pattern
    that takes too long.
    """

    def __init__(self, pattern: str, meter: RowMeter | None = None) -> None:
        """Take a pattern, and the meter that counts the text of replacements. Raises `PatternNotRun`."""
        self._shown = pattern[:_SHOWN]
        self._meter = meter or RowMeter()
        self._error = ""
        if len(pattern) > _MAX_LENGTH:
            raise PatternNotRun(f"the pattern '{self._shown}' has more than {_MAX_LENGTH:,} characters")
        options = re2.Options()
        options.log_errors, options.max_mem = False, _MAX_MEMORY
        try:
            _require_simple_classes(pattern)
            self._compiled = re2.compile(_encodable(pattern), options)
        except re2.error as error:
            said = error.args[0] if error.args else ""
            self._error = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            if _ONLY_JAVA.match(self._error):
                raise PatternNotRun(f"the pattern '{self._shown}' has an {self._error}") from error

    def matches(self, text: str) -> bool:
        """Return whether the whole text matches."""
        return self._affordable(text).fullmatch(_encodable(text)) is not None

    def split(self, text: str, limit: int) -> list[str]:
        """Split a text at matches into at most `limit` pieces."""
        pieces: list[str] = []
        end = 0
        for found in self._found(text, limit):
            if found.end() and len(pieces) < limit - 1:  # not at an empty match at the beginning
                pieces.append(text[end : found.start()])
                end = found.end()
        return [*pieces, text[end:]]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the start and the end of each match."""
        return [found.span() for found in self._found(text)]

    def replacing(self, replacement: str, *, first_only: bool) -> Callable[[str], str]:
        """Return a function that replaces matches in a text; `$1` in the replacement is the first group."""
        parts = list(_parts(replacement))
        keys = {key for _, key in parts if key is not None}

        def expand(found: re.Match[str]) -> str:
            groups: dict[int | str | None, str] = {None: "", **{key: found[key] or "" for key in keys}}
            return "".join([piece for text, key in parts for piece in (text, groups[key])])

        def rewrite(text: str) -> str:
            pieces: list[str] = []
            end, length = 0, len(text)
            try:
                for found in self._found(text, 1 if first_only else None):
                    length += len(replacement)
                    self._meter.require_room(length)
                    pieces += text[end : found.start()], expand(found)
                    length += len(pieces[-1])
                    end = found.end()
            except IndexError:
                raise TaskFailed("java.lang.IndexOutOfBoundsException: No group in the pattern") from None
            self._meter.require_room(length)
            return "".join((*pieces, text[end:]))

        return rewrite

    def _affordable(self, text: str) -> Any:
        if self._error:
            raise TaskFailed(f"java.util.regex.PatternSyntaxException: {self._error} near '{self._shown}'")
        if (len(text) + self._compiled.groups) * self._compiled.programsize > _MAX_STEPS:
            raise self._too_slow(text)
        return self._compiled

    def _found(self, text: str, limit: int | None = None) -> Iterator[re.Match[str]]:
        """Yield the matches, at most `limit`."""
        if limit is not None and limit <= 0:
            return
        pattern, deadline = self._affordable(text), time.thread_time() + _MAX_SECONDS
        for count, found in enumerate(pattern.finditer(_encodable(text)), 1):
            yield found
            if count == limit:
                return
            if count > _MAX_MATCHES or time.thread_time() > deadline:
                raise self._too_slow(text)

    def _too_slow(self, text: str) -> TaskFailed:
        return TaskFailed(f"java.lang.StackOverflowError: '{self._shown}' on a text of {len(text)} characters")


def _parts(replacement: str) -> Iterator[tuple[str, int | str | None]]:
    """Yield the texts of a replacement, each with the number or name of the group after it; None for no group."""
    at = 0
    for part in _GROUP.finditer(replacement):
        yield replacement[at : part.start()] + (part[1] or ""), part[3] or (part[2] and int(part[2]))
        at = part.end()
    yield replacement[at:], None


def _require_simple_classes(pattern: str) -> None:
    """Raise `PatternNotRun` for unions and intersections of character classes, which RE2 would misread."""
    inside = False
    for word in (found[0] for found in _WORD.finditer(pattern)):
        if inside and (word == "&&" or word[0] == "["):
            raise PatternNotRun(f"the pattern '{pattern[:_SHOWN]}' has an operation on character classes")
        inside = word[0] == "[" or (inside and word != "]")


def _encodable(text: str) -> str:
    """Return a text with `?` for characters that UTF-8 can't encode; its length stays the same."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def like_pattern(like: str) -> str:
    """Return the regular expression of a LIKE pattern. As in the engine, `%` and `_` are wildcards only at its ends."""
    if like.startswith("%"):
        like = ".*" + like[1:]
    if like.endswith("%"):
        like = like[:-1] + ".*"
    if like.startswith("_"):
        like = "." + like[1:]
    if like.endswith("_"):
        like = like[:-1] + "."
    return like[:-3] + "..*" if like.endswith("_.*") else like
