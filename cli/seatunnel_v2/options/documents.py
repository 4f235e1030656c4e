"""Options that select a contract and an output format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

from seatunnel_v2 import completing

Release: TypeAlias = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="Release, `documented` for the API of the documentation, or a proposal such as `proposal:12904`.",
        autocompletion=completing.releases,
    ),
]

ClusterRelease: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="Release of the cluster. Default: the newest whose engine was recorded.",
        autocompletion=completing.releases,
    ),
]
FORMAT: Final = typer.Option("--format", help="Output format.")

STRICT: Final = typer.Option("--strict", help="Do not allow objects of responses to have further members.")
EXTENSIONS: Final = typer.Option("--extensions/--no-extensions", help="Include the `x-` extensions of this project.")

SpecFormat: TypeAlias = Literal["yaml", "json"]
TableFormat: TypeAlias = Literal["table", "json", "markdown"]
TextFormat: TypeAlias = Literal["text", "json", "markdown"]

Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write. Default: standard output.")
]
