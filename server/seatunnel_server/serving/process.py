"""Runs the server with its options, until a signal, and returns an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import socket
from typing import Final, TypeAlias

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG

from seatunnel_openapi import Contract, in_own_words, load, overlays
from seatunnel_openapi.errors import ContractError, UnknownOperation, UnknownRelease
from seatunnel_openapi.overlay import DOCUMENTED
from seatunnel_server import errors
from seatunnel_server.api.binding import without_handlers
from seatunnel_server.app import ServerSettings, create_app
from seatunnel_server.engine.memory.clock import RealClock
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings
from seatunnel_server.engine.port import Node
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.cluster import ClusterClient
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.gateway.layers import Gateway
from seatunnel_server.http.auth import Credentials, are_known_to
from seatunnel_server.http.listening import address_of, free_ports, listen
from seatunnel_server.http.protocol import protocol_of
from seatunnel_server.reference.ui import WebUi
from seatunnel_server.serving.configuration import Configuration, ExitCode, ServeOptions
from seatunnel_server.serving.nodes import AppServer, ClusterServer, Configure, NodeServer

__all__ = ["ExitCode", "RunningServer", "ServeOptions", "serve", "to_stderr", "to_stdout"]


logger = logging.getLogger(__name__)

_IDLE_SECONDS: Final = 30

Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts requests, for code in the same process that controls it."""

    nodes: Sequence[AppServer]
    loop: asyncio.AbstractEventLoop
    """The event loop in which the nodes have to be stopped and started."""
    stop: Callable[[], None]
    """Drains and ends the server, like a signal; may be called from any thread."""


