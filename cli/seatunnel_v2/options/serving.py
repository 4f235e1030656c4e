"""Options of the reference server and its engine."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

_server: Final = partial(typer.Option, rich_help_panel="Server")
_engine: Final = partial(typer.Option, rich_help_panel="Engine")
_gateway: Final = partial(typer.Option, rich_help_panel="Gateway to a cluster")


Host: TypeAlias = Annotated[str, _server("--host", metavar="ADDRESS", help="Address to listen on.")]

Port: TypeAlias = Annotated[
    int | None,
    _server(
        "--port",
        metavar="N",
        min=0,
        max=65535,
        help="Port to listen on. 0 selects a free port and prints it. Default: the port in --config, or 8080.",
    ),
]

Nodes: TypeAlias = Annotated[
    int,
    _server(
        "--nodes",
        metavar="N",
        min=1,
        max=16,
        help="Serve as a cluster of N nodes, each on its own port: the ports after --port, or free ones.",
    ),
]

NodeDown: TypeAlias = Annotated[
    list[int] | None,
    _server(
        "--node-down",
        metavar="N",
        help="Start with this node of the cluster stopped: its port refuses connections. Can be repeated.",
    ),
]

Config: TypeAlias = Annotated[
    Path | None, _server("--config", metavar="FILE", help="seatunnel.yaml whose `http` section is applied.")
]

ContextPath: TypeAlias = Annotated[
    str | None, _server("--context-path", metavar="PATH", help="Prefix of every path, for example `/seatunnel`.")
]

BasicAuth: TypeAlias = Annotated[
    str | None,
    _server(
        "--basic-auth",
        metavar="USER:PASSWORD",
        envvar="SEATUNNEL_SERVE_BASIC_AUTH",
        help="Require these credentials. Supported by releases from 2.3.11 on, and by a gateway in any release.",
    ),
]

TlsCert: TypeAlias = Annotated[
    Path | None,
    _server(
        "--tls-cert", metavar="FILE", help="Serve HTTPS with this certificate and its chain, in PEM. Needs --tls-key."
    ),
]

TlsKey: TypeAlias = Annotated[
    Path | None, _server("--tls-key", metavar="FILE", help="Private key of --tls-cert, in PEM and not encrypted.")
]

AccessLog: TypeAlias = Annotated[
    str | None,
    _server(
        "--access-log",
        metavar="FILE",
        help="Append a line of JSON for each request: time, client, method, path, names of query parameters, status, "
        "bytes and seconds. `-` is standard output.",
    ),
]

FrameworkOption: TypeAlias = Annotated[
    Literal["async", "flask"], _server("--framework", help="App of connexion that runs the handlers.")
]

UntilEof: TypeAlias = Annotated[
    bool,
    _server(
        "--until-eof",
        help="Stop when standard input closes, so that the server stops with the program that started it.",
    ),
]

NoValidateResponses: TypeAlias = Annotated[
    bool,
    _server(
        "--no-validate-responses",
        help="Send responses without validating them against the contract. For load tests only.",
    ),
]

Latency: TypeAlias = Annotated[
    float, _server("--latency", metavar="SECONDS", min=0.0, help="Delay every response by this many seconds.")
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
    _engine(
        "--speed",
        metavar="X",
        parser=parse_speed,
        help="Factor by which jobs run faster than on a real engine. `max`: without waiting.",
    ),
]

EngineSeed: TypeAlias = Annotated[int, _engine("--seed", metavar="N", help="Seed of generated rows.")]

Connectors: TypeAlias = Annotated[
    Literal["simulate", "strict", "any"],
    _engine(
        "--connectors",
        help="Connectors that the engine doesn't run, such as Jdbc: `simulate` those of the release (sources generate "
        "rows, sinks count them), `strict` refuses them, `any` also simulates unknown names.",
    ),
]

LogDir: TypeAlias = Annotated[
    Path | None,
    _engine(
        "--log-dir",
        metavar="FOLDER",
        help="Folder for log files. Default: a temporary folder. Limits for rows: 16 MiB per job, 512 MiB for all "
        "jobs.",
    ),
]

Files: TypeAlias = Annotated[
    Path | None,
    _engine(
        "--files",
        metavar="FOLDER",
        help="Root of all paths that jobs write to: `/tmp/x` is `FOLDER/tmp/x`. Default: a temporary folder. Limits: "
        "64 MiB per job, 1 GiB for all jobs.",
    ),
]

EngineUrls: TypeAlias = Annotated[
    list[str] | None,
    _gateway(
        "--engine",
        metavar="URL",
        help="Serve a real cluster in place of the in-memory engine: the URL of a node. Can be repeated; reads fail "
        "over to the next node, and requests that change something are sent once. Operations that the "
        "release of the cluster does not have, and those on loggers, return 501.",
    ),
]

EngineRelease: TypeAlias = Annotated[
    str | None,
    _gateway(
        "--engine-release",
        metavar="RELEASE",
        help="Release of the cluster. Default: detected by the version that it reports.",
    ),
]

EngineTimeout: TypeAlias = Annotated[
    float,
    _gateway(
        "--engine-timeout", metavar="SECONDS", min=0.1, help="Time that a node of the cluster has for a response."
    ),
]

EngineUser: TypeAlias = Annotated[
    str | None,
    _gateway(
        "--engine-user",
        metavar="USER",
        envvar="SEATUNNEL_USER",
        help="User for basic auth at the cluster. The password comes from SEATUNNEL_PASSWORD or "
        "--engine-password-file.",
    ),
]

EnginePasswordFile: TypeAlias = Annotated[
    Path | None, _gateway("--engine-password-file", metavar="FILE", help="File with the password for --engine-user.")
]


OnViolation: TypeAlias = Annotated[
    Literal["pass", "mark", "refuse"],
    _gateway(
        "--on-violation",
        help="What to do with a response that breaks the contract, after it is logged and counted: `pass` sends it "
        "unchanged, `mark` adds the header `X-SeaTunnel-Violation`, `refuse` returns 502. Applies only if the cluster "
        "has the release of --release.",
    ),
]

Allow: TypeAlias = Annotated[
    list[str] | None,
    _gateway(
        "--allow",
        metavar="OPERATION",
        help="Allow only this operation, for example `get_overview`, and answer others with 403. Can be repeated.",
    ),
]

CacheMs: TypeAlias = Annotated[
    int,
    _gateway(
        "--cache-ms",
        metavar="N",
        min=0,
        max=60_000,
        help="Identical reads share a response until it is N milliseconds old. A change through the gateway discards "
        "all shared responses. With 0, only reads that are in flight at the same time share one.",
    ),
]

ReadOnly: TypeAlias = Annotated[
    bool, _gateway("--read-only", help="Answer requests that change something in the cluster with 403.")
]
