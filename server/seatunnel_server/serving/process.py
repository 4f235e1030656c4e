"""The server as a process: from a plan to an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import math
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from socket import socket
from types import FrameType
from typing import Final, TypeAlias

import uvicorn
from starlette.types import ASGIApp

from seatunnel_openapi import Contract, connectors_of, load, overlays
from seatunnel_openapi.chain import DOCUMENTED
from seatunnel_openapi.errors import ContractError, UnknownRelease
from seatunnel_server.app import Framework, ServerSettings, create_app
from seatunnel_server.engine.memory.clock import Clock, RealClock
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings
from seatunnel_server.engine.port import Engine
from seatunnel_server.engine.refusals import FactoryFailed, PluginUnknown
from seatunnel_server.errors import BadConfiguration, FrameworkMissing, NoCredentials, PortTaken, ServerError
from seatunnel_server.http.auth import Credentials, are_known_to
from seatunnel_server.http.listening import accept_no_more, address_of, free_ports, listen
from seatunnel_server.http.protocol import protocol_of
from seatunnel_server.serving.configuration import Configuration


class ExitCode(IntEnum):
    """The exit status of `serve`, one per reason, for scripts.

    The numbers from 10 on are the server's own; the command keeps those below for itself.
    """

    OK = 0
    """Stopped gracefully."""
    FORCED = 1
    """Did not stop within the grace period, so the process was ended by force."""
    USAGE = 2
    """Unknown release, or the framework is not installed."""
    PORT_TAKEN = 10
    """The port can't be listened on, or no port of the range."""
    BAD_CONFIG = 11
    """`seatunnel.yaml` can't be read, or says something that can't be obeyed."""
    BAD_CONTRACT = 12
    """The contract's files are broken, or the server does not fit them."""
    HTTP_DISABLED = 13
    """`seatunnel.yaml` says `enable-http: false`, so there is nothing to serve."""
    FAILED = 14
    """Broke down."""


logger = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_IDLE_SECONDS: Final = 30
_CLOSING_SECONDS: Final = 5
"""What the engine has left to close after the requests have been drained."""

Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServePlan:
    """What is to be served, where and how.

    None for `port` and `context_path` leaves them to the configuration file, or to its defaults. Port 0 is any free
    one. Without a folder for logs, or for the files of jobs, a temporary one is used.
    """

    release: str = "documented"
    host: str = "127.0.0.1"
    port: int | None = None
    context_path: str | None = None
    config: Path | None = None
    credentials: Credentials | None = None
    """What every request has to come with, whatever the configuration file says."""
    framework: Framework = "async"
    speed: float = 1.0
    """How many times faster than real the engine's time passes; infinity does not wait at all."""
    clock: Clock | None = None
    """The engine's time where it is not the machine's; `speed` then says nothing."""
    seed: int = 0
    log_dir: Path | None = None
    files: Path | None = None
    """The root of all paths that jobs write to."""
    connectors: ConnectorMode = ConnectorMode.SIMULATE
    """What becomes of connectors that the engine doesn't run."""
    validate_responses: bool = True
    latency: float = 0.0
    """Delay of every response, in seconds."""
    grace: int = 10
    """Seconds that requests which are being answered have left after the signal to stop."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts requests: its address, and how code in the same process controls it."""

    url: str
    app: ASGIApp
    loop: asyncio.AbstractEventLoop
    stop: Callable[[], None]
    """Has the server drain and end, as a signal does; may be called from any thread."""


