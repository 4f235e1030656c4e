"""The documentation against the releases: one row for each difference, with how it is known and where it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from seatunnel_openapi import Action, Confidence, Contract, Evidence, Overlay


@dataclass(frozen=True, slots=True)
class Row:
    """One difference between the documentation and releases.

    `documented` is what the page says, empty where it says nothing; `engine` what a client meets instead. `since` is
    the first release with the difference and `until` the last, None if it has not ended. `paths` are those that it is
    about, none if it is about more than some paths.
    """

    id: str
    documented: str
    engine: str
    paths: tuple[str, ...]
    since: str
    until: str | None
    evidence: tuple[Evidence, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Tally:
    """How the actions of one overlay are known: by which kind of evidence, and how many for certain."""

    release: str
    recorded: int
    read: int
    documented: int
    certain: int

    @property
    def actions(self) -> int:
        """All of them."""
        return self.recorded + self.read + self.documented


def tallies(chain: Iterable[Overlay]) -> tuple[Tally, ...]:
    """Count the actions of each overlay by their evidence, in the order of the overlays."""
    return tuple(_tally(overlay) for overlay in chain)


def _tally(overlay: Overlay) -> Tally:
    kinds = Counter(action.evidence.how for action in overlay.actions)
    certain = sum(action.confidence == "certain" for action in overlay.actions)
    return Tally(overlay.name, kinds["recorded"], kinds["read"], kinds["documented"], certain)


def deviations(documented: Contract, chain: Sequence[Overlay]) -> tuple[Row, ...]:
    """Return a row for every difference, those that the page contradicts first, each group in the order of releases.

    `documented` is the contract without overlays, `chain` all overlays in their order. A row that an overlay ends holds
    up to the overlay before.
    """
    rows = [*_contradicted(documented, chain), *_unmentioned(chain)]
    ends = _ends(chain)
    return tuple(replace(row, until=ends.get(row.id)) for row in rows)


def holding(rows: Iterable[Row], release: str, chain: Sequence[Overlay]) -> tuple[Row, ...]:
    """Return the rows that hold for a release; none for the documented one."""
    names = [overlay.name for overlay in chain]
    if release not in names:
        return ()
    at = names.index(release)
    return tuple(row for row in rows if names.index(row.since) <= at <= names.index(row.until or names[-1]))


def _contradicted(documented: Contract, chain: Sequence[Overlay]) -> Iterator[Row]:
    """Yield the deviations that the page's own contract notes, from the overlay on that takes them up."""
    taken_up = {name: (overlay, action) for overlay, action in _actions(chain) for name in action.resolves}
    paths = {operation.id: operation.path for operation in documented.operations}
    for deviation in documented.deviations:
        if deviation.id in taken_up:
            overlay, action = taken_up[deviation.id]
            yield Row(
                id=deviation.id,
                documented=deviation.documented,
                engine=deviation.engine,
                paths=(paths[deviation.operation_id],) if deviation.operation_id else (),
                since=overlay.name,
                until=None,
                evidence=deviation.evidence,
                confidence=action.confidence,
            )


def _unmentioned(chain: Sequence[Overlay]) -> Iterator[Row]:
    """Yield the differences that came with a release, of which the page says nothing."""
    for overlay, action in _actions(chain):
        if action.difference:
            yield Row(
                id=action.difference,
                documented="",
                engine=action.description,
                paths=_paths(action),
                since=overlay.name,
                until=None,
                evidence=(action.evidence,),
                confidence=action.confidence,
            )


def _ends(chain: Sequence[Overlay]) -> dict[str, str]:
    """Return the last release of every difference that has ended."""
    ends: dict[str, str] = {}
    for before, overlay in pairwise(chain):
        for action in overlay.actions:
            ends |= dict.fromkeys(action.ends, before.name)
    return ends


def _actions(chain: Sequence[Overlay]) -> Iterator[tuple[Overlay, Action]]:
    for overlay in chain:
        for action in overlay.actions:
            yield overlay, action


def _paths(action: Action) -> tuple[str, ...]:
    """Return the paths of the API that an action is about: those of its target, or those that it adds."""
    named = tuple(re.findall(r"'(/[^']*)'", action.target))
    added = action.update if action.target == "$.paths" else (action.update or {}).get("paths", {})
    return named or tuple(added)
