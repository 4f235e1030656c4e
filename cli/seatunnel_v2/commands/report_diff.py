"""`seatunnel-v2 report diff`: what changed from one run to another."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seatunnel_v2.commands.report import read
from seatunnel_v2.messages import say

EPILOG = """Examples:

$ seatunnel-v2 report diff before.ndjson after.ndjson

$ seatunnel-v2 report diff before.ndjson after.ndjson --format markdown >> "$GITHUB_STEP_SUMMARY"

Exit status: 1 for a MUST clause that fails in NEW and did not in OLD; 5 if there is none but a run broke
off; otherwise 0.
"""


class DiffFormat(StrEnum):
    """How a comparison is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def report_diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The run before.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The run after.")],
    output: Annotated[DiffFormat, typer.Option("--format", help="How it is written.")] = DiffFormat.TABLE,
) -> None:
    """Tell what broke from the run in OLD to the run in NEW, what got fixed, and what is not checked any more."""
    from seatunnel_conformance.report import changes  # noqa: PLC0415 - see the package's docstring

    compared = changes.compare(read(old), read(new))
    match output:
        case DiffFormat.TABLE:
            text = "".join(f"{line}\n" for line in changes.as_lines(compared))
        case DiffFormat.JSON:
            text = changes.as_json(compared) + "\n"
        case DiffFormat.MARKDOWN:
            text = changes.as_markdown(compared)
    say(text)
    raise typer.Exit(compared.exit)
