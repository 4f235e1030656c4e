"""`seatunnel-v2 report`: the views of a run that was made before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, warn
from seatunnel_v2.options import reports

if TYPE_CHECKING:
    from seatunnel_conformance.report.events import Report

GROUP: Final = "Show the run in FILE, make other views of it, or compare it with another (`report diff`)."

SHOW: Final = "show"
"""The name of the command that shows a file: nobody has to type it, and no help tells it."""

EPILOG = """Examples:

$ seatunnel-v2 report run.ndjson

$ seatunnel-v2 report run.ndjson --html report.html --junit report.xml

$ seatunnel-v2 report run.ndjson --markdown - >> "$GITHUB_STEP_SUMMARY"

$ seatunnel-v2 report diff before.ndjson after.ndjson

Exit status: that of the run; 5 for a file whose run broke off, and its views say so; 2 for a file that is no report, or
that can't be written.
"""


def report(  # noqa: PLR0913, PLR0917 - a parameter for each option
    file: reports.File,
    html: reports.Html = None,
    junit: reports.Junit = None,
    sarif: reports.Sarif = None,
    markdown: reports.Markdown = None,
    har: reports.Har = None,
    badge: reports.Badge = None,
) -> None:
    """Show the run in FILE, which `conform --report-ndjson` has written, or make other views of it.

    FILE stands where the views are written to: `-` is standard output. `report diff` compares two runs.
    """
    wanted = {"html": html, "junit": junit, "sarif": sarif, "markdown": markdown, "har": har, "badge": badge}
    found = read(file)
    written = _write(found, {name: path for name, path in wanted.items() if path is not None})
    if not any(wanted.values()):
        _show(found)
    if found.cut:
        warn(f"{file} is incomplete: its run broke off")
    raise typer.Exit(found.footer.exit or (ExitStatus.OK if written else ExitStatus.USAGE))


def read(file: Path) -> Report:
    """Return the report in a file, cut ones included; end the command where there is none."""
    from seatunnel_conformance.report.events import EmptyReport, Report, ReportError  # noqa: PLC0415 - see the package

    hint = "a report is what seatunnel-v2 conform --report-ndjson writes"
    try:
        return Report.salvage(file)
    except OSError as problem:
        fail(ExitStatus.USAGE, f"{file} can't be read: {problem.strerror or problem}")
    except EmptyReport:
        fail(ExitStatus.UNDECIDED, f"{file} is incomplete: its run broke off before it began", hint)
    except ReportError as problem:
        fail(ExitStatus.USAGE, f"{file} is no report of a run: {problem}", hint)


def _write(found: Report, wanted: dict[str, Path]) -> bool:
    """Write the wanted views, and tell whether all of them could be."""
    from seatunnel_conformance.report.views import ReportNotWritable, rendered, require_writable, write_views  # noqa: PLC0415 - as above

    files = {name: path for name, path in wanted.items() if str(path) != "-"}
    try:
        require_writable(files)
    except ReportNotWritable as problem:
        fail(ExitStatus.USAGE, str(problem))
    for name in wanted.keys() - files.keys():
        sys.stdout.write(rendered(found, name))  # noqa: TID251 - visible, and byte for byte what a file would hold
    unwritten = write_views(found, files)
    for sentence in unwritten:
        warn(sentence)
    return not unwritten


def _show(found: Report) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above

    from seatunnel_conformance.report.terminal import show  # noqa: PLC0415 - as above

    show(found, Console(highlight=False))


class _ShowContext(typer.Context):
    @property
    def command_path(self) -> str:
        """What is typed before the file: the name of the group alone."""
        return super().command_path.rstrip()


class ShowCommand(typer.core.TyperCommand):
    """The command that shows a file."""

    context_class = _ShowContext


class ReportGroup(typer.core.TyperGroup):
    """The group `report`: what is no subcommand is a file to show, so that the common thing needs no word more."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command that shows a file before arguments that name no command."""
        completing = ctx.resilient_parsing and not args
        named = completing or (args[:1] and args[0] in self.commands)
        return super().parse_args(ctx, args if named else [SHOW, *args])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command, and keep from its usage the name that nobody types."""
        name, command, rest = super().resolve_command(ctx, args)
        return None if name == SHOW else name, command, rest
