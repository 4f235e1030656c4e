"""The formats of a report, and writing them to files.

To add a format, write a module with a function that turns a `Report` into text, and `register` the format below. This
adds its options: `conform --report-NAME`, `report --NAME`, `pytest --seatunnel-report-NAME`. The function escapes
control characters, with `visible_report` or `visible_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from seatunnel_conformance.errors import InvalidSettings

if TYPE_CHECKING:
    from seatunnel_conformance.report.events import Report


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, its description, and its functions (`module:function`) by the suffix of the file.

    The function of the empty suffix is the default. Modules are imported only when the format is written.
    """

    name: str
    description: str
    functions: Mapping[str, str]

    def render(self, report: Report, suffix: str = "") -> str:
        """Return a report as text for a file with this suffix."""
        module, _, function = self.functions.get(suffix, self.functions[""]).partition(":")
        text: str = getattr(import_module(module), function)(report)
        return text


STREAM: Final = "ndjson"
"""The name of the event stream, which is written during the run, not rendered from a report."""

_STREAM: Final = "the event stream, which `seatunnel-v2 report` converts to the other formats"

FORMATS: Final = {STREAM: Format(STREAM, _STREAM, {})}
"""All formats by name."""


def register(name: str, description: str, function: str, **by_suffix: str) -> None:
    """Add a format. `description` completes the sentence "Write …". `by_suffix` has the functions for file suffixes."""
    functions = {"": function, **{f".{suffix}": other for suffix, other in by_suffix.items()}}
    FORMATS[name] = Format(name, description, functions)


def views() -> list[Format]:
    """Return the formats that are rendered from a report: all but the event stream."""
    return [one for one in FORMATS.values() if one.functions]


register("html", "an HTML page", "seatunnel_conformance.report.html:as_html")
register("junit", "JUnit XML for CI servers", "seatunnel_conformance.report.junit:as_junit")
register("sarif", "SARIF 2.1.0 for code scanning", "seatunnel_conformance.report.sarif:as_sarif")
register("markdown", "Markdown for job summaries", "seatunnel_conformance.report.markdown:as_markdown")
register("har", "the exchanges of failures as HAR 1.2", "seatunnel_conformance.report.har:as_har")
register(
    "badge",
    "a badge (SVG, or JSON for shields.io if FILE ends with .json)",
    "seatunnel_conformance.report.badge:as_badge",
    json="seatunnel_conformance.report.badge:as_endpoint",
)


class ReportNotWritable(InvalidSettings):
    """A report can't be written to its file."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the report {path} can't be written: {reason}")


def require_writable(paths: Mapping[str, Path]) -> None:
    """Create missing folders, and raise `ReportNotWritable` for the first file that can't be written.

    Errors that occur only while writing, such as a full disk, are not detected.
    """
    for path in paths.values():
        if str(path) == "-":
            reason = "standard output shows the run; `seatunnel-v2 report` can print a format to it"
            raise ReportNotWritable(path, reason)
        existed = path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        except OSError as error:
            raise ReportNotWritable(path, error.strerror or str(error)) from error
        if not existed:
            path.unlink()


@dataclass(frozen=True, slots=True)
class NotWritten:
    """A file that could not be written at the end of a run. `what` is its kind, and `str()` a message."""

    path: Path
    error: OSError
    what: str = "report"

    def __str__(self) -> str:
        return f"the {self.what} {self.path} could not be written: {self.error.strerror or self.error}"


def write_views(report: Report, paths: Mapping[str, Path]) -> list[NotWritten]:
    """Write each format that has a path, except the event stream, and return the files that failed."""
    failed = []
    for name, path in paths.items():
        if name == STREAM:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FORMATS[name].render(report, path.suffix), encoding="utf-8")
        except OSError as error:
            failed.append(NotWritten(path, error))
    return failed
