"""Compares requests per second, with validated responses, with plain Starlette and connexion in the same run."""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from bench.jobs import finished_job, streaming_jobs
from bench.load import Reading, measure
from bench.servers import Running, asgi_server, reference_server, started

STREAMS = 20
BASELINES = {
    "starlette": "bench.baselines:starlette",
    "connexion async": "bench.baselines:stock_async",
    "connexion flask": "bench.baselines:stock_flask",
}


def run(console: Console, *, rounds: int, seconds: int) -> None:
    """Measure every server on every route `rounds` times, and print medians and ratios."""
    with ExitStack() as stack:
        ours = stack.enter_context(started(*reference_server("--speed", "50")))
        paths = {
            "overview": "/overview",
            "job-info": f"/job-info/{finished_job(ours.url)}",
            "running-jobs": "/running-jobs",
        }
        streaming_jobs(ours.url, STREAMS)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, path in paths.items():
            Path(folder, f"{name}.json").write_bytes(httpx.get(ours.url + path).raise_for_status().content)
        environment = {"BENCH_BODIES": folder}
        others = [
            stack.enter_context(started(*asgi_server(name, app), environment=environment))
            for name, app in BASELINES.items()
        ]
        readings = measured([others[0], ours, *others[1:]], paths, rounds=rounds, seconds=seconds)
        console.print(table(readings, {name: Path(folder, f"{name}.json").stat().st_size for name in paths}))


def measured(
    servers: list[Running], paths: dict[str, str], *, rounds: int, seconds: int
) -> dict[tuple[str, str], list[Reading]]:
    """Return all measurements by server and route. The servers alternate, so that a slow phase affects all of them."""
    readings: dict[tuple[str, str], list[Reading]] = {}
    for _ in range(rounds):
        for route, path in paths.items():
            for server in servers:
                readings.setdefault((server.name, route), []).append(measure(server, path, seconds=seconds))
    return readings


def table(readings: dict[tuple[str, str], list[Reading]], sizes: dict[str, int]) -> Table:
    """Return the medians and their ratio to that of Starlette."""
    view = Table(
        "route", "body B", "server", "requests/s", "of Starlette", "CPU µs", "p99 ms", "errors", title="Throughput"
    )
    for (server, route), rows in sorted(readings.items(), key=lambda item: (item[0][1], -median(item[1]))):
        base = median(readings["starlette", route])
        view.add_row(
            route,
            str(sizes[route]),
            server,
            f"{median(rows):,.0f}",
            f"{median(rows) / base:.0%}",
            f"{statistics.median(r.cpu for r in rows):,.0f}",
            f"{statistics.median(r.p99 for r in rows):.1f}",
            str(sum(r.errors for r in rows)),
        )
    return view


def median(rows: list[Reading]) -> float:
    """Return the median rate of measurements."""
    return statistics.median(r.requests_per_second for r in rows)
