"""A page for each release, the deviations from the documentation, and the changes between each two releases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from seatunnel_docs.drawings import endpoints
from seatunnel_docs.evidence import Standing
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi.comparison import diff, evidence_counts, holding


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the list of releases, a page for each, the deviations, the table of changes, and a page for each pair."""
    yield page(
        "releases/index",
        "releases",
        known=known,
        standings=_standings(known),
        Standing=Standing,
        evidence=dict(_evidence(known)),
        endpoints=endpoints(known),
    )
    for release, contract in known.contracts.items():
        yield page(
            f"releases/{release}",
            "release",
            release=release,
            contract=contract,
            known=known,
            standings=_standings(known)[release],
            Standing=Standing,
            holding=holding(known.differences, release, known.chain),
        )
    yield page("deviations", "deviations", rows=known.differences, releases=known.releases)
    yield from _changes(known)


_KINDS: Final = {
    "artefact-run": "the released artefact was run",
    "source-run": "a build of its sources was run",
    "documents": "documents and source files",
}
"""The words for `x-basis` of an overlay."""


@dataclass(frozen=True)
class ReleaseEvidence:
    """The evidence for a release: source, day of the source, recorded steps, and changes by kind of evidence.

    `changes` has the numbers of recorded, read and documented changes, separated by commas.
    """

    kind: str = "the documentation page"
    day: str = ""
    steps: int = 0
    changes: str = ""


def _evidence(known: Knowledge) -> Iterator[tuple[str, ReleaseEvidence]]:
    yield next(iter(known.contracts)), ReleaseEvidence()
    for overlay, counts in zip(known.chain, evidence_counts(known.chain), strict=True):
        kind, day = (overlay.basis.kind, overlay.basis.day) if overlay.basis else ("documents", "")
        changes = f"{counts.recorded}, {counts.read}, {counts.documented}"
        steps = len(known.exchanges.names.get(overlay.name, ()))
        yield overlay.name, ReleaseEvidence(_KINDS[kind], day, steps, changes)


def _standings(known: Knowledge) -> dict[str, dict[Standing, int]]:
    """Return the number of clauses for each release and kind of evidence."""
    ways = {release: [history.standings[release] for history in known.clauses.values()] for release in known.releases}
    return {release: {standing: found.count(standing) for standing in Standing} for release, found in ways.items()}


def _changes(known: Knowledge) -> Iterator[Page]:
    found = {
        (old, new): diff(known.contracts[old], known.contracts[new]) for old, new in combinations(known.releases, 2)
    }
    yield page("changes/index", "changes", found=found, releases=known.releases)
    following = set(pairwise(known.releases))
    for (old, new), changes in found.items():
        # Only pages of neighbouring releases are in the search, so that it finds each change once.
        searched = (old, new) in following
        yield page(f"changes/{old}-to-{new}", "change", old=old, new=new, changes=changes, searched=searched)
