"""The scanner of HOCON, which makes tokens of text, and the parsing of keys and include statements.

The regular expression never backtracks, so that the time is linear in the length of the text.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from seatunnel_server.engine.javatext import LONG_RANGE
from seatunnel_server.engine.refusals import NoCodePoint, NotHocon


class Kind(Enum):
    """The kind of a token. The values are for messages; that of a punctuation mark is its spelling."""

    NEWLINE = "\n"
    COMMA = ","
    OPEN_OBJECT = "{"
    CLOSE_OBJECT = "}"
    OPEN_LIST = "["
    CLOSE_LIST = "]"
    EQUALS = "="
    COLON = ":"
    APPEND = "+="
    REFERENCE = "${"
    COMMENT = "a comment"
    QUOTED = "text in quotes"
    WORD = "text without quotes"
    LITERAL = "a number, true, false or null"
    END = "the end of the text"


class Token(NamedTuple):
    """A token. `text` is its part in a joined text, `gap` the blanks before it; line and column begin at 1."""

    kind: Kind
    value: Any
    text: str
    gap: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The token as a message shows it; long text is shortened."""
        return self.kind.value if self.kind in (Kind.END, Kind.COMMENT) else reprlib.repr(self.text)


TEXTUAL: Final = (Kind.WORD, Kind.QUOTED, Kind.LITERAL)
"""Kinds of tokens that are values, or parts of a key."""

_Reading: TypeAlias = tuple[Kind, Any, str]
"""Kind, value and text of a token."""

