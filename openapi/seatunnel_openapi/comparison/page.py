"""The deviations as a page that can be published: documentation against releases, one row for each difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from seatunnel_openapi import Overlay
from seatunnel_openapi.comparison.deviations import Row, holding

_SEVERAL: Final = "Several paths"
_HEAD: Final = ("Difference", "The page says", "The engine does", "Releases", "Known from")
_NOTHING: Final = "nothing"


def deviations_page(rows: Sequence[Row], chain: Sequence[Overlay]) -> str:
    """Return the rows as a Markdown page: figures by release, then a table for each path of the API.

    `chain` are all overlays in their order. Whatever is not recorded on a running engine is marked with its confidence.
    """
    parts = [
        "# Where SeaTunnel's engines differ from the page of their REST API V2\n",
        f"{_figures(rows)}\n",
        _table(("Release", "Differences", "Recorded"), _by_release(rows, chain)),
    ]
    for name, group in _by_path(rows):
        parts += [f"## {_shown_path(name)}\n", _table(_HEAD, (_cells(row, chain) for row in group))]
    return "\n".join(parts)


def releases_text(row: Row, chain: Sequence[Overlay]) -> str:
    """Return where a row holds: `2.3.9`, `2.3.9 to 2.3.12`, `since 2.3.9`."""
    if row.until is None:
        return f"since {row.since}" if row.since != chain[0].name else "all"
    return row.since if row.since == row.until else f"{row.since} to {row.until}"


def known_text(row: Row) -> str:
    """Return how a row is known: each piece of evidence with its reference, and the confidence unless it is certain."""
    sources = "; ".join(f"{evidence.how} {evidence.ref}" for evidence in row.evidence)
    return sources if row.confidence == "certain" else f"{sources} ({row.confidence})"


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as plain data."""
    return {
        "id": row.id,
        "documented": row.documented,
        "engine": row.engine,
        "paths": list(row.paths),
        "since": row.since,
        "until": row.until,
        "evidence": [{"how": evidence.how, "ref": evidence.ref} for evidence in row.evidence],
        "confidence": row.confidence,
    }


def is_recorded(row: Row) -> bool:
    """Whether a running engine was seen to do so."""
    return any(evidence.how == "recorded" for evidence in row.evidence)


def _figures(rows: Sequence[Row]) -> str:
    contradicted, recorded = sum(bool(row.documented) for row in rows), sum(map(is_recorded, rows))
    return (
        f"{len(rows)} differences: {contradicted} contradict a statement of the page, of {len(rows) - contradicted} it "
        f"says nothing. {recorded} were recorded on running engines. A release that nobody could run is known from its "
        "source and artefacts: such rows say `read`, and how sure they are."
    )


def _by_release(rows: Sequence[Row], chain: Sequence[Overlay]) -> Iterator[tuple[str, ...]]:
    for overlay in chain:
        held = holding(rows, overlay.name, chain)
        yield overlay.name, str(len(held)), str(sum(map(is_recorded, held)))


def _by_path(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Group rows by their only path; what is about several or about none comes first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.paths[0] if len(row.paths) == 1 else _SEVERAL, []).append(row)
    return sorted(groups.items(), key=lambda group: (group[0] != _SEVERAL, group[0]))


def _shown_path(name: str) -> str:
    return name if name == _SEVERAL else f"`{name}`"


def _cells(row: Row, chain: Sequence[Overlay]) -> tuple[str, ...]:
    return f"`{row.id}`", row.documented or _NOTHING, row.engine, releases_text(row, chain), known_text(row)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in every)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "&#124;").split())
