"""The differences between the documentation page and the engines, as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from seatunnel_openapi import Overlay
from seatunnel_openapi.comparison.deviations import DeviationRow, holding

_SEVERAL: Final = "Several paths"
_HEAD: Final = ("Difference", "Documentation page", "Engine", "Releases", "Evidence")
_NOTHING: Final = "not mentioned"


def deviations_page(rows: Sequence[DeviationRow], chain: Sequence[Overlay]) -> str:
    """Return the rows as a Markdown page: the numbers per release, then a table for each path of the API.

    `chain` are all overlays in their order. A row that is not certain shows its confidence.
    """
    parts = [
        "# Differences between SeaTunnel's engines and the documentation page of REST API V2\n",
        f"{_figures(rows)}\n",
        _table(("Release", "Differences", "Recorded"), _by_release(rows, chain)),
    ]
    for name, group in _by_path(rows):
        title = name if name == _SEVERAL else f"`{name}`"
        cells = (
            (f"`{it.id}`", documented_text(it), it.engine, releases_text(it, chain), known_text(it)) for it in group
        )
        parts += [f"## {title}\n", _table(_HEAD, cells)]
    return "\n".join(parts)


def releases_text(row: DeviationRow, chain: Sequence[Overlay]) -> str:
    """Return the releases of a row: `2.3.9`, `2.3.9 to 2.3.12`, `since 2.3.9`, or `all`."""
    if row.until is None:
        return f"since {row.since}" if row.since != chain[0].name else "all"
    return row.since if row.since == row.until else f"{row.since} to {row.until}"


def documented_text(row: DeviationRow) -> str:
    """Return the statement of the page and, if there is one, the release since which the page is right."""
    right = f" The page is right since {row.page_right_since}." if row.page_right_since else ""
    return f"{row.documented}{right}" if row.documented else _NOTHING


def known_text(row: DeviationRow) -> str:
    """Return the evidence of a row with its references, and the confidence unless it is `certain`."""
    sources = "; ".join(f"{evidence.how} {evidence.ref}" for evidence in row.evidence)
    return sources if row.confidence == "certain" else f"{sources} ({row.confidence})"


def as_json(row: DeviationRow) -> dict[str, Any]:
    """Return a row as a JSON object."""
    return {
        "id": row.id,
        "documented": row.documented,
        "engine": row.engine,
        "paths": list(row.paths),
        "since": row.since,
        "until": row.until,
        "pageRightSince": row.page_right_since,
        "evidence": [{"how": evidence.how, "ref": evidence.ref} for evidence in row.evidence],
        "confidence": row.confidence,
    }


def is_recorded(row: DeviationRow) -> bool:
    """Return whether the difference was recorded on a running engine."""
    return any(evidence.how == "recorded" for evidence in row.evidence)


def _figures(rows: Sequence[DeviationRow]) -> str:
    contradicted, recorded = sum(bool(row.documented) for row in rows), sum(map(is_recorded, rows))
    right = sum(row.page_right_since is not None for row in rows)
    return (
        f"{len(rows)} differences: {contradicted} contradict a statement of the page of October 2024, of which later "
        f"pages have corrected {right}; {len(rows) - contradicted} are not mentioned there. {recorded} were recorded "
        "on running engines. The others were read in sources or "
        "artifacts (`read`) or in documentation; a confidence such as `(likely)` shows that a row is not certain."
    )


def _by_release(rows: Sequence[DeviationRow], chain: Sequence[Overlay]) -> Iterator[tuple[str, ...]]:
    for overlay in chain:
        held = holding(rows, overlay.name, chain)
        yield overlay.name, str(len(held)), str(sum(map(is_recorded, held)))


def _by_path(rows: Iterable[DeviationRow]) -> list[tuple[str, list[DeviationRow]]]:
    """Group rows by path; rows with several paths or none come first."""
    groups: dict[str, list[DeviationRow]] = {}
    for row in rows:
        groups.setdefault(row.paths[0] if len(row.paths) == 1 else _SEVERAL, []).append(row)
    return sorted(groups.items(), key=lambda group: (group[0] != _SEVERAL, group[0]))


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in every)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "&#124;").split())
