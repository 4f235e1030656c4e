"""The parser of HOCON, which makes values of tokens: a state machine whose states are methods.

A state gets a token and returns whether it has consumed it; if not, it has changed the state, and the new state gets
the same token. Open objects and lists are on a stack of frames, so that no text can exhaust the interpreter's stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NoReturn, TypeAlias

from seatunnel_server.engine.hocon.tokens import TEXTUAL, Include, Kind, Token, path_of
from seatunnel_server.engine.hocon.values import (
    PLUGIN_SECTIONS,
    Items,
    Members,
    Piece,
    Unjoinable,
    Unresolved,
    Value,
    joined,
    over,
)
from seatunnel_server.engine.refusals import NotHocon, TooManyTokens

MOST_LEVELS: Final = 250
"""The deepest nesting of objects and lists, the document included; the engine's own limit is its stack."""
MOST_TOKENS: Final = 500_000
"""The most tokens of a text, line ends included: time and memory grow with their number."""


@dataclass(slots=True, eq=False)
class Frame:
    """An object or a list that is being read, with the state of its current member or item.

    An object whose value is `Items` is a list of plugins: the same key twice makes two plugins.
    """

    value: Value
    """`Members` or `Items`."""
    is_list: bool = False
    depth: int = 1
    """The number of levels above its members or items."""
    lists: int = 0
    """The number of lists that contain it, itself included."""
    path: list[str] = field(default_factory=list)
    """The path of the member that is being read; in a list, that of the member with the list."""
    key: list[Token] = field(default_factory=list)
    line: int = 1
    """The line on which the current value begins."""
    pieces: list[Piece] = field(default_factory=list)
    appends: bool = False
    bare: bool = False
    """Whether the current value follows its key without `=` or `:`, so that it must be a single object."""
    separated: bool = False
    """Whether a separator has been read since the last value."""
    unresolved: bool = False
    """Whether it contains a substitution."""

    def inner(self, value: Members | Items, *, is_list: bool = False) -> Frame:
        """Return a frame for an object or a list that is the current value, or a part of it."""
        levels = 1 if self.is_list else len(self.path)
        return Frame(value, is_list, self.depth + levels, self.lists + self.appends + is_list, self.path)

    @property
    def is_section(self) -> bool:
        """Whether an object here, at any depth, is a list of plugins (`research#9`, seen in 2.3.10)."""
        return self.path[0] in PLUGIN_SECTIONS

    def finish(self) -> None:
        """Join the pieces of the current value, and add it to the object or list. Raises `Unjoinable`."""
        value = joined(self.pieces)
        if self.appends:
            # `+=` is a substitution of the earlier value.
            value, self.unresolved = Unresolved(), True
        self.pieces = []
        self._put(value)

    def _put(self, value: Value) -> None:
        """Add a value: as an item, as a plugin with its name, or as the member at `path`, merged with an older one."""
        if self.is_list:
            self.value.append(value)
            return
        name, *further = self.path
        value = nested(further, value)
        if isinstance(self.value, Items):
            self.value.append(over(value, Members({"plugin_name": name})))
        else:
            self.value[name] = over(value, self.value[name]) if name in self.value else value


def nested(path: list[str], value: Value) -> Value:
    """Return an object that has a value at a path; the value itself for an empty path."""
    for key in reversed(path):
        value = Members({key: value})
    return value


State: TypeAlias = Callable[[Token], bool]


