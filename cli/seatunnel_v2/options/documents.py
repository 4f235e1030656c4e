"""Which contract, and how it is written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from seatunnel_v2 import completing


class SpecFormat(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    JSON = "json"


Release: TypeAlias = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="A release, or `documented`.",
        autocompletion=completing.releases,
    ),
]

Format: TypeAlias = Annotated[SpecFormat, typer.Option("--format", help="How the document is written.")]

Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output."),
]
