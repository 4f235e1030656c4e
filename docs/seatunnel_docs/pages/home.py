"""The first page: what the project is, its numbers, and where to go."""

from __future__ import annotations

from collections.abc import Iterator

from seatunnel_docs.drawings import small_matrix, terminal
from seatunnel_docs.figures import figures_of
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.matrix import rows
from seatunnel_docs.rendering import Page, written


def pages(known: Knowledge, text: str) -> Iterator[Page]:
    """Yield the first page, made from the template `text`."""
    # The run with most failures shows most of the terminal output.
    shown = max(known.results, key=lambda result: result.report.footer.counts["fail"], default=None)
    yield written(
        "index",
        text,
        figures=figures_of(known),
        matrix=small_matrix(known, list(rows(known))),
        shown=shown,
        terminal=terminal(shown) if shown is not None else None,
    )
