"""The errors of this package: one class per kind of error.

    ContractError
    ├── ContractLookupError             the requested item does not exist in the contract
    │   ├── UnknownRelease
    │   ├── UnknownOperation
    │   ├── UnknownSchema
    │   ├── UnknownClause
    │   ├── UnknownFact
    │   └── FactTypeMismatch
    ├── DocumentError                   a file of the contract is invalid
    │   ├── UnreadableDocument
    │   ├── DuplicateKey
    │   ├── InvalidDocument
    │   ├── InvalidExtension
    │   ├── DuplicateIdentifier
    │   ├── RetiredIdentifier
    │   └── UnresolvableReference
    └── OverlayError                    an overlay is invalid, or can't be applied to its document
        ├── InvalidOverlay
        ├── OverlayChainError           the overlays of a folder do not form one chain
        │   ├── OverlayNameTaken
        │   ├── OverlayExtendsAnother
        │   ├── OverlayPredecessorMissing
        │   ├── OverlayChainForked
        │   └── OverlayCycle
        └── OverlayActionError          one action of an overlay fails
            ├── OverlayTargetInvalid
            ├── OverlayTargetMissing
            ├── OverlayTargetScalar
            ├── OverlayUpdateMismatch
            ├── OverlayRemovesRoot
            └── OverlayResultInvalid

Every error has its details as attributes, one sentence as `message` and, if the user can do something, one as `hint`.
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


def meant(name: str, known: Iterable[str], listed: str = "") -> str:
    """Return a hint: similar names, without regard to letter case, or all names if they are `listed` under a title."""
    by_letters = {each.casefold(): each for each in known}
    similar = [by_letters[found] for found in get_close_matches(name.casefold(), by_letters, n=3, cutoff=0.75)]
    if similar:
        return f"Did you mean {' or '.join(similar)}?"
    return f"{listed}: {', '.join(by_letters.values())}." if listed and by_letters else ""


_UNEXPECTED: Final = re.compile(r"\('([^']+)'(?:, '[^']+')* (?:was|were) unexpected\)")


def meant_by(problem: str, schema: Any) -> str:
    """Return a hint for a violation of a JSON Schema by a member that it does not have."""
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


class UnknownSchema(ContractLookupError):
    """The components have no schema with this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"Unknown schema {name!r}.", hint=meant(name, self.known, "Known schemas"))


class UnknownClause(ContractLookupError):
    """No clause has this id."""

    def __init__(self, clause_id: str, known: Iterable[str] = ()) -> None:
        super().__init__(f"Unknown clause {clause_id!r}.", hint=meant(clause_id, known))
        self.clause_id = clause_id


class UnknownFact(ContractLookupError, KeyError):
    """`x-behaviour` has no fact with this name. Also a `KeyError`, because `Behaviour` is a mapping."""

    def __init__(self, name: str, where: str, known: Iterable[str] = ()) -> None:
        super().__init__(f"The x-behaviour of {where} has no fact {name!r}.", hint=meant(name, known, "Its facts"))
        self.name = name
        self.where = where


class FactTypeMismatch(ContractLookupError):
    """A fact exists, but its value has another type than the requested one."""

    def __init__(self, name: str, where: str, wanted: str, value: object) -> None:
        super().__init__(f"The fact {name!r} of {where} is {value!r}, not {wanted}.")
        self.name = name
        self.where = where
        self.wanted = wanted
        self.value = value


class DocumentError(ContractError):
    """A file of the contract is invalid."""


