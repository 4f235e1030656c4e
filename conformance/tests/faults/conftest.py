"""Exchanges that a test makes, and exchanges that were recorded while checks ran."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx2
import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.run.kinds import ClauseCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.text.events import from_plain
from seatunnel_openapi import Contract, load


class Recording(FaultEffect):
    """Changes nothing, and keeps every exchange."""

    def __init__(self) -> None:
        self.exchanges: list[ProxiedExchange] = []

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        self.exchanges.append(exchange)
        return exchange


@pytest.fixture
def recording() -> Recording:
    """An effect that keeps the exchanges it sees."""
    return Recording()


@pytest.fixture(scope="session")
def documented() -> Contract:
    return load()


@pytest.fixture
def asked(documented: Contract) -> Callable[..., ProxiedExchange]:
    """Return a function that makes an exchange without a response."""

    def make(target: str, method: str = "GET", body: bytes = b"", context_path: str = "") -> ProxiedExchange:
        request = Message(f"{method} {target} HTTP/1.1", (("Host", "localhost"),)).with_body(body)
        return ProxiedExchange(documented, request, context_path=context_path)

    return make


@pytest.fixture
def answered(asked: Callable[..., ProxiedExchange]) -> Callable[..., ProxiedExchange]:
    """Return a function that makes an exchange whose response is a JSON document."""

    def make(target: str, document: Any, status: int = 200, **more: Any) -> ProxiedExchange:
        return asked(target, **more).with_reply(status, document)

    return make


@pytest.fixture
def result() -> Callable[..., FaultResult]:
    """Return a function that makes the result of a fault, by default of a killed one."""

    def make(fault: str = "unknown-id-is-404", **more: Any) -> FaultResult:
        plain = {"kind": "semantic", "fate": "killed", "due": "kill", "must": True, "breaks": ["job-info.unknown-id"]}
        return from_plain(FaultResult, {"fault": fault, **plain, **more})

    return make


def session(url: str, contract: Contract, *checks: str) -> list[ProxiedExchange]:
    """Run the checks of these clauses against a deployment, and return all exchanges."""
    recording = Recording()
    with Proxy(url, contract) as proxy:
        proxy.switch(recording)
        settings = Settings(url=proxy.url, release=contract.release, only=checks, wait=20.0, reference=True)
        planned = [one for one in select(settings, contract).checks if isinstance(one.kind, ClauseCheck)]
        with closing(Context.set_up(settings, contract)) as context:
            # Checks that run jobs are first, so that the others find some.
            for one in sorted(planned, key=lambda one: not one.writes):
                run_check(context, one)
            # httpx2 accepts compression, as generated requests do.
            httpx2.get(f"{proxy.url}/overview", trust_env=False)
    return recording.exchanges


@pytest.fixture(scope="session")
def whole_session(reference_as: Callable[..., str], documented: Contract) -> list[ProxiedExchange]:
    """All exchanges of checks of clauses with the reference server, and some with a later release.

    These are for harmless changes of an operation that the documented release does not have.
    """
    later = load("docs-2024-10")
    return [
        *session(reference_as("documented"), documented),
        *session(reference_as(later.release), later, "running-threads"),
    ]


@pytest.fixture(scope="session")
def special_session(documented: Contract, reference_as: Callable[..., str]) -> list[ProxiedExchange]:
    """Exchanges with a reference server that has two nodes, a context path and a fixed number of slots."""
    slots = "slot-service: {dynamic-slot: false, slot-num: 8}"
    url = reference_as("documented", "--nodes", "2", "--context-path", "/seatunnel", engine=slots)
    return session(url, documented, "http.context-path", "overview.*", "stop-job.ended-job")
