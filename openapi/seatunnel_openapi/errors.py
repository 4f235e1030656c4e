"""What can be wrong with a contract, or with a question to it: one class per trouble.

    ContractError
    ├── QuestionError                   something was asked for that the contract does not have
    │   ├── UnknownRelease
    │   ├── UnknownOperation
    │   ├── UnknownSchema
    │   ├── UnknownClause
    │   ├── UnknownFact
    │   └── FactOfAnotherKind
    ├── DocumentError                   a file of the contract is wrong
    │   ├── UnreadableDocument
    │   ├── DuplicateKey
    │   ├── InvalidDocument
    │   ├── InvalidExtension
    │   ├── DuplicateIdentifier
    │   ├── RetiredIdentifier
    │   └── UnresolvableReference
    └── OverlayError                    an overlay is wrong, or does not fit what it is applied to
        ├── InvalidOverlay
        ├── OverlayChainError           the overlays of a folder do not make one chain
        │   ├── OverlayNameTaken
        │   ├── OverlayExtendsAnother
        │   ├── OverlayPredecessorMissing
        │   ├── OverlayChainForked
        │   └── OverlayCycle
        └── OverlayActionError          one action of one overlay
            ├── OverlayTargetInvalid
            ├── OverlayTargetMissing
            ├── OverlayTargetScalar
            ├── OverlayUpdateMisfit
            └── OverlayRemovesRoot

Every error carries its facts as attributes, one sentence of `message` and, where something can be done, one of `hint`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class ContractError(Exception):
    """The contract can't be had, or can't answer.

    `message` says what is wrong, `hint` what to do about it; the text of the exception is both.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class QuestionError(ContractError):
    """Something was asked for that the contract does not have."""


