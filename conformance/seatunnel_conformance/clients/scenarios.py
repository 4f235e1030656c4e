"""The scenarios: what the server does, and which job id the client gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol

from seatunnel_conformance.arrange.configurations import Configurations
from seatunnel_conformance.clients.traffic import FOREVER, LISTS, READS, STOPS, SUBMITS
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import make_response
from seatunnel_openapi import Contract

UNKNOWN_ID: Final = "987654321098765431"
"""An id that no job has."""

LARGE_ID: Final = 2**53 + 1
"""The smallest id that a 64-bit float can't hold. The following odd numbers can't be held either."""

WAITS: Final = 2
"""Reads at which a job waits for slots."""

LONG: Final = 10_000
"""Entries of a long list."""

_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_NO_MASTER: Final = "Target of invocation cannot be found! Partition owner is null"


class UnknownScenario(InvalidSettings):
    """There is no such scenario."""

    def __init__(self, name: str) -> None:
        meant = " or ".join(get_close_matches(name, SCENARIOS, n=2, cutoff=0.5))
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(SCENARIOS)}"
        super().__init__(f"there is no scenario {name!r}; {hint}")


class ServerNode(Protocol):
    """A node of a server's cluster."""

    @property
    def url(self) -> str:
        """The address."""

    def stop(self) -> None:
        """Leave the cluster."""


class Deployment(Protocol):
    """The reference server of a scenario."""

    def node(self, number: int) -> ServerNode:
        """Return a node; the first, which is the master, is 1."""

    def submit(self, config: dict[str, Any] | None = None, **parameters: str) -> str:
        """Submit a job and return its id."""


@dataclass(frozen=True)
class Stage(Configurations):
    """A server, and the configurations of jobs for its release."""

    deployment: Deployment
    contract: Contract

    def submitted(self, job: str) -> str:
        """Submit a job of this kind, and return its id."""
        if job == "unknown":
            return UNKNOWN_ID
        configs = {"failing": self.failing, "endless": self.endless}
        named = {"jobId": str(LARGE_ID)} if job == "large" else {}
        return self.deployment.submit(configs.get(job, self.batch)(), **named)


@dataclass(frozen=True, slots=True)
class ClientScenario:
    """A scenario: `jobs` are submitted before the client starts, and it gets the id of the last one.

    `speed` is that of the engine; `nodes` is the size of the cluster, of which the client is given the last node.
    """

    name: str
    sentence: str
    effect: Callable[[Stage], FaultEffect]
    jobs: tuple[str, ...] = ("batch",)
    nodes: int = 1
    speed: float = 20.0


@dataclass
class _Effect(FaultEffect):
    """The effect of a scenario, which counts the reads of jobs."""

    stage: Stage
    reads: int = 0
    lost: bool = field(default=False)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange


class _Failing(_Effect):
    """Every job that the client submits fails."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return _with_config(exchange, self.stage.failing()) if exchange.is_for(*SUBMITS) else exchange


def _with_config(exchange: ProxiedExchange, config: Mapping[str, Any]) -> ProxiedExchange:
    """Return a submission of another configuration with the same parameters."""
    if exchange.is_for("submit_jobs"):
        items = exchange.request_json
        params = [item.get("params") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return exchange.with_request_body([{"params": found, **config} if found else config for found in params])
    kept = [(name, value) for name, value in exchange.query if name != "format"]
    changed = exchange.with_request(path="/submit-job", query=kept).with_request_body(config)
    return changed.with_request_header("Content-Type", "application/json")


@dataclass
class _Forgetting(_Effect):
    """The engine does not know any job, after a number of reads at which the job still runs."""

    known_for: int = 0
    _asked: dict[int, tuple[str, ProxiedExchange]] = field(default_factory=dict)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for(*SUBMITS):
            return _with_config(exchange, self.stage.endless())
        if not exchange.is_for(*READS, *LISTS):
            return exchange
        self.reads += 1
        if self.reads <= self.known_for or not exchange.is_for(*READS):
            return exchange
        changed = exchange.with_request(path=exchange.path.replace(exchange.value, UNKNOWN_ID))
        self._asked[id(changed.request)] = exchange.value, changed
        return changed

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        asked, _ = self._asked.pop(id(exchange.request), ("", None))
        if asked:
            return exchange.with_body(exchange.received.body.replace(UNKNOWN_ID.encode(), asked.encode()))
        return exchange.with_json([]) if exchange.is_for(*LISTS) and self.reads > self.known_for else exchange


class _Waiting(_Effect):
    """Jobs wait for slots at the first reads."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(*READS) or not isinstance(found := exchange.document, dict) or self.reads >= WAITS:
            return exchange
        self.reads += 1
        return exchange.with_json({**found, "jobStatus": "PENDING"})


