"""On which releases a clause holds, and how that is known there.

A clause that was recorded on one release may only be assumed on the next. Where a release has evidence of its own,
that is told; where it has none, the last release before it that has.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.replay.carried import carried_folder
from seatunnel_openapi.clauses import Clause, Evidence, How
from seatunnel_openapi.overlay import Action

_STRENGTH: Final[tuple[How, ...]] = ("recorded", "read", "documented")


@dataclass(frozen=True, slots=True)
class Hold:
    """A clause as a release has it.

    `how` is the strongest evidence there is, and `known_on` the release that it is about: an earlier one where nobody
    has looked since. `clause` is the sentence of that release, which another may state otherwise.
    """

    release: str
    clause: Clause
    how: How
    known_on: str

    @property
    def is_carried_over(self) -> bool:
        """Whether the release has no evidence of its own: what was true of an earlier one is taken to be true of it."""
        return self.known_on != self.release


@cache
def all_holds() -> Mapping[str, tuple[Hold, ...]]:
    """Return the releases of every clause of every contract, by clause id, each in the order of the releases."""
    actions = {overlay.name: overlay.actions for overlay in seatunnel_openapi.overlays()}
    steps = _steps(carried_folder())
    found: dict[str, list[Hold]] = defaultdict(list)
    for release in seatunnel_openapi.releases():
        for clause in seatunnel_openapi.load(release).clauses:
            before = found[clause.id][-1] if found[clause.id] else None
            found[clause.id].append(_hold(clause, release, before, actions.get(release, ()), steps))
    return {clause_id: tuple(holds) for clause_id, holds in found.items()}


def _hold(
    clause: Clause, release: str, before: Hold | None, actions: Iterable[Action], steps: Mapping[str, frozenset[str]]
) -> Hold:
    if any(_is_recorded_on(release, piece, steps) for piece in clause.evidence):
        return Hold(release, clause, "recorded", release)
    if before is not None and before.clause == clause:
        return replace(before, release=release)
    piece = _strongest(_own_evidence(clause, before, actions))
    return Hold(release, clause, piece.how, _recorded_release(piece) or release)


def _own_evidence(clause: Clause, before: Hold | None, actions: Iterable[Action]) -> tuple[Evidence, ...]:
    """Return the evidence for what a release says anew: its clause's own, or that of the action that changed it."""
    if before is None:
        # The documented contract is what the page says, wherever the page says something.
        said = tuple(piece for piece in clause.evidence if piece.how == "documented")
        return said or clause.evidence
    new = tuple(piece for piece in clause.evidence if piece not in before.clause.evidence)
    changed = tuple(action.evidence for action in actions if f"'{clause.id}'" in action.target)
    return new or changed or clause.evidence


def _strongest(evidence: tuple[Evidence, ...]) -> Evidence:
    return min(evidence, key=lambda piece: _STRENGTH.index(piece.how))


def _is_recorded_on(release: str, piece: Evidence, steps: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a release has answered the step of a piece of evidence, which may name another's recording of it."""
    step = piece.ref.partition("#")[2]
    return piece.how == "recorded" and (_recorded_release(piece) == release or step in steps.get(release, ()))


def _recorded_release(piece: Evidence) -> str | None:
    """Return the release of a recording: `recordings/2.3.9+static-slots.ndjson#…` is of 2.3.9."""
    if piece.how != "recorded":
        return None
    return _release_of(piece.ref.partition("#")[0].removeprefix("recordings/").removesuffix(".ndjson"))


def _release_of(recording: str) -> str:
    return recording.partition("+")[0]


def _steps(folder: Path) -> Mapping[str, frozenset[str]]:
    """Return the recorded steps of every release, as evidence names them; of none where there are no recordings."""
    steps: dict[str, set[str]] = defaultdict(set)
    for path in folder.glob("*.ndjson"):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["exchange"]:
                steps[_release_of(path.stem)].add(f"{row['area']}/{row['scenario']}/{row['step']['id']}")
    return {release: frozenset(found) for release, found in steps.items()}