def to_stdout(line: str) -> None:
    """Write a line to stdout and flush it, because it may be read through a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def to_stderr(line: str) -> None:
    """Write a line about a problem."""
    sys.stderr.write(f"seatunnel-v2: {line}\n")


def serve(
    plan: ServePlan,
    *,
    say: Say = to_stdout,
    print_error: Say = to_stderr,
    started: Callable[[RunningServer], None] = lambda _: None,
) -> int:
    """Serve until SIGTERM or SIGINT, and return an `ExitCode`.

    `say` gets the address once requests are answered, and then the folder of files, `print_error` every problem, each
    in one line. `started` gets a handle on the server at that moment; outside of the main thread, which alone receives
    signals, it is the way to stop.
    """
    try:
        with contextlib.ExitStack() as stack:
            return _serve(plan, stack, (say, print_error), started)
    except (UnknownRelease, FrameworkMissing, NoCredentials) as problem:
        print_error(str(problem))
        return ExitCode.USAGE
    except BadConfiguration as problem:
        print_error(str(problem))
        return ExitCode.BAD_CONFIG
    except PortTaken as problem:
        print_error(str(problem))
        return ExitCode.PORT_TAKEN
    except (ContractError, ServerError) as problem:
        print_error(" ".join(str(problem).split()))
        return ExitCode.BAD_CONTRACT


def _serve(
    plan: ServePlan, stack: contextlib.ExitStack, printers: tuple[Say, Say], started: Callable[[RunningServer], None]
) -> ExitCode:
    say, print_error = printers
    contract = load(plan.release)
    config = Configuration.load(plan.config) if plan.config is not None else Configuration()
    if config.ignored:
        print_error(f"{plan.config}: the server ignores {', '.join(config.ignored)}.")
    if not config.enable_http:
        print_error(f"{plan.config}: enable-http is false, so there is nothing to serve.")
        return ExitCode.HTTP_DISABLED
    listener = stack.enter_context(contextlib.closing(listen(plan.host, _ports(plan, config))))
    own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seatunnel-v2-")))
    plan = replace(plan, log_dir=plan.log_dir or own / "logs", files=plan.files or own / "files")
    address = address_of(listener, plan.host)
    settings = _server_settings(plan, config, _credentials(plan, config, contract, print_error))
    engine_settings = _engine_settings(plan, config, contract, address)
    url = f"http://{address}{settings.context_path}"

    def announce(app: ASGIApp) -> None:
        say(f"Serving SeaTunnel REST API V2 ({_served(contract.release)}) on {url}")
        say(f"Files of jobs are written below {plan.files}")
        started(RunningServer(url, app, asyncio.get_running_loop(), server.leave))

    server = _Server(_uvicorn_config(plan, contract), announce)

    async def run() -> None:
        engine = _engine(plan, config, contract, engine_settings)
        app = create_app(contract, engine.nodes[0], settings=settings, framework=plan.framework)
        await server.serve_app(app, listener)

    return _run(run, server)


def _served(release: str) -> str:
    """Return which API is served; for the documented one, with the option that selects the one of an engine."""
    run = [overlay.name for overlay in overlays() if overlay.basis and overlay.basis.kind == "artefact-run"]
    if release != DOCUMENTED or not run:
        return release
    return f"{release}: as on its documentation page; add --release {run[-1]} for the API of that engine"


def _run(run: Callable[[], Coroutine[None, None, None]], server: _Server) -> ExitCode:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        try:
            runner.run(run())
        except SystemExit:  # uvicorn's way to say that the app's lifespan failed; it has logged why
            return ExitCode.FAILED
    return ExitCode.OK if server.started else ExitCode.FAILED


def _ports(plan: ServePlan, config: Configuration) -> Iterable[int]:
    if plan.port is not None:
        return (plan.port,)
    if config.enable_dynamic_port:
        return free_ports(config.port, config.port_range)
    return (config.port,)


def _credentials(plan: ServePlan, config: Configuration, contract: Contract, print_error: Say) -> Credentials | None:
    """Return what requests have to come with. Raises `NoCredentials` when that is asked of a release without any."""
    if plan.credentials is not None:
        if not are_known_to(contract):
            raise NoCredentials(contract.release)
        return plan.credentials
    if not config.enable_basic_auth:
        return None
    if not are_known_to(contract):
        print_error(f"{contract.release} does not support credentials: enable-basic-auth is ignored")
        return None
    return Credentials(config.basic_auth_username, config.basic_auth_password)


def _server_settings(plan: ServePlan, config: Configuration, credentials: Credentials | None) -> ServerSettings:
    return ServerSettings(
        validate_responses=plan.validate_responses,
        context_path=config.context_path if plan.context_path is None else plan.context_path,
        latency=plan.latency,
        credentials=credentials,
        about={"connectors": plan.connectors.value, "files": str(plan.files)},
    )


def _engine(plan: ServePlan, config: Configuration, contract: Contract, settings: EngineSettings) -> Engine:
    planner = Planner(
        seed=plan.seed,
        sandbox=plan.files,
        connectors=_catalogue(plan, contract),
        checkpoint_interval=config.checkpoint_interval / 1000,
        chains_are_first=contract.operation("submit_job").behaviour.choice("chainVertex") == "first-number",
    )
    return MemoryEngine(planner=planner, clock=plan.clock or RealClock(plan.speed), settings=settings)


_REFUSALS: Final = {"plugin-not-found": PluginUnknown, "factory-failed": FactoryFailed}
"""The error of a connector that is not installed, by the fact `unknownConnector`."""


def _catalogue(plan: ServePlan, contract: Contract) -> Catalogue:
    refusal = _REFUSALS[contract.operation("submit_job").behaviour.choice("unknownConnector")]
    return Catalogue.of(connectors_of(contract.release), plan.connectors, refusal)


def _engine_settings(plan: ServePlan, config: Configuration, contract: Contract, address: str) -> EngineSettings:
    facts = contract.operation("submit_job").behaviour
    shown = contract.schema("Overview")["properties"]
    return EngineSettings(
        nodes=(address,),
        log_dir=plan.log_dir,
        sandbox=plan.files,
        slots=config.slot_num,
        dynamic_slots=config.dynamic_slot,
        waits_for_slots=config.waits_for_slots,
        rejected_ids_are_free=facts.choice("rejectedId") == "free",
        rowless_sources_end=facts.choice("rowlessSource") == "ends",
        history_expire_minutes=config.history_job_expire_minutes,
        cleanup_delay=config.state_cleanup_delay_ms / 1000,
        project_version=shown["projectVersion"].get("example", "<unknown>"),
        git_commit=shown["gitCommitAbbrev"].get("example", "DeadD0d0"),
        seed=plan.seed,
        input_keys=facts.names("inputKeys"),
        output_keys=facts.names("outputKeys"),
        telemetry=config.telemetry,
    )


def _uvicorn_config(plan: ServePlan, contract: Contract) -> uvicorn.Config:
    return uvicorn.Config(
        _nothing,
        http=protocol_of(contract),
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=plan.grace,
    )


class _Server(uvicorn.Server):
    """uvicorn's server: it says when it is ready, and a signal ends its run, not the process."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[ASGIApp], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def serve_app(self, app: ASGIApp, listener: socket) -> None:
        """Serve an app that was made on this loop until it is stopped."""
        self.config.app = self._app = app
        await self.serve(sockets=[listener])

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._announce(self._app)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let nobody in any more, and drain."""
        await accept_no_more(self.servers)
        await super().shutdown(sockets)

    def leave(self) -> None:
        """Drain, and end."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, and end in any case when the time for that is over: the timer of `faulthandler` needs no Python."""
        grace = self.config.timeout_graceful_shutdown or 0
        faulthandler.dump_traceback_later(grace + _CLOSING_SECONDS, exit=True, file=sys.__stderr__ or sys.stderr)
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain on SIGINT and SIGTERM. Unlike uvicorn's own, this does not raise the signal again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            for number, handler in before.items():
                signal.signal(number, handler)


async def _nothing(*_: object) -> None:
    """Stand in for the app, which is made on the loop that serves it."""


def parse_speed(text: str) -> float:
    """Read a speed: a number above 0, or `max`. Raises `ValueError`."""
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise ValueError(f"a speed is a number above 0, or max, not {text}")
    return speed
