"""The help of commands and groups.

Flags show no value: `--insecure`, not `--insecure <bool>`. For a command with many options, `--help` shows only those
without a panel, and `--help-all` shows all.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

import typer


class _Flags:
    """A mixin that removes the type of flags from the help, and phrases of pydantic from error messages."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters of the command."""
        found = super().get_params(ctx)  # type: ignore[misc]
        for parameter in found:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
        return found

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. Errors say "it must be …" instead of pydantic's "Input should be …"."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]
        except typer.BadParameter as problem:
            message = problem.message.removeprefix("Value error, ").partition(", unable to parse")[0]
            problem.message = re.sub(r"\bInput should be", "it must be", message)
            raise


class Command(_Flags, typer.core.TyperCommand):
    """A command whose flags show no value."""


class LongCommand(Command):
    """A command whose `--help` leaves out options that have a panel; `--help-all` shows them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with all options if the command line has --help-all."""
        further = [] if ctx.meta.get(_ALL) else [each for each in self.params if getattr(each, "rich_help_panel", None)]
        for parameter in further:
            parameter.hidden = True  # type: ignore[attr-defined]
        try:
            super().format_help(ctx, formatter)
        finally:
            for parameter in further:
                parameter.hidden = False  # type: ignore[attr-defined]


_ALL = "seatunnel_v2.help_all"


def _print_help(ctx: typer.Context, wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        ctx.meta[_ALL] = True
        typer.echo(ctx.get_help())  # noqa: TID251 - our own words
        raise typer.Exit


HelpAll: TypeAlias = Annotated[
    bool, typer.Option("--help-all", callback=_print_help, is_eager=True, help="Show all options and exit.")
]


def on_command_line(context: typer.Context) -> dict[str, str]:
    """Return the first spelling of each option that is on the command line, such as `--output`, by parameter name."""
    return {
        name: parameter.opts[0]
        for parameter in context.command.params
        # Typer has its own copy of click's enumeration, so the members are compared by name.
        if (name := parameter.name) and (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    }


class Group(_Flags, typer.core.TyperGroup):
    """A group whose flags show no value."""
