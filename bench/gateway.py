"""Measure what a gateway costs: `python -m bench.gateway`.

Requests are sent one after the other, so that none is answered with the response to another. The cluster is a
reference server, or the engine at `--engine`, whose CPU time is then not known.
"""

from __future__ import annotations

import http.client
import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import psutil
import typer
from rich.console import Console
from rich.table import Table

from bench.jobs import fill
from bench.servers import Running, reference_server, started

RELEASE, OTHER = "2.3.13", "2.3.9"


@dataclass(frozen=True)
class Reading:
    """One path of one server."""

    cpu: float
    """CPU time of the server per request, in milliseconds."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""


def main(  # noqa: PLR0913, PLR0917 - a parameter for each option
    seconds: Annotated[float, typer.Option(help="Duration of one measurement.", min=0.5, max=30)] = 3,
    jobs: Annotated[int, typer.Option(help="Finished jobs in the cluster.", min=1)] = 1000,
    consoles: Annotated[int, typer.Option(help="Clients that poll at the same time.", min=1, max=200)] = 50,
    engine: Annotated[str | None, typer.Option(help="URL of an engine, in place of a reference server.")] = None,
    engine_pid: Annotated[int | None, typer.Option(help="Its process, for its CPU time.")] = None,
    engine_release: Annotated[str, typer.Option(help="Its release.")] = RELEASE,
) -> None:
    """Compare a gateway to the same release, and one to another, with the cluster itself."""
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(engine, engine_pid))
        fill(cluster.url, jobs)
        listed = httpx.get(f"{cluster.url}/finished-jobs", timeout=60).json()
        job = next(it["jobId"] for it in listed if it["jobName"].startswith("bench-"))
        to_it = ["--engine", cluster.url, "--engine-release", engine_release]
        servers = [
            cluster,
            *(
                stack.enter_context(started(name, *reference_server("--release", release, *to_it)[1:]))
                for name, release in (("same release", engine_release), (f"{OTHER} in front", OTHER))
            ),
        ]
        paths = ("/overview", f"/job-info/{job}", "/finished-jobs")
        view = Table("path", "server", "CPU ms", "p50 ms", "p99 ms", title=f"{jobs:,} finished jobs, one client")
        for path in paths:
            for server in servers:
                it = measure(server, path, seconds=seconds)
                view.add_row(path, server.name, f"{it.cpu:.2f}", f"{it.p50:.2f}", f"{it.p99:.2f}")
        polls = Table("asked", "CPU of the cluster", title=f"{consoles} clients that read /finished-jobs once a second")
        for server in servers:
            polls.add_row(server.name, f"{polling(server, cluster, consoles, seconds=seconds):.0%}")
        Console().print(view, polls)


@contextmanager
def _cluster(url: str | None, pid: int | None) -> Iterator[Running]:
    if url is not None:
        yield Running("cluster", url.rstrip("/"), psutil.Process(pid or os.getpid()))
        return
    with started("cluster", *reference_server("--release", RELEASE, "--speed", "200")[1:]) as server:
        yield server


def measure(server: Running, path: str, *, seconds: float) -> Reading:
    """Send requests one after the other for some seconds."""
    times: list[float] = []
    asked = _asking(server.url, path)
    for _ in range(5):
        next(asked)
    before, limit = server.cpu_seconds(), time.monotonic() + seconds
    while time.monotonic() < limit:
        times.append(next(asked))
    cpu = (server.cpu_seconds() - before) / len(times)
    p99 = sorted(times)[int(len(times) * 0.99)]
    return Reading(cpu * 1e3, statistics.median(times) * 1e3, p99 * 1e3)


def _asking(url: str, path: str) -> Iterator[float]:
    """Yield the seconds of one request after the other, on one connection."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    while True:
        start = time.perf_counter()
        connection.request("GET", place.path + path)
        response = connection.getresponse()
        response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{url}{path} answered {response.status}")
        yield time.perf_counter() - start


def polling(server: Running, cluster: Running, consoles: int, *, seconds: float) -> float:
    """Have clients read the list of finished jobs once a second; return the cores that the cluster was busy with."""
    ended = threading.Event()

    def poll() -> None:
        for _ in _asking(server.url, "/finished-jobs"):
            if ended.wait(1):
                return

    threads = [threading.Thread(target=poll, daemon=True) for _ in range(consoles)]
    for thread in threads:
        thread.start()
    before, start = cluster.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    spent, passed = cluster.cpu_seconds() - before, time.monotonic() - start
    ended.set()
    for thread in threads:
        thread.join(60)
    return spent / passed


if __name__ == "__main__":
    typer.run(main)