class _Silent(_Effect):
    """The responses to reads do not come."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_delivery(FOREVER, b"") if exchange.method == "GET" else exchange


class _Unstoppable(_Effect):
    """Stops are answered with 500."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_error(500, "The job can't be stopped.") if exchange.is_for(*STOPS) else exchange


class _Large(_Effect):
    """Submitted jobs get ids above 2^53 that lose digits as a number."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for("submit_job", "submit_job_by_upload") or "jobId" in exchange.parameters:
            return exchange
        self.reads += 1
        return exchange.with_request(query=[*exchange.query, ("jobId", str(LARGE_ID + 2 * self.reads))])


class _MasterChange(_Effect):
    """The master ends at the first read; the other node answers two reads with an error meanwhile."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(*READS, *LISTS):
            return exchange
        self.reads += 1
        if self.reads == 1:
            self.stage.deployment.node(1).stop()
        return exchange.with_error(500, _NO_MASTER) if self.reads <= 2 else exchange  # noqa: PLR2004 - see above


class _Locked(_Effect):
    """Every request is answered with 401, as a node with basic auth does."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        fields = (("WWW-Authenticate", 'Basic realm="SeaTunnel Web UI"'),)
        return _with_page(
            exchange, HTTPStatus.UNAUTHORIZED, _PAGE.replace(b"502 Bad Gateway", b"401 Unauthorized"), fields
        )


class _Gateway(_Effect):
    """Reads are answered with the error page of a proxy."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return _with_page(exchange, HTTPStatus.BAD_GATEWAY, _PAGE) if exchange.method == "GET" else exchange


def _with_page(
    exchange: ProxiedExchange, status: HTTPStatus, page: bytes, fields: tuple[tuple[str, str], ...] = ()
) -> ProxiedExchange:
    body = b"" if exchange.method == "HEAD" else page
    return replace(exchange, response=make_response(status, (*fields, ("Content-Type", "text/html")), body))


class _LongLists(_Effect):
    """Lists of jobs have 10,000 entries."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        found = exchange.document
        if not exchange.is_for(*LISTS) or not found or {"page", "rows"} & exchange.parameters.keys():
            return exchange
        texts = [json.dumps({**each, "jobId": "{}"}) for each in found]
        first = int(found[0]["jobId"])
        entries = (texts[at % len(texts)].replace("{}", str(first + at), 1) for at in range(LONG))
        return exchange.with_body(f"[{','.join(entries)}]".encode())


class _Lost(_Effect):
    """The connection ends after the first submission was accepted."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for(*SUBMITS) or self.lost:
            return exchange
        self.lost = True
        return exchange.with_delivery(Cut.RESET)


_ALL: Final = (
    ClientScenario("healthy-job", "Every job finishes after some seconds.", _Effect, speed=2.0),
    ClientScenario("failing-job", "Every job fails.", _Failing, ("failing",)),
    ClientScenario("unknown-id", "The engine does not know the job, and answers 200.", _Forgetting, ("unknown",)),
    ClientScenario("ends-between-polls", "Every job ends within less than a second.", _Effect),
    ClientScenario("waiting-job", "The job waits for slots at the first two reads, then it finishes.", _Waiting),
    ClientScenario("slow-answer", "The response to a GET request does not come.", _Silent),
    ClientScenario("stop-error", "Stopping a job is answered with 500.", _Unstoppable, ("endless",)),
    ClientScenario("large-ids", "Jobs have ids above 2^53.", _Large, ("large",)),
    ClientScenario(
        "master-change", "The master ends; two reads are answered with 500 meanwhile.", _MasterChange, nodes=2
    ),
    ClientScenario(
        "expired-history",
        "The job runs at the first read, and is unknown at the next.",
        partial(_Forgetting, known_for=1),
        ("endless",),
    ),
    ClientScenario("credentials", "Every request is answered with 401.", _Locked),
    ClientScenario("long-list", "Lists of jobs have 10,000 entries.", _LongLists, ("batch", "endless")),
    ClientScenario("html-error", "GET requests are answered with 502 and an HTML page.", _Gateway),
    ClientScenario("lost-submission", "The connection breaks after the first submission.", _Lost),
)

SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
"""All scenarios by name, in the order in which they are played."""


def chosen(names: Iterable[str]) -> tuple[ClientScenario, ...]:
    """Return the scenarios of these names, or all if there are none. Raises `UnknownScenario`."""
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in SCENARIOS:
            raise UnknownScenario(name)
    return tuple(SCENARIOS[name] for name in wanted or SCENARIOS)
