"""`seatunnel-v2 report`: show or convert a saved run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from seatunnel_conformance.arrange.options import Option
from seatunnel_conformance.report import formats
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import Command, Group
from seatunnel_v2.messages import fail, warn
from seatunnel_v2.options.run import takes

if TYPE_CHECKING:
    from seatunnel_conformance.report.events import Report

GROUP: Final = "Show a saved run, convert it to other formats, or compare runs (`report diff`, `report trend`)."

SHOW: Final = "show"
"""The name of the command that shows a file. It is hidden: users type `report FILE`."""

EPILOG = """Examples:

$ seatunnel-v2 report run.ndjson

$ seatunnel-v2 report run.ndjson --html report.html --junit report.xml

$ seatunnel-v2 report run.ndjson --markdown - >> "$GITHUB_STEP_SUMMARY"

$ seatunnel-v2 report diff before.ndjson after.ndjson

$ seatunnel-v2 report trend nightly/*.ndjson

Exit status: that of the run, or 5 if the run was cut off; 2 if FILE is not a report, or an output file can't be
written.
"""


VIEWS: Final = tuple(Option(view.name, f"Write {view.description}.", "FILE", type=Path) for view in formats.views())


@takes(*VIEWS)
def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Event stream of a run.")],
    *,
    given: Mapping[str, Path | None],
) -> None:
    """Show a run that `conform --report-ndjson` saved, or convert it to other formats.

    `-` as an output file is standard output. `report diff` compares two runs, `report trend` shows several.
    """
    wanted = {name: path for name, path in given.items() if path is not None}
    found = read(file)
    written = _write(found, wanted)
    if not wanted:
        from rich.console import Console

        from seatunnel_conformance.report.terminal import show

        show(found, Console(highlight=False))
    if found.cut:
        warn(f"{file} is incomplete: the run was cut off")
    raise typer.Exit(found.footer.exit or (ExitStatus.OK if written else ExitStatus.USAGE))


def read(file: Path) -> Report:
    """Return the report in a file, even of a run that was cut off. Exits if the file is not a report."""
    from seatunnel_conformance.report.events import EmptyReport, Report, ReportError

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
    files = {name: path for name, path in wanted.items() if str(path) != "-"}
    try:
        formats.require_writable(files)
    except formats.ReportNotWritable as problem:
        fail(ExitStatus.USAGE, str(problem))
    for name in wanted.keys() - files.keys():
        sys.stdout.write(formats.FORMATS[name].render(found))  # noqa: TID251 - visible, and byte for byte what a file would hold
    unwritten = formats.write_views(found, files)
    for file in unwritten:
        warn(str(file))
    return not unwritten


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
