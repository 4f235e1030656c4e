"""How commands and groups show their help.

Flags show no value: `--insecure`, not `--insecure <bool>`. A command with many options shows those in panels only for
`--help-all`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

import typer


class _Flags:
    """A mixin that removes the type of flags from the help, and the style of pydantic from errors."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters of the command."""
        found = super().get_params(ctx)  # type: ignore[misc]
        for parameter in found:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
        return found

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Errors are said of the value, not of an input of pydantic."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]
        except typer.BadParameter as problem:
            message = problem.message.removeprefix("Value error, ").partition(", unable to parse")[0]
            problem.message = re.sub(r"\bInput should be", "it must be", message)
            raise


class Command(_Flags, typer.core.TyperCommand):
    """A command whose flags show no value."""


class LongCommand(Command):
    """A command whose `--help` leaves out the options in panels of their own."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
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
    """Return the options on the command line as they are spelled first, by their parameters."""
    return {
        name: parameter.opts[0]
        for parameter in context.command.params
        # Typer has its own copy of click's enumeration, so the members are compared by name.
        if (name := parameter.name) and (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    }


class Group(_Flags, typer.core.TyperGroup):
    """A group whose flags show no value."""