class Reader:
    """Reads one HOCON text. Raises `NotHocon` and `TooManyTokens`."""

    def __init__(self) -> None:
        self._root = Members()
        self._frames: list[Frame] = [Frame(self._root)]
        self._top = self._frames[0]
        self._braced = False
        self._include = Include()
        self._reference: list[Token] = []
        self._state: State = self._start

    def read(self, tokens: Iterable[Token]) -> Members:
        """Return the object that the tokens of a text make."""
        is_whole = False
        for token in islice(tokens, MOST_TOKENS):
            if token.kind is Kind.COMMENT:
                self._comment(token)
                continue
            while not self._state(token):
                pass
            is_whole = token.kind is Kind.END
        if not is_whole:
            raise TooManyTokens(MOST_TOKENS)
        return self._root

    def _comment(self, token: Token) -> None:
        """Ignore a comment. Inside a substitution, refuse it, since it would hide the end."""
        if self._state == self._referring:
            self._refuse(token, "expected a path")

    def _start(self, token: Token) -> bool:
        match token.kind:
            case Kind.NEWLINE:
                return True
            case Kind.OPEN_LIST:
                raise NotHocon(token.line, "the document is a list, it must be an object")
        self._braced = token.kind is Kind.OPEN_OBJECT
        self._state = self._key
        return self._braced

    def _key(self, token: Token) -> bool:
        match token.kind:
            case Kind.WORD if token.text == "include":
                self._include = Include()
                self._state = self._including
            case Kind.WORD | Kind.QUOTED | Kind.LITERAL:
                self._top.key = [token]
                self._state = self._more_key
            case Kind.NEWLINE:
                pass
            case Kind.CLOSE_OBJECT | Kind.END:
                self._close(token)
            case _:
                self._refuse(token, "expected a key")
        return True

    def _including(self, token: Token) -> bool:
        if token.kind is not Kind.NEWLINE and self._include.take(token):
            self._expect_separator()
        return True

    def _more_key(self, token: Token) -> bool:
        if token.kind in TEXTUAL:
            self._top.key.append(token)
            return True
        self._name(path_of(self._top.key, token.line), token)
        return False

    def _name(self, path: list[str], token: Token) -> None:
        """Begin the member at a path."""
        if self._top.depth + len(path) - 1 > MOST_LEVELS:
            raise NotHocon(token.line, f"nested more than {MOST_LEVELS} levels deep")
        self._top.path = path
        self._top.bare = self._top.appends = False
        self._state = self._assignment

    def _assignment(self, token: Token) -> bool:
        match token.kind:
            case Kind.EQUALS | Kind.COLON:
                self._state = self._value
            case Kind.APPEND if not self._top.lists:
                self._top.appends = True
                self._state = self._value
            case Kind.OPEN_OBJECT:
                self._top.bare = True
                self._open_object(token)
            case Kind.NEWLINE:
                pass
            case _:
                self._refuse(token, "expected '=', ':' or '{' after a key, or '+=' where no list is around")
        return True

    def _value(self, token: Token) -> bool:
        if token.kind is not Kind.NEWLINE and not self._piece(token):
            self._refuse(token, "expected a value")
        return True

    def _element(self, token: Token) -> bool:
        if token.kind is Kind.CLOSE_LIST:
            self._close(token)
            return True
        return self._value(token)

    def _more_value(self, token: Token) -> bool:
        if self._piece(token):
            return True
        self._finish()
        return False

    def _piece(self, token: Token) -> bool:
        """Read a token if it is a part of a value or begins one; return whether this is so."""
        if not self._top.pieces:
            self._top.line = token.line
        match token.kind:
            case Kind.WORD | Kind.QUOTED | Kind.LITERAL:
                self._top.pieces.append(token)
                self._state = self._more_value
            case Kind.OPEN_OBJECT:
                self._open_object(token)
            case Kind.OPEN_LIST:
                self._open(self._top.inner(Items(), is_list=True), token)
            case Kind.REFERENCE:
                self._top.unresolved = True
                self._top.pieces.append(token)
                self._reference = []
                self._state = self._referring
            case _:
                return False
        return True

    def _referring(self, token: Token) -> bool:
        """Read the path of a substitution, which must be valid although nothing is substituted."""
        if token.kind is Kind.CLOSE_OBJECT:
            path_of(self._reference, token.line)
            self._state = self._more_value
        elif token.kind in TEXTUAL:
            self._reference.append(token)
        else:
            self._refuse(token, "expected a path")
        return True

    def _open_object(self, token: Token) -> None:
        self._open(self._top.inner(Items() if self._top.is_section else Members()), token)

    def _open(self, frame: Frame, token: Token) -> None:
        if frame.depth > MOST_LEVELS:
            raise NotHocon(token.line, f"nested more than {MOST_LEVELS} levels deep")
        self._frames.append(frame)
        self._top = frame
        self._next()

    def _next(self) -> None:
        self._state = self._element if self._top.is_list else self._key

    def _expect_separator(self) -> None:
        self._top.separated = False
        self._state = self._separator

    def _separator(self, token: Token) -> bool:
        """Read the separator of two members or items: a comma, line ends, or both."""
        match token.kind:
            case Kind.NEWLINE:
                self._top.separated = True
            case Kind.COMMA:
                self._next()
            case Kind.CLOSE_OBJECT | Kind.CLOSE_LIST | Kind.END:
                self._close(token)
            case _ if self._top.separated:
                self._next()
                return False
            case _:
                self._refuse(token, "expected a comma or a new line")
        return True

    def _close(self, token: Token) -> None:
        """Close the current object or list with its closing token; refuse any other token."""
        is_root = len(self._frames) == 1
        closer = Kind.CLOSE_LIST if self._top.is_list else Kind.CLOSE_OBJECT
        wanted = closer if self._braced or not is_root else Kind.END
        if token.kind is not wanted:
            self._refuse(token, f"expected {wanted.value}")
        if is_root:
            self._state = self._rest
        else:
            self._hand_up(self._frames.pop())

    def _hand_up(self, frame: Frame) -> None:
        if isinstance(frame.value, Items):
            frame.value.unresolved = frame.unresolved
        self._top = self._frames[-1]
        self._top.unresolved |= frame.unresolved
        self._top.pieces.append(frame.value)
        self._state = self._more_value
        if self._top.bare:
            self._finish()

    def _finish(self) -> None:
        try:
            self._top.finish()
        except Unjoinable:
            raise NotHocon(self._top.line, "an object or a list cannot be joined with anything else") from None
        self._expect_separator()

    def _rest(self, token: Token) -> bool:
        if token.kind not in (Kind.NEWLINE, Kind.END):
            self._refuse(token, "expected nothing after the document")
        return True

    def _refuse(self, token: Token, reason: str) -> NoReturn:
        raise NotHocon(token.line, f"{reason}, found {token.shown}", token.column)
