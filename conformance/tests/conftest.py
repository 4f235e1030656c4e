"""Servers to try the suite on, good and bad, and ways to try it."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

import seatunnel_conformance.run.plugin  # noqa: F401 - has the checks' asserts rewritten, as in a run
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.judging import judge as judge_planned
from seatunnel_conformance.run.selection import plan
from seatunnel_openapi import Contract, load

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Run a reference server whose jobs take a twentieth of their real time, and yield its address."""
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--port", "0", "--speed", "20", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"https?://\S+", said)
        assert found, f"the reference server did not start: {said}"
        yield found[0]
        process.terminate()


@pytest.fixture(scope="session")
def reference_as() -> Iterator[Callable[[str], str]]:
    """Return a function that returns the address of a reference server as a release, one for all tests."""
    with ExitStack() as servers:
        yield cache(lambda release: servers.enter_context(serving("--release", release)))


@pytest.fixture(scope="session")
def reference(reference_as: Callable[[str], str]) -> str:
    """Return the address of a reference server that speaks as the documentation says."""
    return reference_as("documented")


def answering(status: int, body: bytes, kind: bytes = b"application/json") -> App:
    """Make an app that gives one answer to everything."""

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": body})

    return app


@pytest.fixture
def one_answer() -> Callable[..., App]:
    """Return `answering`: a maker of apps that give one answer to everything."""
    return answering


@dataclass(frozen=True)
class Asked:
    """A request on its way to the reference server."""

    method: str
    target: str
    body: bytes
    kind: str = "application/json"

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def with_json(self, document: Any) -> "Asked":
        return replace(self, body=json.dumps(document).encode())


Answering = tuple[int, Any]
"""A status and a JSON document."""

Fault = Callable[[Asked, Callable[[Asked], Answering]], Answering]
"""What a broken server does: it gets a request and a way to have it answered, and returns the answer."""


@pytest.fixture
def broken(
    reference_as: Callable[[str], str], served: Callable[[App], AbstractContextManager[str]]
) -> Iterator[Callable[..., str]]:
    """Return a function that starts a broken server, the reference server with one fault, and returns its address."""

    def start(fault: Fault, release: str = "documented") -> str:
        async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                asked = await read(scope, receive)
                status, headers, body = await asyncio.to_thread(answered, client, reference_as(release), asked, fault)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

        return servers.enter_context(served(app))

    # One client for all requests: making one takes longer than an answer. It stays for as long as a server may ask it.
    with httpx.Client(trust_env=False, headers={"Connection": "keep-alive"}) as client, ExitStack() as servers:
        yield start


async def read(scope: dict[str, Any], receive: Receive) -> Asked:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    kind = dict(scope["headers"]).get(b"content-type", b"application/json").decode("latin-1")
    return Asked(scope["method"], (scope["raw_path"] + query).decode("latin-1"), body, kind)


def answered(
    client: httpx.Client, address: str, asked: Asked, fault: Fault
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Answer a request with the fault in between; what is no JSON passes as it is."""
    passed: list[httpx.Response] = []

    def ask(request: Asked) -> Answering:
        headers = {"Content-Type": request.kind} if request.body else {}
        built = httpx.Request(request.method, address, headers=headers, content=request.body)
        built.extensions["target"] = request.target.encode("latin-1")
        passed.append(client.send(built))
        try:
            return passed[-1].status_code, passed[-1].json()
        except ValueError:
            return passed[-1].status_code, None

    status, document = fault(asked, ask)
    if not passed:
        return status, [(b"content-type", b"application/json")], json.dumps(document).encode()
    kept = [(name, value) for name, value in passed[-1].headers.raw if name.lower() in {b"content-type", b"allow"}]
    return status, kept, passed[-1].content if document is None else json.dumps(document).encode()


@pytest.fixture
def judge() -> Iterator[Callable[..., Outcome]]:
    """Return a function that makes one check against an address, and returns what it came to."""
    contexts = []

    def judged(check_id: str, url: str, release: str = "documented", **more: Any) -> Outcome:
        contract = load(release)
        settings = Settings(url=url, release=release, wait=5.0, only=(check_id,), **{"seed": 1, **more})
        context = Context.set_up(settings, contract)
        context.tags.latency = 1.0
        contexts.append(context)
        planned = next(found for found in plan(settings, contract, registry.all_checks()) if found.id == check_id)
        return judge_planned(context, planned)

    yield judged
    for context in contexts:
        context.close()


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """Return a maker of outcomes, passed ones unless told otherwise."""

    def make(check_id: str = "job-info.unknown-id", verdict: str = "pass", **more: Any) -> Outcome:
        plain = {
            "id": check_id,
            "verdict": verdict,
            "level": "MUST",
            "text": "A sentence.",
            "operation": "GET /job-info/{jobId}",
            "reason": "",
            "why": "",
            "only": f"seatunnel-v2 conform http://localhost --only {check_id}",
            "findings": [],
            "exchanges": [],
            "requests": 1,
            "seconds": 0.01,
            "docs": "",
        }
        return Outcome.from_event({**plain, **more})

    return make


@pytest.fixture
def failed(outcome: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Return a maker of failed outcomes, into which a text of the target is put wherever one can come."""

    def make(text: str = "404", check_id: str = "job-info.unknown-id", **more: Any) -> Outcome:
        exchange = {
            "method": "GET",
            "url": f"http://localhost/job-info/1?{text}",
            "curl": f"curl 'http://localhost/{text}'",
            "sent": {"headers": [["x-sent", text]], "body": text},
            "ended": "2026-11-25T14:00:01.000+00:00",
            "status": 404,
            "headers": [["x-target", text]],
            "body": text,
            "seconds": 0.01,
            "trouble": None,
        }
        finding = {"summary": f"answered {text}", "detail": f"assert {text}", "curl": f"curl '{text}'"}
        finding["differences"] = [{"place": "/jobId", "expected": '""', "found": text}]
        said = {"reason": text, "why": "A client would break.", "findings": [finding], "exchanges": [exchange]}
        said["docs"] = "operations/get_job_info.html#job-info.unknown-id"
        return outcome(check_id, "fail", **{**said, **more})

    return make


@pytest.fixture
def stream(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes outcomes as a whole event stream, and returns its path."""
    from seatunnel_conformance.report.events import CheckFinished, CheckStarted, EventWriter, RunStarted  # noqa: PLC0415

    def write(*outcomes: Outcome, missing: int = 0) -> Path:
        path = tmp_path / "events.ndjson"
        with path.open("w", encoding="utf-8") as file:
            writer = EventWriter(file)
            writer.write(
                RunStarted(
                    target="http://localhost:8080",
                    release="documented",
                    contract="0" * 64,
                    profile="standard",
                    seed=7,
                    run="abc",
                    suite="0.1.0",
                    started="2026-11-25T14:00:00+00:00",
                    selected=len(outcomes) + missing,
                    checks=(*(one.id for one in outcomes), *(f"missing.check-{n}" for n in range(missing))),
                )
            )
            for one in outcomes:
                writer.write(CheckStarted(one.id))
                writer.write(CheckFinished(one))
            writer.write(writer.footer(1.5, missing=missing, leftovers=()))
        return path

    return write
