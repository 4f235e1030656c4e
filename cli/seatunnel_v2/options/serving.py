"""The reference server: where it listens, and what its engine does."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

_WIRE: Final = "Where and how it is served"
_ENGINE: Final = "The engine"


class Framework(StrEnum):
    """Which of connexion's apps serves the handlers."""

    ASYNC = "async"
    FLASK = "flask"


Host: TypeAlias = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.", rich_help_panel=_WIRE)
]

Port: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=0,
        max=65535,
        help="The port; 0 takes a free one and prints it. Without it the configuration file's, or 8080.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Obey the `http` section of this seatunnel.yaml.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

ContextPath: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context-path",
        metavar="PATH",
        help="What stands before every path, `/seatunnel` say.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

BasicAuth: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--basic-auth",
        metavar="USER:PASSWORD",
        envvar="SEATUNNEL_SERVE_BASIC_AUTH",
        help="Answer 401 to whoever does not send these, as releases from 2.3.11 on can.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

FrameworkOption: TypeAlias = Annotated[
    Framework,
    typer.Option("--framework", help="Which of connexion's apps serves the handlers.", rich_help_panel=_WIRE),
]

UntilEof: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--until-eof",
        help="End when standard input does, so that the server never outlives the program that started it.",
        rich_help_panel=_WIRE,
    ),
]

NoValidateResponses: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-validate-responses",
        help="Send answers without holding them against the contract: for load tests only.",
        rich_help_panel=_WIRE,
    ),
]

Latency: TypeAlias = Annotated[
    float,
    typer.Option(
        "--latency", metavar="SECONDS", min=0.0, help="Hold every answer back for so long.", rich_help_panel=_WIRE
    ),
]


def parse_speed(text: str) -> float:
    """Read a speed: a positive number, or `max` for no waiting at all."""
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise typer.BadParameter(f"{text!r} is neither a positive number nor `max`")
    return speed


Speed: TypeAlias = Annotated[
    float,
    typer.Option(
        "--speed",
        metavar="X",
        parser=parse_speed,
        help="How many times faster than real jobs run; `max` waits for nothing.",
        rich_help_panel=_ENGINE,
    ),
]

EngineSeed: TypeAlias = Annotated[
    int, typer.Option("--seed", metavar="N", help="Generate the same rows and ids each time.", rich_help_panel=_ENGINE)
]

SimulateConnectors: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--simulate-connectors",
        help="Play connectors that the engine does not have, instead of refusing them.",
        rich_help_panel=_ENGINE,
    ),
]

LogDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--log-dir",
        metavar="FOLDER",
        help="Keep the log files here; without it they go when the server ends. The log of a job takes 16 MiB of rows, "
        "those of all jobs 512 MiB.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]

Sandbox: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--sandbox",
        metavar="FOLDER",
        help="The only folder into which jobs may write files; without it none may. A job may write 64 MiB, all jobs "
        "1 GiB.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]
