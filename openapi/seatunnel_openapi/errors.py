"""The errors of this package. An error has its own class if callers handle it differently.

    ContractError
    ├── ContractLookupError             the requested item does not exist in the contract
    │   ├── UnknownRelease
    │   ├── UnknownOperation
    │   └── UnknownFact
    ├── DocumentError                   a file of the contract is invalid
    │   ├── UnreadableDocument
    │   └── InvalidDocument
    └── OverlayError                    an overlay is invalid, or the overlays of a folder do not form one chain
        ├── InvalidOverlay
        └── OverlayActionError          one action of an overlay can't be applied

Every error has one sentence as `message` and, if the user can do something, one as `hint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple


class ContractError(Exception):
    """Base of all errors of this package.

    `message` says what is wrong, `hint` what to do about it. `str()` returns both.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ContractLookupError(ContractError):
    """The requested item does not exist in the contract."""


def similar(name: str, known: Iterable[str], cutoff: float = 0.65) -> list[str]:
    """Return at most three known names that are similar to another, without regard to letter case, best first."""
    by_letters = {each.casefold(): each for each in known}
    return [by_letters[found] for found in get_close_matches(name.casefold(), by_letters, n=3, cutoff=cutoff)]


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "", *, cutoff: float = 0.65) -> str:
    """Return the question whether a similar name was meant, or `otherwise` if no known name is similar."""
    found = similar(name, known, cutoff)
    return f"did you mean {' or '.join(found)}?" if found else otherwise


def meant(name: str, known: Iterable[str], listed: str = "") -> str:
    """Return a hint in a sentence: similar names, or all names if they are `listed` under a title."""
    names = list(known)
    hint = did_you_mean(name, names, f"{listed}: {', '.join(names)}." if listed and names else "")
    return hint[:1].upper() + hint[1:]


_UNEXPECTED: Final = re.compile(r"\('([^']+)'(?:, '[^']+')* (?:was|were) unexpected\)")


def meant_by(problem: str, schema: Any) -> str:
    """Return a hint for the message of a JSON Schema violation: member names similar to an unknown one, or nothing."""
    found = _UNEXPECTED.search(problem)
    return meant(found[1], dict.fromkeys(_members(schema))) if found else ""


def _members(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _members(inner)


class UnknownRelease(ContractLookupError):
    """No contract exists for this release."""

    def __init__(self, release: str, known: tuple[str, ...]) -> None:
        super().__init__(f"Unknown release {release!r}.", hint=f"Known releases: {', '.join(known)}.")
        self.release = release
        self.known = known


class UnknownOperation(ContractLookupError):
    """No operation has this id."""

    def __init__(self, operation_id: str, known: Iterable[str]) -> None:
        self.operation_id = operation_id
        self.known = tuple(known)
        hint = meant(operation_id, self.known, "Known operations")
        super().__init__(f"Unknown operation {operation_id!r}.", hint=hint)


class UnknownFact(ContractLookupError, KeyError):
    """`x-behaviour` has no fact with this name. Also a `KeyError`, because `Behaviour` is a mapping."""

    def __init__(self, name: str, where: str, known: Iterable[str] = ()) -> None:
        super().__init__(f"The x-behaviour of {where} has no fact {name!r}.", hint=meant(name, known, "Its facts"))
        self.name = name
        self.where = where


class DocumentError(ContractError):
    """A file of the contract is invalid."""


class UnreadableDocument(DocumentError):
    """A file is missing, is not YAML, or contains a value that JSON doesn't have."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} can't be read: {problem}.")
        self.path = path
        self.problem = problem


class InvalidDocument(DocumentError):
    """A document is not OpenAPI 3.0, or lacks a part that this package needs."""

    def __init__(self, document: str, where: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{document}, {where}: {problem}.", hint=hint)
        self.document = document
        self.where = where
        self.problem = problem


class OverlayError(ContractError):
    """An overlay is invalid, or can't be applied to its document."""


class InvalidOverlay(OverlayError):
    """A file is not a valid overlay: OpenAPI Overlay 1.0 with the additional rules of `overlay.schema.json`."""

    def __init__(self, overlay: Path, where: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{overlay}, {where}: {problem}.", hint=hint)
        self.overlay = overlay
        self.where = where
        self.problem = problem


class ActionPlace(NamedTuple):
    """The position of an action in an overlay; `action` counts from 1, and so do lines."""

    overlay: Path
    action: int
    description: str
    target: str
    line: int


class OverlayActionError(OverlayError):
    """An action of an overlay can't be applied."""

    def __init__(self, place: ActionPlace, problem: str, hint: str = "") -> None:
        what = place.description.rstrip(".")
        super().__init__(f"{place.overlay}, line {place.line}, action {place.action} ({what}): {problem}.", hint=hint)
        self.overlay, self.action, self.description, self.target, self.line = place