class UnreadableDocument(DocumentError):
    """A file is missing, is not YAML, or contains a value that JSON doesn't have."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} can't be read: {problem}.")
        self.path = path
        self.problem = problem


class DuplicateKey(DocumentError):
    """A mapping of a YAML file has the same key twice."""

    def __init__(self, path: Path, key: str, line: int) -> None:
        super().__init__(f"{path}, line {line}: the key {key!r} occurs twice in one mapping.")
        self.path = path
        self.key = key
        self.line = line


class InvalidDocument(DocumentError):
    """A document is not OpenAPI 3.0, or lacks a part that this package needs."""

    def __init__(self, document: str, where: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{document}, {where}: {problem}.", hint=hint)
        self.document = document
        self.where = where
        self.problem = problem


class InvalidExtension(DocumentError):
    """An `x-` extension of this project does not match its schema."""

    def __init__(self, document: str, where: str, extension: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{document}, {extension} of {where}: {problem}.", hint=hint)
        self.document = document
        self.where = where
        self.extension = extension
        self.problem = problem


class DuplicateIdentifier(DocumentError):
    """Two clauses, deviations or operations have the same id."""

    def __init__(self, document: str, kind: str, identifier: str) -> None:
        super().__init__(f"{document}: two {kind}s have the id {identifier!r}.")
        self.document = document
        self.kind = kind
        self.identifier = identifier


class RetiredIdentifier(DocumentError):
    """A clause has the id of a removed clause, so reports of the two could be confused."""

    def __init__(self, document: str, identifier: str, when: str) -> None:
        super().__init__(f"{document}: the id {identifier!r} was retired on {when}.", hint="Give the clause a new id.")
        self.document = document
        self.identifier = identifier
        self.when = when


class UnresolvableReference(DocumentError):
    """The target of a `$ref` does not exist, is the reference itself, or is in another document."""

    def __init__(self, reference: str, problem: str) -> None:
        super().__init__(f"The reference {reference!r} {problem}.")
        self.reference = reference
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


class OverlayChainError(OverlayError):
    """The overlays of a folder do not form one chain."""


class OverlayNameTaken(OverlayChainError):
    """Two overlay files have the same name, or one has the name of the base document."""

    def __init__(self, name: str, overlay: Path) -> None:
        super().__init__(
            f"{overlay}: the name {name!r} is already used.", hint="Name each overlay file after its release."
        )
        self.name = name
        self.overlay = overlay


class OverlayExtendsAnother(OverlayChainError):
    """`extends` of an overlay names another file than the base document."""

    def __init__(self, overlay: Path, extends: str, base: Path) -> None:
        super().__init__(f"{overlay} extends {extends!r}, which is not {base}.")
        self.overlay = overlay
        self.extends = extends
        self.base = base


class OverlayPredecessorMissing(OverlayChainError):
    """`x-after` of an overlay names an overlay that does not exist."""

    def __init__(self, overlay: Path, after: str, known: Iterable[str] = ()) -> None:
        hint = meant(after, known, "Known releases")
        super().__init__(f"{overlay}: x-after names {after!r}, but no overlay has this name.", hint=hint)
        self.overlay = overlay
        self.after = after


class OverlayChainForked(OverlayChainError):
    """Two overlays have the same `x-after`, or both have none."""

    def __init__(self, overlays: tuple[Path, ...], after: str | None) -> None:
        problem = f"have x-after {after!r}" if after is not None else "have no x-after"
        super().__init__(f"{' and '.join(map(str, overlays))} both {problem}.", hint="Each overlay has one successor.")
        self.overlays = overlays
        self.after = after


class OverlayCycle(OverlayChainError):
    """The `x-after` of overlays form a cycle."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"The x-after of the overlays {', '.join(names)} form a cycle.")
        self.names = names


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


class OverlayTargetInvalid(OverlayActionError):
    """The target is not a valid JSONPath (RFC 9535)."""


class OverlayTargetMissing(OverlayActionError):
    """The target selects nothing in the document."""


class OverlayTargetScalar(OverlayActionError):
    """The target selects something that is neither an object nor an array."""


class OverlayUpdateMismatch(OverlayActionError):
    """The update can't be merged into the selected value."""


class OverlayRemovesRoot(OverlayActionError):
    """The action would remove the whole document."""


class OverlayResultInvalid(OverlayActionError):
    """The action can be applied, but makes a contract that is invalid."""