def to_stdout(line: str) -> None:
    """Write a line to stdout and flush it, because the reader may be a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def to_stderr(line: str) -> None:
    """Write a line to stderr, after the name of the command."""
    sys.stderr.write(f"seatunnel-v2: {line}\n")


_EXITS: Final[Mapping[type[Exception], ExitCode]] = {
    **dict.fromkeys((UnknownRelease, UnknownOperation, errors.FrameworkMissing), ExitCode.USAGE),
    **dict.fromkeys((errors.NoCredentials, errors.NoSuchNode, errors.LastNode), ExitCode.USAGE),
    errors.ClusterNotIdentified: ExitCode.NO_CLUSTER,
    errors.BadConfiguration: ExitCode.BAD_CONFIG,
    errors.PortTaken: ExitCode.PORT_TAKEN,
}


def serve(
    options: ServeOptions,
    *,
    say: Say = to_stdout,
    print_error: Say = to_stderr,
    started: Callable[[RunningServer], None] = lambda _: None,
) -> int:
    """Serve until SIGTERM or SIGINT, and return an `ExitCode`.

    When requests are accepted, `say` is called with a line for each node and one about the engine, and `started` with
    an object that controls the server. Outside of the main thread, no signals arrive, so only this can stop it.
    `print_error` is called with a line for each problem.
    """
    try:
        with contextlib.ExitStack() as stack:
            return _serve(options, stack, (say, print_error), started)
    except (ContractError, errors.ServerError) as problem:
        print_error(" ".join(str(problem).split()))
        return next((_EXITS[kind] for kind in type(problem).__mro__ if kind in _EXITS), ExitCode.BAD_CONTRACT)


def _serve(
    options: ServeOptions,
    stack: contextlib.ExitStack,
    printers: tuple[Say, Say],
    started: Callable[[RunningServer], None],
) -> ExitCode:
    say, print_error = printers
    contract = load(options.release)
    for operation_id in sorted(options.gateway.allowed or ()):
        contract.operation(operation_id)
    if unknown := without_handlers(contract.operations):
        contract, names = contract.without(unknown), ", ".join(f"{it.method} {it.path}" for it in unknown)
        print_error(f"{options.release}: the server answers {names} like an unknown path, because no release has it.")
    if options.tls is not None:
        options.tls.check()
    config = Configuration.load(options.config) if options.config is not None else Configuration()
    if config.ignored:
        print_error(f"{options.config}: the server ignores {', '.join(config.ignored)}.")
    if not config.enable_http:
        print_error(f"{options.config}: enable-http is false, so there is nothing to serve.")
        return ExitCode.HTTP_DISABLED
    listeners = [
        stack.enter_context(contextlib.closing(listen(options.host, ports))) for ports in _ports(options, config)
    ]
    own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seatunnel-v2-")))
    options = replace(options, log_dir=options.log_dir or own / "logs", files=options.files or own / "files")
    settings = ServerSettings(
        validate_responses=options.validate_responses,
        context_path=config.context_path if options.context_path is None else options.context_path,
        latency=options.latency,
        credentials=_credentials(options, config, contract, print_error),
        about={"connectors": options.connectors.value, "files": str(options.files)},
    )
    web_ui = WebUi.of(options.ui) if options.ui is not None else None
    settings = replace(settings, access_log=_access_log(options, stack, print_error), web_ui=web_ui)
    deployment = _Deployment(options, config, contract, settings, listeners)

    async def run() -> None:
        async with deployment.servers() as (servers, remark):
            cluster = ClusterServer(servers, options.grace)

            def announce() -> None:
                for line in _announcement(contract, servers, remark):
                    say(line)
                started(RunningServer(servers, asyncio.get_running_loop(), cluster.stop))

            await cluster.serve(announce)

    return _run(run, _uvicorn_config(options, contract).get_loop_factory())


@dataclass(frozen=True, eq=False)
class _Deployment:
    """The server: an in-memory engine at each of its nodes, or a gateway to a cluster."""

    options: ServeOptions
    config: Configuration
    contract: Contract
    settings: ServerSettings
    listeners: Sequence[socket]

    def servers(self) -> contextlib.AbstractAsyncContextManager[tuple[Sequence[AppServer], str]]:
        """Return a context manager for an engine, which gives the servers of its nodes and a line about the engine."""
        return self._nodes() if self.options.cluster is None else self._gateway(self.options.cluster)

    @contextlib.asynccontextmanager
    async def _nodes(self) -> AsyncIterator[tuple[Sequence[AppServer], str]]:
        options, config, contract = self.options, self.config, self.contract
        addresses = tuple(address_of(listener, options.host) for listener in self.listeners)
        settings = _engine_settings(options, config, contract, addresses)
        async with _engine(options, config, contract, settings) as engine:
            servers = [NodeServer(*self.served(node, node.number), engine=engine) for node in engine.all_nodes]
            yield servers, f"Files of jobs are written below {options.files}"

    @contextlib.asynccontextmanager
    async def _gateway(self, address: ClusterAddress) -> AsyncIterator[tuple[Sequence[AppServer], str]]:
        async with contextlib.aclosing(ClusterClient(address)) as cluster:
            engine = await ZetaEngine.connect(cluster, address_of(self.listeners[0], self.options.host))
            release = engine.contract.release
            about = {"cluster": address.urls, "clusterRelease": release}
            gateway = Gateway(engine, self.options.gateway)
            deployment = replace(self, settings=replace(self.settings, about=about, gateway=gateway))
            remark = f"Requests are answered by the cluster ({release}) at {', '.join(address.urls)}"
            yield [AppServer(*deployment.served(engine.node, 1))], remark

    def served(self, node: Node, number: int) -> tuple[ASGIApp, socket, str, Configure, int]:
        """Return the arguments of `AppServer` for a node."""
        app = create_app(self.contract, node, settings=self.settings, framework=self.options.framework)
        url = f"{'http' if self.options.tls is None else 'https'}://{node.address}{self.settings.context_path}"
        return app, self.listeners[number - 1], url, partial(_uvicorn_config, self.options, self.contract), number


def _served(release: str) -> str:
    """Return the text about the served release; for `documented`, it names the option that selects an engine's API."""
    run = [overlay.name for overlay in overlays() if overlay.basis and overlay.basis.kind == "artefact-run"]
    if release != DOCUMENTED or not run:
        return release
    return f"{release}: as on its documentation page; add --release {run[-1]} for the API of that engine"


def _announcement(contract: Contract, servers: Sequence[AppServer], remark: str) -> Iterator[str]:
    """Yield a line for each node, the running ones first, and the line about the engine."""
    for server in sorted(servers, key=lambda server: not server.running):
        which = f" as node {server.number} of {len(servers)}" if len(servers) > 1 else ""
        if server.running:
            yield f"Serving SeaTunnel REST API V2 ({_served(contract.release)}){which} on {server.url}"
        else:
            yield f"Node {server.number} of {len(servers)} is stopped, its address is {server.url}"
    yield remark


def _run(
    run: Callable[[], Coroutine[None, None, None]], new_loop: Callable[[], asyncio.AbstractEventLoop] | None
) -> ExitCode:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            runner.run(run())
        except SystemExit:  # uvicorn's way to say that an app's lifespan failed; it has logged why
            return ExitCode.FAILED
    return ExitCode.OK


