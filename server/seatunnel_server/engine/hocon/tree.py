"""From values to the plain tree that plans are made from.

The engine turns each part of a configuration into JSON and back when it needs it. A part that has no JSON is therefore
refused when it is looked at, in its turn among all other refusals, and never if nobody looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon.frames import PLUGIN_SECTIONS
from seatunnel_server.engine.hocon.refusals import NotReadable, NotResolved
from seatunnel_server.engine.hocon.values import Items, Members, Unresolved, Value, as_list


class Refused(Mapping[str, Any]):
    """Settings that are there and cannot be read: looking at any of them raises the refusal."""

    def __init__(self, refusal: Callable[[], EngineError]) -> None:
        self._refusal = refusal

    def _refuse(self) -> NoReturn:
        raise self._refusal()

    def __getitem__(self, key: str) -> Any:
        self._refuse()

    def __iter__(self) -> Iterator[str]:
        self._refuse()

    def __len__(self) -> int:  # noqa: PLE0303 - it always raises
        self._refuse()


def plain(root: Members) -> dict[str, Any]:
    """Return a document as dictionaries, lists and scalars, and `Refused` in place of what cannot be read."""
    return {key: _section(root[key], is_list=key in PLUGIN_SECTIONS) for key in root.ordered()}


def _section(value: Value, *, is_list: bool) -> Any:
    if is_list and isinstance(value, Members):
        value = as_list(value)
    match value:
        case Unresolved():
            return Refused(NotReadable if value.is_object else NotResolved)
        case Items():
            return [_section(item, is_list=False) for item in value]
        case Members():
            return _settings(value)
    return value


def _settings(members: Members) -> Mapping[str, Any]:
    try:
        return _plain(members)
    except NotReadable:
        return Refused(NotReadable)


def _plain(members: Members) -> dict[str, Any]:
    # A stack in place of recursion: texts may nest deeper than the interpreter's stack is.
    root: dict[str, Any] = {}
    pending: list[tuple[Any, Any]] = [(members, root)]
    while pending:
        source, target = pending.pop()
        if isinstance(source, Members):
            for key in source.ordered():
                target[key] = _taken(source[key], pending)
        else:
            target.extend(_taken(item, pending) for item in source)
    return root


def _taken(value: Value, pending: list[tuple[Any, Any]]) -> Any:
    target: Any
    match value:
        case Members():
            target = {}
        case Items():
            target = []
        case Unresolved():
            raise NotReadable
        case float() if math.isinf(value):
            raise NotReadable
        case _:
            return value
    pending.append((value, target))
    return target
