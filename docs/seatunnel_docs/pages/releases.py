"""A page for each release, the deviations from the documentation, and the changes between each two releases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from seatunnel_docs.evidence import Standing
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi.comparison import diff, holding


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the list of releases, a page for each, the deviations, the table of changes, and a page for each pair."""
    yield page("releases/index", "releases", known=known, standings=_standings(known), Standing=Standing)
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


def _standings(known: Knowledge) -> dict[str, dict[Standing, int]]:
    """Return for each release the number of clauses by kind of evidence."""
    ways = {release: [history.standings[release] for history in known.clauses.values()] for release in known.releases}
    return {release: {standing: found.count(standing) for standing in Standing} for release, found in ways.items()}


def _changes(known: Knowledge) -> Iterator[Page]:
    found = {
        (old, new): diff(known.contracts[old], known.contracts[new]) for old, new in combinations(known.releases, 2)
    }
    yield page("changes/index", "changes", found=found, releases=known.releases)
    for (old, new), changes in found.items():
        yield page(f"changes/{old}-to-{new}", "change", old=old, new=new, changes=changes)
