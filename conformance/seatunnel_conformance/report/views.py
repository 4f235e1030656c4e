"""Files made from a report, and what can keep them from being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.report.events import Report


class ReportNotWritable(InvalidSettings):
    """A report is wanted where no file can be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the report {path} can't be written: {reason}")


def require_writable(paths: Mapping[str, Path]) -> None:
    """Raise `ReportNotWritable` for the first file that could not be written; folders are made as needed.

    What only shows when something is written, a full disk above all, is not found here.
    """
    for path in paths.values():
        if str(path) == "-":
            raise ReportNotWritable(path, "standard output is taken; `seatunnel-v2 report` writes views there")
        existed = path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        except OSError as problem:
            raise ReportNotWritable(path, problem.strerror or str(problem)) from problem
        if not existed:
            path.unlink()


def write_views(report: Report, paths: Mapping[str, Path]) -> list[str]:
    """Write the report in the formats that have a path, and return a sentence for each that could not be written."""
    return list(_failures(report, paths))


def _failures(report: Report, paths: Mapping[str, Path]) -> Iterable[str]:
    for name, path in paths.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rendered(report, name, path.suffix), encoding="utf-8")
        except OSError as problem:
            yield could_not_write(path, problem)


def could_not_write(path: Path, problem: OSError, what: str = "report") -> str:
    """Return the sentence that says so."""
    return f"the {what} {path} could not be written: {problem.strerror or problem}"


def rendered(report: Report, name: str, suffix: str = "") -> str:
    """Return the text of a view; `suffix` is that of the file, which tells the two kinds of badges apart."""
    match name:
        case "html":
            from seatunnel_conformance.report.html import as_html as view  # noqa: PLC0415 - only for those who want it
        case "junit":
            from seatunnel_conformance.report.junit import as_junit as view  # noqa: PLC0415 - as above
        case "sarif":
            from seatunnel_conformance.report.sarif import as_sarif as view  # noqa: PLC0415 - as above
        case "markdown":
            from seatunnel_conformance.report.markdown import as_markdown as view  # noqa: PLC0415 - as above
        case "har":
            from seatunnel_conformance.report.har import as_har as view  # noqa: PLC0415 - as above
        case "badge" if suffix == ".json":
            from seatunnel_conformance.report.badge import as_endpoint as view  # noqa: PLC0415 - as above
        case "badge":
            from seatunnel_conformance.report.badge import as_badge as view  # noqa: PLC0415 - as above
        case _:
            raise LookupError(name)
    return view(report)
