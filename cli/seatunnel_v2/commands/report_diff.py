"""`seatunnel-v2 report diff`: compare two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatunnel_v2.commands.report import read
from seatunnel_v2.commands.spec import write
from seatunnel_v2.messages import say
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 report diff before.ndjson after.ndjson

$ seatunnel-v2 report diff before.ndjson after.ndjson --format markdown >> "$GITHUB_STEP_SUMMARY"

$ seatunnel-v2 report diff before.ndjson after.ndjson --html diff.html

Exit status: 1 if a MUST clause fails in NEW that did not fail in OLD; otherwise 5 if a run was cut off; otherwise 0.
"""


def report_diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Event stream of the earlier run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Event stream of the later run.")],
    output: Annotated[documents.TableFormat, documents.FORMAT] = "table",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write an HTML page, too.")] = None,
) -> None:
    """Compare two runs: list new failures, fixed failures, and checks that no longer run."""
    from seatunnel_conformance.report import diff
    from seatunnel_conformance.report.html import diff_as_html

    compared = diff.compare(read(old), read(new))
    match output:
        case "table":
            text = "".join(f"{line}\n" for line in diff.as_lines(compared))
        case "json":
            text = diff.as_json(compared) + "\n"
        case "markdown":
            text = diff.as_markdown(compared)
    say(text)
    if html is not None:
        write(diff_as_html(compared), html)
    raise typer.Exit(compared.exit)
