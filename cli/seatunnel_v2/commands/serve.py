"""`seatunnel-v2 serve`: the reference server."""

from __future__ import annotations

from typing import Final

import typer

from seatunnel_v2 import options
from seatunnel_v2.exits import ExitStatus

EPILOG = """Examples:

$ seatunnel-v2 serve

$ seatunnel-v2 serve --port 0 --speed max

$ seatunnel-v2 serve --config seatunnel.yaml --log-dir logs

$ curl http://localhost:8080/overview
"""

_STATUSES: Final = {
    "OK": ExitStatus.OK,
    "FAILED": ExitStatus.SERVER_FAILED,
    "USAGE": ExitStatus.USAGE,
    "PORT_TAKEN": ExitStatus.PORT_TAKEN,
    "BAD_CONFIG": ExitStatus.BAD_CONFIG,
    "BAD_CONTRACT": ExitStatus.BAD_CONTRACT,
    "HTTP_DISABLED": ExitStatus.HTTP_DISABLED,
}
"""The command's status for each of the server's own."""


def serve(  # noqa: PLR0913, PLR0917 - a parameter for each option
    release: options.Release = "documented",
    port: options.Port = None,
    host: options.Host = "127.0.0.1",
    config: options.Config = None,
    context_path: options.ContextPath = None,
    framework: options.FrameworkOption = options.Framework.ASYNC,
    no_validate_responses: options.NoValidateResponses = False,  # noqa: FBT002 - a flag
    latency: options.Latency = 0.0,
    speed: options.Speed = 1.0,
    seed: options.EngineSeed = 0,
    simulate_connectors: options.SimulateConnectors = False,  # noqa: FBT002 - a flag
    log_dir: options.LogDir = None,
    sandbox: options.Sandbox = None,
) -> None:
    """Serve the contract of a release over an engine in memory that really runs jobs."""
    from seatunnel_server import serve as server  # noqa: PLC0415 - see the package's docstring
    from seatunnel_server.exits import ExitCode  # noqa: PLC0415 - as above

    plan = server.ServePlan(
        release=release,
        host=host,
        port=port,
        context_path=context_path,
        config=config,
        framework=framework.value,
        speed=speed,
        seed=seed,
        log_dir=log_dir,
        sandbox=sandbox,
        simulate_connectors=simulate_connectors,
        validate_responses=not no_validate_responses,
        latency=latency,
    )
    ended = server.serve(plan, say=_say, complain=_complain)
    raise typer.Exit(_STATUSES[ExitCode(ended).name])


def _say(line: str) -> None:
    # Flushed, so that who started the server through a pipe learns its port at once.
    print(line, flush=True)  # noqa: T201 - the command's data


def _complain(line: str) -> None:
    typer.echo(f"seatunnel-v2: {line}", err=True)