def _ports(options: ServeOptions, config: Configuration) -> Iterator[Iterable[int]]:
    """Yield for each node the ports that are tried in order."""
    for place in range(options.nodes):
        if options.port is None and config.enable_dynamic_port:
            yield free_ports(config.port, config.port_range)
        else:
            first = config.port if options.port is None else options.port
            yield (first and first + place,)


def _credentials(
    options: ServeOptions, config: Configuration, contract: Contract, print_error: Say
) -> Credentials | None:
    """Return the credentials that requests need; None if they need none.

    Raises `NoCredentials` if the release has no authentication, except for a gateway, which can require credentials in
    any release, as a proxy can.
    """
    can_ask = options.cluster is not None or are_known_to(contract)
    if options.credentials is not None:
        if not can_ask:
            raise errors.NoCredentials(contract.release)
        return options.credentials
    if not config.enable_basic_auth:
        return None
    if not can_ask:
        print_error(f"{contract.release} does not support credentials: enable-basic-auth is ignored")
        return None
    return Credentials(config.basic_auth_username, config.basic_auth_password)


def _access_log(options: ServeOptions, stack: contextlib.ExitStack, print_error: Say) -> Callable[[str], object] | None:
    """Return a function that writes a line of the access log; None if there is no log. Raises `BadConfiguration`."""
    if options.access_log is None:
        return None
    if options.access_log == "-":
        return lambda line: to_stdout(line.rstrip("\n"))
    try:
        # Without a buffer, so that the file has each request after its response, and closing it writes nothing.
        file = stack.enter_context(Path(options.access_log).open("ab", buffering=0))  # noqa: SIM115 - the stack closes it
    except OSError as problem:
        raise errors.FileNotUsable(options.access_log, "written", problem.strerror) from None
    reasons = set[str | None]()

    def write(line: str) -> None:
        try:
            file.write(line.encode())
        except OSError as problem:  # the request is still answered
            if problem.strerror not in reasons:
                print_error(f"the access log {options.access_log} can't be written: {problem.strerror}")
            reasons.add(problem.strerror)

    return write


def _engine(options: ServeOptions, config: Configuration, contract: Contract, settings: EngineSettings) -> MemoryEngine:
    planner = Planner(
        seed=options.seed,
        connectors=Catalogue.of_contract(contract, options.connectors),
        checkpoint_interval=config.checkpoint_interval / 1000,
        chains_are_first=contract.operation("submit_job").behaviour.choice("chainVertex") == "first-number",
    )
    return MemoryEngine(planner=planner, clock=options.clock or RealClock(options.speed), settings=settings)


def _engine_settings(
    options: ServeOptions, config: Configuration, contract: Contract, nodes: tuple[str, ...]
) -> EngineSettings:
    facts = contract.operation("submit_job").behaviour
    shown = in_own_words(contract).schema("Overview")["properties"]
    return EngineSettings(
        nodes=nodes,
        stopped_nodes=options.stopped_nodes,
        log_dir=options.log_dir,
        sandbox=options.files,
        log_response_cap=config.log_response_max_size_mb * 2**20 * (contract.behaviour.choice("longLogs") == "end"),
        slots=config.slot_num,
        dynamic_slots=config.dynamic_slot,
        waits_for_slots=config.waits_for_slots,
        rejected_ids_are_free=facts.choice("rejectedId") == "free",
        rowless_sources_end=facts.choice("rowlessSource") == "ends",
        history_expire_minutes=config.history_job_expire_minutes,
        cleanup_delay=config.state_cleanup_delay_ms / 1000,
        project_version=shown["projectVersion"].get("example", "<unknown>"),
        git_commit=shown["gitCommitAbbrev"].get("example", "DeadD0d0"),
        seed=options.seed,
        input_keys=facts.names("inputKeys"),
        output_keys=facts.names("outputKeys"),
        telemetry=config.telemetry,
    )


_LOGGING: Final = {
    **LOGGING_CONFIG,
    "loggers": {"uvicorn": {"handlers": ["default"], "level": "ERROR", "propagate": False}},
}
"""uvicorn's loggers, without request logs: these would include requests to other servers in this process."""


def _uvicorn_config(options: ServeOptions, contract: Contract, app: ASGIApp | str = "") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol_of(contract),
        ws="none",
        lifespan="on",
        log_config=_LOGGING,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=options.grace,
        ssl_certfile=options.tls.certificate if options.tls else None,
        ssl_keyfile=options.tls.key if options.tls else None,
    )
