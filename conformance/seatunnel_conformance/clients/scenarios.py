"""The scenarios in which a client runs: the jobs of the server, the id for the client, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol

from seatunnel_conformance.arrange.configurations import Configurations
from seatunnel_conformance.clients.traffic import FOREVER, STOPS, SUBMITS
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.faults.catalogue import FaultEffect, effect_of
from seatunnel_conformance.faults.changes import Change, edited, error, numbered, put, query, sends, unchanged, uses
from seatunnel_conformance.faults.documents import DETAILS, LISTS
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import make_response
from seatunnel_openapi import Contract
from seatunnel_openapi.errors import did_you_mean

UNKNOWN_ID: Final = "987654321098765431"
"""An id that no job has."""

LARGE_ID: Final = 2**53 + 1
"""The smallest id that a 64-bit float can't represent. The next odd numbers can't be represented either."""

WAITS: Final = 2
"""The number of responses that show a job as waiting."""

LONG: Final = 10_000
"""The number of entries of a long list."""

_NO_MASTER: Final = "Target of invocation cannot be found! Partition owner is null"


class UnknownScenario(InvalidSettings):
    """No scenario has this name."""

    def __init__(self, name: str) -> None:
        hint = did_you_mean(name, SCENARIOS, f"there are {', '.join(SCENARIOS)}", cutoff=0.5)
        super().__init__(f"there is no scenario {name!r}; {hint}")


class ServerNode(Protocol):
    """A node of the cluster of a reference server."""

    @property
    def url(self) -> str:
        """The URL of the node."""

    def stop(self) -> None:
        """Stop the node, so that it leaves the cluster."""


class Deployment(Protocol):
    """The reference server of a scenario."""

    def node(self, number: int) -> ServerNode:
        """Return a node by its number. The master is 1."""

    def submit(self, config: dict[str, Any] | None = None, **parameters: str) -> str:
        """Submit a job and return its id."""


@dataclass(frozen=True)
class Stage(Configurations):
    """The reference server of a scenario, and job configurations for its release."""

    deployment: Deployment
    contract: Contract

    def submitted(self, job: str) -> str:
        """Submit a job of a kind in `ClientScenario.jobs`, and return its id. `unknown` submits nothing."""
        if job == "unknown":
            return UNKNOWN_ID
        configs = {"failing": self.failing, "endless": self.endless}
        named = {"jobId": str(LARGE_ID)} if job == "large" else {}
        return self.deployment.submit(configs.get(job, self.batch)(), **named)


@dataclass(frozen=True, slots=True)
class ClientScenario:
    """A scenario.

    `sentence` describes it to users. `effect` changes the traffic between client and server. `jobs` has the kinds of
    the jobs that are submitted before the client starts; the client gets the id of the last one. `nodes` is the size of
    the cluster; the client gets the URL of the last node. `speed` is the factor by which time passes faster on the
    server.
    """

    name: str
    sentence: str
    effect: Callable[[Stage], FaultEffect]
    jobs: tuple[str, ...] = ("batch",)
    nodes: int = 1
    speed: float = 20.0


def always(change: Callable[..., ProxiedExchange], *on: str, **how: Any) -> Callable[[Stage], FaultEffect]:
    """Return a function that makes the effect of a change, whatever the stage."""
    return lambda _: effect_of(change, *on, **how)()


def _failing(stage: Stage) -> FaultEffect:
    return effect_of(_with_config(stage.failing()), *SUBMITS, before=True)()


def _with_config(config: Mapping[str, Any]) -> Change:
    """Replace the configuration in submissions; the name and the id of the job stay."""

    def change(it: ProxiedExchange) -> ProxiedExchange:
        if it.is_for("submit_jobs"):
            items = it.request_json
            params = [item.get("params") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            return it.with_request_body([{"params": found, **config} if found else config for found in params])
        kept = [(name, value) for name, value in it.query if name != "format"]
        changed = it.with_request(path="/submit-job", query=kept).with_request_body(config)
        return changed.with_request_header("Content-Type", "application/json")

    return change


@dataclass
class _Forgetting(FaultEffect):
    """After the first `known_for` reads, which get the real response, the engine does not know any job."""

    stage: Stage
    known_for: int = 0
    reads: int = 0
    _asked: dict[int, tuple[str, ProxiedExchange]] = field(default_factory=dict)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for(*SUBMITS):
            return _with_config(self.stage.endless())(exchange)
        if not exchange.is_for(*DETAILS, *LISTS):
            return exchange
        self.reads += 1
        if self.reads <= self.known_for or not exchange.is_for(*DETAILS):
            return exchange
        changed = exchange.with_request(path=exchange.path.replace(exchange.value, UNKNOWN_ID))
        self._asked[id(changed.request)] = exchange.value, changed
        return changed

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        asked, _ = self._asked.pop(id(exchange.request), ("", None))
        if asked:
            return exchange.with_body(exchange.received.body.replace(UNKNOWN_ID.encode(), asked.encode()))
        return exchange.with_json([]) if exchange.is_for(*LISTS) and self.reads > self.known_for else exchange


def _waiting(read: int) -> Change:
    return edited(put(jobStatus="PENDING")) if read <= WAITS else unchanged


def _large(submission: int) -> Change:
    return query(lambda found: [*found, ("jobId", str(LARGE_ID + 2 * submission))])


def _master_change(stage: Stage) -> FaultEffect:
    def change(read: int) -> Change:
        if read == 1:
            stage.deployment.node(1).stop()
        return error(500, _NO_MASTER) if read <= 2 else unchanged  # noqa: PLR2004 - two reads, as the scenario says

    return effect_of(numbered(change), *DETAILS, *LISTS, before=True)()


def _with_page(status: HTTPStatus, *fields: tuple[str, str]) -> Change:
    """Replace the response by an HTML error page, as a proxy sends it."""
    page = f"{status.value} {status.phrase}"
    text = f"<html><head><title>{page}</title></head><body><h1>{page}</h1></body></html>".encode()
    return lambda it: it.with_response(
        make_response(status, (*fields, ("Content-Type", "text/html")), b"" if it.method == "HEAD" else text)
    )


def _long(it: ProxiedExchange) -> ProxiedExchange:
    found = it.document
    if not found or {"page", "rows"} & it.parameters.keys():
        return it
    texts = [json.dumps({**each, "jobId": "{}"}) for each in found]
    first = int(found[0]["jobId"])
    entries = (texts[at % len(texts)].replace("{}", str(first + at), 1) for at in range(LONG))
    return it.with_body(f"[{','.join(entries)}]".encode())


def _lost(submission: int) -> Change:
    return sends(lambda _: [Cut.RESET]) if submission == 1 else unchanged


_LOGIN: Final = ("WWW-Authenticate", 'Basic realm="SeaTunnel Web UI"')

_ALL: Final = (
    ClientScenario("healthy-job", "Every job finishes after some seconds.", always(unchanged), speed=2.0),
    ClientScenario("failing-job", "Every job fails.", _failing, ("failing",)),
    ClientScenario("unknown-id", "The engine does not know the job, and responds with 200.", _Forgetting, ("unknown",)),
    ClientScenario("ends-between-polls", "Every job ends within less than a second.", always(unchanged)),
    ClientScenario("waiting-job", "The job waits for slots at the first two reads, then it finishes.",
                   always(numbered(_waiting), *DETAILS, when=lambda it: isinstance(it.document, dict))),
    ClientScenario("slow-answer", "GET requests get no response, and the connection stays open.",
                   always(sends(lambda _: [FOREVER, b""]), when=uses("GET"))),
    ClientScenario("stop-error", "Stopping a job is answered with 500.",
                   always(error(500, "The job can't be stopped."), *STOPS, before=True), ("endless",)),
    ClientScenario("large-ids", "Jobs have ids above 2^53.",
                   always(numbered(_large), "submit_job", "submit_job_by_upload", before=True,
                           when=lambda it: "jobId" not in it.parameters), ("large",)),
    ClientScenario("master-change", "The master stops, and the first two reads are answered with 500.",
                   _master_change, nodes=2),
    ClientScenario("expired-history", "The job runs at the first read, and is unknown at the next.",
                   partial(_Forgetting, known_for=1), ("endless",)),
    ClientScenario("credentials", "Every request is answered with 401.",
                   always(_with_page(HTTPStatus.UNAUTHORIZED, _LOGIN), before=True)),
    ClientScenario("long-list", "Lists of jobs have 10,000 entries.", always(_long, *LISTS), ("batch", "endless")),
    ClientScenario("html-error", "GET requests are answered with an error as an HTML page.",
                   always(_with_page(HTTPStatus.BAD_GATEWAY), when=uses("GET"), before=True)),
    ClientScenario("lost-submission", "The connection breaks after the first submission.",
                   always(numbered(_lost), *SUBMITS)),
)  # fmt: skip

SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
"""All scenarios by name, in the order in which they are played."""


def chosen(names: Iterable[str]) -> tuple[ClientScenario, ...]:
    """Return the scenarios with these names, or all scenarios if there are no names. Raises `UnknownScenario`."""
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in SCENARIOS:
            raise UnknownScenario(name)
    return tuple(SCENARIOS[name] for name in wanted or SCENARIOS)
