"""Every option and argument of the command, declared once: its type, its help, its panel, its environment variable."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer


class SpecFormat(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    JSON = "json"


class ProfileName(StrEnum):
    """How much a run does."""

    SMOKE = "smoke"
    READ_ONLY = "read-only"
    STANDARD = "standard"
    FULL = "full"


class Framework(StrEnum):
    """Which of connexion's apps serves the handlers."""

    ASYNC = "async"
    FLASK = "flask"


_REPORTS: Final = "Reports"
_SELECTION: Final = "What is checked"
_ENGINE: Final = "The engine"
_WIRE: Final = "Where and how it is served"

Url: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="URL", help="The deployment's address, its context path included.", show_default=False),
]

Serve: TypeAlias = Annotated[
    bool,
    typer.Option("--serve", help="Start the reference server and check that one.", rich_help_panel=_SELECTION),
]

Release: TypeAlias = Annotated[
    str, typer.Option("--release", metavar="R", envvar="SEATUNNEL_RELEASE", help="A release, or `documented`.")
]

TargetRelease: TypeAlias = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="Hold the target against this release's contract; `auto` asks it which one it is.",
        rich_help_panel=_SELECTION,
    ),
]

ProfileOption: TypeAlias = Annotated[
    ProfileName,
    typer.Option(
        "--profile",
        help="smoke: seconds, no jobs. read-only: changes nothing. standard. full: many generated requests.",
        rich_help_panel=_SELECTION,
    ),
]

Only: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--only",
        metavar="GLOB",
        help="Clause ids, operations (`GET /overview`) or operation ids; may be repeated.",
        rich_help_panel=_SELECTION,
    ),
]

AllowWrites: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-writes",
        help="Run jobs and set tags on a target that is not this machine. Only the suite's own jobs are ever touched.",
        rich_help_panel=_SELECTION,
    ),
]

Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="Repeat the generated requests of an earlier run.", rich_help_panel=_SELECTION
    ),
]

Wait: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=1.0,
        help="How long a job may take to get anywhere; longer is inconclusive, no failure.",
        rich_help_panel=_SELECTION,
    ),
]

Tag: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--tag",
        metavar="NAME=VALUE",
        help="A tag that the target's node has when the run is over; may be repeated. The API can't be asked for them.",
        rich_help_panel=_SELECTION,
    ),
]

ReportJunit: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-junit", metavar="FILE", help="Write JUnit XML here.", rich_help_panel=_REPORTS),
]

ReportHtml: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-html", metavar="FILE", help="Write one HTML file here.", rich_help_panel=_REPORTS),
]

ReportNdjson: TypeAlias = Annotated[
    Path | None,
    typer.Option("--report-ndjson", metavar="FILE", help="Write the stream of events here.", rich_help_panel=_REPORTS),
]

Format: TypeAlias = Annotated[SpecFormat, typer.Option("--format", help="How the document is written.")]

Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output."),
]

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

FrameworkOption: TypeAlias = Annotated[
    Framework,
    typer.Option("--framework", help="Which of connexion's apps serves the handlers.", rich_help_panel=_WIRE),
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
        help="Keep the log files here; without it they go when the server ends.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]

Sandbox: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--sandbox",
        metavar="FOLDER",
        help="The only folder into which jobs may write files; without it none may.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]
