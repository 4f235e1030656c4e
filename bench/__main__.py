"""Measure the reference server: `python -m bench`."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from bench.jobs import finished_job, streaming_jobs
from bench.servers import LOAD_CPU, Running, asgi_server, pin, reference_server, started

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
STREAMS = 20
BASELINES = {
    "starlette": "bench.baselines:starlette",
    "connexion async": "bench.baselines:stock_async",
    "connexion flask": "bench.baselines:stock_flask",
}


@dataclass(frozen=True)
class LoadReading:
    """The result of one run of wrk."""

    requests_per_second: float
    p99: float
    """Milliseconds."""
    cpu: float
    """CPU time of the server per request, in microseconds."""
    errors: int
    """Number of responses other than 2xx and 3xx."""


def wrk() -> str:
    """Return the path of wrk, or exit with a message that says how to install it."""
    return shutil.which("wrk") or sys.exit("bench needs wrk (Debian: apt-get install wrk)")


def measure(server: Running, path: str, *, seconds: int) -> LoadReading:
    """Send requests to `path` for some seconds; return rate, latency and CPU time per request."""
    before = server.cpu_seconds()
    command = [wrk(), "-t1", "-c16", f"-d{seconds}s", "--timeout", "30s", "--latency", server.url + path]
    text = subprocess.run(  # noqa: S603 - wrk of the PATH on loopback
        command, check=True, capture_output=True, text=True, preexec_fn=lambda: pin(LOAD_CPU)
    ).stdout
    spent = server.cpu_seconds() - before
    count = int(found(r"(\d+) requests in", text))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return LoadReading(
        requests_per_second=float(found(r"Requests/sec:\s+([\d.]+)", text)),
        p99=milliseconds(found(r"99%\s+(\S+)", text)),
        cpu=spent / max(count, 1) * 1e6,
        errors=int(bad[1]) if bad else 0,
    )


def found(pattern: str, text: str) -> str:
    """Return the first group of the pattern. Raises `ValueError` with wrk's output if there is no match."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"wrk printed something unexpected:\n{text}")
    return match[1]


def milliseconds(text: str) -> float:
    """Parse a time of wrk, such as `312.00us`, `1.24ms` or `2.00s`."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * UNITS[unit]


app = typer.Typer(no_args_is_help=False, add_completion=False)


@app.command()
def main(
    rounds: Annotated[int, typer.Option(help="Number of measurements per server and route.", min=1)] = 3,
    seconds: Annotated[int, typer.Option(help="Duration of one measurement in seconds.", min=1, max=30)] = 3,
) -> None:
    """Compare requests per second, with validated responses, with plain Starlette and connexion in the same run."""
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
            Path(folder, f"{name}.json").write_bytes(httpx2.get(ours.url + path).raise_for_status().content)
        environment = {"BENCH_BODIES": folder}
        others = [
            stack.enter_context(started(*asgi_server(name, app), environment=environment))
            for name, app in BASELINES.items()
        ]
        readings = measured([others[0], ours, *others[1:]], paths, rounds=rounds, seconds=seconds)
        Console().print(table(readings, {name: Path(folder, f"{name}.json").stat().st_size for name in paths}))


def measured(
    servers: list[Running], paths: dict[str, str], *, rounds: int, seconds: int
) -> dict[tuple[str, str], list[LoadReading]]:
    """Return all measurements by server and route. The servers alternate, so that a slow phase affects all of them."""
    readings: dict[tuple[str, str], list[LoadReading]] = {}
    for _ in range(rounds):
        for route, path in paths.items():
            for server in servers:
                readings.setdefault((server.name, route), []).append(measure(server, path, seconds=seconds))
    return readings


def table(readings: dict[tuple[str, str], list[LoadReading]], sizes: dict[str, int]) -> Table:
    """Return the medians and their ratio to Starlette's."""
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


def median(rows: list[LoadReading]) -> float:
    """Return the median rate of measurements."""
    return statistics.median(r.requests_per_second for r in rows)


if __name__ == "__main__":
    app()
