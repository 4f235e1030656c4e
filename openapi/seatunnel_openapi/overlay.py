"""OpenAPI Overlay 1.0: a list of actions, each of which changes what a JSONPath (RFC 9535) selects.

Tools differ where the specification leaves behaviour open, so this module is strict. These are errors: a target that
matches nothing, a scalar target, an update of another type than its target, and an update of a list by a list (Overlay
1.0 appends it as one entry, 1.1 concatenates). The overlays of a folder form one chain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from jsonschema_rs import Draft202012Validator

from seatunnel_openapi import errors
from seatunnel_openapi.contract import Confidence, Evidence
from seatunnel_openapi.documents import JsonObject, copied, line_of, read_yaml, violations

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment, JSONPathMatch

PROPOSALS: Final = "proposals"
"""The folder of the overlays for upstream pull requests that are not merged."""

_QUOTED: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_LENIENT: Final = re.compile(r"<>|\.[^\W\d]\w*-")
"""Syntax that the library accepts although RFC 9535 doesn't: `<>`, and unquoted names with a hyphen."""


@dataclass(frozen=True, slots=True)
class Action:
    """One change. `number` counts from 1 in the file. With `remove`, `update` is None.

    `resolves` names the deviations of the base document that this action applies to the contract. `difference` names a
    difference that begins with this release (empty for an action that only supports another one). `ends` names
    deviations and differences that end with this release.
    """

    number: int
    target: str
    description: str
    update: Any
    remove: bool
    evidence: Evidence
    confidence: Confidence = "certain"
    resolves: tuple[str, ...] = ()
    difference: str = ""
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """The source of an overlay (`artefact-run`, `source-run` or `documents`) and its day, such as `2026-07-01`."""

    kind: str
    day: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay file. `after` is the name of its predecessor.

    `versions` are the version numbers that engines of this release report. Releases can share one: a build between two
    releases already reports the number of the later one. `page_corrects` names the deviations of the base document that
    the documentation page of this release no longer has.
    """

    path: Path
    extends: str
    after: str | None
    actions: tuple[Action, ...]
    versions: tuple[str, ...] = ()
    basis: Basis | None = None
    page_corrects: tuple[str, ...] = ()
    given: str = ""
    """The path as the user gave it, which is then the name of the release; empty for the project's own overlays."""

    @classmethod
    def read(cls, path: Path, given: str = "") -> Self:
        """Read an overlay file. Raises `InvalidOverlay`, or the errors of `read_yaml`."""
        document = read_yaml(path)
        for place, problem in violations(_validator(), document):
            where = f"line {line_of(path, *place.split('/'))}, {place}" if place else "the root"
            raise errors.InvalidOverlay(path, where, problem, errors.meant_by(problem, _schema()))
        actions = tuple(_action(number, raw) for number, raw in enumerate(document["actions"], start=1))
        return cls(
            path,
            document["extends"],
            document.get("x-after"),
            actions,
            versions=tuple(document.get("x-versions", ())),
            basis=Basis(**document["x-basis"]) if "x-basis" in document else None,
            page_corrects=tuple(document.get("x-page-corrects", ())),
            given=given,
        )

    @property
    def name(self) -> str:
        """The release: the file name without the suffix, the path as given, or `proposal:12904` for a proposal."""
        name = f"proposal:{self.path.stem}" if self.path.parent.name == PROPOSALS else self.path.stem
        return self.given or name

    def apply(self, document: JsonObject) -> JsonObject:
        """Return a changed copy of a document; the actions are applied in order.

        Raises `OverlayActionError` for the first action that can't be applied.
        """
        changed: JsonObject = copied(document)
        self.change(changed)
        return changed

    def change(self, document: JsonObject) -> None:
        """Apply the actions to the document itself; if one fails, the earlier ones stay applied."""
        for action in self.actions:
            self._apply(action, document)

    def place_of(self, action: Action) -> errors.ActionPlace:
        """Return the position of an action in the file, for errors."""
        line = line_of(self.path, "actions", str(action.number - 1))
        return errors.ActionPlace(self.path, action.number, action.description, action.target, line)

    def _apply(self, action: Action, document: JsonObject) -> None:
        matches = self._matches(action, document)
        if not matches:
            problem = f"{action.target} selects nothing"
            raise self._failed(action, problem, _meant(action, document))
        for match in matches:
            if not isinstance(match.obj, dict | list):
                problem = f"{match.path} is {match.obj!r}, not an object or array"
                raise self._failed(action, problem, "Target the object or array that contains it.")
        if action.remove:
            # In reverse order, so that positions in a list stay valid and children are removed before their parents.
            for match in sorted(matches, key=lambda match: match.parts, reverse=True):
                if match.parent is None:
                    raise self._failed(action, "it would remove the whole document")
                holder: Any = match.parent.obj
                del holder[match.parts[-1]]
            return
        for match in matches:
            self._update(action, match)

    def _matches(self, action: Action, document: JsonObject) -> list[JSONPathMatch]:
        """Return the places that the target selects, each once: a JSONPath may select a place twice."""
        target = action.target
        if lenient := _LENIENT.search(_QUOTED.sub("''", target)):
            problem = f"the target {target} is not a valid JSONPath (RFC 9535): {lenient.group()!r}"
            raise self._failed(action, problem, "Quote names: $['x-name'].")
        from jsonpath.exceptions import JSONPathError  # noqa: PLC0415 - see `_paths`

        try:
            found = {match.path: match for match in _paths().finditer(target, document)}
        except JSONPathError as error:
            problem = f"the target {target} is not a valid JSONPath (RFC 9535): {error.args[0]}"
            raise self._failed(action, problem) from error
        return list(found.values())

    def _update(self, action: Action, match: JSONPathMatch) -> None:
        target: Any = match.obj
        update = action.update
        if isinstance(target, dict) and isinstance(update, dict):
            self._merge(action, target, update, match.path)
        elif isinstance(target, list) and not isinstance(update, list):
            target.append(copied(update))
        elif isinstance(target, list):
            raise self._failed(action, f"both {match.path} and the update are lists", "Use one action per entry.")
        else:
            raise self._failed(action, f"{match.path} is an object, but the update is not")

    def _merge(self, action: Action, target: JsonObject, update: JsonObject, place: str) -> None:
        for key, value in update.items():
            if key not in target:
                target[key] = copied(value)
            elif isinstance(target[key], dict) and isinstance(value, dict):
                self._merge(action, target[key], value, f"{place}['{key}']")
            elif isinstance(target[key], list) and isinstance(value, list):
                target[key].extend(copied(value))
            elif isinstance(target[key], dict | list) or isinstance(value, dict | list):
                problem = f"at {place}['{key}'] {_kind(value)} can't be merged into {_kind(target[key])}"
                raise self._failed(action, problem, "Remove the old value with a separate action first.")
            else:
                target[key] = value

    def _failed(self, action: Action, problem: str, hint: str = "") -> errors.OverlayActionError:
        return errors.OverlayActionError(self.place_of(action), problem, hint=hint)


