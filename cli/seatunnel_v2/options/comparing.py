"""What is compared: deployments, or reference servers that are started for it; and how it is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import typer

from seatunnel_v2.options.checking import ProfileName

DEPLOYMENT: Final = "A deployment, its context path included, or `reference:2.3.10` for a server of our own."


class ReportFormat(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"


Deployment: TypeAlias = Annotated[str, typer.Argument(metavar="URL", help=DEPLOYMENT)]

CompareProfile: TypeAlias = Annotated[
    ProfileName,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="smoke: 15 s, no jobs. read-only: changes nothing. standard: a minute. full: everything, ten minutes.",
    ),
]

CompareFormat: TypeAlias = Annotated[ReportFormat, typer.Option("--format", help="For people or for programs.")]
