"""The command line: what there is to type, and the way to the module that does it."""

from __future__ import annotations

import sys
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

app.command(epilog=conform.EPILOG)(conform.conform)
app.command(epilog=cleanup.EPILOG)(cleanup.cleanup)
app.command(epilog=serve.EPILOG)(serve.serve)
app.command(epilog=faults.EPILOG)(faults.faults)
app.command(epilog=ledger.EPILOG)(ledger.ledger)
app.command(epilog=explain.EPILOG)(explain.explain)
app.command(epilog=replay.EPILOG)(replay.replay)
app.command(epilog=compare.EPILOG)(compare.compare)
app.command(epilog=rehearse.EPILOG)(rehearse.rehearse)
app.command(epilog=record.EPILOG)(record.record)
app.command(epilog=deviations.EPILOG)(deviations.deviations)

app.command(epilog=doctor.EPILOG)(doctor.doctor)
app.command("stubs", epilog=stubs.EPILOG)(stubs.stubs_command)

of_spec = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
of_spec.callback(invoke_without_command=True, epilog=spec.EPILOG)(spec.spec)
of_spec.command("diff", epilog=spec_diff.EPILOG)(spec_diff.spec_diff)
app.add_typer(of_spec, name="spec")

of_report = typer.Typer(
    cls=report.ReportGroup,
    help="Show the run in FILE, make other views of it, or compare it with another (`report diff`).",
    context_settings={"help_option_names": ["-h", "--help"]},
)
of_report.command("show", epilog=report.EPILOG, hidden=True)(report.report)
of_report.command("diff", epilog=report_diff.EPILOG)(report_diff.report_diff)
app.add_typer(of_report, name="report")

of_docs = typer.Typer(
    help="The documentation as a static site.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
of_docs.callback()(lambda: None)
of_docs.command("build", epilog=docs.EPILOG)(docs.build)
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
