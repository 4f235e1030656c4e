"""Runs the suite against servers that deviate in one respect: one clause has to fail, not everything that needs it.

`python -m bench.deviating [NAME ...]` prints for each server how long the run took and what came of it. The servers are
a reference server behind the proxy of faults.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Timer
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from bench.servers import reference_server, started
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.documents import DETAILS, LISTS
from seatunnel_conformance.faults.exchange import ProxiedExchange, without
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import load

RELEASE: Final = "2.3.10"

WORKERS: Final = 4

KILLED: Final = "killed"
"""The name of the server that is killed after `_LIFE` seconds."""

_LIFE: Final = 8.0

Change = Callable[[dict[str, Any]], dict[str, Any]]


def each_object(document: Any, change: Change) -> Any:
    """Return a document with a function applied to each object in it."""
    if isinstance(document, list):
        return [each_object(item, change) for item in document]
    if isinstance(document, dict):
        return change({name: each_object(value, change) for name, value in document.items()})
    return document


def is_id(value: Any) -> bool:
    """Return whether a value is an id that the engine accepts."""
    text = str(value).removeprefix("+")  # as in `Long.parseLong`
    return not isinstance(value, bool) and text.isdecimal() and int(text) < 2**63


def is_long(value: Any) -> bool:
    """Return whether a value is an id that does not fit into 32 bits, as a number."""
    return isinstance(value, int) and is_id(value) and value >= 2**31


class Renamed(FaultEffect):
    """The end time has another name everywhere, jobs have one member more, and the version is unknown."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Rename members, and add one."""
        if exchange.document is None:
            return exchange

        def change(members: dict[str, Any]) -> dict[str, Any]:
            renamed = {"endedAt" if name == "finishTime" else name: value for name, value in members.items()}
            version = {"projectVersion": "9.9.9"} if "projectVersion" in renamed else {}
            more = {"vendorNote": "x"} if "jobStatus" in renamed else {}
            return {**renamed, **version, **more}

        return exchange.with_json(each_object(exchange.document, change))


class Extended(FaultEffect):
    """Every object of a response with status 200 has a member more, as a vendor's extension would."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Add a member."""
        found = exchange.document
        if not exchange.ok or exchange.is_for("encrypt_config") or found is None:
            return exchange
        if isinstance(found, dict) and found.keys() <= {"jobId"} and exchange.is_for(*DETAILS):
            return exchange  # the clauses say that an unknown job has a single member
        if isinstance(found, list):
            more = [{**item, "vendorNote": "x"} if isinstance(item, dict) else item for item in found]
            return exchange.with_json(more)
        return exchange.with_json({**found, "vendorNote": "x"}) if isinstance(found, dict) else exchange


class LateForm(FaultEffect):
    """As a development engine of 3.0: an ended job is shown in the running form for `seconds` seconds."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds
        self.ends: dict[str, float] = {}
        self.options: dict[str, Any] = {}

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Refuse the id of a job that has just ended."""
        job_id = exchange.parameters.get("jobId", "")
        if exchange.is_for("submit_job") and self._is_recent(job_id):
            return exchange.with_error(500, f"{job_id} is waiting for terminal state cleanup, please retry later.")
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Show an ended job in the running form."""
        job = exchange.document
        if not exchange.is_for(*DETAILS) or not isinstance(job, dict) or "jobStatus" not in job:
            return exchange
        if "envOptions" in job:
            self.options[job["jobId"]] = job["envOptions"]
            return exchange
        self.ends.setdefault(job["jobId"], time.monotonic())
        if not self._is_recent(job["jobId"]):
            return exchange
        shown = without(job, "errorMsg", "finishTime")
        more = {"envOptions": self.options.get(job["jobId"], {}), "pluginJarsUrls": [], "isStartWithSavePoint": False}
        return exchange.with_json({**shown, **more})

    def _is_recent(self, job_id: str) -> bool:
        return job_id in self.ends and time.monotonic() - self.ends[job_id] < self.seconds


class Recounted(FaultEffect):
    """The counts of jobs are those that `count` returns, from one response to the next."""

    def __init__(self, count: Callable[[int], int]) -> None:
        self.count = count
        self.asked = 0

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Replace the counts."""
        if exchange.document is None or not exchange.is_for(*DETAILS, *LISTS):
            return exchange
        self.asked += 1
        text = str(self.count(self.asked))

        def change(members: dict[str, Any]) -> dict[str, Any]:
            texts = {name for name, value in members.items() if isinstance(value, str)}
            is_count = {name for name in texts if name.lower().endswith("count")}
            return {name: text if name in is_count else value for name, value in members.items()}

        return exchange.with_json(each_object(exchange.document, change))


