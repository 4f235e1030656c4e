"""Why a text is no job configuration: one class per error.

The statuses are those of the engine: recorded in `submit-job/hocon-substitution`, `hocon-broken`, `hocon-json-body`,
and seen with the published library for the rest. Lines are counted from 1, and named as the library names them.
"""

from __future__ import annotations

import reprlib

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument


class NotHocon(EngineFailure):
    """The text breaks the grammar (`submit-job/hocon-broken`)."""

    def __init__(self, line: int, reason: str, column: int | None = None) -> None:
        super().__init__(f"String: {line}: {reason}")
        self.line = line
        self.column = column
        """Where it is found on the line, from 1 on; the library does not say."""
        self.reason = reason


class NotAPath(NotHocon):
    """A key or a substitution has no name, or an arrow with nothing beside it."""


class RootIsAList(NotHocon):
    """The text is an array."""

    def __init__(self, line: int) -> None:
        super().__init__(line, "the document is a list, it must be an object")


class CannotJoin(NotHocon):
    """A value has pieces that do not go together, such as text and a list."""

    def __init__(self, line: int) -> None:
        super().__init__(line, "an object or a list cannot be joined with anything else")


class NothingToInclude(NotHocon):
    """An include that must find something: includes find nothing here."""

    def __init__(self, line: int, name: str) -> None:
        super().__init__(line, f"nothing to include under {reprlib.repr(name)}")
        self.name = name


class NestedTooDeep(NotHocon):
    """The text nests deeper than it is read; the engine's own limit is its stack."""

    def __init__(self, line: int, depth: int) -> None:
        super().__init__(line, f"nested more than {depth} levels deep")
        self.depth = depth


class TooManyTokens(EngineFailure):
    """The text has more words and marks than are read; the engine has no such limit."""

    template = "the document has more than {} words, marks and line ends"


class NoCodePoint(IllegalArgument):
    r"""An escape such as `\u-001`, which Java reads as a number and then finds to be no character."""

    template = "Not a valid Unicode code point: {}"


class NotReadable(IllegalArgument):
    """A setting cannot be read as JSON, for it holds an unresolved substitution or an infinite number."""

    template = "Json parsing exception."


class NotResolved(EngineFailure):
    """A section is an unresolved substitution, so that it is not even known what it is."""

    template = "a substitution stands where a section should be, and none is resolved here"
