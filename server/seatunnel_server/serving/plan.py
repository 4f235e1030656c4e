"""The settings of a server, and its exit status."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from seatunnel_server.app import Framework
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
class ServePlan:
    """The settings of a server.

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
