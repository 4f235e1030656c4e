"""Parses job configurations in HOCON, and JSON files, to trees, by the rules of the engine's own reader.

The engine reads HOCON with a modified Typesafe Config 1.3.3 (`seatunnel-config-shade`). This package has its
differences from other readers of the language:

- A dot in a key is a character like any other. A path is written with `->`, inside one word.
- An object under a key called `source`, `transform` or `sink`, wherever it stands, is a list of its members, each with
  its own key as `plugin_name`. Objects in an array under such a key are lists too, which is why a JSON job is refused.
- Nothing is substituted. A value with `${x}` or `+=` is an error when the engine reads it, and otherwise ignored.
- An include finds nothing: no file is read, no address opened. Plain names, `file(…)` and `classpath(…)` add nothing,
  `required(…)` and addresses are errors, as in the engine if the target does not exist.

Source: recorded in `submit-job/hocon-*` and `submit-job-upload/*`; for the rest, the published library of 2.3.9 and
2.3.10 was run, with equal results.

The same scanner reads JSON. It accepts more numbers (`007`, `1.`) and strings (triple quotes) than JSON does, but is
stricter than the reader of request bodies: a repeated key and an integer beyond 64 bits are errors. In JSON, no key is
a path, no object is a list of plugins, and values are not joined. Recorded in `submit-job-upload/json-file`,
`hocon-in-json-file` and `empty-file`; the rest was seen with the published library.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from seatunnel_server.engine.hocon.reader import Reader
from seatunnel_server.engine.hocon.tokens import Kind, Token, scan
from seatunnel_server.engine.hocon.values import Members, Refused, plain

__all__ = ["Refused", "Syntax", "parse"]


class StrictReader(Reader):
    """Reads one JSON text."""

    def _comment(self, token: Token) -> None:
        self._refuse(token, "JSON has no comments")

    def _start(self, token: Token) -> bool:
        if token.kind not in (Kind.NEWLINE, Kind.OPEN_OBJECT, Kind.OPEN_LIST):
            self._refuse(token, "expected '{'")
        return super()._start(token)

    def _key(self, token: Token) -> bool:
        match token.kind:
            case Kind.QUOTED if token.text not in self._top.value:
                self._name([token.text], token)
            case Kind.CLOSE_OBJECT if not self._top.separated:
                self._close(token)
            case Kind.NEWLINE:
                pass
            case _:
                self._refuse(token, "expected a key in quotes that is not there yet")
        return True

    def _assignment(self, token: Token) -> bool:
        match token.kind:
            case Kind.COLON:
                self._state = self._value
            case Kind.NEWLINE:
                pass
            case _:
                self._refuse(token, "expected ':' after a key")
        return True

    def _element(self, token: Token) -> bool:
        if token.kind is Kind.CLOSE_LIST and self._top.separated:
            self._refuse(token, "expected a value")
        return super()._element(token)

    def _more_value(self, _: Token) -> bool:
        self._finish()
        return False

    def _piece(self, token: Token) -> bool:
        return token.kind not in (Kind.WORD, Kind.REFERENCE) and super()._piece(token)

    def _open_object(self, token: Token) -> None:
        self._open(self._top.inner(Members()), token)

    def _separator(self, token: Token) -> bool:
        match token.kind:
            case Kind.COMMA:
                self._top.separated = True
                self._next()
            case Kind.CLOSE_OBJECT | Kind.CLOSE_LIST:
                self._close(token)
            case Kind.NEWLINE:
                pass
            case _:
                self._refuse(token, "expected a comma")
        return True


class Syntax(Enum):
    """The syntax of a text."""

    HOCON = "hocon"
    JSON = "json"
    """JSON in an uploaded file, which the engine reads with its HOCON library, unlike JSON in a request body."""


def parse(text: str, *, syntax: Syntax = Syntax.HOCON) -> dict[str, Any]:
    """Return the text of a job configuration as a tree, as `Planner.plan` takes it.

    A mapping with a substitution becomes a `Refused`: as in the engine, reading it raises the error. Only a line feed
    ends a line.

    Raises subclasses of `EngineError`. Recorded in `submit-job/hocon`, `hocon-broken`,
    `hocon-empty`, `hocon-json-body`, `hocon-nested-env-job`, `hocon-substitution`, `hocon-two-plugins-same-name`.
    """
    reader = StrictReader if syntax is Syntax.JSON else Reader
    return plain(reader().read(scan(text)))
