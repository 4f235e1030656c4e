"""Asserts of checks that raise what they compared: `assert found["workers"] == "1"` knows both values, and `found`.

`install` compiles the asserts of some modules into `if not …: raise FailedAssert(…)`, as pytest does for tests, and
keeps the result beside Python's own cache. A failure then needs neither the source nor another evaluation.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Final

_CACHE: Final = ".asserts-4.pyc"
"""The end of the names of cached modules; another number for each change of what is compiled."""

_LONGEST: Final = 200
"""Characters of a value in the text of the exception."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison.

    Its `value` was read from `base`: by its `attribute` (a property, or with `()` a method or function), or by the key
    in `path`, or as it is. `names` are the values of the variables that the expression reads.
    """

    value: Any
    base: Any = None
    path: tuple[Any, ...] = ()
    attribute: str = ""
    names: tuple[Any, ...] = ()
    is_literal: bool = False


class FailedAssert(AssertionError):
    """An assert has failed.

    `operator` is a comparison, `isinstance`, `startswith`, `endswith`, `strip`, `not`, or empty for a value that had
    to be true. `message` is the text after the comma, `given` another value after it.

    Its text is made when somebody reads it: to recognise a release takes a hundred failures that nobody reads.
    """

    def __init__(
        self, operator: str, found: Operand, expected: Operand | None = None, *, message: str = "", given: Any = None
    ) -> None:
        super().__init__()
        self.operator, self.message, self.given = operator, message, given
        self.left, self.right, self._is_comparison = found, expected or Operand(None), expected is not None

    def __str__(self) -> str:
        if self.message or self.given is not None:
            return self.message or str(self.given)
        right = f" {_brief(self.right.value)}" if self._is_comparison else ""
        return f"{_brief(self.left.value)} {self.operator}{right}"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class _Loader(SourceFileLoader):
    """Compiles the asserts of a module, and caches the result under a name of its own."""

    @staticmethod
    def source_to_code(data: Any, path: Any = "<string>") -> CodeType:  # type: ignore[override] # as in InspectLoader
        """Return the code of a module."""
        from seatunnel_conformance.text.compiling import compiled  # noqa: PLC0415 - only where nothing is cached

        return compile(compiled(data), path, "exec", dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        """Return the bytes of the source or of the cached code."""
        return super().get_data(_cached(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Cache code, where that is possible."""
        super().set_data(_cached(path), data, _mode=_mode)


def _cached(path: str) -> str:
    return path.removesuffix(".pyc") + _CACHE if path.endswith(".pyc") else path


class _Finder:
    """Finds the modules whose asserts are compiled."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification of such a module, None for others."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith(self.modules) else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install(*modules: str) -> None:
    """Compile the asserts of modules that are imported from now on; a name that ends with a dot means a package."""
    # In front: pytest would find the modules of an installed plugin first.
    sys.meta_path.insert(0, _Finder(modules))