def _action(number: int, raw: JsonObject) -> Action:
    return Action(
        number=number,
        target=raw["target"],
        description=raw["description"],
        update=raw.get("update"),
        remove=raw.get("remove", False),
        evidence=Evidence(**raw["x-evidence"]),
        confidence=raw.get("x-confidence", "certain"),
        resolves=tuple(raw.get("x-resolves", ())),
        difference=raw.get("x-difference", ""),
        ends=tuple(raw.get("x-ends", ())),
    )


def _meant(action: Action, document: JsonObject) -> str:
    """Return a hint for the first name of a target that selects nothing."""
    path = _paths().compile(action.target)
    found: list[Any] = [document]
    for segment in getattr(path, "segments", ()):
        names = [name for selector in segment.selectors if (name := getattr(selector, "name", None))]
        below = [value for holder in found for value in _below(holder, names)]
        if names and not below:
            return errors.meant(names[0], (name for holder in found if isinstance(holder, dict) for name in holder))
        found = below
    return ""


def _below(holder: Any, names: list[str]) -> list[Any]:
    """Return the members of an object with these names; without names, all values of an object or list."""
    if isinstance(holder, dict):
        return [value for name, value in holder.items() if not names or name in names]
    return list(holder) if isinstance(holder, list) and not names else []


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a scalar"


@cache
def _paths() -> JSONPathEnvironment:
    # Imported here because the import is slow and the base document needs no overlay.
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415

    return JSONPathEnvironment(strict=True)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema())


@cache
def _schema() -> JsonObject:
    schema: JsonObject = json.loads(Path(__file__).with_name("overlay.schema.json").read_text(encoding="utf-8"))
    return schema


DOCUMENTED: Final = "documented"
"""The name of the contract without overlays: the base document."""


def ordered(overlays: Iterable[Overlay], base: Path) -> tuple[Overlay, ...]:
    """Return the overlays in the order in which they are applied to the base document.

    Raises `OverlayError` if they don't form a single chain that starts at `base`.
    """
    named = _by_name(overlays)
    for overlay in named.values():
        if (overlay.path.parent / overlay.extends).resolve() != base.resolve():
            raise extends_another(overlay, base)
        if overlay.after is not None and overlay.after not in named:
            raise predecessor_missing(overlay)
    successors = _by_predecessor(named.values())
    chain: list[Overlay] = []
    after: str | None = None
    while after in successors:
        chain.append(successors[after])
        after = chain[-1].name
    if left := sorted(named.keys() - {overlay.name for overlay in chain}):
        raise cycle(left)
    return tuple(chain)


def _by_name(overlays: Iterable[Overlay]) -> dict[str, Overlay]:
    named: dict[str, Overlay] = {}
    for overlay in overlays:
        if overlay.name in named or overlay.name == DOCUMENTED:
            problem = f"{overlay.path}: the name {overlay.name!r} is already used."
            raise errors.OverlayError(problem, hint="Name each overlay file after its release.")
        named[overlay.name] = overlay
    return named


def _by_predecessor(overlays: Iterable[Overlay]) -> dict[str | None, Overlay]:
    successors: dict[str | None, Overlay] = {}
    for overlay in overlays:
        if (other := successors.setdefault(overlay.after, overlay)) is not overlay:
            which = "no x-after" if overlay.after is None else f"x-after {overlay.after!r}"
            problem = f"{other.path} and {overlay.path} both have {which}."
            raise errors.OverlayError(problem, hint="Each overlay has one successor.")
    return successors


def extends_another(overlay: Overlay, base: Path) -> errors.OverlayError:
    """Return the error of an overlay whose `extends` names another file than the base document."""
    return errors.OverlayError(f"{overlay.path} extends {overlay.extends!r}, which is not {base}.")


def predecessor_missing(overlay: Overlay, known: Iterable[str] = ()) -> errors.OverlayError:
    """Return the error of an overlay whose `x-after` names an overlay that does not exist."""
    problem = f"{overlay.path}: x-after names {overlay.after!r}, but no overlay has this name."
    return errors.OverlayError(problem, hint=errors.meant(str(overlay.after), known, "Known releases"))


def cycle(names: Iterable[str]) -> errors.OverlayError:
    """Return the error of overlays whose `x-after` form a cycle."""
    return errors.OverlayError(f"The x-after of the overlays {', '.join(names)} form a cycle.")
