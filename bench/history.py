"""Runs commands on a deployment with many ended jobs and on an empty one: `python -m bench.history` prints the ratios.

An engine needs about a second for each thousand jobs in a list of ended jobs, so a run must not read the list often.
The access log of a reference server shows the reads and bytes. With `--url`, the deployment is a real engine without
such a log: only the times before and after the jobs were run are compared.
"""

from __future__ import annotations

import json
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer

from bench.jobs import fill
from seatunnel_v2.reference import reference_server

COMMANDS: Final = (
    "conform {url} --release {release} --profile standard --seed 1 --allow-writes",
    "conform {url} --release {release} --profile read-only --seed 1",
    "doctor {url}",
)
"""The commands that are measured."""

_EMPTY: Final = len("[]")
"""The bytes of an empty list."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of a command: exit status, seconds, seconds of CPU time, and the access log of the server."""

    status: int
    seconds: float
    cpu: float
    log: Sequence[dict[str, Any]]

    @property
    def lists(self) -> Counter[str]:
        """The number of reads of whole, non-empty lists of ended jobs, by path."""
        reads = (
            line for line in self.log if (line["method"], line["status"]) == ("GET", 200) and line["bytes"] > _EMPTY
        )
        lists = (line for line in reads if line["path"].startswith("/finished-jobs"))
        return Counter(line["path"] for line in lists if "page" not in line.get("query", ()))

    def __str__(self) -> str:
        size = sum(line["bytes"] for line in self.log) / 1e6
        lists = ", ".join(f"{path} {count}" for path, count in self.lists.most_common(6))
        counts = f", {len(self.log)} requests, {size:.1f} MB, {self.lists.total()} whole lists ({lists})"
        return f"exit {self.status}, {self.seconds:.1f} s, CPU {self.cpu:.1f} s{counts if self.log else ''}"


def main(
    jobs: Annotated[int, typer.Option(help="Number of ended jobs.", min=1)] = 4000,
    release: Annotated[str, typer.Option(help="Release of the deployment.")] = "2.3.13",
    url: Annotated[str, typer.Option(help="Real engine, which must permit jobs. Default: a reference server.")] = "",
    only: Annotated[str, typer.Option(help="Run only commands with this text.")] = "",
    rounds: Annotated[int, typer.Option(help="Runs of each command, whose median is compared.", min=1)] = 1,
) -> None:
    """Print a line per run, and the ratio of the times for each command."""
    for command in (one for one in COMMANDS if only in one):
        seconds = []
        for number in (0, jobs):
            found = [_read(command, number, release, url) for _ in range(rounds)]
            typer.echo(
                "\n".join(f"{command.format(url='URL', release=release)}, {number} jobs: {one}" for one in found)
            )
            seconds.append(median(one.seconds for one in found))
        typer.echo(f"   {seconds[1] / seconds[0]:.2f} times the time of an empty history")


def _read(command: str, jobs: int, release: str, url: str) -> Reading:
    if url:
        fill(url, jobs, release)
        return _run(command, url, release)
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        log = Path(folder, "access.ndjson")
        with reference_server(release, "--access-log", str(log)) as own:
            fill(own, jobs, release)
            return _run(command, own, release, log)


def _cpu() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(command: str, url: str, release: str, log: Path | None = None) -> Reading:
    before = log.stat().st_size if log else 0
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        words = [sys.executable, "-m", "seatunnel_v2", *shlex.split(command.format(url=url, release=release))]
        begun, cpu = time.monotonic(), _cpu()
        status = subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode  # noqa: S603 - our own
        seconds = time.monotonic() - begun
    lines = log.read_bytes()[before:].splitlines() if log else []
    return Reading(status, seconds, _cpu() - cpu, [json.loads(one) for one in lines])


if __name__ == "__main__":
    typer.run(main)