_BLANKS: Final = " \t\r\v\f\x1c-\x1f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Java's white space, non-breaking blanks, and the byte order mark; a line feed is a token."""
_RESERVED: Final = r'$"{}\[\]:=,+#`^?!@*&\\'
_TOKEN: Final = re.compile(
    rf"""(?P<gap>[{_BLANKS}]*+)(?:
        (?P<mark>[\n{{}}\[\]:=,]|\+=)
        |(?P<triple>\"{{3}}[^"]*+(?:"{{1,2}}(?!")[^"]*+)*"{{3,}}+)
        |(?P<unclosed>\"{{3}})
        |(?P<plain>"[^"\\\x00-\x1f]*+")
        |(?P<escaped>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u(?s:.{{4}})))*+")
        |(?P<number>[0-9\-][0-9eE+\-.]*+)
        |(?P<literal>true|false|null)
        |(?P<comment>(?:\#|//)[^\n]*+)
        |(?P<reference>\$\{{\??)
        |(?P<word>(?:[^{_RESERVED}{_BLANKS}\n/]++|/(?!/))+)
        |(?P<broken>")
        |(?P<reserved>.)
        |(?P<end>)
    )""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(?:u(.{4})|(.))", re.DOTALL)
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX: Final = re.compile(r"[+-]?[0-9a-fA-F]+")
_SURROGATE: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff]")
_POINT_OR_EXPONENT: Final = re.compile(r"[.eE]")
_INTEGER: Final = re.compile(r"(-?)(?=[0-9])0*+([0-9]{0,19})")
_TOO_LARGE: Final = 2.0**63
_LITERALS: Final = {"true": True, "false": False, "null": None}
_MARKS: Final = {kind.value: kind for kind in Kind}


def scan(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, comments included; the last is `Kind.END`. Raises `NotHocon` and `NoCodePoint`.

    `Kind.REFERENCE` is only the beginning of a substitution; its path follows as further tokens.
    """
    line, line_start = 1, 0
    for found in _TOKEN.finditer(text):
        group = str(found.lastgroup)
        spelt = found[group]
        try:
            kind, value, as_text = _READINGS[group](spelt)
        except ValueError as error:
            raise NotHocon(line, str(error), found.start(group) - line_start + 1) from None
        yield Token(kind, value, as_text, found[1], line, found.start(group) - line_start + 1)
        if kind is Kind.NEWLINE:
            line, line_start = line + 1, found.end()
        elif group == "triple":
            line += spelt.count("\n")
            line_start = max(line_start, text.rfind("\n", 0, found.end()) + 1)
        elif kind is Kind.END:
            return


def _number(spelt: str) -> _Reading:
    """Read a number. Text that only begins like one (`1-2`, `10.0.0.1`), or exceeds 64 bits, is a word."""
    try:
        value = _floating(spelt) if _POINT_OR_EXPONENT.search(spelt) else _integer(spelt)
    except ValueError:
        return _READINGS["reserved"]("+") if "+" in spelt else (Kind.WORD, spelt, spelt)
    return Kind.LITERAL, value, spelt


def _integer(spelt: str) -> int:
    found = _INTEGER.fullmatch(spelt)
    if found is None or (number := int(found[1] + (found[2] or "0"))) not in LONG_RANGE:
        raise ValueError(spelt)
    return number


def _floating(spelt: str) -> float:
    """Read a number with a point or an exponent: an integer if it is whole and has at most 64 bits."""
    number = float(spelt)
    if number.is_integer() and abs(number) <= _TOO_LARGE:
        return min(int(number), LONG_RANGE[-1])
    return number


def _quoted(inside: str) -> _Reading:
    return Kind.QUOTED, inside, inside


def _escaped(spelt: str) -> _Reading:
    return _quoted(_SURROGATE.sub(_character, _ESCAPE.sub(_unescaped, spelt[1:-1])))


def _unescaped(escape: re.Match[str]) -> str:
    digits, character = escape.groups()
    if digits is None:
        return _ESCAPED.get(character, character)
    if not _HEX.fullmatch(digits):
        raise ValueError(f"{digits!r} are no four hexadecimal digits")
    number = int(digits, 16)
    if number < 0:
        raise NoCodePoint(digits)
    return chr(number)


def _character(surrogates: re.Match[str]) -> str:
    """Return the character of a surrogate pair; `?` for a single surrogate, as Java writes it."""
    high, low = surrogates.groups()
    return "?" if high is None else (high + low).encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


_READINGS: Final[dict[str, Callable[[str], _Reading]]] = {
    "mark": lambda spelt: (_MARKS[spelt], None, spelt),
    # Without escapes; of more than three quotes at the end, the last three close the string.
    "triple": lambda spelt: _quoted(spelt[3:-3]),
    "unclosed": lambda _: _refuse("text in triple quotes has no end"),
    "plain": lambda spelt: _quoted(spelt[1:-1]),
    "escaped": _escaped,
    "number": _number,
    "literal": lambda spelt: (Kind.LITERAL, _LITERALS[spelt], spelt),
    "comment": lambda spelt: (Kind.COMMENT, None, spelt),
    "reference": lambda spelt: (Kind.REFERENCE, None, spelt),
    "word": lambda spelt: (Kind.WORD, spelt, spelt),
    "broken": lambda _: _refuse("a quoted string does not end on its line, or has an invalid escape"),
    "reserved": lambda spelt: _refuse(f"{spelt!r} is reserved, it can only stand in quotes"),
    "end": lambda spelt: (Kind.END, None, spelt),
}


_ARROW = "->"


def path_of(tokens: Sequence[Token], line: int) -> list[str]:
    """Return the elements of a key's path; most keys have one.

    Blanks between the tokens belong to the key. An arrow separates elements only within one word without quotes:
    `a->b`. It does not in `a -> b` and `1->2`, which are several tokens, or in `"a->b"`. Raises `NotHocon`.
    """
    if not tokens:
        raise NotHocon(line, "a name is missing")
    if len(tokens) == 1 and (tokens[0].kind is Kind.QUOTED or _ARROW not in tokens[0].text):
        return [tokens[0].text]
    elements: list[list[str]] = [[]]
    may_be_empty = [False]
    for place, token in enumerate(tokens):
        if place:
            elements[-1].append(token.gap)
        if token.kind is Kind.QUOTED:
            elements[-1].append(token.text)
            may_be_empty[-1] = True
        else:
            first, *further = token.text.split(_ARROW)
            elements[-1].append(first)
            elements += [[each] for each in further]
            may_be_empty += [False] * len(further)
    names = ["".join(parts) for parts in elements]
    if not all(name or empty for name, empty in zip(names, may_be_empty, strict=True)):
        raise NotHocon(line, "an arrow in a key has nothing on one side of it")
    return names


_REQUIRED: Final = "required("
_ADDRESS: Final = "url("
_PLACES: Final = ("file(", "classpath(", _ADDRESS)
_OPENINGS: Final = frozenset(
    {"", _REQUIRED, *_PLACES, *(f"{_REQUIRED}{gap}{place}" for place in _PLACES for gap in ("", " "))}
)
_ADDRESSES: Final = re.compile(r"(https?|ftp|jar|mailto):", re.IGNORECASE)
_FILE: Final = re.compile(r"file:", re.IGNORECASE)


class Include:
    """An include statement, read token by token: `include "x"`, `include file("x")`, `include required(url("x"))`.

    No file is read and no address opened. A plain name or a file adds nothing, like a missing file. An
    address, or anything `required`, is an error, as in an engine that can't reach it.
    """

    def __init__(self) -> None:
        self._opening = ""
        self._name: str | None = None
        self._closing = ""

    def take(self, token: Token) -> bool:
        """Read a token; return whether it ends the statement. Raises `NotHocon`."""
        match token.kind, self._name:
            case Kind.WORD, None:
                self._opening = f"{self._opening} {token.text}".lstrip()
            case Kind.QUOTED, None:
                self._name = token.text
            case Kind.WORD, str():
                self._closing += token.text
            case _:
                raise NotHocon(token.line, f"an include cannot contain {token.shown}")
        wanted = ")" * self._opening.count("(")
        if self._opening not in _OPENINGS or not wanted.startswith(self._closing):
            raise NotHocon(token.line, f"an include cannot contain {token.shown}")
        if self._name is None or self._closing != wanted:
            return False
        self._refuse(self._name, token.line)
        return True

    def _refuse(self, name: str, line: int) -> None:
        is_address = _ADDRESS in self._opening and not _FILE.match(name)
        is_plain = not self._opening.endswith(_PLACES)
        if self._opening.startswith(_REQUIRED) or is_address or (is_plain and _ADDRESSES.match(name)):
            raise NotHocon(line, f"nothing to include under {reprlib.repr(name)}")
