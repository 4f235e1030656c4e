"""`seatunnel-v2 serve`: run the reference server."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import on_command_line
from seatunnel_v2.messages import fail, warn
from seatunnel_v2.options import documents, serving
from seatunnel_v2.options.run import takes

if TYPE_CHECKING:
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

$ seatunnel-v2 serve --faults-port 8081

$ curl http://localhost:8080/overview

Jobs that exceed a limit on memory or time are rejected or fail. The guide "Run the reference server" lists the limits.
"""

_GATEWAY_KEYS: Final = frozenset(option.key for option in serving.GATEWAY)


@takes(*serving.SERVE)
def serve(context: typer.Context, release: documents.Release = "documented", *, given: Mapping[str, Any]) -> None:
    """Run the reference server: the API of a release, with an in-memory engine that runs jobs.

    With --engine, it is a gateway: it serves the API of --release in front of a real cluster.

    The in-memory engine keeps 50,000 ended jobs, or fewer if their names, options and errors exceed 64 MiB.
    """
    from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
    from seatunnel_server.gateway.rules import GatewayRules, OnViolation
    from seatunnel_server.http.auth import Credentials
    from seatunnel_server.serving import process as server
    from seatunnel_server.serving.configuration import ServeOptions, TlsFiles

    try:
        credentials = None if given["basic_auth"] is None else Credentials.parse(given["basic_auth"])
    except ValueError as problem:
        fail(ExitStatus.USAGE, f"--basic-auth takes {problem}")
    _require_possible(context, given)
    unchanged = {each.name for each in fields(ServeOptions)} & given.keys() - {"connectors"}
    try:
        options = ServeOptions(release, **{name: given[name] for name in unchanged})
    except ValueError as problem:
        fail(ExitStatus.USAGE, f"--context-path must be {problem}")
    options = replace(
        options,
        stopped_nodes=frozenset(given["node_down"]),
        credentials=credentials,
        tls=TlsFiles(given["tls_cert"], given["tls_key"]) if given["tls_cert"] else None,
        connectors=ConnectorMode(given["connectors"]),
        validate_responses=not given["no_validate_responses"],
        cluster=_cluster(given) if given["engine"] else None,
        gateway=GatewayRules(OnViolation(given["on_violation"]), frozenset(given["allow"]) or None),
    )
    with ExitStack() as stack:
        faults = None if given["faults_port"] is None else _faults(given["faults_port"], release, stack)

        def started(running: RunningServer) -> None:
            if faults is not None:
                faults(running)
            if given["until_eof"]:
                _end_with_input(running)

        # `serve` returns an `ExitCode`, whose numbers `ExitStatus` has, too.
        raise typer.Exit(ExitStatus(server.serve(options, say=_say, print_error=warn, started=started)))


def _faults(port: int, release: str, stack: ExitStack) -> Callable[[RunningServer], None]:
    """Listen on the port of --faults-port, and return a function that starts the proxy to a server's first node."""
    from seatunnel_conformance.faults.proxy import Proxy, listener_on
    from seatunnel_conformance.faults.switch import PATH, FaultSwitch
    from seatunnel_conformance.target.connection import Tls
    from seatunnel_openapi import load

    try:
        listener = stack.enter_context(listener_on(port))
    except OSError as problem:
        fail(ExitStatus.PORT_TAKEN, f"--faults-port: port {port} can't be used: {problem.strerror}")

    def forward(running: RunningServer) -> None:
        # The certificate of --tls-cert may be for another name than that of this machine.
        proxy = Proxy(running.nodes[0].url, load(release), Tls(trusted=False), listener)
        stack.enter_context(proxy).switch(FaultSwitch())
        _say(f"Faults can be switched on at {proxy.url}: PUT {PATH}")

    return forward


def _require_possible(context: typer.Context, given: Mapping[str, Any]) -> None:
    """Exit with an error message if options can't be combined."""
    useless = [option for name, option in on_command_line(context).items() if name in _GATEWAY_KEYS]
    if useless and not given["engine"]:
        fail(ExitStatus.USAGE, f"{' and '.join(useless)} can only be used with --engine")
    if given["engine"] and (given["nodes"] > 1 or given["node_down"]):
        fail(ExitStatus.USAGE, "--nodes and --node-down are options of the in-memory engine, which --engine replaces")
    if (given["tls_cert"] is None) != (given["tls_key"] is None):
        fail(ExitStatus.USAGE, "--tls-cert and --tls-key need each other")


def _cluster(given: Mapping[str, Any]) -> ClusterAddress:
    """Return the address of the cluster behind the gateway. Exits with an error message for an invalid URL."""
    from seatunnel_server.engine.zeta.address import ClusterAddress

    credentials = _engine_credentials(given["engine_user"], given["engine_password_file"])
    try:
        return ClusterAddress(
            tuple(given["engine"]),
            given["engine_timeout"],
            credentials,
            read_only=given["read_only"],
            release=given["engine_release"],
            cache_seconds=given["cache_ms"] / 1000,
        )
    except ValueError as problem:
        fail(ExitStatus.USAGE, f"--engine: {problem}")


def _engine_credentials(user: str | None, password_file: Path | None) -> tuple[str, str] | None:
    """Return user and password for the cluster, or None without a user.

    The password comes from the file or the environment variable SEATUNNEL_PASSWORD.
    """
    from seatunnel_openapi.files import SMALL, read_text

    if user is None:
        return None
    if password_file is None:
        password = os.environ.get("SEATUNNEL_PASSWORD")
        if password is None:
            fail(ExitStatus.USAGE, "--engine-user needs SEATUNNEL_PASSWORD or --engine-password-file")
        return user, password
    try:
        return user, read_text(password_file, SMALL).rstrip("\r\n")
    except OSError as problem:
        fail(ExitStatus.USAGE, f"--engine-password-file: {password_file} can't be read: {problem.strerror}")


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