class UnknownRelease(QuestionError):
    """There is no contract of that name."""

    def __init__(self, release: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no contract for the release {release!r}.", hint=f"Known are: {', '.join(known)}.")
        self.release = release
        self.known = known


class UnknownOperation(QuestionError):
    """No operation has that id."""

    def __init__(self, operation_id: str, known: Iterable[str]) -> None:
        self.operation_id = operation_id
        self.known = tuple(known)
        super().__init__(f"No operation is called {operation_id!r}.", hint=f"There are: {', '.join(self.known)}.")


class UnknownSchema(QuestionError):
    """The components have no schema of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"No schema is called {name!r}.", hint=f"There are: {', '.join(self.known)}.")


class UnknownClause(QuestionError):
    """No clause has that id."""

    def __init__(self, clause_id: str) -> None:
        super().__init__(f"No clause has the id {clause_id!r}.")
        self.clause_id = clause_id


class UnknownFact(QuestionError, KeyError):
    """A behaviour has no fact of that name. A `KeyError` too, because a behaviour is a mapping."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"The behaviour of {where} says nothing of {name!r}.")
        self.name = name
        self.where = where


class FactOfAnotherKind(QuestionError):
    """A fact is there, but is not of the kind that was asked for."""

    def __init__(self, name: str, where: str, wanted: str, value: object) -> None:
        super().__init__(f"The fact {name!r} of {where} is {value!r}, not {wanted}.")
        self.name = name
        self.where = where
        self.wanted = wanted
        self.value = value


class DocumentError(ContractError):
    """A file of the contract is wrong."""


class UnreadableDocument(DocumentError):
    """A file is missing, is no YAML, or holds something that JSON can't say."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} can't be read: {problem}.")
        self.path = path
        self.problem = problem


class DuplicateKey(DocumentError):
    """A mapping of a YAML file has one key twice, so that one value would be lost."""

    def __init__(self, path: Path, key: str, line: int) -> None:
        super().__init__(f"{path}, line {line}: the key {key!r} stands twice in one mapping.")
        self.path = path
        self.key = key
        self.line = line


class InvalidDocument(DocumentError):
    """A document is not an OpenAPI document as this package needs it."""

    def __init__(self, document: str, where: str, problem: str) -> None:
        super().__init__(f"{document}, {where}: {problem}.")
        self.document = document
        self.where = where
        self.problem = problem


class InvalidExtension(DocumentError):
    """An `x-` extension of ours is not as its schema says."""

    def __init__(self, document: str, where: str, extension: str, problem: str) -> None:
        super().__init__(f"{document}, {extension} of {where}: {problem}.")
        self.document = document
        self.where = where
        self.extension = extension
        self.problem = problem


class DuplicateIdentifier(DocumentError):
    """Two clauses, deviations or operations have one id."""

    def __init__(self, document: str, kind: str, identifier: str) -> None:
        super().__init__(f"{document}: two {kind}s have the id {identifier!r}.")
        self.document = document
        self.kind = kind
        self.identifier = identifier


class RetiredIdentifier(DocumentError):
    """A clause has an id that an earlier one had: reports of both would be taken for the same."""

    def __init__(self, document: str, identifier: str, when: str) -> None:
        super().__init__(
            f"{document}: the id {identifier!r} was retired on {when}.", hint="A retired id is never used again."
        )
        self.document = document
        self.identifier = identifier
        self.when = when


class UnresolvableReference(DocumentError):
    """A `$ref` leads nowhere, in a circle, or out of the document."""

    def __init__(self, reference: str, problem: str) -> None:
        super().__init__(f"The reference {reference!r} {problem}.")
        self.reference = reference
        self.problem = problem


class OverlayError(ContractError):
    """An overlay is wrong, or does not fit what it is applied to."""


class InvalidOverlay(OverlayError):
    """A file is no overlay: Overlay 1.0, with what this project asks beyond it."""

    def __init__(self, overlay: Path, where: str, problem: str) -> None:
        super().__init__(f"{overlay}, {where}: {problem}.")
        self.overlay = overlay
        self.where = where
        self.problem = problem


class OverlayChainError(OverlayError):
    """The overlays of a folder do not make one chain."""


class OverlayNameTaken(OverlayChainError):
    """Two files stand for one release, or a file takes the name of the base document."""

    def __init__(self, name: str, overlay: Path) -> None:
        super().__init__(
            f"{overlay}: the name {name!r} is taken.", hint="Name each overlay file after its own release."
        )
        self.name = name
        self.overlay = overlay


class OverlayExtendsAnother(OverlayChainError):
    """An overlay is written for another document than the base document."""

    def __init__(self, overlay: Path, extends: str, base: Path) -> None:
        super().__init__(f"{overlay} extends {extends!r}, which is not {base}.")
        self.overlay = overlay
        self.extends = extends
        self.base = base


class OverlayPredecessorMissing(OverlayChainError):
    """An overlay wants to be applied after one that is not there."""

    def __init__(self, overlay: Path, after: str) -> None:
        super().__init__(f"{overlay} comes after {after!r}, for which there is no overlay.")
        self.overlay = overlay
        self.after = after


class OverlayChainForked(OverlayChainError):
    """Two overlays want to be applied after the same one, or both first."""

    def __init__(self, overlays: tuple[Path, ...], after: str | None) -> None:
        place = f"come after {after!r}" if after is not None else "have no x-after"
        super().__init__(f"{' and '.join(map(str, overlays))} both {place}.", hint="A chain has one successor to each.")
        self.overlays = overlays
        self.after = after


class OverlayCycle(OverlayChainError):
    """Overlays wait for one another."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"The overlays {', '.join(names)} come after one another in a circle.")
        self.names = names


class ActionPlace(NamedTuple):
    """Which action of which overlay; `action` counts from 1 in the file's order."""

    overlay: Path
    action: int
    description: str
    target: str


class OverlayActionError(OverlayError):
    """One action of one overlay can't be done."""

    def __init__(self, place: ActionPlace, problem: str, hint: str = "") -> None:
        what = place.description.rstrip(".")
        super().__init__(f"{place.overlay}, action {place.action} ({what}): {problem}.", hint=hint)
        self.overlay, self.action, self.description, self.target = place


class OverlayTargetInvalid(OverlayActionError):
    """The target is no JSONPath of RFC 9535."""


class OverlayTargetMissing(OverlayActionError):
    """An overlay action selects nothing in the document it is applied to."""


class OverlayTargetScalar(OverlayActionError):
    """The target selects something that is neither an object nor an array."""


class OverlayUpdateMisfit(OverlayActionError):
    """The update can't be merged with what the target selects."""


class OverlayRemovesRoot(OverlayActionError):
    """The action would remove the whole document."""
