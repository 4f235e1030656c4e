"""`seatunnel-v2 deviations`: differences between the documentation and the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seatunnel_v2.messages import reporting_errors, say, say_json
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from seatunnel_openapi import Overlay
    from seatunnel_openapi.comparison import DeviationRow

EPILOG = """Examples:

$ seatunnel-v2 deviations --release 2.3.9

$ seatunnel-v2 deviations --format markdown > deviations.md

$ seatunnel-v2 deviations --summary

$ seatunnel-v2 deviations --format json | jq '.[] | select(.paths[] == "/overview") | .engine'
"""

_COUNTED: Final = ("release", "differences", "actions", "recorded", "read", "documented", "certain")


def deviations(
    release: Annotated[
        str | None, documents.of_release("--release", "Print only the differences of this release.")
    ] = None,
    format: Annotated[documents.TableFormat, documents.FORMAT] = "table",  # noqa: A002 - the option's name
    summary: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--summary", help="Print only counts, by release and kind of evidence.")
    ] = False,
) -> None:
    """Print the differences between the documentation page and the engine, each with its evidence."""
    import seatunnel_openapi
    from seatunnel_openapi.comparison import deviations as rows_of
    from seatunnel_openapi.comparison import deviations_page, holding
    from seatunnel_openapi.comparison.page import as_json

    chain = seatunnel_openapi.overlays()
    if release is not None:
        with reporting_errors():
            own = seatunnel_openapi.overlays(release)
        chain = chain if release in seatunnel_openapi.releases() else own
    rows = rows_of(seatunnel_openapi.load(), chain)
    if release is not None:
        rows = holding(rows, release, chain)
    if summary:
        say(_counts(rows, [overlay for overlay in chain if release in {None, overlay.name}]))
        return
    if format == "json":
        say_json(list(map(as_json, rows)))
    else:
        say((deviations_page if format == "markdown" else _table)(rows, chain))


def _counts(rows: Sequence[DeviationRow], chain: Sequence[Overlay]) -> str:
    """Return a table: for each release, how many differences begin with it, and its overlay's actions by evidence."""
    from seatunnel_openapi.comparison import evidence_counts

    begun = Counter(row.since for row in rows)
    lines = [
        (it.release, begun[it.release], it.actions, it.recorded, it.read, it.documented, it.certain)
        for it in evidence_counts(chain)
    ]
    total = ("total", *(sum(column) for column in list(zip(*lines, strict=True))[1:]))
    return "".join(
        f"{name:<12}" + "".join(f"{cell:>12}" for cell in cells) + "\n" for name, *cells in (_COUNTED, *lines, total)
    )


def _table(rows: Sequence[DeviationRow], chain: Sequence[Overlay]) -> str:
    """Return a paragraph for each difference, because a table of sentences can't be read at 80 columns."""
    from seatunnel_openapi.comparison.page import is_recorded

    recorded = sum(map(is_recorded, rows))
    return "".join(_paragraph(row, chain) for row in rows) + f"{len(rows)} differences, {recorded} of them recorded\n"


def _paragraph(row: DeviationRow, chain: Sequence[Overlay]) -> str:
    from seatunnel_openapi.comparison import page

    lines = [f"{row.id}  ({page.releases_text(row, chain)})"]
    lines += [f"  documented  {' '.join(page.documented_text(row).split())}"] if row.documented else []
    lines += [f"  engine      {' '.join(row.engine.split())}", f"  known       {page.known_text(row)}"]
    return "\n".join([*lines, "", ""])
