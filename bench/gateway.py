"""Measure what a gateway costs: `python -m bench.gateway`.

One client sends its requests one after the other, because the gateway would share a response between simultaneous ones.
The cluster is a reference server, or the engine at `--engine` with the process `--engine-pid`.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx2
import psutil
import typer
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.jobs import fill
from bench.servers import Running, asgi_server, free_port, reference_server, started
from seatunnel_openapi import load

RELEASE, OTHER = "2.3.13", "2.3.9"
RATE = 200
CONNECTIONS = 10


@dataclass(frozen=True)
class GatewayReading:
    """The measurement of one path on one server."""

    cpu: float
    """CPU time of the server per request, in milliseconds."""
    p50: float
    """Median of the response times, in milliseconds."""
    p99: float
    """99th percentile of the response times, in milliseconds."""


def main(  # noqa: PLR0913, PLR0917 - a parameter for each option
    seconds: Annotated[float, typer.Option(help="Duration of one measurement.", min=0.5, max=30)] = 3,
    rounds: Annotated[int, typer.Option(help="Measurements of each server; the best figures count.", min=1, max=9)] = 3,
    jobs: Annotated[int, typer.Option(help="Finished jobs in the cluster.", min=1)] = 1000,
    consoles: Annotated[int, typer.Option(help="Clients that poll at the same time.", min=1, max=200)] = 50,
    engine: Annotated[str | None, typer.Option(help="URL of an engine, in place of a reference server.")] = None,
    engine_pid: Annotated[int | None, typer.Option(help="Its process, for its CPU time.")] = None,
    engine_release: Annotated[str, typer.Option(help="Its release.")] = RELEASE,
    prism: Annotated[Path | None, typer.Option(help="Prism's command, to measure its proxy, too.")] = None,
) -> None:
    """Measure a gateway of the cluster's release, one of another release, other proxies, and the cluster itself."""
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(engine, engine_pid))
        fill(cluster.url, jobs, engine_release)
        listed = httpx2.get(f"{cluster.url}/finished-jobs", timeout=60).json()
        job = next(it["jobId"] for it in listed if it["jobName"].startswith("bench-"))
        servers = [cluster, *_in_front(stack, cluster.url, engine_release, prism)]
        one, many = functools.partial(measure, seconds=seconds), functools.partial(at_rate, seconds=seconds)
        Console().print(
            table("One client", servers, ("/overview", f"/job-info/{job}", "/finished-jobs"), one, rounds),
            table(f"{RATE} requests a second", servers, ("/overview", f"/job-info/{job}"), many, rounds),
            f"{jobs:,} finished jobs",
        )
        polls = Table("asked", "CPU of the cluster", title=f"{consoles} clients that read /finished-jobs once a second")
        for server in servers[:3]:
            polls.add_row(server.name, f"{polling(server, cluster, consoles, seconds=seconds):.0%}")
        Console().print(polls)


def _in_front(stack: ExitStack, url: str, release: str, prism: Path | None) -> Iterator[Running]:
    """Start gateways and other proxies in front of a cluster."""
    to_it = ["--engine", url, "--engine-release", release]
    for name, served in (("same release", release), (f"{OTHER} in front", OTHER)):
        yield stack.enter_context(started(name, *reference_server("--release", served, *to_it)[1:]))
    bare = asgi_server("Starlette, httpx2", "bench.gateway:proxy")
    yield stack.enter_context(started(*bare, environment={"BENCH_UPSTREAM": url}))
    if prism is not None:
        document, port = Path(stack.enter_context(tempfile.TemporaryDirectory()), "openapi.json"), free_port()
        document.write_text(json.dumps(load(release).document), encoding="utf-8")
        command = [str(prism), "proxy", str(document), url, "--port", str(port), "--verboseLevel", "silent"]
        yield stack.enter_context(started("Prism", command, port))


def table(
    title: str,
    servers: Sequence[Running],
    paths: Sequence[str],
    take: Callable[[Running, str], GatewayReading],
    rounds: int,
) -> Table:
    """Compare the best figures of each server with the figures of the cluster, the first server.

    The servers alternate.
    """
    view = Table("path", "server", "CPU ms", "p50 ms", "of the cluster", "p99 ms", "added", title=title)
    for path in paths:
        readings = [[take(server, path) for server in servers] for _ in range(rounds)]
        best = [
            GatewayReading(*map(min, zip(*map(astuple, column), strict=True))) for column in zip(*readings, strict=True)
        ]
        own = best[0]
        for server, it in zip(servers, best, strict=True):
            compared = f"{it.p50 / own.p50:.2f}", f"{it.p99:.2f}", f"{it.p99 - own.p99:+.2f}"
            view.add_row(path, server.name, f"{it.cpu:.2f}", f"{it.p50:.2f}", *compared)
    return view


def proxy() -> Starlette:
    """Return a Starlette app that only forwards requests to the URL in `BENCH_UPSTREAM`."""
    client = httpx2.AsyncClient(base_url=os.environ["BENCH_UPSTREAM"], timeout=60)

    async def passed_on(request: Request) -> Response:
        answer = await client.request(
            request.method, request.url.path, params=request.query_params, content=await request.body()
        )
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    return Starlette(routes=[Route("/{path:path}", passed_on, methods=["GET", "POST"])])


@contextmanager
def _cluster(url: str | None, pid: int | None) -> Iterator[Running]:
    if url is not None:
        yield Running("cluster", url.rstrip("/"), psutil.Process(pid or os.getpid()))
        return
    with started("cluster", *reference_server("--release", RELEASE, "--speed", "200")[1:]) as server:
        yield server


def measure(server: Running, path: str, *, seconds: float) -> GatewayReading:
    """Send requests one after the other for some seconds."""
    times: list[float] = []
    asked = _asking(server.url, path)
    for _ in range(5):
        next(asked)
    before, limit = server.cpu_seconds(), time.monotonic() + seconds
    while time.monotonic() < limit:
        times.append(next(asked))
    return _reading(times, server.cpu_seconds() - before)


def at_rate(server: Running, path: str, *, seconds: float) -> GatewayReading:
    """Send `RATE` requests a second. Response times are measured from the scheduled time of a request."""
    times: list[float] = []
    begin, count = time.monotonic() + 0.2, int(RATE * seconds)

    def ask(first: int) -> None:
        asked = _asking(server.url, path)
        next(asked)
        for number in range(first, count, CONNECTIONS):
            due = begin + number / RATE
            time.sleep(max(0, due - time.monotonic()))
            next(asked)
            times.append(time.monotonic() - due)

    before = server.cpu_seconds()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(CONNECTIONS)))
    return _reading(times, server.cpu_seconds() - before)


def _reading(times: list[float], cpu: float) -> GatewayReading:
    p99 = sorted(times)[int(len(times) * 0.99)]
    return GatewayReading(cpu / len(times) * 1e3, statistics.median(times) * 1e3, p99 * 1e3)


def _asking(url: str, path: str) -> Iterator[float]:
    """Send requests one after the other on one connection, and yield the seconds that each took."""
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
    """Return the CPU use of the cluster, 1.0 for a core, while clients read `/finished-jobs` once a second."""
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
