"""The typed facts of `x-behaviour`: what a schema can't state and a release may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from seatunnel_openapi.errors import FactOfAnotherKind, UnknownFact

Fact: TypeAlias = str | bool | int | list[str]


class Behaviour(Mapping[str, Fact]):
    """The facts of one operation, or of the document, by their names.

    `where` says whose facts they are: an operation id, or `document`. Every getter raises `UnknownFact` for a name
    that is not there, and `FactOfAnotherKind` for a value of another kind than its own.
    """

    __slots__ = ("_facts", "where")

    def __init__(self, facts: Mapping[str, Fact], where: str) -> None:
        self._facts: Final = dict(facts)
        self.where: Final = where

    def __getitem__(self, name: str) -> Fact:
        try:
            return self._facts[name]
        except KeyError:
            raise UnknownFact(name, self.where) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Behaviour({self._facts!r}, where={self.where!r})"

    def choice(self, name: str) -> str:
        """Return a fact that is one of several words, or the name of a schema."""
        value = self[name]
        if not isinstance(value, str):
            raise FactOfAnotherKind(name, self.where, "a text", value)
        return value

    def flag(self, name: str) -> bool:
        """Return a fact that holds or does not."""
        value = self[name]
        if not isinstance(value, bool):
            raise FactOfAnotherKind(name, self.where, "a truth value", value)
        return value

    def number(self, name: str) -> int:
        """Return a fact that is a whole number."""
        value = self[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise FactOfAnotherKind(name, self.where, "a whole number", value)
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """Return a fact that is a list of names, in its order."""
        value = self[name]
        if not isinstance(value, list):
            raise FactOfAnotherKind(name, self.where, "a list of names", value)
        return tuple(value)
