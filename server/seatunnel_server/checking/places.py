"""The lines and columns of the keys in the text of a job configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import StrictReader
from seatunnel_server.engine.hocon.reader import Frame, Reader
from seatunnel_server.engine.hocon.tokens import Kind, Token, scan
from seatunnel_server.engine.hocon.values import Members, plain
from seatunnel_server.engine.refusals import NotHocon

_MOST_TABLES: Final = 100
"""The most tables of a job in SQL whose options get a place."""


class PlacedKey(str):
    """A key with its place in the text. Lines and columns begin at 1; `end_column` is the one after the key."""

    __slots__ = ("column", "end_column", "line")

    line: int
    column: int
    end_column: int

    def __new__(cls, text: str, first: Token | PlacedKey) -> Self:
        """Make a key that has the place of `first`, which is its first token or the first key of its path."""
        key = super().__new__(cls, text)
        key.line, key.column = first.line, first.column
        if isinstance(first, PlacedKey):
            key.end_column = first.end_column
        else:
            key.end_column = first.column + len(first.text) + 2 * (first.kind is Kind.QUOTED)
        return key


def place_of(key: Any) -> dict[str, Any]:
    """Return the arguments for a finding about a key: line and columns (None if not known), and the key's text."""
    place = {name: getattr(key, name, None) for name in PlacedKey.__slots__}
    return {**place, "quotes": str(key)}


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """A key that is set again in the same object, so that its first value is lost."""

    key: PlacedKey
    path: str
    first_line: int | None


@dataclass(slots=True)
class _Opening:
    token: Token
    indent: int
    """The column at which the first token of its line begins."""


class _PlacedReader(Reader):
    """Reads one text. The keys in the result are `PlacedKey`."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated: list[RepeatedKey] = []
        self._openings: list[_Opening] = []
        self._line, self._indent, self._last = 0, 1, Kind.NEWLINE
        self._suspect: Token | None = None

    @property
    def unclosed(self) -> Token | None:
        """The brace or bracket that is not closed, guessed by indentation; None if all are closed."""
        return (self._suspect or self._openings[-1].token) if self._openings and self._last is Kind.END else None

    def note(self, token: Token) -> None:
        """Remember the kind of a token, and the line and indentation where its line begins."""
        self._last = token.kind
        if token.kind is not Kind.NEWLINE and token.line != self._line:
            self._line, self._indent = token.line, token.column

    def _start(self, token: Token) -> bool:
        if token.kind is Kind.OPEN_OBJECT:
            self._openings.append(_Opening(token, self._indent))
        return super()._start(token)

    def _open(self, frame: Frame, token: Token) -> None:
        self._openings.append(_Opening(token, self._indent))
        super()._open(frame, token)

    def _close(self, token: Token) -> None:
        super()._close(token)
        opening = self._openings.pop() if self._openings else None
        if opening and token.line == self._line and token.column == self._indent < opening.indent:
            self._suspect = self._suspect or opening.token

    def _name(self, path: list[str], token: Token) -> None:
        first = self._top.key[0] if self._top.key else token
        keys = [PlacedKey(part, first) for part in path]
        self._find_repeated(keys)
        super()._name([*keys], token)

    def _find_repeated(self, keys: list[PlacedKey]) -> None:
        members, name = self._top.value, keys[0]
        if isinstance(members, Members) and len(keys) == 1 and not isinstance(members.get(name, members), Members):
            first = next(key for key in members if key == name)
            above = (part for frame in self._frames[:-1] if not frame.is_list for part in frame.path)
            self.repeated.append(RepeatedKey(name, ".".join([*above, name]), getattr(first, "line", None)))


class _PlacedJsonReader(_PlacedReader, StrictReader):
    def _key(self, token: Token) -> bool:
        if token.kind is Kind.QUOTED and token.text in self._top.value:
            self._name([token.text], token)
            return True
        return super()._key(token)


_READERS: Final = {True: _PlacedJsonReader, False: _PlacedReader}


class NotClosed(NotHocon):
    """An object or a list is not closed; line and column are those of its opening brace or bracket."""


def parse_placed(text: str, *, is_json: bool = False) -> tuple[dict[str, Any], list[RepeatedKey]]:
    """Read HOCON or JSON as `hocon.parse` does. Return the tree with `PlacedKey` keys, and the keys that are set twice.

    Raises what `hocon.parse` raises, and `NotClosed` if the text ends within an object or a list.
    """
    reader = _READERS[is_json]()

    def noted() -> Any:
        for token in scan(text):
            reader.note(token)
            yield token

    try:
        tree = plain(reader.read(noted()))
    except NotHocon as problem:
        if (opening := reader.unclosed) is None:
            raise
        reason = f"`{opening.text}` is not closed, and the text ends on line {problem.line}"
        raise NotClosed(opening.line, reason, opening.column) from None
    return tree, reader.repeated


def with_places(tree: Any, text: str) -> tuple[Any, list[RepeatedKey]]:
    """Return a tree that was read from a JSON text, with `PlacedKey`s as keys, and the keys that are set again.

    If the engine's library for HOCON refuses the text, the tree is returned as it is.
    """
    try:
        placed, repeated = parse_placed(text.removeprefix("\ufeff"), is_json=True)
    except EngineError:
        return tree, []
    return _merged(tree, placed), repeated


_CREATE: Final = re.compile(r"\bCREATE\s++TABLE\b", re.IGNORECASE)
# Possessive quantifiers match comments and strings as a whole, so that matching takes linear time.
_SQL: Final = re.compile(r"'(?:[^']++|'')*+'?|--[^\n]*+|[;=]")


def with_sql_places(tree: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the tree of a job in SQL, with `PlacedKey`s as keys of the options of tables."""
    tables, at, line = list[Mapping[str, tuple[PlacedKey, str]]](), 0, 1
    while len(tables) < _MOST_TABLES and (found := _CREATE.search(text, at)):
        line += text.count("\n", at, found.end())
        options, end = _sql_options(text, found.end(), line)
        line, at = line + text.count("\n", found.end(), end), end
        tables.append(options)
    plugins = {section: [_placed(it, tables) for it in tree.get(section, ())] for section in ("source", "sink")}
    return {**tree, **plugins}


