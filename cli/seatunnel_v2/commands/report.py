"""`seatunnel-v2 report`: show or convert a saved run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import Command, Group
from seatunnel_v2.messages import fail, warn
from seatunnel_v2.options import reports

if TYPE_CHECKING:
    from seatunnel_conformance.report.events import Report

GROUP: Final = "Show a saved run, convert it to other formats, or compare two runs (`report diff`)."

SHOW: Final = "show"
"""The name of the command that shows a file. It is hidden: users type `report FILE`."""

EPILOG = """Examples:

$ seatunnel-v2 report run.ndjson

$ seatunnel-v2 report run.ndjson --html report.html --junit report.xml

$ seatunnel-v2 report run.ndjson --markdown - >> "$GITHUB_STEP_SUMMARY"

$ seatunnel-v2 report diff before.ndjson after.ndjson

Exit status: that of the run; 5 if the run was cut off, which the output says; 2 if FILE is not a report, or an output
file can't be written.
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
    """Show a run that `conform --report-ndjson` saved, or convert it to other formats.

    `-` as an output file is standard output. `report diff` compares two runs.
    """
    wanted = {"html": html, "junit": junit, "sarif": sarif, "markdown": markdown, "har": har, "badge": badge}
    found = read(file)
    written = _write(found, {name: path for name, path in wanted.items() if path is not None})
    if not any(wanted.values()):
        _show(found)
    if found.cut:
        warn(f"{file} is incomplete: the run was cut off")
    raise typer.Exit(found.footer.exit or (ExitStatus.OK if written else ExitStatus.USAGE))


def read(file: Path) -> Report:
    """Return the report in a file, which can be incomplete. Exit with an error if the file is not a report."""
    from seatunnel_conformance.report.events import EmptyReport, Report, ReportError  # noqa: PLC0415 - see the package

    hint = "pass a file that `seatunnel-v2 conform --report-ndjson FILE` wrote"
    try:
        return Report.salvage(file)
    except OSError as problem:
        fail(ExitStatus.USAGE, f"{file} can't be read: {problem.strerror or problem}")
    except EmptyReport:
        fail(ExitStatus.UNDECIDED, f"{file} is incomplete: the run was cut off before its first event", hint)
    except ReportError as problem:
        fail(ExitStatus.USAGE, f"{file} is not the report of a run: {problem}", hint)


def _write(found: Report, wanted: dict[str, Path]) -> bool:
    """Write the requested formats and return whether all files were written."""
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
        """The command as users type it, without the hidden name."""
        return super().command_path.rstrip()


class ShowCommand(Command):
    """The command that shows a file."""

    context_class = _ShowContext


class ReportGroup(Group):
    """The group `report`. A first argument that is not a subcommand is a file to show."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the hidden command `show` if the arguments don't name a subcommand."""
        completing = ctx.resilient_parsing and not args
        named = completing or (args[:1] and args[0] in self.commands)
        return super().parse_args(ctx, args if named else [SHOW, *args])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Resolve the command, without the hidden name in its usage."""
        name, command, rest = super().resolve_command(ctx, args)
        return None if name == SHOW else name, command, rest
