"""The base class of checks, invariants and rules for clients: each wraps a function for one clause."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class ClauseFunction:
    """A registered function. Its docstring says why the clause matters to a client."""

    __slots__ = ()

    function: Callable[..., Any]

    @property
    def why(self) -> str:
        """The docstring of the function, which says why the clause matters to a client."""
        return inspect.getdoc(self.function) or ""

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line (from 1) of the function."""
        code = self.function.__code__
        return code.co_filename, code.co_firstlineno
