"""Runs the suite against correct servers with many seeds: `python -m bench.seeds` prints the runs with a failure.

A failure is a bug of a check: it depends on chance. Each run starts `seatunnel-v2 conform` and a new reference server.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from seatunnel_conformance.arrange.profiles import PROFILES
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.verdicts import RunExit, Verdict

_LOUD = (Verdict.FAIL, Verdict.INCONCLUSIVE)


def main(
    profile: Annotated[list[str], typer.Option(help="Profile to run. Can be repeated.")] = list(PROFILES),  # noqa: B006
    seeds: Annotated[int, typer.Option(help="Number of seeds per profile, starting at 1.", min=1)] = 20,
    release: Annotated[str, typer.Option(help="Release of the contract and of the server.")] = "documented",
) -> None:
    """Print a line per run and the number of clean runs per profile. Exit with 1 if a run was not clean."""
    clean = {name: [_is_clean(name, seed, release) for seed in range(1, seeds + 1)] for name in profile}
    for name, runs in clean.items():
        typer.echo(f"{name}: {sum(runs)} of {len(runs)} seeds clean")
    raise typer.Exit(not all(all(runs) for runs in clean.values()))


def _is_clean(profile: str, seed: int, release: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        path = Path(folder, "report.ndjson")
        command = [sys.executable, "-m", "seatunnel_v2", "conform", "--serve", "--release", release]
        command += ["--profile", profile, "--seed", str(seed), "--report-ndjson", str(path)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own
        report = Report.read(path)
    loud = [f"{one.verdict.value} {one.id}: {one.reason}" for one in report.outcomes if one.verdict in _LOUD]
    footer = report.footer
    typer.echo(f"{profile}, seed {seed}: {footer.counts['pass']} passed, {footer.seconds:.1f} s{_told(loud)}")
    return footer.exit is RunExit.CONFORMS and not loud


def _told(loud: list[str]) -> str:
    return "".join(f"\n  {line}" for line in loud)


if __name__ == "__main__":
    typer.run(main)
