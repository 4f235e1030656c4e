"""`seatunnel-v2 serve`: run the reference server."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import given
from seatunnel_v2.messages import fail, warn
from seatunnel_v2.options import documents, serving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seatunnel_server.engine.zeta.address import ClusterAddress
    from seatunnel_server.serving.process import RunningServer

EPILOG = """Examples:

$ seatunnel-v2 serve

$ seatunnel-v2 serve --port 0 --speed max

$ seatunnel-v2 serve --config seatunnel.yaml --log-dir logs

$ seatunnel-v2 serve --release 2.3.13 --basic-auth admin:secret

$ seatunnel-v2 serve --release 2.3.13 --nodes 3 --node-down 2

$ seatunnel-v2 serve --engine http://node1:8080 --engine http://node2:8080 --release 2.3.9 --port 8090

$ curl http://localhost:8080/overview

Jobs that exceed a limit on memory or time are rejected or fail. The guide "Share a fake server" lists the limits.
"""

_STATUSES: Final = {
    "OK": ExitStatus.OK,
    "FAILED": ExitStatus.SERVER_FAILED,
    "USAGE": ExitStatus.USAGE,
    "PORT_TAKEN": ExitStatus.PORT_TAKEN,
    "BAD_CONFIG": ExitStatus.BAD_CONFIG,
    "BAD_CONTRACT": ExitStatus.BAD_CONTRACT,
    "HTTP_DISABLED": ExitStatus.HTTP_DISABLED,
    "NO_CLUSTER": ExitStatus.NO_CLUSTER,
}
"""The command's status for each of the server's own."""

_GATEWAY_OPTIONS: Final = frozenset(
    {"engine_release", "engine_timeout", "engine_user", "engine_password_file"}
    | {"read_only", "allow", "cache_ms", "on_violation"}
)
"""Parameters that only the gateway uses."""


def serve(  # noqa: PLR0913, PLR0917 - a parameter for each option
    context: typer.Context,
    release: documents.Release = "documented",
    port: serving.Port = None,
    host: serving.Host = "127.0.0.1",
    nodes: serving.Nodes = 1,
    node_down: serving.NodeDown = None,
    config: serving.Config = None,
    context_path: serving.ContextPath = None,
    basic_auth: serving.BasicAuth = None,
    tls_cert: serving.TlsCert = None,
    tls_key: serving.TlsKey = None,
    access_log: serving.AccessLog = None,
    framework: serving.FrameworkOption = "async",
    no_validate_responses: serving.NoValidateResponses = False,  # noqa: FBT002 - a flag
    latency: serving.Latency = 0.0,
    speed: serving.Speed = 1.0,
    seed: serving.EngineSeed = 0,
    connectors: serving.Connectors = "simulate",
    log_dir: serving.LogDir = None,
    files: serving.Files = None,
    engine: serving.EngineUrls = None,
    engine_release: serving.EngineRelease = None,
    engine_timeout: serving.EngineTimeout = 10.0,
    engine_user: serving.EngineUser = None,
    engine_password_file: serving.EnginePasswordFile = None,
    read_only: serving.ReadOnly = False,  # noqa: FBT002 - a flag
    allow: serving.Allow = None,
    cache_ms: serving.CacheMs = 0,
    on_violation: serving.OnViolation = "pass",
    until_eof: serving.UntilEof = False,  # noqa: FBT002 - a flag
) -> None:
    """Run the reference server: the API of a release, with an in-memory engine that runs jobs.

    With --engine, it is a gateway: a real cluster answers, in the API of --release.

    The in-memory engine keeps 50,000 ended jobs, or fewer if their names, options and errors exceed 64 MiB.
    """
    from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode  # noqa: PLC0415 - as above
    from seatunnel_server.gateway.rules import GatewayRules, OnViolation  # noqa: PLC0415 - as above
    from seatunnel_server.http.auth import Credentials  # noqa: PLC0415 - as above
    from seatunnel_server.serving import process as server  # noqa: PLC0415 - see the package's docstring
    from seatunnel_server.serving.plan import ExitCode, TlsFiles  # noqa: PLC0415 - as above

    try:
        credentials = None if basic_auth is None else Credentials.parse(basic_auth)
    except ValueError as problem:
        fail(ExitStatus.USAGE, f"--basic-auth takes {problem}")
    if not engine and (useless := [option for name, option in given(context).items() if name in _GATEWAY_OPTIONS]):
        fail(ExitStatus.USAGE, f"{' and '.join(useless)} can only be used with --engine")
    cluster = _cluster(engine or (), engine_release, engine_timeout, engine_user, engine_password_file)
    if cluster is not None:
        cluster = replace(cluster, read_only=read_only, cache_seconds=cache_ms / 1000)
    if cluster is not None and (nodes > 1 or node_down):
        fail(ExitStatus.USAGE, "--nodes and --node-down are options of the in-memory engine, which --engine replaces")
    if (tls_cert is None) != (tls_key is None):
        fail(ExitStatus.USAGE, "--tls-cert and --tls-key need each other")
    plan = server.ServePlan(
        release=release,
        host=host,
        port=port,
        nodes=nodes,
        stopped_nodes=frozenset(node_down or ()),
        context_path=context_path,
        config=config,
        credentials=credentials,
        tls=TlsFiles(tls_cert, tls_key) if tls_cert and tls_key else None,
        access_log=access_log,
        framework=framework,
        speed=speed,
        seed=seed,
        log_dir=log_dir,
        files=files,
        connectors=ConnectorMode(connectors),
        validate_responses=not no_validate_responses,
        latency=latency,
        cluster=cluster,
        gateway=GatewayRules(OnViolation(on_violation), frozenset(allow) if allow else None),
    )
    ended = server.serve(
        plan, say=_say, print_error=_complain, started=_end_with_input if until_eof else lambda _: None
    )
    raise typer.Exit(_STATUSES[ExitCode(ended).name])


def _cluster(
    urls: Sequence[str], release: str | None, timeout: float, user: str | None, password_file: Path | None
) -> ClusterAddress | None:
    """Return the cluster behind the gateway; None without one."""
    from seatunnel_server.engine.zeta.address import ClusterAddress  # noqa: PLC0415 - see the package's docstring

    if not urls:
        return None
    try:
        return ClusterAddress(tuple(urls), timeout, _engine_credentials(user, password_file), release=release)
    except ValueError as problem:
        fail(ExitStatus.USAGE, f"--engine: {problem}")


def _engine_credentials(user: str | None, password_file: Path | None) -> tuple[str, str] | None:
    """Return user and password for the cluster, the latter from the file or the environment."""
    if user is None:
        return None
    if password_file is None:
        password = os.environ.get("SEATUNNEL_PASSWORD")
        if password is None:
            fail(ExitStatus.USAGE, "--engine-user needs SEATUNNEL_PASSWORD or --engine-password-file")
        return user, password
    try:
        return user, password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        fail(ExitStatus.USAGE, f"--engine-password-file: {password_file} can't be read")


def _end_with_input(running: RunningServer) -> None:
    """Stop the server when standard input closes, even if its parent process was killed."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        running.stop()

    threading.Thread(target=wait, daemon=True, name="until-eof").start()


def _say(line: str) -> None:
    # Flushed, so that a parent process can read the port from a pipe at once.
    print(line, flush=True)  # noqa: T201 - the command's data


def _complain(line: str) -> None:
    warn(line)
