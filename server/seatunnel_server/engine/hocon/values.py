"""The values of a text while it is parsed, and the plain tree that is made of them.

Each value is in one place of the tree. So merging changes the older object in place, and its time depends only on the
size of the newer object.

The engine converts each part of a configuration to JSON and back when it reads this part. So the error for a part that
has no JSON is raised only when the part is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon.tokens import TEXTUAL, Kind, Token
from seatunnel_server.engine.refusals import NotReadable, NotResolved

PLUGIN_SECTIONS: Final = ("source", "transform", "sink")
"""Keys whose objects are lists of plugins."""

_INDEX: Final = re.compile(r"\+?[0-9]+|-0+")
_INDICES: Final = 2**31
_INDEX_DIGITS: Final = 10


class Unresolved:
    """A value with a substitution, which is never resolved."""

    __slots__ = ("is_object",)

    def __init__(self, *, is_object: bool = False) -> None:
        self.is_object = is_object
        """Whether it is known to be an object, because an object was merged into it."""


class Members(dict[str, Any]):
    """An object."""

    __slots__ = ("_reversed", "final")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.final = False
        """Whether it replaced a value that was no object, so that it is not merged with older objects."""
        self._reversed = False

    def ordered(self) -> Iterator[str]:
        """Return the keys in their order: those of the last merged object come first."""
        return reversed(self) if self._reversed else iter(self)

    def put_first(self, newer: Members) -> None:
        """Put the members of a newer object before the older ones, and replace those with equal keys."""
        if not self._reversed:
            items = list(self.items())
            self.clear()
            self.update(reversed(items))
            self._reversed = True
        for key in reversed([*newer.ordered()]):
            self.pop(key, None)
            self[key] = newer[key]


class Items(list[Any]):
    """A list."""

    __slots__ = ("unresolved",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.unresolved = False
        """Whether it may contain a substitution; if false, it contains none."""


Value: TypeAlias = Any
"""A string, a number, a boolean, None, `Members`, `Items` or `Unresolved`."""
Piece: TypeAlias = Token | Members | Items
"""A part of a value as it is read; a token is `TEXTUAL`, or a substitution."""


class _TextPieces(list[str]):
    """Pieces that are joined to one string."""


class Unjoinable(Exception):
    """Two pieces can't be joined to a value. The reader, which knows the line, raises `NotHocon` for it."""


def over(newer: Value, older: Value) -> Value:
    """Return the value of a key that was set twice: objects are merged, any other value replaces the earlier one."""
    match newer:
        case Items() if newer.unresolved and _waits(newer):
            return Unresolved()
        case Members() if not newer.final:
            match older:
                case Members():
                    return _merged(newer, older)
                case Unresolved():
                    return Unresolved(is_object=True)
            newer.final = True
            return newer
    return newer


def _waits(items: Items) -> bool:
    """Return whether a list contains a substitution; if not, `items.unresolved` becomes false."""
    pending: list[Members | Items] = [items]
    for container in pending:
        for value in container.values() if isinstance(container, Members) else container:
            if isinstance(value, Unresolved):
                return True
            if isinstance(value, Members) or (isinstance(value, Items) and value.unresolved):
                pending.append(value)
    items.unresolved = False
    return False


def _merged(newer: Members, older: Members) -> Members:
    pairs = [(newer, older)]
    for ours, theirs in pairs:
        for key, value in ours.items():
            if key not in theirs:
                continue
            below = theirs[key]
            if isinstance(value, Members) and isinstance(below, Members) and not value.final:
                pairs.append((value, below))
                ours[key] = below
            else:
                ours[key] = over(value, below)
        theirs.put_first(ours)
    return older


def joined(pieces: Sequence[Piece]) -> Value:
    """Return the value of several pieces on one line. Strings are joined with the blanks between them.

    Objects are merged, lists joined. With a substitution, the whole value is `Unresolved`. Raises `Unjoinable`.
    """
    first = pieces[0]
    if isinstance(first, Token) and len(pieces) == 1:
        return Unresolved() if first.kind is Kind.REFERENCE else first.value
    parts: list[Any] = []
    follows_token = False
    for piece in pieces:
        if isinstance(piece, Token):
            _add_token(parts, piece, piece.gap if follows_token else "")
        else:
            _add(parts, piece)
        follows_token = isinstance(piece, Token)
    part, *others = parts
    if others:
        return Unresolved()
    return "".join(part) if isinstance(part, _TextPieces) else part


def _add_token(parts: list[Any], token: Token, gap: str) -> None:
    left = parts[-1] if parts else None
    match left:
        case _ if token.kind not in TEXTUAL:
            parts.append(Unresolved())
        case _TextPieces():
            left += (gap, token.text)
        case Members() | Items():
            # The library ignores text without quotes after an object or a list.
            if token.kind is not Kind.WORD:
                raise Unjoinable
        case _:
            parts.append(_TextPieces([token.text]))


def _add(parts: list[Any], piece: Members | Items) -> None:
    left = parts[-1] if parts else None
    match left, piece:
        case None | Unresolved(), _:
            parts.append(piece)
        case Members(), Members():
            parts[-1] = over(piece, left)
        case _:
            first, second = (as_list(side) if isinstance(side, Members) else side for side in (left, piece))
            if not isinstance(first, Items) or not isinstance(second, Items):
                raise Unjoinable
            first += second
            first.unresolved |= second.unresolved
            parts[-1] = first


def as_list(members: Members) -> Value:
    """Return an object with numeric keys as the list of their values, in the order of the numbers; others unchanged."""
    numbered = {_index(key): members[key] for key in members.ordered() if _INDEX.fullmatch(key)}
    places = sorted(place for place in numbered if place < _INDICES)
    if not places:
        return members
    items = Items(numbered[place] for place in places)
    items.unresolved = True
    return items


def _index(key: str) -> int:
    digits = key.lstrip("+-0")
    return int(digits or "0") if len(digits) <= _INDEX_DIGITS else _INDICES


class Refused(Mapping[str, Any]):
    """A mapping that can't be read: every access raises the error that `refusal` makes."""

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
    """Return a document as dictionaries, lists and scalars, with `Refused` for values that can't be read."""
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
            try:
                return _plain(value)
            except NotReadable:
                return Refused(NotReadable)
    return value


def _plain(value: Value) -> Any:
    match value:
        case Members():
            return {key: _plain(value[key]) for key in value.ordered()}
        case Items():
            return [_plain(item) for item in value]
        case Unresolved():
            raise NotReadable
        case float() if math.isinf(value):
            raise NotReadable
    return value
