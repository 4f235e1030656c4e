"""Files made from a whole report."""

from __future__ import annotations

from pathlib import Path

from seatunnel_conformance.report.events import Report


def write_views(report: Report, *, junit: Path | None = None, html: Path | None = None) -> None:
    """Write the report in the formats that have a path; folders are made as needed."""
    if junit is not None:
        from seatunnel_conformance.report.junit import as_junit  # noqa: PLC0415 - only for those who want it

        _write(junit, as_junit(report))
    if html is not None:
        from seatunnel_conformance.report.html import as_html  # noqa: PLC0415 - only for those who want it

        _write(html, as_html(report))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
