"""Fixtures with correct and wrong servers, and functions that run the suite against them."""

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asgi import App, app

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.attempts import Causes
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.text.events import from_plain
from seatunnel_openapi import Contract, load
from seatunnel_v2.reference import reference_server

MOST_JOBS = 100
"""The ended jobs of a reference server with which a further test may begin. A new server takes half a second."""


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()


class ReferenceServers:
    """Reference servers, one for each release and options.

    Between two tests, a server with many jobs is replaced by a new one, because most checks read lists of jobs.
    """

    def __init__(self, running: ExitStack, folder: Path) -> None:
        self._running, self._folder = running, folder
        self._found = dict[tuple[str, ...], tuple[str, str, ExitStack]]()

    def address(self, release: str, *options: str, engine: str = "") -> str:
        """Return the address of a server; in one test, it is always the same."""
        if engine:
            config = self._folder / f"{zlib.crc32(engine.encode()):08x}.yaml"
            config.write_text(f"seatunnel: {{engine: {{{engine}}}}}", encoding="utf-8")
            options += ("--config", str(config))
        test, key = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0], (release, *options)
        used, url, server = self._found.get(key, ("", "", ExitStack()))
        if url and used != test and ended_jobs(url) > MOST_JOBS:
            server.close()
            url = ""
        if not url:
            server = self._running.enter_context(ExitStack())
            url = server.enter_context(reference_server(release, *options))
        self._found[key] = (test, url, server)
        return url


def ended_jobs(url: str) -> int:
    """Return the number of jobs in the history of a server, without those that were stopped with a savepoint."""
    with Target(url) as target:
        counts = target.get("/overview").members
    return sum(int(counts[name]) for name in ("finishedJobs", "failedJobs", "cancelledJobs"))


@pytest.fixture(scope="session")
def reference_as(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Return a function that returns the address of a reference server as a release, the same during a test.

    Further arguments are options of `serve`; `engine` is the part `engine` of its configuration, in YAML. With other
    options, it is the address of another server.
    """
    with ExitStack() as servers:
        yield ReferenceServers(servers, tmp_path_factory.mktemp("configurations")).address


@pytest.fixture
def reference(reference_as: Callable[[str], str]) -> str:
    """Return the address of a reference server that speaks as the documentation says."""
    return reference_as("documented")


@pytest.fixture
def one_answer() -> Callable[..., App]:
    """Return a maker of apps that have the same response for everything."""
    return lambda status, body, kind="application/json": app(lambda _: (status, body), kind)


@pytest.fixture
def broken(reference_as: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Return a function that puts an effect before the reference server as a release, and returns the address.

    Further arguments are those of `reference_as`.
    """

    def start(effect: FaultEffect, release: str = "documented", *options: str, **more: str) -> str:
        proxy = proxies.enter_context(Proxy(reference_as(release, *options, **more), load(release)))
        proxy.switch(effect)
        return proxy.url

    with ExitStack() as proxies:
        yield start


@pytest.fixture
def judge() -> Iterator[Callable[..., Outcome]]:
    """Return a function that runs one check against an address, and returns its outcome."""
    contexts = []

    def judged(check_id: str, url: str, release: str = "documented", **more: Any) -> Outcome:
        contract = load(release)
        # Other tests may have left jobs on the server.
        usual = {"seed": 1, "reference": True, "dedicated": True}
        settings = Settings(url=url, release=release, wait=5.0, only=(check_id,), **{**usual, **more})
        context = Context.set_up(settings, contract)
        context.tags.latency = 1.0
        contexts.append(context)
        # The first call of a run states its checks; otherwise, each check would select them.
        checks = select(settings, contract).checks
        Causes.of(context, lambda: checks)
        planned = next(found for found in checks if found.id == check_id)
        return run_check(context, planned)

    yield judged
    for context in contexts:
        context.close()


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """Return a maker of outcomes; by default, their checks have passed."""

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
        return from_plain(Outcome, {**plain, **more})

    return make


@pytest.fixture
def failed(outcome: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Return a maker of failed outcomes, with one text in all places for texts of the target."""

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
            "error": None,
        }
        finding = {"summary": f"answered {text}", "detail": f"assert {text}", "curl": f"curl '{text}'"}
        finding["differences"] = [{"place": "/jobId", "expected": '""', "found": text}]
        said = {"reason": text, "why": "A client would break.", "findings": [finding], "exchanges": [exchange]}
        said["docs"] = "operations/get_job_info.html#job-info.unknown-id"
        return outcome(check_id, "fail", **{**said, **more})

    return make


@pytest.fixture
def stream(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes outcomes as a whole event stream, or one that is cut off, and returns its path."""
    from seatunnel_conformance.report.events import CheckFinished, CheckStarted, EventWriter, RunStarted  # noqa: PLC0415

    def write(*outcomes: Outcome, missing: int = 0, cut: bool = False) -> Path:
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
            if not cut:
                writer.write(writer.footer(1.5, missing=missing, leftovers=()))
        return path

    return write
