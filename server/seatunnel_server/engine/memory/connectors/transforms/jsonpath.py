"""JSON paths in the dialect of the engine's library (Jayway's JsonPath, read), which is older than RFC 9535.

A path is definite if each of its steps leads to one place. Its result is the value there; if there is none,
`LeadsNowhere` is raised. The result of other paths is a list of values; for these, `LeadsNowhere` is raised only if one
of the definite steps at the beginning fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from seatunnel_server.engine.javatext import INT_RANGE, spelt
from seatunnel_server.engine.memory.failures import TaskFailed

_MAX_PLACES = 50_000
"""The most values that one step visits, in some 30 ms."""
_NOTHING: Final = object()
"""The result of a step for a visited value where it finds nothing."""
_TOKEN = re.compile(
    r"""
    \.\.(?P<scanned>[^.\[* (][^.\[ (]*)
    | \.?\[\ *(?P<quote>['"])(?P<quoted>(?:(?!(?P=quote))[^\\])*)(?P=quote)\ *\]
    | \.?\[(?P<numbers>\ *[-\d:][-\d,:\ ]*)\]
    | (?P<all>\.?\*|\.?\[\ *\*\ *\])
    | \.?(?P<name>[^.\[* (][^.\[ (]*)
    """,
    re.VERBOSE | re.ASCII,
)
_NOT_RUN = re.compile(r"""\(|\.\.[\[*]|\.?\[\ *(\?|['"].*(,|\\))""", re.VERBOSE | re.DOTALL)


class BadPath(ValueError):
    """The text is not a JSON path."""


class PathNotRun(Exception):
    """The path has steps that are not run here: filters, functions, several names at once."""


class LeadsNowhere(Exception):
    """A definite path, or the definite beginning of a path, finds nothing in a document."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    `find` yields the values that the step finds in a value, and `_NOTHING` for other values that it visits. It raises
    `LeadsNowhere` only if all steps before were definite, which its second argument says.
    """

    definite: bool
    find: Callable[[Any, bool], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path."""

    steps: tuple[Step, ...]

    def read(self, document: Any, looked: Callable[[int], None] = lambda _: None) -> Any:
        """Return the value at a definite path in a parsed document, or the list of values at any other path.

        `looked` is called with the number of values that each step visited. Raises `LeadsNowhere`, and `TaskFailed` if
        a step visits too many.
        """
        found, definite = [document], True
        for step in self.steps:
            if not found:
                break
            ways = chain.from_iterable(step.find(value, definite) for value in found)
            places = list(islice(ways, _MAX_PLACES + 1))
            looked(len(places))
            if len(places) > _MAX_PLACES:
                raise TaskFailed("java.lang.OutOfMemoryError: Java heap space")
            found = [place for place in places if place is not _NOTHING]
            definite = definite and step.definite
        if not all(step.definite for step in self.steps):
            return found
        if not found:
            raise LeadsNowhere("No results for path")
        return found[0]


def parse_path(text: str) -> JsonPath:
    """Parse a path; `$` may be left out. Raises `BadPath` and `PathNotRun`."""
    path = text.strip(" ")
    if not path.startswith(("$", "@")):
        path = f"$.{path}"
    if path.endswith(".") or path[1:2] not in {"", ".", "["}:
        raise BadPath(f"'{path}' is not a JSON path")
    steps, at = [], 1
    # The library ignores a single character at the end, such as a last step `*`.
    while at < len(path) - (at > 1):
        token = _TOKEN.match(path, at)
        if token is None or path[token.end() : token.end() + 1] == "(":
            raise PathNotRun(path) if token or _NOT_RUN.match(path, at) else BadPath(f"'{path}' is not a JSON path")
        steps.append(_step(token))
        at = token.end()
    return JsonPath(tuple(steps))


def _step(token: re.Match[str]) -> Step:
    if token["scanned"] is not None:
        return Step(definite=False, find=_scanning(token["scanned"]))
    if token["all"] is not None:
        return Step(definite=False, find=_children)
    if token["numbers"] is not None:
        text = token["numbers"].strip(" ")
        if ":" in text:
            return Step(definite=False, find=_in_list(_slice(text)))
        indexes = [_index(part.strip(" ")) for part in text.split(",")]
        return Step(definite=len(indexes) == 1, find=_in_list(lambda _: indexes))
    return Step(definite=True, find=_named(token["quoted"] if token["name"] is None else token["name"]))


def _named(name: str) -> Callable[[Any, bool], Iterator[Any]]:
    def find(value: Any, definite: bool) -> Iterator[Any]:  # noqa: FBT001 - called by place only
        if isinstance(value, Mapping) and name in value:
            yield value[name]
        elif definite:
            raise LeadsNowhere(f"Missing property in path ['{name}']")
        else:
            yield _NOTHING

    return find


def _children(value: Any, _: bool) -> Iterator[Any]:  # noqa: FBT001 - called by place only
    yield from value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def _scanning(name: str) -> Callable[[Any, bool], Iterator[Any]]:
    def find(value: Any, _: bool) -> Iterator[Any]:  # noqa: FBT001 - called by place only
        waiting = [value]
        while waiting:
            here = waiting.pop()
            yield here[name] if isinstance(here, Mapping) and name in here else _NOTHING
            waiting += reversed(list(_children(here, False)))  # noqa: FBT003 - called by place only

    return find


def _slice(text: str) -> Callable[[int], Sequence[int]]:
    """Return a function from a list's length to the indexes of a slice.

    As in the library, a negative bound counts from the end only if the slice has no other bound.
    """
    first, last, *_ = (None if part == "" else _index(part) for part in text.split(":"))
    if last is None:
        if first is None:
            raise BadPath(f"Failed to parse SliceOperation: {text}")
        start = first
        return lambda length: range(max(0, start + length if start < 0 else start), length)
    if first is None:
        end = last
        return lambda length: range(min(length, end + length if end < 0 else end))
    begin, end = first, last
    return lambda length: range(max(begin, -length), min(length, end))


def _index(text: str) -> int:
    number = None if text.startswith("+") else spelt(text)
    if number is None or number not in INT_RANGE:
        raise BadPath(f"Failed to parse token in ArrayIndexOperation: {text}")
    return number


def _in_list(places: Callable[[int], Sequence[int]]) -> Callable[[Any, bool], Iterator[Any]]:
    def find(value: Any, definite: bool) -> Iterator[Any]:  # noqa: FBT001 - called by place only
        if isinstance(value, list):
            length = len(value)
            for at in places(length):
                yield value[at] if -length <= at < length else _NOTHING
        elif definite:
            raise LeadsNowhere("Filter can only be applied to arrays")
        else:
            yield _NOTHING

    return find
