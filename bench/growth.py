"""Measures how costs grow with the number of finished and running jobs, and how lists slow down other requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from rich.console import Console
from rich.table import Table

from bench.jobs import fill, finished_job, streaming_jobs
from bench.load import measure
from bench.servers import Running, reference_server, started

HISTORIES = (1, 1_000, 10_000)
STREAMS = 20
PATHS = ("/overview", "/finished-jobs", "/running-jobs")
ENGINE_CPU_MS = {  # measured on an engine of release 2.3.9-SNAPSHOT, on two shared cores
    ("/overview", 1): 0.51,
    ("/overview", 1_000): 35.0,
    ("/finished-jobs", 1): 0.31,
    ("/finished-jobs", 1_000): 250.0,
    ("/running-jobs", STREAMS): 265.0,
}


def run(console: Console, *, seconds: int) -> None:
    """Fill a server step by step; print the cost of each request and the memory per job."""
    view = Table("finished", "path", "CPU ms", "engine CPU ms", "engine : ours", "body B", "p99 ms", title="Growth")
    weight = Table("finished", "RSS MiB", "KiB a finished job", title="Memory (the engine: 34 KiB of live heap a job)")
    with started(*reference_server("--speed", "200")) as server:
        probe = finished_job(server.url)
        streaming_jobs(server.url, STREAMS)
        last = (1, server.memory())
        for count in HISTORIES:
            fill(server.url, count)
            for path in PATHS:
                view.add_row(*row(server, path, count, seconds=seconds))
            now = (count, server.memory())
            grown = (now[1] - last[1]) / max(now[0] - last[0], 1) / 1024
            weight.add_row(f"{count:,}", f"{now[1] / 2**20:.0f}", f"{grown:.1f}" if count > 1 else "-")
            last = now
        console.print(view, weight)
        alone = measure(server, f"/job-info/{probe}", seconds=seconds)
        with asked_for(server.url + "/finished-jobs"):
            beside = measure(server, f"/job-info/{probe}", seconds=seconds)
        console.print(
            f"p99 of /job-info, {HISTORIES[-1]:,} finished: {alone.p99:.1f} ms alone, "
            f"{beside.p99:.1f} ms while one client requests /finished-jobs continuously"
        )


def row(server: Running, path: str, count: int, *, seconds: int) -> list[str]:
    """Measure one path; return the cells of its row in the table."""
    reading = measure(server, path, seconds=seconds, connections=4)
    size = len(httpx.get(server.url + path, timeout=60).content)
    engine = ENGINE_CPU_MS.get((path, STREAMS if path == "/running-jobs" else count))
    ours = reading.cpu / 1e3
    ratio = f"{engine / ours:,.0f}" if engine else "-"
    return [
        f"{count:,}",
        path,
        f"{ours:.3f}",
        f"{engine:g}" if engine else "-",
        ratio,
        f"{size:,}",
        f"{reading.p99:.1f}",
    ]


@contextmanager
def asked_for(url: str) -> Iterator[None]:
    """Request a URL continuously from one client in the background."""
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                client.get(url)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
