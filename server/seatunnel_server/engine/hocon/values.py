"""Values while a text is read, and the plain tree that is made of them.

Every value that is read belongs to one place, so merging changes the older object in place: it costs what the newer
one holds, however large the older has become.

The engine turns each part of a configuration into JSON and back when it needs it. A part that has no JSON is therefore
refused when it is read, in its turn among all other refusals, and never if it is not read.
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
    """A value that waits for a substitution, which never comes."""

    __slots__ = ("is_object",)

    def __init__(self, *, is_object: bool = False) -> None:
        self.is_object = is_object
        """Whether it is known to be an object nevertheless, because one was merged into it."""


class Members(dict[str, Any]):
    """An object."""

    __slots__ = ("_reversed", "final")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.final = False
        """Whether it replaced something that was no object, so that nothing older shows through it."""
        self._reversed = False

    def ordered(self) -> Iterator[str]:
        """Return the keys in their order: after blocks are merged, the keys of the newest block come first."""
        return reversed(self) if self._reversed else iter(self)

    def put_first(self, newer: Members) -> None:
        """Put the members of a newer object before the older ones, in place of those with their keys."""
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
        """Whether a substitution may be in it; if not, none is."""


Value: TypeAlias = Any
"""Text, a number, a truth value, None, `Members`, `Items` or `Unresolved`."""
Piece: TypeAlias = Token | Members | Items
"""A part of a value as it is read; a token is `TEXTUAL`, or a substitution."""


class _TextPieces(list[str]):
    """Pieces of one text."""


class Unjoinable(Exception):
    """Two pieces do not make a value. The reader, which knows the line, makes a refusal of it."""


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
    """Tell whether a substitution is left in a list; if none is, remember that."""
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
    """Return the value that pieces on one line make: text in a row is one text, its inner blanks kept.

    Objects merge, lists become one. A substitution among the pieces leaves all of it unresolved. Raises `Unjoinable`.
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
            # The library takes any text without quotes here for the blanks between two objects.
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
    """Return an object whose keys are numbers as the list of their values; another object as it is."""
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
