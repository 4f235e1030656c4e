"""The command line: the commands and their order in the help."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typing_extensions import Buffer

from seatunnel_v2.commands import (
    check,
    cleanup,
    compare,
    conform,
    deviations,
    docs,
    docs_lint,
    doctor,
    explain,
    faults,
    gateway,
    learn,
    ledger,
    mcp,
    option_rules,
    record,
    rehearse,
    replay,
    report,
    report_diff,
    report_trend,
    serve,
    spec,
    spec_diff,
    spec_models,
    stubs,
    try_client,
)
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import Command, Group, LongCommand
from seatunnel_v2.messages import say


class _Descriptor(io.FileIO):
    """A file descriptor whose writes don't raise `OSError`. The last error is in `error`."""

    error: OSError | None = None

    def write(self, data: Buffer) -> int:
        try:
            return super().write(data)
        except OSError as problem:
            self.error = problem
            return memoryview(data).nbytes


@contextmanager
def unfailing_output() -> Iterator[None]:
    """Let a command finish although its output can't be written, for example to a full disk. Then exit with `USAGE`.

    If the reader closed the pipe, as `head` does, the exit status stays that of the command.
    """
    descriptor = _Descriptor(sys.stdout.fileno(), "w", closefd=False)
    before, encoding, lines = sys.stdout, sys.stdout.encoding, sys.stdout.isatty()
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(descriptor), encoding, "backslashreplace", line_buffering=lines)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before
        error = descriptor.error
        if error is not None and not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"seatunnel-v2: standard output can't be written: {error.strerror}\n")  # noqa: TID251 - the system's words
            sys.exit(ExitStatus.USAGE)


HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}

_STATUSES = "; ".join(f"{status.value} {status.meaning}" for status in ExitStatus)

EPILOG = f"Exit status: {_STATUSES}. The help of each command has the details."

app = typer.Typer(
    name="seatunnel-v2",
    cls=Group,
    help="Serve Apache SeaTunnel's REST API V2, and check deployments against its contract.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_OPTIONS,
)


