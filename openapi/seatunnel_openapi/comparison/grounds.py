"""How a change between two releases is known: the overlay action that it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seatunnel_openapi import Action, Confidence, Evidence, Overlay
from seatunnel_openapi.comparison.changes import Change

_GENERAL: Final = frozenset({"items", "additionalProperties", ""})


@dataclass(frozen=True, slots=True)
class Ground:
    """The release that brought a change, what its overlay says of it, and how that is known.

    `text` is empty where no action names what changed: then the evidence is that of the overlay as a whole.
    """

    release: str
    text: str
    evidence: Evidence
    confidence: Confidence


def grounds(change: Change, between: Sequence[Overlay]) -> Ground:
    """Return the ground of a change; `between` are the overlays after the old release, up to the new one.

    An action that names what changed is one, else the last that is about the operation.
    """
    scored = [(_score(change, action), overlay, action) for overlay, action in _actions(between)]
    best, overlay, action = max(reversed(scored), key=lambda each: each[0])
    if not any(best[:2]):
        overlay = between[-1]
        return Ground(overlay.name, "", overlay.actions[0].evidence, _least_sure(overlay))
    return Ground(overlay.name, action.description, action.evidence, action.confidence)


def between(old: str, new: str, chain: Sequence[Overlay]) -> tuple[Overlay, ...]:
    """Return the overlays that lie between two releases, whichever is the older one; the newer's is among them."""
    names = [overlay.name for overlay in chain]
    first, last = sorted(names.index(name) if name in names else -1 for name in (old, new))
    return tuple(chain[first + 1 : last + 1])


def _actions(overlays: Sequence[Overlay]) -> Iterator[tuple[Overlay, Action]]:
    for overlay in overlays:
        for action in overlay.actions:
            yield overlay, action


def _score(change: Change, action: Action) -> tuple[bool, bool, bool]:
    """Tell whether an action names the thing itself, whether it is about the operation, and is what clients meet."""
    words = f"{action.target} {json.dumps(action.update)}"
    path = change.operation.partition(" ")[2]
    named = any(re.search(rf"(?<=[\"'./]){re.escape(name)}(?=[\"'.\[]| |$)", words) for name in _names(change))
    about = bool(path) and (f"'{path}'" in words or f'"{path}"' in words or action.target.startswith("$.paths.*"))
    return named, about, bool(action.difference or action.ends)


def _names(change: Change) -> Iterator[str]:
    """Yield the names of what changed: the last of its place, and components that came or went."""
    last = re.split(r"[ /]", re.sub(r"\w+\[[^]]*\]", "", change.place))[-1]
    if last not in _GENERAL and not last.isdecimal():
        yield last
    yield from re.findall(r"#/components/\w+/(\w+)", f"{change.old} {change.new}")
    if change.id.startswith("api-security"):
        yield change.old or change.new
    elif not change.place:
        yield change.operation.partition(" ")[2]


def _least_sure(overlay: Overlay) -> Confidence:
    order: tuple[Confidence, ...] = ("unknown", "likely", "certain")
    return min((action.confidence for action in overlay.actions), key=order.index)
