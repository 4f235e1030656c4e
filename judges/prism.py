"""Validates recorded traffic with Prism's proxy: the recorded requests are sent through it again.

The server behind the proxy sends the recorded responses. Prism is not put between the suite and a deployment, because
it changes the traffic: it answers a HEAD with 500 and a broken body by itself, and adds headers. The suite would report
these changes as failures of the deployment.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.proxy import Proxy, listener_on
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

STARTING: Final = 60.0
"""Maximum seconds until Prism listens."""

MADE_ANEW: Final = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
"""Request headers that belong to a single connection."""

TOO_MANY: Final = "Too many violations! "
"""The prefix of a truncated list of violations."""

KNOWN: Final = Path(__file__).with_name("prism.toml")
"""The known false alarms, each with a reason."""


class PrismFailed(Exception):
    """Prism did not start, or crashed."""


@dataclass(frozen=True, slots=True, order=True)
class PrismViolation:
    """A violation that Prism reports: operation, location in the response, code of the rule, and message."""

    operation: str
    place: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.operation or 'no operation'}: {self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class AcceptedViolation:
    """A known false alarm: patterns of operation, location and message, and the reason."""

    operation: str
    place: str
    message: str
    reason: str

    @classmethod
    def load(cls, path: Path = KNOWN) -> list[Self]:
        """Read the list."""
        return [cls(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["known"]]

    def covers(self, violation: PrismViolation) -> bool:
        """Return whether a violation is this false alarm."""
        pairs = ((getattr(self, name), getattr(violation, name)) for name in ("operation", "place", "message"))
        return all(re.fullmatch(pattern, text) for pattern, text in pairs)


def unshown(
    violations: Iterable[PrismViolation], failed: Collection[str], known: Iterable[AcceptedViolation]
) -> list[PrismViolation]:
    """Return violations, without known false alarms and those of operations with a failed check."""
    rows = tuple(known)
    return sorted(one for one in violations if one.operation not in failed and not any(row.covers(one) for row in rows))


class Tape(FaultEffect):
    """Keeps the exchanges that pass through."""

    def __init__(self) -> None:
        self.exchanges: list[ProxiedExchange] = []

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Keep an exchange as the client receives it."""
        self.exchanges.append(exchange)
        return exchange


@dataclass(slots=True)
class PrismResult:
    """The result of validating exchanges with Prism. Equal exchanges are counted once.

    Only responses are judged, because the suite sends wrong requests on purpose. `asked` is the number of validated
    exchanges. `refused` is the number of exchanges that Prism did not forward: a HEAD, a GET with a body, a body that
    is not JSON, or a crash.
    """

    asked: int = 0
    refused: int = 0
    violations: set[PrismViolation] = field(default_factory=set)


class Prism:
    """A running proxy for the document of a release, at `url`. Raises `PrismFailed` if it does not start."""

    def __init__(self, program: Path, contract: Contract) -> None:
        self.program = program
        self.contract = contract
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._playback = _Playback()
        self._proxy = Proxy("http://127.0.0.1:1", contract, listener=listener_on(0))
        self._stack = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._document = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seatunnel-")), "openapi.json")
            self._document.write_text(json.dumps(self.contract.document), encoding="utf-8")
            stack.enter_context(self._proxy).switch(self._playback)
            self._client = stack.enter_context(httpx2.Client(base_url=self.url, timeout=30, trust_env=False))
            stack.callback(self._stop)
            self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def judged(self, exchanges: Iterable[ProxiedExchange]) -> PrismResult:
        """Send exchanges through Prism and return the result. Of equal exchanges, only one is sent."""
        judged, different = PrismResult(), {_essence(one): one for one in exchanges}
        for exchange in different.values():
            said = self._said(exchange) if exchange.method != "HEAD" else None
            if said is None:
                judged.refused += 1
            else:
                judged.asked += 1
                judged.violations.update(_violation(exchange, one) for one in said if one["location"][0] == "response")
        return judged

    def _said(self, exchange: ProxiedExchange) -> list[Mapping[str, Any]] | None:
        """Return the violations of one exchange; None if Prism does not forward it."""
        self._playback.exchange = exchange
        target = exchange.target.removeprefix(exchange.context_path) if exchange.is_inside else exchange.target
        request = httpx2.Request(
            exchange.method,
            httpx2.URL(self.url).copy_with(raw_path=target.encode("latin-1", "replace")),
            headers=[(name, value) for name, value in exchange.request.fields if name.lower() not in MADE_ANEW],
            content=exchange.request.body,
        )
        try:
            headers = self._client.send(request).headers
        except httpx2.TransportError:
            # A message that is too long for a header makes Prism crash.
            time.sleep(0.2)
            if self._process is None or self._process.poll() is not None:
                self._stop()
                self._start()
            return None
        return None if self._playback.exchange else violations_in(headers.get("sl-violations", "[]"))

    def _start(self) -> None:
        port = str(httpx2.URL(self.url).port)
        options = ["--port", port, "--validate-request", "false", "--verboseLevel", "silent"]
        command = [str(self.program), "proxy", str(self._document), self._proxy.url, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 - fixed
        limit = time.monotonic() + STARTING
        while self._process.poll() is None:
            with suppress(httpx2.TransportError):
                self._client.get("/")
                return
            if time.monotonic() > limit:
                raise PrismFailed(f"Prism did not listen within {STARTING:.0f} s")
            time.sleep(0.1)
        said = self._process.stdout.read().strip() if self._process.stdout else ""
        raise PrismFailed(f"Prism did not start: {said}")

    def _stop(self) -> None:
        if self._process is not None:
            with self._process as process:
                process.terminate()
        self._process = None


def violations_in(header: str) -> list[Mapping[str, Any]]:
    """Return the violations in a header of Prism, which cuts off the list if there are too many."""
    text = header.removeprefix(TOO_MANY)
    found: list[Mapping[str, Any]] = []
    read, place = json.JSONDecoder(), 1
    while True:
        try:
            one, end = read.raw_decode(text, place)
        except json.JSONDecodeError:
            return found
        found.append(one)
        place = end + 1


def _essence(exchange: ProxiedExchange) -> tuple[str, bytes, bytes]:
    """Return the parts of an exchange that Prism looks at: request line, request body and response."""
    return exchange.request.line, exchange.request.body, exchange.received.as_bytes()


def _violation(exchange: ProxiedExchange, said: Mapping[str, Any]) -> PrismViolation:
    operation = next((one for one in exchange.contract.operations if one.id == exchange.operation_id), None)
    # Positions in lists vary from run to run.
    place = ".".join("*" if str(part).isdecimal() else str(part) for part in said["location"])
    message = re.sub(r"(?<=property )\d+(?=\.)", "*", said["message"])
    return PrismViolation(label(operation) if operation else "", place, str(said.get("code", "")), message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Playback(FaultEffect):
    """Sends the response of `exchange` to the next request, without its pauses, and resets `exchange` to None."""

    exchange: ProxiedExchange | None = None

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send the recorded response, without a request to a deployment."""
        played, self.exchange = self.exchange, None
        if played is None:  # only Prism's start asks for nothing
            return exchange.with_error(404)
        pieces = [piece for piece in played.delivery if not isinstance(piece, float)]
        return exchange.with_response(played.received).with_delivery(*pieces)
