"""The settings of a server: its options, its exit codes, and its part of `seatunnel.yaml`.

The keys of that file and their defaults are the engine's (research, section 8). Other keys of the engine are for
features that this server does not have, and are ignored with a warning.
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
from seatunnel_openapi.files import SMALL, UnusableFile, read_bytes
from seatunnel_server.api.binding import Framework
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.errors import BadConfiguration, FileNotUsable
from seatunnel_server.gateway.rules import GatewayRules
from seatunnel_server.http.auth import Credentials


class ExitCode(IntEnum):
    """The exit codes of `serve`, one for each reason."""

    OK = 0
    """Stopped gracefully."""
    FORCED = 1
    """Did not stop within the grace period, so the process was ended by force."""
    USAGE = 2
    """Unknown release, operation or node, a framework that is not installed, or unsupported credentials."""
    PORT_TAKEN = 10
    """The server can't listen on the port, or on any port of the range."""
    BAD_CONFIG = 11
    """`seatunnel.yaml`, or another file of the options, can't be read, or has an invalid setting."""
    BAD_CONTRACT = 12
    """The contract's files are invalid, or the server can't serve the contract."""
    HTTP_DISABLED = 13
    """`seatunnel.yaml` has `enable-http: false`."""
    FAILED = 14
    """The app failed to start."""
    NO_CLUSTER = 15
    """The release of the cluster can't be detected, usually because no node responds."""


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

    If `port` or `context_path` is None, the value of the configuration file is used, or its default. Port 0 is any free
    port. The default folders for logs and for the files of jobs are temporary.
    """

    release: str = "documented"
    host: str = "127.0.0.1"
    port: int | None = None
    context_path: str | None = None
    config: Path | None = None
    credentials: Credentials | None = None
    """The credentials that every request needs, in place of those in the configuration file."""
    framework: Framework = "async"
    speed: float = 1.0
    """The factor by which the engine's time is faster than real time; with infinity, waits take no time."""
    clock: Clock | None = None
    """The engine's clock; None for a real one with `speed`."""
    seed: int = 0
    log_dir: Path | None = None
    files: Path | None = None
    """The root of all paths that jobs write to."""
    connectors: ConnectorMode = ConnectorMode.SIMULATE
    """The treatment of connectors that the engine can't run."""
    validate_responses: bool = True
    latency: float = 0.0
    """The delay of every response, in seconds."""
    tls: TlsFiles | None = None
    """The files of the certificate for HTTPS; None for HTTP."""
    access_log: str | None = None
    """The file of the access log, `-` for stdout; None for no log."""
    ui: Path | None = None
    """The jar or the folder with the engine's web UI, which is served at the root."""
    nodes: int = 1
    """The number of nodes: the first one has the port, the others have the next ports, or any if the port is 0."""
    stopped_nodes: frozenset[int] = frozenset()
    """The numbers, from 1, of the nodes that do not run at first."""
    cluster: ClusterAddress | None = None
    """The cluster behind the gateway; None for an in-memory engine."""
    gateway: GatewayRules = field(default_factory=GatewayRules)
    """The requests and responses that the gateway passes on."""
    grace: int = 10
    """The seconds that open requests get after the signal to stop."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for an invalid context path; a slash at its end is removed."""
        if self.context_path is not None:
            object.__setattr__(self, "context_path", _context_path(self.context_path))


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
    """Return a field for the setting with a dotted key below `seatunnel.engine`; `convert` may raise `ValueError`."""
    about = {"path": ("seatunnel", "engine", *key.split(".")), "convert": convert}
    return field(default=default, metadata=about, **options)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of `seatunnel.yaml`; the defaults hold without the file.

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
    """The MiB after which only the end of a log file is sent, if the release does that; 0 sends whole files."""
    dynamic_slot: bool = _setting("slot-service.dynamic-slot", _truth, default=True)
    slot_num: int = _setting("slot-service.slot-num", _count, 2)
    waits_for_slots: bool = _setting("job-schedule-strategy", _waits, default=False)
    history_job_expire_minutes: int = _setting("history-job-expire-minutes", _count, 1440)
    state_cleanup_delay_ms: int = _setting("state-cleanup-delay-ms", _count, 0)
    """Milliseconds for which responses show an ended job like a running one; 60,000 in engines since July 2026."""
    telemetry: bool = _setting("telemetry.metric.enabled", _truth, default=False)
    checkpoint_interval: int = _setting("checkpoint.interval", _count, 10_000)
    """Milliseconds between two checkpoints of a streaming job without a setting."""
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises `BadConfiguration`."""
        try:
            document = load_yaml(read_bytes(path, SMALL))
        except UnusableFile as problem:
            raise FileNotUsable(path, "read", problem.strerror) from None
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            said = " ".join(str(problem).split()).replace(' in "<byte string>"', "")
            raise BadConfiguration(str(path), f"not valid YAML: {said}") from None
        return cls.parse(document, str(path))

    @classmethod
    def parse(cls, document: Any, source: str) -> Self:
        """Read a parsed file; `source` is its name for errors. Raises `BadConfiguration`."""
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
    """Yield the values in a section and in its subsections, each after its path. Raises `BadConfiguration`."""
    if not isinstance(section, Mapping):
        raise BadConfiguration(source, f"{'.'.join(path) or 'the file'} must be a mapping, not {section!r:.60}.")
    for key, value in section.items():
        inner = (*path, str(key))
        if inner not in sections:
            yield inner, value
        elif value is not None:
            yield from _values(value, inner, sections, source)
