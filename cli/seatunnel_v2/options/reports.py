"""The files that a run leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

_REPORTS: Final = "Reports"


def _report(name: str, what: str) -> Any:
    return typer.Option(
        f"--report-{name}", metavar="FILE", help=f"Write {what} here.", show_default=False, rich_help_panel=_REPORTS
    )


ReportHtml: TypeAlias = Annotated[Path | None, _report("html", "one HTML page for people")]
ReportJunit: TypeAlias = Annotated[Path | None, _report("junit", "JUnit XML for CI servers")]
ReportSarif: TypeAlias = Annotated[Path | None, _report("sarif", "SARIF 2.1.0 for code scanning")]
ReportMarkdown: TypeAlias = Annotated[Path | None, _report("markdown", "Markdown for job summaries")]
ReportHar: TypeAlias = Annotated[Path | None, _report("har", "the failures' exchanges as HAR 1.2")]
ReportBadge: TypeAlias = Annotated[Path | None, _report("badge", "a badge (SVG, or JSON for shields.io if *.json)")]
ReportNdjson: TypeAlias = Annotated[
    Path | None, _report("ndjson", "the stream of events, of which `report` makes the others later")
]
