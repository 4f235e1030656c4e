"""Options of commands that compare deployments or reference servers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import typer

from seatunnel_v2.options.checking import ProfileName

DEPLOYMENT: Final = "Address of a deployment, including its context path, or `reference:2.3.10` for a reference server."


class ReportFormat(StrEnum):
    """The output formats of a comparison."""

    TEXT = "text"
    JSON = "json"


Deployment: TypeAlias = Annotated[str, typer.Argument(metavar="URL", help=DEPLOYMENT)]

CompareProfile: TypeAlias = Annotated[
    ProfileName,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="smoke: 15 s, no jobs. read-only: changes nothing. standard: one minute. full: ten minutes.",
    ),
]

CompareFormat: TypeAlias = Annotated[ReportFormat, typer.Option("--format", help="Output format.")]
