"""`seatunnel-v2 deviations`: the documentation against each release."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail

if TYPE_CHECKING:
    from seatunnel_openapi.comparison import Row

EPILOG = """Examples:

$ seatunnel-v2 deviations --release 2.3.9

$ seatunnel-v2 deviations --markdown > deviations.md
"""

_HEAD = ("difference", "since", "until", "documented", "engine", "known")


def deviations(
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="R", help="Only what holds for this release.", show_default=False),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a table.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Print where engines do otherwise than the documentation page, one row per difference, with how it is known."""
    import seatunnel_openapi  # noqa: PLC0415 - see the package's docstring
    from seatunnel_openapi.comparison import deviations as rows_of  # noqa: PLC0415 - as above
    from seatunnel_openapi.comparison import holding  # noqa: PLC0415 - as above

    chain = seatunnel_openapi.overlays()
    rows = rows_of(seatunnel_openapi.load(), chain)
    if release is not None:
        if release not in seatunnel_openapi.releases():
            known = ", ".join(seatunnel_openapi.releases())
            fail(ExitStatus.USAGE, f"there is no release {release}", f"known are: {known}")
        rows = holding(rows, release, chain)
    sys.stdout.write(table(rows) if markdown else "".join(map(_paragraph, rows)))


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [_HEAD, tuple("---" for _ in _HEAD), *map(_cells, rows)]
    return "".join(
        f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in line)} |\n" for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    return row.id, row.since, row.until or "", row.documented, row.engine, _known(row)


def _paragraph(row: Row) -> str:
    lines = [f"{row.id}  since {row.since}{f', until {row.until}' if row.until else ''}"]
    lines += [f"  documented: {' '.join(row.documented.split())}"] if row.documented else []
    lines += [f"  engine:     {' '.join(row.engine.split())}", f"  known:      {_known(row)}"]
    return "\n".join([*lines, "", ""])


def _known(row: Row) -> str:
    """Return how a row is known; what is only read or documented says so, with its confidence."""
    sources = "; ".join(f"{evidence.how} {evidence.ref}" for evidence in row.evidence)
    return f"{sources} ({row.confidence})"
