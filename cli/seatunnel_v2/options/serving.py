"""Options of the reference server and its engine."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Final

import typer

from seatunnel_conformance.arrange.options import Option


def parse_speed(text: str) -> float:
    """Parse a speed: a positive number, or `max` for no waiting."""
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise typer.BadParameter(f"{text!r} is neither a positive number nor `max`")
    return speed


_server: Final = partial(Option, panel="Server")
_engine: Final = partial(Option, panel="Engine")
_gateway: Final = partial(Option, panel="Gateway to a cluster")

_SERVER: Final = (
    _server(
        "port",
        "Port to listen on. 0 selects a free port and prints it. Default: the port in --config, or 8080.",
        "N",
        type=int,
        minimum=0,
        maximum=65535,
    ),
    _server("host", "Address to listen on.", "ADDRESS", default="127.0.0.1"),
    _server(
        "nodes",
        "Serve a cluster of N nodes, each on its own port: --port and the ports after it, or free ones.",
        "N",
        type=int,
        default=1,
        minimum=1,
        maximum=16,
    ),
    _server(
        "node-down",
        "Start with this node of the cluster stopped: its port refuses connections. Can be repeated.",
        "N",
        type=int,
        default=[],
    ),
    _server("config", "Apply the settings of this seatunnel.yaml, such as its `http` section.", "FILE", type=Path),
    _server("context-path", "Prefix of every path, for example `/seatunnel`.", "PATH"),
    _server(
        "basic-auth",
        "Require these credentials. Supported by releases from 2.3.11 on, and by a gateway in any release.",
        "USER:PASSWORD",
        variable="SEATUNNEL_SERVE_BASIC_AUTH",
    ),
    _server("tls-cert", "Serve HTTPS with this certificate and its chain, in PEM. Needs --tls-key.", "FILE", type=Path),
    _server("tls-key", "Private key of --tls-cert, in PEM and not encrypted.", "FILE", type=Path),
    _server(
        "access-log",
        "Append a line of JSON for each request: time, client, method, path, names of query parameters, status, bytes "
        "and seconds. `-` is standard output.",
        "FILE",
    ),
    _server(
        "ui",
        "Also serve the engine's web UI, at /, from a jar of a release (seatunnel-engine-server or seatunnel-starter) "
        "or a folder with its `ui`.",
        "JAR|FOLDER",
        type=Path,
    ),
    _server("framework", "Kind of connexion app that runs the handlers.", default="async", choices=("async", "flask")),
    _server(
        "no-validate-responses",
        "Send responses without validating them against the contract. For load tests only.",
        type=bool,
        default=False,
    ),
    _server(
        "faults-port",
        "Also listen on this port of localhost, where `PUT /_reference/faults` switches faults on while the server "
        "runs. 0 selects a free port.",
        "N",
        type=int,
        minimum=0,
        maximum=65535,
    ),
    _server("latency", "Delay every response by this many seconds.", "SECONDS", type=float, default=0.0, minimum=0.0),
)
_ENGINE: Final = (
    _engine(
        "speed",
        "Factor by which jobs run faster than on a real engine. `max`: without waiting.",
        "X",
        type=float,
        default=1.0,
        parser=parse_speed,
    ),
    _engine("seed", "Seed of generated rows.", "N", type=int, default=0),
    _engine(
        "connectors",
        "Treatment of connectors that the engine doesn't run, such as Jdbc: `simulate` simulates those of the release "
        "(sources generate rows, sinks count them), `strict` refuses them, `any` also simulates unknown names.",
        default="simulate",
        choices=("simulate", "strict", "any"),
    ),
    _engine(
        "log-dir",
        "Folder for log files. Default: a temporary folder. Limits for rows: 16 MiB per job, 512 MiB for all jobs.",
        "FOLDER",
        type=Path,
    ),
    _engine(
        "files",
        "Root of all paths that jobs write to: `/tmp/x` is `FOLDER/tmp/x`. Default: a temporary folder. Limits: 64 MiB "
        "per job, 1 GiB for all jobs.",
        "FOLDER",
        type=Path,
    ),
)
ENGINE_URLS: Final = _gateway(
    "engine",
    "URL of a node of a real cluster, which replaces the in-memory engine. Can be repeated: reads fail over to the "
    "next node, requests that change something are sent once. Operations that the release of the cluster does not "
    "have, and those on loggers, return 501.",
    "URL",
    default=[],
)
GATEWAY: Final = (
    _gateway("engine-release", "Release of the cluster. Default: detected by the version that it reports.", "RELEASE"),
    _gateway(
        "engine-timeout",
        "Maximum time for a response of a node of the cluster.",
        "SECONDS",
        type=float,
        default=10.0,
        minimum=0.1,
    ),
    _gateway(
        "engine-user",
        "User for basic auth at the cluster. The password comes from SEATUNNEL_PASSWORD or --engine-password-file.",
        "USER",
        variable="SEATUNNEL_USER",
    ),
    _gateway("engine-password-file", "File with the password for --engine-user.", "FILE", type=Path),
    _gateway("read-only", "Respond with 403 to requests that change something.", type=bool, default=False),
    _gateway(
        "allow",
        "Allow only this operation, for example `get_overview`; others get 403. Can be repeated.",
        "OPERATION",
        default=[],
    ),
    _gateway(
        "cache-ms",
        "Maximum age in milliseconds of a response that identical reads share. A change through the gateway discards "
        "all responses. With 0, only simultaneous reads share a response.",
        "MS",
        type=int,
        default=0,
        minimum=0,
        maximum=60_000,
    ),
    _gateway(
        "on-violation",
        "What to do with a response that breaks the contract, after it is logged and counted: `pass` sends it "
        "unchanged, `mark` adds the header `X-SeaTunnel-Violation`, `refuse` returns 502. Applies only if the cluster "
        "has the release of --release.",
        default="pass",
        choices=("pass", "mark", "refuse"),
    ),
)
"""Options that only the gateway uses."""

UNTIL_EOF: Final = _server(
    "until-eof",
    "Stop when standard input closes, so that the server stops with the program that started it.",
    type=bool,
    default=False,
)

SERVE: Final = (*_SERVER, *_ENGINE, ENGINE_URLS, *GATEWAY, UNTIL_EOF)
"""The options of `serve`, except --release, in the order of its help."""
