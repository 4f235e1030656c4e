"""The differences between the documentation page and the releases, each with its evidence and its releases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from seatunnel_openapi import Confidence, Contract, Evidence, Overlay
from seatunnel_openapi.comparison.changes import actions_of


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """One difference between the documentation page and the engines.

    `documented` is the statement of the page, empty if it has none; `engine` is the behaviour of the engine. `since` is
    the first release with the difference, `until` the last one, or None if it still exists. `page_right_since` is the
    release whose page no longer contradicts the engine, or None. `paths` are the affected paths of the API, if any.
    """

    id: str
    documented: str
    engine: str
    paths: tuple[str, ...]
    since: str
    until: str | None
    evidence: tuple[Evidence, ...]
    confidence: Confidence
    page_right_since: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceCounts:
    """The number of actions of one overlay by kind of evidence, and how many of them are certain."""

    release: str
    recorded: int
    read: int
    documented: int
    certain: int

    @property
    def actions(self) -> int:
        """The number of all actions."""
        return self.recorded + self.read + self.documented


def evidence_counts(chain: Iterable[Overlay]) -> tuple[EvidenceCounts, ...]:
    """Count the actions of each overlay by kind of evidence."""
    return tuple(_counts_of(overlay) for overlay in chain)


def _counts_of(overlay: Overlay) -> EvidenceCounts:
    kinds = Counter(action.evidence.how for action in overlay.actions)
    certain = sum(action.confidence == "certain" for action in overlay.actions)
    return EvidenceCounts(overlay.name, kinds["recorded"], kinds["read"], kinds["documented"], certain)


def deviations(documented: Contract, chain: Sequence[Overlay]) -> tuple[DeviationRow, ...]:
    """Return all differences: first those that contradict the page, then those that it doesn't mention.

    Both groups are in the order of releases. `documented` is the contract without overlays, `chain` all overlays in
    their order. `until` is the release before the overlay that ends a difference.
    """
    rows = [*_contradicted(documented, chain), *_unmentioned(chain)]
    ends = _ends(chain)
    right = {name: overlay.name for overlay in chain for name in overlay.page_corrects}
    return tuple(replace(row, until=ends.get(row.id), page_right_since=right.get(row.id)) for row in rows)


def holding(rows: Iterable[DeviationRow], release: str, chain: Sequence[Overlay]) -> tuple[DeviationRow, ...]:
    """Return the differences that exist in a release; none for `documented`."""
    names = [overlay.name for overlay in chain]
    if release not in names:
        return ()
    at = names.index(release)
    return tuple(row for row in rows if names.index(row.since) <= at <= names.index(row.until or names[-1]))


def _contradicted(documented: Contract, chain: Sequence[Overlay]) -> Iterator[DeviationRow]:
    """Yield a row for each `x-deviation` of the base document; `since` is the release whose overlay resolves it.

    Deviations that no overlay resolves are left out.
    """
    resolved = {name: (overlay, action) for overlay, action in actions_of(chain) for name in action.resolves}
    paths = {operation.id: operation.path for operation in documented.operations}
    for deviation in documented.deviations:
        if deviation.id in resolved:
            overlay, action = resolved[deviation.id]
            yield DeviationRow(
                id=deviation.id,
                documented=deviation.documented,
                engine=deviation.engine,
                paths=(paths[deviation.operation_id],) if deviation.operation_id else (),
                since=overlay.name,
                until=None,
                evidence=deviation.evidence,
                confidence=action.confidence,
            )


def _unmentioned(chain: Sequence[Overlay]) -> Iterator[DeviationRow]:
    """Yield the differences that the page doesn't mention."""
    for overlay, action in actions_of(chain):
        if action.difference:
            named = tuple(re.findall(r"'(/[^']*)'", action.target))
            added = action.update if action.target == "$.paths" else (action.update or {}).get("paths", {})
            yield DeviationRow(
                id=action.difference,
                documented="",
                engine=action.description,
                paths=named or tuple(added),
                since=overlay.name,
                until=None,
                evidence=(action.evidence,),
                confidence=action.confidence,
            )


def _ends(chain: Sequence[Overlay]) -> dict[str, str]:
    """Return the last release of each difference that no longer exists, by the id of the difference."""
    ends: dict[str, str] = {}
    for before, overlay in pairwise(chain):
        for action in overlay.actions:
            ends |= dict.fromkeys(action.ends, before.name)
    return ends
