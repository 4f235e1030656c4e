"""`seatunnel-v2 report trend`: show several runs over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from seatunnel_v2.commands.report import read
from seatunnel_v2.commands.spec import write
from seatunnel_v2.messages import say
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 report trend nightly/*.ndjson

$ seatunnel-v2 report trend nightly/*.ndjson --svg trend.svg

$ seatunnel-v2 report trend nightly/*.ndjson --format json | jq '.runs[] | [.started, .counts.fail]'

Exit status, from the last run and the one before it: 1 if a MUST clause fails that did not fail before; otherwise 5 if
one of the two was cut off; otherwise 0.
"""


def report_trend(
    files: Annotated[list[Path], typer.Argument(metavar="RUN", help="Event streams of runs, in any order.")],
    output: Annotated[Literal["table", "json"], documents.FORMAT] = "table",
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write a drawing of counts and figures, too.")
    ] = None,
) -> None:
    """Show runs by the time of their start: counts, failures that the run before did not have, and figures."""
    from seatunnel_conformance.report import trend
    from seatunnel_conformance.report.trend import as_svg

    runs = trend.trend_of((str(file), read(file)) for file in files)
    if output == "json":
        say(trend.as_json(runs) + "\n")
    else:
        say("".join(f"{line}\n" for line in trend.as_lines(runs)))
    if svg is not None:
        write(as_svg(runs), svg)
    raise typer.Exit(trend.exit_of(runs))
