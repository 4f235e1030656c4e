"""The settings of a server: its options, its exit status, and the part of `seatunnel.yaml` that concerns it.

The keys of that file and their defaults are the engine's own (research, section 8). What it says beyond them is about
things that this server does not have, and is ignored with a warning.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Self

import yaml

from seatunnel_openapi.documents import load_yaml
from seatunnel_openapi.files import SMALL, read_bytes
from seatunnel_server.api.binding import Framework
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.errors import BadConfiguration
from seatunnel_server.gateway.rules import GatewayRules
from seatunnel_server.http.auth import Credentials


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
    NO_CLUSTER = 15
    """The release of the cluster is not known, mostly because no node of it answers."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate with its chain, and its private key, both in PEM."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raise `BadConfiguration` if the files can't be read or don't fit together."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # OpenSSL would ask the terminal for the password of an encrypted key.
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or str(problem)
            raise BadConfiguration(f"{self.certificate}, {self.key}", f"no certificate and key: {reason}") from None


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of a server.

    None for `port` and `context_path` means the values of the configuration file, or its defaults. Port 0 is any free
    port. Without a folder for logs, or for the files of jobs, a temporary one is used.
    """

    release: str = "documented"
    host: str = "127.0.0.1"
    port: int | None = None
    context_path: str | None = None
    config: Path | None = None
    credentials: Credentials | None = None
    """The credentials that every request needs, whatever the configuration file says."""
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
    """How connectors that the engine doesn't run are handled."""
    validate_responses: bool = True
    latency: float = 0.0
    """Delay of every response, in seconds."""
    tls: TlsFiles | None = None
    """The files of the certificate for HTTPS; None serves HTTP."""
    access_log: str | None = None
    """The file that gets a line for each request, `-` for stdout."""
    ui: Path | None = None
    """The jar or the folder with the engine's web UI, which is served at the root."""
    nodes: int = 1
    """How many nodes the cluster has: the first has the port, and each further one the next port or any."""
    stopped_nodes: frozenset[int] = frozenset()
    """The nodes that do not run at first, by their numbers from 1 on."""
    cluster: ClusterAddress | None = None
    """A cluster that answers in place of an in-memory engine."""
    gateway: GatewayRules = field(default_factory=GatewayRules)
    """The requests and responses that the gateway lets pass."""
    grace: int = 10
    """Seconds that requests which are being answered have left after the signal to stop."""


_PORTS: Final = range(1, 65536)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueError("true or false")


def _waits(value: Any) -> bool:
    if isinstance(value, str) and value.upper() in {"WAIT", "REJECT"}:
        return value.upper() == "WAIT"
    raise ValueError("WAIT or REJECT")


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:18])
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number from 0 on")
    return value


def _size(value: Any) -> int:
    return 0 if isinstance(value, int) and value < 0 else _count(value)


def _port(value: Any) -> int:
    try:
        number = _count(value)
    except ValueError:
        number = 0
    if number not in _PORTS:
        raise ValueError("a port from 1 to 65535")
    return number


def _context_path(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.startswith("/")) or set(value) & set("?#% \t\r\n"):
        raise ValueError("a path that begins with a slash")
    return value.rstrip("/")


def _setting(key: str, convert: Callable[[Any], Any], default: Any, **options: Any) -> Any:
    """Return a field that is read from a key, which is named from `seatunnel.engine` on."""
    about = {"path": ("seatunnel", "engine", *key.split(".")), "convert": convert}
    return field(default=default, metadata=about, **options)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of `seatunnel.yaml`; the defaults are those of a node without the file.

    `ignored` are the dotted names of keys without effect.
    """

    enable_http: bool = _setting("http.enable-http", _truth, default=True)
    port: int = _setting("http.port", _port, 8080)
    enable_dynamic_port: bool = _setting("http.enable-dynamic-port", _truth, default=False)
    port_range: int = _setting("http.port-range", _count, 100)
    context_path: str = _setting("http.context-path", _context_path, "")
    enable_basic_auth: bool = _setting("http.enable-basic-auth", _truth, default=False)
    basic_auth_username: str = _setting("http.basic-auth-username", str, "admin")
    basic_auth_password: str = _setting("http.basic-auth-password", str, "admin", repr=False)
    log_response_max_size_mb: int = _setting("http.log-response-max-size-mb", _size, 64)
    """MiB after which only the end of a log file is sent, where the release does that; 0 or less sends whole files."""
    dynamic_slot: bool = _setting("slot-service.dynamic-slot", _truth, default=True)
    slot_num: int = _setting("slot-service.slot-num", _count, 2)
    waits_for_slots: bool = _setting("job-schedule-strategy", _waits, default=False)
    history_job_expire_minutes: int = _setting("history-job-expire-minutes", _count, 1440)
    state_cleanup_delay_ms: int = _setting("state-cleanup-delay-ms", _count, 0)
    """Milliseconds for which an ended job keeps its running form. Engines since July 2026 have 60,000 by default."""
    telemetry: bool = _setting("telemetry.metric.enabled", _truth, default=False)
    checkpoint_interval: int = _setting("checkpoint.interval", _count, 10_000)
    """Milliseconds between two checkpoints of a streaming job that does not say."""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises `BadConfiguration` with the file's name and what is wrong with it."""
        try:
            document = load_yaml(read_bytes(path, SMALL))
        except OSError as problem:
            raise BadConfiguration(str(path), problem.strerror or str(problem)) from None
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            raise BadConfiguration(str(path), f"not valid YAML: {' '.join(str(problem).split())}") from None
        return cls.parse(document, str(path))

    @classmethod
    def parse(cls, document: Any, source: str) -> Self:
        """Read a parsed file. Raises `BadConfiguration`."""
        settings = {each.metadata["path"]: each for each in fields(cls) if each.metadata}
        sections = {path[:length] for path in settings for length in range(len(path))}
        values: dict[str, Any] = {}
        ignored: list[str] = []
        for path, value in _values({} if document is None else document, (), sections, source):
            if path not in settings:
                ignored.append(".".join(path))
            elif value is not None:
                try:
                    values[settings[path].name] = settings[path].metadata["convert"](value)
                except ValueError as problem:
                    raise BadConfiguration(source, f"{'.'.join(path)} must be {problem}, not {value!r}.") from None
        return cls(**values, ignored=tuple(sorted(ignored)))


def _values(
    section: Any, path: tuple[str, ...], sections: Collection[tuple[str, ...]], source: str
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value in a section and the sections in it, with its path. Raises `BadConfiguration`."""
    if not isinstance(section, Mapping):
        raise BadConfiguration(source, f"{'.'.join(path) or 'the file'} must be a mapping, not {section!r:.60}.")
    for key, value in section.items():
        inner = (*path, str(key))
        if inner not in sections:
            yield inner, value
        elif value is not None:
            yield from _values(value, inner, sections, source)
