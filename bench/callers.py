"""Tries all known clients of other projects whose source is at hand, and writes the reports into `results/clients/`.

The folder of sources has a folder for each repository, with its name: a checkout at the commit of the description,
built if the client has to be. `--traffic` also keeps all requests of each client as HAR files, for `rehearse`.

Usage: python -m bench.callers SOURCES [--release R ...] [--only NAME ...] [--traffic DIR]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rich.console import Console

from seatunnel_conformance.clients.known import KnownClient, known_clients
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_openapi import newest_recorded

RESULTS: Final = Path(__file__).resolve().parents[1] / "results" / "clients"
AT_A_TIME: Final = 3
"""Clients that are tried at the same time; most of a trial is waiting."""


def main() -> int:
    """Try the clients; return 1 if one could not be tried."""
    parser = argparse.ArgumentParser(description="Try all known clients whose source is at hand.")
    parser.add_argument("sources", type=Path)
    parser.add_argument("--release", action="append", metavar="R")
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--traffic", type=Path, metavar="DIR")
    options = parser.parse_args()
    began = time.monotonic()
    chosen = [client for name, client in known_clients().items() if name in (options.only or known_clients())]
    trials = [(client, release) for release in options.release or [newest_recorded()] for client in chosen]
    console, missing = Console(highlight=False, soft_wrap=True), 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for line, ok in pool.map(lambda one: tried(one[0], one[1], options.sources, options.traffic), trials):
            console.print(line, markup=False)
            missing += not ok
    console.print(f"{len(trials)} trials in {time.monotonic() - began:.0f} s, {missing} not made")
    return 1 if missing else 0


def tried(client: KnownClient, release: str, sources: Path, traffic: Path | None) -> tuple[str, bool]:
    """Try one client on one release. Return a line that says what it did, and whether it was tried."""
    name = f"{client.name} on {release}"
    source = sources / client.repository.rpartition("/")[2]
    if not source.is_dir():
        return f"{name}: not tried, {source.name}/ is missing", False
    report = RESULTS / release / f"{client.name}.ndjson"
    report.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "seatunnel_v2", "try-client", "--release", release, "--known", client.name]
    words += ["--source", str(source), "--report-ndjson", str(report), "--workers", "6"]
    if traffic:
        traffic.mkdir(parents=True, exist_ok=True)
        words += ["--traffic", str(traffic / f"{client.name}@{release}.har")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode not in {0, 1}:
        return f"{name}: not tried: {done.stderr.strip().splitlines()[-1:]}", False
    broken = [one.id for one in Report.read(report).outcomes if one.verdict is Verdict.FAIL]
    return f"{name}: {', '.join(broken) or 'all rules kept'}", True


if __name__ == "__main__":
    sys.exit(main())
