"""Runs the suite against a correct target with many seeds: `python -m bench.seeds` prints the runs with a failure.

A failure is a bug of a check: it depends on chance. Each run starts `seatunnel-v2 conform`, without `--url` with a new
reference server. The seconds are from shell to shell; with several `--workers`, their runs take turns, and the medians
are compared with those of the first.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunExit, Verdict
from seatunnel_conformance.run.options import DEPTHS

_LOUD = (Verdict.FAIL, Verdict.INCONCLUSIVE)


@dataclass(slots=True)
class Runs:
    """The runs of a profile with a number of workers: whether each was clean, and its seconds."""

    clean: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main(
    profile: Annotated[list[str], typer.Option(help="Profile to run. Can be repeated.")] = list(DEPTHS),  # noqa: B006
    seeds: Annotated[int, typer.Option(help="Number of seeds per profile, starting at 1.", min=1)] = 20,
    release: Annotated[str, typer.Option(help="Release of the contract and of the server.")] = "documented",
    url: Annotated[str, typer.Option(help="Real target, which must permit jobs; by default a reference server.")] = "",
    workers: Annotated[list[int], typer.Option(help="Value of --workers. Can be repeated.")] = [8],  # noqa: B006
) -> None:
    """Print a line per run and the number of clean runs per profile. Exit with 1 if a run was not clean."""
    target = [url, "--allow-writes"] if url else ["--serve"]
    runs = defaultdict[tuple[str, int], Runs](Runs)
    for name in profile:
        for seed in range(1, seeds + 1):
            for number in workers:
                options = ["--release", release, "--profile", name, "--seed", str(seed), "--workers", str(number)]
                _run([*target, *options], runs[name, number])
        for number in workers:
            typer.echo(_summary(name, number, runs[name, number], runs[name, workers[0]]))
    raise typer.Exit(not all(all(each.clean) for each in runs.values()))


def _summary(profile: str, workers: int, runs: Runs, first: Runs) -> str:
    ratio = median(runs.seconds) / median(first.seconds)
    times = f"median {median(runs.seconds):.1f} s, {ratio:.2f} of the first"
    return f"{profile}, {workers} workers: {sum(runs.clean)} of {len(runs.clean)} seeds clean, {times}"


def _run(options: list[str], runs: Runs) -> None:
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        path = Path(folder, "report.ndjson")
        command = [sys.executable, "-m", "seatunnel_v2", "conform", *options, "--report-ndjson", str(path)]
        begun = time.monotonic()
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own
        runs.seconds.append(time.monotonic() - begun)
        report = Report.read(path)
    loud = [f"{one.verdict.value} {one.id}: {one.reason}" for one in report.outcomes if one.verdict in _LOUD]
    runs.clean.append(report.footer.exit is RunExit.CONFORMS and not loud)
    count = report.footer.counts["pass"]
    typer.echo("\n  ".join([f"{' '.join(options)}: {count} passed, {runs.seconds[-1]:.1f} s", *loud]))


if __name__ == "__main__":
    typer.run(main)
