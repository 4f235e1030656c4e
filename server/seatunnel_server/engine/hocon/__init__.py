"""Job configurations in HOCON, or as JSON files: from their text to a tree, by the rules of the engine's own reader.

The engine reads HOCON with a modified Typesafe Config 1.3.3 (`seatunnel-config-shade`). What it does differently from
other readers of the language, and what is therefore done here:

- A dot in a key is a character like any other; what makes a path is `->`, and only inside one word.
- An object under a key called `source`, `transform` or `sink`, wherever it stands, is a list of its members, each with
  its own key as `plugin_name`. Objects in an array under such a key are lists too, which is why a JSON job is refused.
- Nothing is substituted. A `${x}` or `+=` is harmless where it is not read, and a refusal where it is.
- An include finds nothing: no file is read, no address opened. What the engine makes of an include without a target
  is done: plain names, `file(…)` and `classpath(…)` leave nothing, `required(…)` and addresses are failures.

How it is known: recorded in `submit-job/hocon-*` and `submit-job-upload/*`; where the recordings are silent, the
published library of 2.3.9 and 2.3.10 was run, and both gave the same answers.

JSON is read by the same scanner. It is laxer than JSON about numbers (`007`, `1.`) and texts (triple quotes), and
stricter than the reader of request bodies: a key that comes twice and an integer beyond 64 bits are refused. No key is
a path, no object a list of plugins, and nothing is joined. Recorded in `submit-job-upload/json-file`,
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
    """How a text is written."""

    HOCON = "hocon"
    JSON = "json"
    """JSON as the engine's HOCON library reads it, which is how the engine reads uploaded files; not request bodies."""


def parse(text: str, *, syntax: Syntax = Syntax.HOCON) -> dict[str, Any]:
    """Read the text of a job configuration into the tree that `Planner.plan` takes.

    A mapping in the tree may be a `Refused`: it stands for settings that hold a substitution and refuses when it is
    looked at, which is when the engine does. Line ends are taken as they are: only a line feed ends a line.

    Raises the leaves of `seatunnel_server.engine.refusals`. Recorded in `submit-job/hocon`, `hocon-broken`,
    `hocon-empty`, `hocon-json-body`, `hocon-nested-env-job`, `hocon-substitution`, `hocon-two-plugins-same-name`.
    """
    reader = StrictReader if syntax is Syntax.JSON else Reader
    return plain(reader().read(scan(text)))
