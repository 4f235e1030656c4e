"""Makes options of commands from the declarations in `seatunnel_conformance.arrange.options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any, Final, TypeAlias

import typer

from seatunnel_conformance.arrange import options as declared
from seatunnel_conformance.arrange.options import Option, Panel
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt, restore
from seatunnel_v2 import completing

DEPLOYMENT: Final = "Address of a deployment, including its context path, or `reference:2.3.10` for a reference server."

Deployment: TypeAlias = Annotated[str, typer.Argument(metavar="URL", help=DEPLOYMENT)]

Url: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="URL", help="Address of the deployment, including its context path.")
]

_COMPLETIONS: Final = {declared.RELEASE.name: completing.releases_or_auto}


def takes(*options: Option) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds options to a command.

    The command gets their values as the argument `given`, by `Option.key`. In the help, they follow the command's own
    parameters.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [parameter for name, parameter in signature.parameters.items() if name != "given"]
        shown = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*own, *(_parameter(option) for option in options))
        ]

        @wraps(command)
        def with_options(**values: Any) -> None:
            given = {option.key: values.pop(option.key) for option in options}
            _interruptible(lambda: command(**values, given=given))

        with_options.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
        with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
        return with_options

    return decorate


def _interruptible(command: Callable[[], None]) -> None:
    """Run a command that handles SIGTERM like Ctrl-C: it stops its jobs and restores tags."""
    handler = interrupt_on_sigterm()
    try:
        command()
    finally:
        try:
            # Even if some code caught the interrupt, the command ends with the status of an interrupted one.
            require_no_interrupt()
        finally:
            restore(handler)


def _parameter(option: Option) -> inspect.Parameter:
    """Return the function parameter from which Typer makes this option."""
    shows_default = not option.is_flag and not option.is_repeatable and option.default is not None
    declaration = typer.Option(
        f"--{option.name}",
        metavar=option.metavar or None,
        min=option.minimum,
        max=option.maximum,
        parser=option.parser,
        file_okay=option.metavar != "FOLDER",
        envvar=option.variable or None,
        help=option.help,
        show_default=shows_default,
        autocompletion=_COMPLETIONS.get(option.name),
        rich_help_panel=None if option.panel == Panel.MAIN else str(option.panel),
    )
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[_type(option), declaration],
    )


def _type(option: Option) -> Any:
    if option.choices:
        return StrEnum(option.key, [(choice, choice) for choice in option.choices])
    if option.is_repeatable:
        return list[option.type]  # type: ignore[name-defined]
    return option.type if option.default is not None else option.type | None
