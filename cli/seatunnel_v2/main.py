"""The command line: what there is to type, and the way to the module that does it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from seatunnel_v2.commands import (
    cleanup,
    compare,
    conform,
    deviations,
    docs,
    doctor,
    explain,
    faults,
    ledger,
    record,
    rehearse,
    replay,
    report,
    report_diff,
    serve,
    spec,
    spec_diff,
    stubs,
)
from seatunnel_v2.exits import ExitStatus

EPILOG = "Exit status: " + "; ".join(f"{status.value} {status.meaning}" for status in ExitStatus) + "."

app = typer.Typer(
    name="seatunnel-v2",
    help="The contract of Apache SeaTunnel's REST API V2: serve it, and see who keeps it.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def unwrapped(text: str) -> str:
    """Return a text with a line for each paragraph: the width of the terminal wraps it, not that of the source."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _add(
    to: typer.Typer, command: Callable[..., None], epilog: str, name: str | None = None, *, hidden: bool = False
) -> None:
    told = unwrapped(command.__doc__ or "")
    to.command(name, help=told, epilog=unwrapped(epilog), hidden=hidden)(command)


_add(app, conform.conform, conform.EPILOG)
_add(app, cleanup.cleanup, cleanup.EPILOG)
_add(app, serve.serve, serve.EPILOG)
_add(app, faults.faults, faults.EPILOG)
_add(app, ledger.ledger, ledger.EPILOG)
_add(app, explain.explain, explain.EPILOG)
_add(app, replay.replay, replay.EPILOG)
_add(app, compare.compare, compare.EPILOG)
_add(app, rehearse.rehearse, rehearse.EPILOG)
_add(app, record.record, record.EPILOG)
_add(app, deviations.deviations, deviations.EPILOG)
_add(app, doctor.doctor, doctor.EPILOG)
_add(app, stubs.stubs_command, stubs.EPILOG, "stubs")

of_spec = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
of_spec.callback(invoke_without_command=True, epilog=unwrapped(spec.EPILOG))(spec.spec)
_add(of_spec, spec_diff.spec_diff, spec_diff.EPILOG, "diff")
app.add_typer(of_spec, name="spec")

of_report = typer.Typer(
    cls=report.ReportGroup,
    help="Show the run in FILE, make other views of it, or compare it with another (`report diff`).",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_add(of_report, report.report, report.EPILOG, "show", hidden=True)
_add(of_report, report_diff.report_diff, report_diff.EPILOG, "diff")
app.add_typer(of_report, name="report")

of_docs = typer.Typer(
    help="The documentation as a static site.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
of_docs.callback()(lambda: None)
_add(of_docs, docs.build, docs.EPILOG, "build")
app.add_typer(of_docs, name="docs")


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        try:
            number = version("seatunnel-v2")
        except PackageNotFoundError:
            number = "unknown: not installed"
        typer.echo(f"seatunnel-v2 {number}")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[  # noqa: FBT002 - typer calls back
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """The contract of Apache SeaTunnel's REST API V2: serve it, and see who keeps it."""


def main() -> None:
    """Run the command; the process ends here."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