def _sql_options(text: str, start: int, line: int) -> tuple[dict[str, tuple[PlacedKey, str]], int]:
    """Return the keys and values of a table's options, and the end of its statement."""
    options: dict[str, tuple[PlacedKey, str]] = {}
    key, sign = None, ""
    for found in _SQL.finditer(text, start):
        line, start = line + text.count("\n", start, found.start()), found.start()
        if found[0] == ";":
            return options, found.end()
        if not found[0].startswith("'"):
            sign = found[0]
            continue
        if sign == "=" and key:
            options[key] = (key, found[0][1:-1].replace("''", "'"))
        name, column = found[0][1:-1], start - text.rfind("\n", 0, start)
        token = Token(Kind.QUOTED, name, name, "", line, column)
        key, sign = PlacedKey("plugin_name" if name == "connector" else name, token), ""
    return options, len(text)


def _placed(plugin: Mapping[str, Any], tables: Sequence[Mapping[str, tuple[PlacedKey, str]]]) -> dict[str, Any]:
    own = {key: value for key, value in plugin.items() if key not in {"plugin_input", "plugin_output"}}
    for table in tables:
        if own.keys() == table.keys() - {"type"} and all(
            table[key][1] == value for key, value in own.items() if isinstance(value, str)
        ):
            return {table[key][0] if key in table else key: value for key, value in plugin.items()}
    return dict(plugin)


def _merged(tree: Any, placed: Any) -> Any:
    if isinstance(tree, Mapping) and isinstance(placed, Mapping):
        keys = {key: key for key in placed}
        return {keys.get(key, key): _merged(value, placed.get(key)) for key, value in tree.items()}
    if isinstance(tree, list) and isinstance(placed, list):
        return [_merged(one, other) for one, other in zip(tree, placed, strict=False)]
    return tree
