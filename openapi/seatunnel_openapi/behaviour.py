"""The typed facts of `x-behaviour`: behaviour that a schema can't state and that may differ between releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from seatunnel_openapi.errors import FactTypeMismatch, UnknownFact

Fact: TypeAlias = str | bool | int | list[str]


class Behaviour(Mapping[str, Fact]):
    """The facts of one operation or of the document, by name.

    `where` is the operation id, or `document`. Every getter raises `UnknownFact` for a missing name and
    `FactTypeMismatch` for a value of another type.
    """

    __slots__ = ("_facts", "where")

    def __init__(self, facts: Mapping[str, Fact], where: str) -> None:
        self._facts: Final = dict(facts)
        self.where: Final = where

    def __getitem__(self, name: str) -> Fact:
        try:
            return self._facts[name]
        except KeyError:
            raise UnknownFact(name, self.where, self._facts) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Behaviour({self._facts!r}, where={self.where!r})"

    def choice(self, name: str) -> str:
        """Return a text fact: a value of an enumeration, or the name of a schema."""
        value = self[name]
        if not isinstance(value, str):
            raise FactTypeMismatch(name, self.where, "a string", value)
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean fact."""
        value = self[name]
        if not isinstance(value, bool):
            raise FactTypeMismatch(name, self.where, "a boolean", value)
        return value

    def number(self, name: str) -> int:
        """Return an integer fact."""
        value = self[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise FactTypeMismatch(name, self.where, "an integer", value)
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """Return a fact that is a list of names, in the order of the document."""
        value = self[name]
        if not isinstance(value, list):
            raise FactTypeMismatch(name, self.where, "a list of strings", value)
        return tuple(value)