class StopIgnored(FaultEffect):
    """Stops are accepted, and not done."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Accept a stop, and do nothing."""
        body = exchange.request_json
        if exchange.is_for("stop_job") and isinstance(body, dict) and is_id(body.get("jobId")):
            return exchange.with_reply(200, {"jobId": str(body["jobId"])})
        if exchange.is_for("stop_jobs") and isinstance(body, list) and all(is_long(item.get("jobId")) for item in body):
            return exchange.with_reply(200, [{"jobId": item["jobId"]} for item in body])
        return exchange


class StaleLists(FaultEffect):
    """Lists stay as they were at the first request."""

    def __init__(self) -> None:
        self.first: dict[str, Any] = {}

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Show the first list again."""
        if exchange.document is None or exchange.method != "GET" or not exchange.is_for(*LISTS):
            return exchange
        return exchange.with_json(self.first.setdefault(exchange.target, exchange.document))


class EverRunning(FaultEffect):
    """Every job is shown as running."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Show a job as running."""
        job = exchange.document
        if not exchange.is_for(*DETAILS) or not isinstance(job, dict) or "jobStatus" not in job:
            return exchange
        shown = without(job, "errorMsg", "finishTime")
        more = {"envOptions": {"job.mode": "BATCH"}, "pluginJarsUrls": [], "isStartWithSavePoint": False}
        return exchange.with_json({**more, **shown, "jobStatus": "RUNNING"})


SERVERS: Final[Mapping[str, Callable[[], FaultEffect]]] = {
    "none": FaultEffect,
    "renamed member, unknown version": Renamed,
    "further members": Extended,
    "running form for 60 s": LateForm,
    "counters frozen": lambda: Recounted(lambda _: 0),
    "counters shrink": lambda: Recounted(lambda asked: 10**6 - asked),
    "stops ignored": StopIgnored,
    "lists stale": StaleLists,
    "jobs never end": EverRunning,
    KILLED: FaultEffect,
}
"""The effects by what deviates."""


@contextmanager
def served(name: str) -> Iterator[str]:
    """Start a reference server that deviates, and yield its address."""
    with started(*reference_server("--release", RELEASE)) as server, Proxy(server.url, load(RELEASE)) as proxy:
        proxy.switch(SERVERS[name]())
        killer = Timer(_LIFE, server.process.kill)
        if name == KILLED:
            killer.start()
        yield proxy.url
        killer.cancel()


def accused(outcomes: list[Outcome]) -> str:
    """Return the groups of the failed checks with their numbers."""
    groups = Counter(outcome.group for outcome in outcomes if outcome.verdict is Verdict.FAIL)
    return ", ".join(f"{group} {number}" for group, number in groups.items())


def main(names: Annotated[list[str] | None, typer.Argument(help=f"Of: {', '.join(SERVERS)}.")] = None) -> None:
    """Print a table with a row for each server."""
    table = Table(
        "what deviates", "requests", "seconds", "failed", "skipped", "inconclusive", "groups of failed checks"
    )
    for name in names or SERVERS:
        with served(name) as url:
            begun = time.monotonic()
            report = run(Settings(url, allow_writes=True, seed=1, workers=WORKERS))
            seconds = time.monotonic() - begun
        outcomes, count = list(report.outcomes), report.footer.counts
        table.add_row(
            name,
            str(sum(outcome.requests for outcome in outcomes)),
            f"{seconds:.0f}",
            *(str(count[verdict]) for verdict in (Verdict.FAIL, Verdict.SKIPPED, Verdict.INCONCLUSIVE)),
            accused(outcomes),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    typer.run(main)