def unwrapped(text: str) -> str:
    """Return a text with one line per paragraph, so that Typer wraps it at the width of the terminal."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


class CommandPanel(StrEnum):
    """The headings under which the help lists the commands."""

    CHECK = "Check a deployment"
    WRITE = "Check what you have written"
    SERVE = "Run or write a server"
    RELEASES = "Compare releases and deployments"
    READ = "Read the contract"


def _add(to: typer.Typer, command: Callable[..., None], epilog: str, name: str | None = None, **further: Any) -> None:
    text = unwrapped(command.__doc__ or "")
    # By default, Typer would shorten the long help, and cut its first sentence.
    first = text.partition("\n\n")[0]
    settings = {"cls": Command, **further, "help": text, "short_help": first, "epilog": unwrapped(epilog)}
    to.command(name or command.__name__, **settings)(command)


_add(app, conform.conform, conform.EPILOG, cls=LongCommand, rich_help_panel=CommandPanel.CHECK)
of_report = typer.Typer(
    cls=report.ReportGroup, help=report.GROUP, short_help=report.GROUP, context_settings=HELP_OPTIONS
)
_add(of_report, report.report, report.EPILOG, report.SHOW, cls=report.ShowCommand, hidden=True)
_add(of_report, report_diff.report_diff, report_diff.EPILOG, "diff")
_add(of_report, report_trend.report_trend, report_trend.EPILOG, "trend")
app.add_typer(of_report, name="report", rich_help_panel=CommandPanel.CHECK)
_add(app, doctor.doctor, doctor.EPILOG, rich_help_panel=CommandPanel.CHECK)
_add(app, cleanup.cleanup, cleanup.EPILOG, rich_help_panel=CommandPanel.CHECK)
_add(app, faults.faults, faults.EPILOG, rich_help_panel=CommandPanel.CHECK)
_add(
    app,
    try_client.try_client,
    try_client.EPILOG,
    "try-client",
    # Options after the first word of the client's command are the client's.
    context_settings={**HELP_OPTIONS, "allow_interspersed_args": False},
    rich_help_panel=CommandPanel.CHECK,
)

_add(app, check.check, check.EPILOG, rich_help_panel=CommandPanel.WRITE)
_add(app, option_rules.option_rules, option_rules.EPILOG, "option-rules", rich_help_panel=CommandPanel.WRITE)
_add(app, docs_lint.docs_lint, docs_lint.EPILOG, "docs-lint", rich_help_panel=CommandPanel.WRITE)
_add(app, mcp.mcp, mcp.EPILOG, rich_help_panel=CommandPanel.WRITE)

_add(app, serve.serve, serve.EPILOG, rich_help_panel=CommandPanel.SERVE)
of_gateway = typer.Typer(
    cls=Group, help=gateway.GROUP, short_help=gateway.GROUP, no_args_is_help=True, context_settings=HELP_OPTIONS
)
of_gateway.callback()(lambda: None)
_add(of_gateway, gateway.plan, gateway.EPILOG, "plan")
app.add_typer(of_gateway, name="gateway", rich_help_panel=CommandPanel.SERVE)
_add(app, stubs.stubs_command, stubs.EPILOG, "stubs", rich_help_panel=CommandPanel.SERVE)

_add(app, compare.compare, compare.EPILOG, rich_help_panel=CommandPanel.RELEASES)
_add(app, rehearse.rehearse, rehearse.EPILOG, rich_help_panel=CommandPanel.RELEASES)
_add(app, learn.learn, learn.EPILOG, rich_help_panel=CommandPanel.RELEASES)
_add(app, record.record, record.EPILOG, rich_help_panel=CommandPanel.RELEASES)
_add(app, replay.replay, replay.EPILOG, rich_help_panel=CommandPanel.RELEASES)
_add(app, deviations.deviations, deviations.EPILOG, rich_help_panel=CommandPanel.RELEASES)

of_spec = typer.Typer(cls=Group, context_settings=HELP_OPTIONS)
of_spec.callback(invoke_without_command=True, epilog=unwrapped(spec.EPILOG))(spec.spec)
_add(of_spec, spec_diff.spec_diff, spec_diff.EPILOG, "diff")
_add(of_spec, spec_models.spec_models, spec_models.EPILOG, "models")
app.add_typer(of_spec, name="spec", short_help=spec.spec.__doc__, rich_help_panel=CommandPanel.READ)
_add(app, ledger.ledger, ledger.EPILOG, rich_help_panel=CommandPanel.READ)
_add(app, explain.explain, explain.EPILOG, rich_help_panel=CommandPanel.READ)

of_docs = typer.Typer(
    cls=Group,
    help="Build the documentation.",
    epilog=unwrapped(docs.EPILOG),
    no_args_is_help=True,
    context_settings=HELP_OPTIONS,
)
of_docs.callback()(lambda: None)
_add(of_docs, docs.build, docs.EPILOG, "build")
app.add_typer(of_docs, name="docs", rich_help_panel=CommandPanel.READ)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        try:
            number = version("seatunnel-v2")
        except PackageNotFoundError:
            number = "unknown: not installed"
        typer.echo(f"seatunnel-v2 {number}")  # noqa: TID251 - our own words
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[  # noqa: FBT002 - typer calls back
        bool,
        typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Serve Apache SeaTunnel's REST API V2, and check deployments against its contract."""


def _app_with(name: str) -> typer.Typer:
    """Return the app with only this command or group; with all if none has this name. Typer takes 1 ms to read each."""
    found = copy(app)
    found.registered_commands = [each for each in app.registered_commands if each.name == name]
    found.registered_groups = [each for each in app.registered_groups if each.name == name]
    return found if found.registered_commands or found.registered_groups else app


def main() -> None:
    """Run the command line, and end the process with its exit status."""
    try:
        with unfailing_output():
            _app_with(sys.argv[1] if len(sys.argv) > 1 else "")(prog_name="seatunnel-v2")
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("seatunnel"):
            raise
        # The environment has only the packages of requirements-serve.lock.
        problem = f"this command needs the module {missing.name}, which is not installed"
        say(f"seatunnel-v2: {problem}\n\nhint: pip install .\n", err=True)
        sys.exit(ExitStatus.USAGE)
