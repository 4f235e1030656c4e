"""The table of clauses: their evidence in each release, and their verdict in each published run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_docs.evidence import ClauseHistory, Standing
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.reference import SiteFile
from seatunnel_docs.rendering import Page, evidence_address, page
from seatunnel_docs.results import FOLDER, CellVerdict, PublishedResult, cell_verdict


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: a word, and a link to the evidence. If empty, `matrix.js` makes it from row and column."""

    word: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A clause with its cells. `changes` says whether its text differs between releases or a release lacks it."""

    history: ClauseHistory
    tag: str
    changes: bool
    cells: tuple[Cell, ...]


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the page with the table."""
    found = list(rows(known))
    yield page(
        f"{FOLDER}/index",
        "matrix",
        releases=known.releases,
        results=known.results,
        rows=found,
        tags=sorted({row.tag for row in found}),
        counts={result.name: _counts(result) for result in known.results},
    )


def files(known: Knowledge) -> Iterator[SiteFile]:
    """Yield the reports of published runs, each as the event stream and as an HTML page."""
    for result in known.results:
        yield SiteFile(f"{FOLDER}/{result.name}.ndjson", result.text.encode())
        yield SiteFile(f"{FOLDER}/{result.name}.html", as_html(result.report, site="../../").encode())


def rows(known: Knowledge) -> Iterator[MatrixRow]:
    """Yield the rows of the table, one for each clause."""
    tags = {operation_id: list(versions.values())[-1].tag for operation_id, versions in known.operations().items()}
    outcomes = {result.name: result.outcomes() for result in known.results}
    for history in known.clauses.values():
        of_releases = (_standing(known, history, release) for release in known.releases)
        of_results = (_verdict(history, result, outcomes[result.name]) for result in known.results)
        tag = tags.get(history.newest.operation_id or "", history.newest.group)
        changes = len(history.wordings) > 1 or len(history.holds) < len(known.releases)
        yield MatrixRow(history, tag, changes, (*of_releases, *of_results))


def _standing(known: Knowledge, history: ClauseHistory, release: str) -> Cell:
    """Return the cell of a release. It links the recorded exchange, the notes, or else the section of the clause."""
    standing = history.standings[release]
    if standing is Standing.ABSENT:
        return Cell(CellVerdict.NOT_THERE)
    hold = history.holds[release]
    recorded = known.exchanges.names.get(hold.known_on, frozenset())
    followed = (piece.ref for piece in hold.clause.evidence if piece.how == hold.how)
    fitting = (ref for ref in followed if hold.how == "read" or ref.partition("#")[2] in recorded)
    ref = next(fitting, None) if hold.how != "documented" else None
    return Cell(standing, evidence_address(ref, "../") if ref else f"../{history.place}")


def _verdict(history: ClauseHistory, result: PublishedResult, outcomes: Mapping[str, Outcome]) -> Cell:
    if result.release not in history.holds:
        return Cell(CellVerdict.NOT_THERE)
    outcome = outcomes.get(history.id)
    if outcome is None:
        return Cell(CellVerdict.NOT_RUN)
    verdict = cell_verdict(outcome)
    follows = verdict is CellVerdict.PASS and outcome.id == history.id
    return Cell(verdict, "" if follows else f"{result.name}.html#{quote(outcome.id)}")


def _counts(result: PublishedResult) -> dict[CellVerdict, int]:
    found = list(map(cell_verdict, result.outcomes().values()))
    return {verdict: found.count(verdict) for verdict in CellVerdict}
