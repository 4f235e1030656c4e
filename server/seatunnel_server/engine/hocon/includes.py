"""Include statements: their grammar, and what becomes of them where nothing can be included."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_server.engine.hocon.refusals import NothingToInclude, NotHocon
from seatunnel_server.engine.hocon.tokens import Kind, Token

_REQUIRED: Final = "required("
_ADDRESS: Final = "url("
_PLACES: Final = ("file(", "classpath(", _ADDRESS)
_OPENINGS: Final = frozenset(
    {"", _REQUIRED, *_PLACES, *(f"{_REQUIRED}{gap}{place}" for place in _PLACES for gap in ("", " "))}
)
_ADDRESSES: Final = re.compile(r"(https?|ftp|jar|mailto):", re.IGNORECASE)
_FILE: Final = re.compile(r"file:", re.IGNORECASE)


class Include:
    """One statement, taken token by token: `include "x"`, `include file("x")`, `include required(url("x"))`.

    No file is read and no address opened. A file that isn't there leaves nothing behind, which is what a plain name
    and a file are here; an address, and what is required, is a failure of the engine that cannot reach it.
    """

    def __init__(self) -> None:
        self._opening = ""
        self._name: str | None = None
        self._closing = ""

    def take(self, token: Token) -> bool:
        """Take a token; tell whether the statement is whole. Raises `NotHocon` and `NothingToInclude`."""
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
            raise NothingToInclude(line, name)
