"""Options for the reports of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

_REPORTS: Final = "Reports"

HTML: Final = "an HTML page"
JUNIT: Final = "JUnit XML for CI servers"
SARIF: Final = "SARIF 2.1.0 for code scanning"
MARKDOWN: Final = "Markdown for job summaries"
HAR: Final = "the exchanges of failures as HAR 1.2"
BADGE: Final = "a badge (SVG, or JSON for shields.io if FILE ends with .json)"


def _report(name: str, what: str) -> Any:
    return typer.Option(
        f"--report-{name}", metavar="FILE", help=f"Write {what}.", show_default=False, rich_help_panel=_REPORTS
    )


ReportHtml: TypeAlias = Annotated[Path | None, _report("html", HTML)]
ReportJunit: TypeAlias = Annotated[Path | None, _report("junit", JUNIT)]
ReportSarif: TypeAlias = Annotated[Path | None, _report("sarif", SARIF)]
ReportMarkdown: TypeAlias = Annotated[Path | None, _report("markdown", MARKDOWN)]
ReportHar: TypeAlias = Annotated[Path | None, _report("har", HAR)]
ReportBadge: TypeAlias = Annotated[Path | None, _report("badge", BADGE)]
ReportNdjson: TypeAlias = Annotated[
    Path | None, _report("ndjson", "the event stream, which `seatunnel-v2 report` converts to the other formats")
]


def _view(name: str, what: str) -> Any:
    return typer.Option(f"--{name}", metavar="FILE", help=f"Write {what}.", show_default=False)


File: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="Event stream of a run.", show_default=False)]
Html: TypeAlias = Annotated[Path | None, _view("html", HTML)]
Junit: TypeAlias = Annotated[Path | None, _view("junit", JUNIT)]
Sarif: TypeAlias = Annotated[Path | None, _view("sarif", SARIF)]
Markdown: TypeAlias = Annotated[Path | None, _view("markdown", MARKDOWN)]
Har: TypeAlias = Annotated[Path | None, _view("har", HAR)]
Badge: TypeAlias = Annotated[Path | None, _view("badge", BADGE)]
