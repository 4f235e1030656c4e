"""Options of the reference server and its engine."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

_WIRE: Final = "Server"
_ENGINE: Final = "Engine"
_GATEWAY: Final = "Gateway to a cluster"


class Framework(StrEnum):
    """The connexion apps that can serve the handlers."""

    ASYNC = "async"
    FLASK = "flask"


class ConnectorsOption(StrEnum):
    """What becomes of connectors that the in-memory engine doesn't run."""

    SIMULATE = "simulate"
    STRICT = "strict"
    ANY = "any"


Host: TypeAlias = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.", rich_help_panel=_WIRE)
]

Port: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=0,
        max=65535,
        help="Port to listen on. 0 selects a free port and prints it. Default: the port in --config, or 8080.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

Nodes: TypeAlias = Annotated[
    int,
    typer.Option(
        "--nodes",
        metavar="N",
        min=1,
        max=16,
        help="Serve as a cluster of N nodes, each on its own port: the ports after --port, or free ones.",
        rich_help_panel=_WIRE,
    ),
]

NodeDown: TypeAlias = Annotated[
    list[int] | None,
    typer.Option(
        "--node-down",
        metavar="N",
        help="Start with this node of the cluster stopped: its port refuses connections. Can be repeated.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="seatunnel.yaml whose `http` section is applied.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

ContextPath: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context-path",
        metavar="PATH",
        help="Prefix of every path, for example `/seatunnel`.",
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
        help="Require these credentials. Supported by releases from 2.3.11 on, and by a gateway in any release.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

TlsCert: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert",
        metavar="FILE",
        help="Serve HTTPS with this certificate and its chain, in PEM. Needs --tls-key.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

TlsKey: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--tls-key",
        metavar="FILE",
        help="Private key of --tls-cert, in PEM and not encrypted.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

AccessLog: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--access-log",
        metavar="FILE",
        help="Append a line of JSON for each request: time, client, method, path, names of query parameters, status, "
        "bytes and seconds. `-` is standard output.",
        show_default=False,
        rich_help_panel=_WIRE,
    ),
]

FrameworkOption: TypeAlias = Annotated[
    Framework, typer.Option("--framework", help="connexion app that serves the handlers.", rich_help_panel=_WIRE)
]

UntilEof: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--until-eof",
        help="Stop when standard input closes, so that the server stops with the program that started it.",
        rich_help_panel=_WIRE,
    ),
]

NoValidateResponses: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-validate-responses",
        help="Send responses without validating them against the contract. For load tests only.",
        rich_help_panel=_WIRE,
    ),
]

Latency: TypeAlias = Annotated[
    float,
    typer.Option(
        "--latency",
        metavar="SECONDS",
        min=0.0,
        help="Delay every response by this many seconds.",
        rich_help_panel=_WIRE,
    ),
]


def parse_speed(text: str) -> float:
    """Parse a speed: a positive number, or `max` for no waiting."""
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
        help="Factor by which jobs run faster than on a real engine. `max`: without waiting.",
        rich_help_panel=_ENGINE,
    ),
]

EngineSeed: TypeAlias = Annotated[
    int, typer.Option("--seed", metavar="N", help="Seed of generated rows.", rich_help_panel=_ENGINE)
]

Connectors: TypeAlias = Annotated[
    ConnectorsOption,
    typer.Option(
        "--connectors",
        help="Connectors that the engine doesn't run, such as Jdbc: `simulate` those of the release (sources generate "
        "rows, sinks count them), `strict` refuses them, `any` also simulates unknown names.",
        rich_help_panel=_ENGINE,
    ),
]

LogDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--log-dir",
        metavar="FOLDER",
        help="Folder for log files. Default: a temporary folder. Limits for rows: 16 MiB per job, 512 MiB for all "
        "jobs.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]

Files: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--files",
        metavar="FOLDER",
        help="Root of all paths that jobs write to: `/tmp/x` is `FOLDER/tmp/x`. Default: a temporary folder. Limits: "
        "64 MiB per job, 1 GiB for all jobs.",
        show_default=False,
        rich_help_panel=_ENGINE,
    ),
]

EngineUrls: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="Serve a real cluster in place of the in-memory engine: the URL of a node. Can be repeated; reads fail "
        "over to the next node, and requests that change something are sent once. What the cluster does not have is "
        "answered with 501, as are requests about loggers.",
        show_default=False,
        rich_help_panel=_GATEWAY,
    ),
]

EngineRelease: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--engine-release",
        metavar="RELEASE",
        help="Release of the cluster. Default: detected by the version that it reports.",
        show_default=False,
        rich_help_panel=_GATEWAY,
    ),
]

EngineTimeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--engine-timeout",
        metavar="SECONDS",
        min=0.1,
        help="Time that a node of the cluster has for a response.",
        rich_help_panel=_GATEWAY,
    ),
]

EngineUser: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--engine-user",
        metavar="USER",
        envvar="SEATUNNEL_USER",
        help="User for basic auth at the cluster. The password comes from SEATUNNEL_PASSWORD or "
        "--engine-password-file.",
        show_default=False,
        rich_help_panel=_GATEWAY,
    ),
]

EnginePasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--engine-password-file",
        metavar="FILE",
        help="File with the password for --engine-user.",
        show_default=False,
        rich_help_panel=_GATEWAY,
    ),
]


class OnViolationOption(StrEnum):
    """What becomes of a response that breaks the contract."""

    PASS = "pass"  # noqa: S105 - no password
    MARK = "mark"
    REFUSE = "refuse"


OnViolation: TypeAlias = Annotated[
    OnViolationOption,
    typer.Option(
        "--on-violation",
        help="If the cluster has the release of --release, a response that breaks the contract is logged, counted and "
        "sent unchanged (`pass`), with the header `X-SeaTunnel-Violation` (`mark`), or answered with 502 (`refuse`).",
        rich_help_panel=_GATEWAY,
    ),
]

Allow: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="OPERATION",
        help="Allow only this operation, for example `get_overview`, and answer others with 403. Can be repeated.",
        show_default=False,
        rich_help_panel=_GATEWAY,
    ),
]

CacheMs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--cache-ms",
        metavar="N",
        min=0,
        max=60_000,
        help="Maximum age of a response that identical reads share, in milliseconds. A change through the gateway "
        "ends it at once. 0 shares only the responses to reads that are in flight.",
        rich_help_panel=_GATEWAY,
    ),
]

ReadOnly: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--read-only", help="Answer requests that change something in the cluster with 403.", rich_help_panel=_GATEWAY
    ),
]
