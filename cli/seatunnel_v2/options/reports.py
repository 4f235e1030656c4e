"""The files that a run leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

_REPORTS: Final = "Reports"

ReportJunit: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-junit", metavar="FILE", help="Write JUnit XML here.", rich_help_panel=_REPORTS),
]

ReportHtml: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-html", metavar="FILE", help="Write one HTML file here.", rich_help_panel=_REPORTS),
]

ReportNdjson: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-ndjson", metavar="FILE", help="Write the stream of events here.", rich_help_panel=_REPORTS),
]
