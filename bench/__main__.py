"""Measure the reference server: `python -m bench`.

It is compared with plain Starlette and unmodified connexion, which send the same response bodies. The bodies are in the
folder `BENCH_BODIES`, named after operations.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Final

import connexion
import httpx2
import typer
from connexion.resolver import Resolver
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.gateway import measure
from bench.jobs import BenchJobs, fill
from bench.servers import Running, asgi_server, reference_server, started
from seatunnel_openapi import load

ROUTES: Final = {"get_overview": "/overview", "get_job_info": "/job-info/{jobId}", "get_running_jobs": "/running-jobs"}
STREAMS: Final = 20
"""Number of running jobs."""

PATIENCE: Final = 30.0
"""Maximum seconds until `/running-jobs` lists these jobs."""


def main(
    rounds: Annotated[int, typer.Option(help="Measurements of each server and route; the best counts.", min=1)] = 3,
    seconds: Annotated[float, typer.Option(help="Duration of one measurement.", min=0.5, max=30)] = 1,
) -> None:
    """Compare CPU time per request, with validated responses, with Starlette and connexion in the same run."""
    with ExitStack() as stack:
        ours = stack.enter_context(started(*reference_server("--speed", "50")))
        job = _filled(ours.url)
        paths = {operation: route.format(jobId=job) for operation, route in ROUTES.items()}
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for operation, path in paths.items():
            Path(folder, operation).write_bytes(httpx2.get(ours.url + path).raise_for_status().content)
        others = [asgi_server(name, f"bench.__main__:{name}") for name in ("starlette", "stock")]
        servers = [ours, *(stack.enter_context(started(*it, environment={"BENCH_BODIES": folder})) for it in others)]
        view = Table("path", "bytes", "server", "CPU µs per request", "of Starlette", "p99 ms")
        for row in _rows(servers, paths, Path(folder), rounds, seconds):
            view.add_row(*row)
        Console().print(view)


def _filled(url: str) -> str:
    """Run some jobs to their end and start `STREAMS` streaming jobs. Return the id of an ended job."""
    fill(url, 2, "documented")
    client, make = httpx2.Client(base_url=url), BenchJobs(load())
    client.post(
        "/submit-jobs", json=[{"params": {"jobName": f"bench-{at}"}, **make.endless()} for at in range(STREAMS)]
    ).raise_for_status()
    limit = time.monotonic() + PATIENCE
    while len(client.get("/running-jobs").json()) < STREAMS:
        if time.monotonic() > limit:
            raise TimeoutError(f"fewer than {STREAMS} jobs run after {PATIENCE:.0f} s")
        time.sleep(0.1)
    return str(client.get("/finished-jobs").json()[0]["jobId"])


def _rows(
    servers: list[Running], paths: dict[str, str], folder: Path, rounds: int, seconds: float
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each path and server. The servers alternate, so that a slow phase affects all of them."""
    for operation, path in paths.items():
        taken = [[measure(server, path, seconds=seconds) for server in servers] for _ in range(rounds)]
        best = [min(column, key=lambda it: it.cpu) for column in zip(*taken, strict=True)]
        size = Path(folder, operation).stat().st_size
        for server, it in zip(servers, best, strict=True):
            compared = f"{it.cpu * 1e3:,.0f}", f"{it.cpu / best[1].cpu:.2f}", f"{it.p99:.1f}"
            yield ROUTES[operation], str(size), server.name, *compared


def starlette() -> Starlette:
    """Return a Starlette app that sends the bodies."""

    def endpoint(body: bytes) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def respond(_: Request) -> Response:
            return Response(body, media_type="application/json")

        return respond

    return Starlette(routes=[Route(route, endpoint(_body(operation))) for operation, route in ROUTES.items()])


def stock() -> connexion.AsyncApp:
    """Return an unmodified connexion app that validates responses, with handlers that return parsed JSON."""
    documents = {operation: json.loads(_body(operation)) for operation in ROUTES}

    def resolve(operation_id: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def handler(**_: object) -> Any:
            return documents.get(operation_id.rpartition(".")[2])

        return handler

    document = load().copy_document()
    document.pop("servers", None)
    app = connexion.AsyncApp(__name__)
    app.add_api(document, resolver=Resolver(resolve), validate_responses=True)
    return app


def _body(operation: str) -> bytes:
    return Path(os.environ["BENCH_BODIES"], operation).read_bytes()


if __name__ == "__main__":
    typer.run(main)
