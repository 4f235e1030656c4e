"""Tries known clients of other projects, and writes the reports into `results/clients/`.

SOURCES has a folder for each client's repository, with the repository's name: a checkout at the commit of the
description, built if necessary. `--traffic` also writes all requests of each client to HAR files, for `rehearse`.
`--engine` starts a real engine and tries the clients on it, instead of on reference servers.

Usage: python -m bench.callers SOURCES [--release R ...] [--only NAME ...] [--traffic DIR]
       python -m bench.callers SOURCES --engine NAME [--only NAME ...]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.engine_callers import SLOTS, USER, EngineDeployment, EngineNode, engine_of, played_on
from bench.engine_host import RELEASES, EngineHost, last_line, trials, with_ports
from bench.engines import DEFAULT, VARIABLE
from seatunnel_conformance.clients.known import KnownClient, KnownCommand, known_clients
from seatunnel_conformance.clients.run import ClientPlan, try_client
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.formats import STREAM
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_docs.results import ON_ENGINE
from seatunnel_openapi import Contract, load, newest_recorded

RESULTS: Final = Path(__file__).resolve().parents[1] / "results" / "clients"
SHORTEST: Final = 30.0
"""Minimum time limit of a scenario on a real engine, in seconds: its jobs take longer."""
_COMMAND: Final = "seatunnel-v2: "
AT_A_TIME: Final = 3
"""Number of clients that are tried at the same time. Most of a trial is waiting."""


def main() -> int:
    """Try the clients; return 1 if one could not be tried."""
    parser = argparse.ArgumentParser(description="Try all known clients whose source is at hand.")
    parser.add_argument("sources", type=Path)
    parser.add_argument("--release", action="append", metavar="R")
    parser.add_argument("--engine", metavar="NAME", choices=RELEASES)
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--traffic", type=Path, metavar="DIR")
    options = parser.parse_args()
    began = time.monotonic()
    chosen = [client for name, client in known_clients().items() if name in (options.only or known_clients())]
    releases = options.release or [newest_recorded()]
    longest_first = sorted(chosen, key=lambda client: -client.timeout)
    pairs = [(client, release) for release in releases for client in longest_first]
    console, made, missing = Console(highlight=False, soft_wrap=True), 0, 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        lines = (
            on_engine(options.engine, chosen, options.sources)
            if options.engine
            else pool.map(lambda one: tried(one[0], one[1], options.sources, options.traffic), pairs)
        )
        try:
            for line, ok in lines:
                console.print(line, markup=False)
                made, missing = made + ok, missing + (not ok)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    console.print(f"{made + missing} trials in {time.monotonic() - began:.0f} s, {missing} not made")
    return 1 if missing else 0


def tried(client: KnownClient, release: str, sources: Path, traffic: Path | None) -> tuple[str, bool]:
    """Try one client on one release. Return a line with the result, and whether the client was tried."""
    name = f"{client.name} on {release}"
    source = _source(client, sources)
    if not source.is_dir():
        return f"{name}: not tried, {source.name}/ is missing", False
    report = RESULTS / release / f"{client.name}.ndjson"
    with tempfile.TemporaryDirectory(prefix="seatunnel-callers-") as folder:
        made = Path(folder, report.name)
        words = [sys.executable, "-m", "seatunnel_v2", "try-client", "--release", release, "--known", client.name]
        words += ["--source", str(source), "--report-ndjson", str(made), "--workers", "6"]
        if traffic:
            traffic.mkdir(parents=True, exist_ok=True)
            words += ["--traffic", str(traffic / f"{client.name}@{release}.har")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        if done.returncode not in {0, 1}:
            return f"{name}: not tried: {_first_warning(done.stderr)}", False
        # Only now: a client that can't be tried, such as one that is not built, keeps its published report.
        report.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, report)
    return f"{name}: {_broken(Report.read(report))}", True


def _first_warning(output: str) -> str:
    """Return the first message of `try-client`, which contains the end of the client's output; else the last line."""
    told = [line.removeprefix(_COMMAND) for line in output.splitlines() if line.startswith(_COMMAND)]
    return next(iter(told), last_line(output))


def on_engine(engine: str, clients: list[KnownClient], sources: Path) -> Iterator[tuple[str, bool]]:
    """Try clients one after the other on a real engine, which is started for them. Yield what `tried` returns."""
    release = RELEASES[engine]
    contract = load(release)
    with tempfile.TemporaryDirectory(prefix="seatunnel-callers-") as folder:
        cluster = partial(_nodes, engine, contract, Path(folder))
        with cluster(1) as deployment:
            for client in clients:
                name, source = f"{client.name} on the engine {deployment.name}", _source(client, sources)
                if not source.is_dir():
                    yield f"{name}: not tried, {source.name}/ is missing", False
                    continue
                report = RESULTS / release / f"{client.name}{ON_ENGINE}.ndjson"
                plan = ClientPlan(
                    KnownCommand(client, source),
                    contract,
                    played_on(client.scenarios),
                    engine_of(deployment, cluster),
                    max(client.timeout, SHORTEST),
                    {STREAM: report},
                    undecided=client.undecided,
                    note=f"On a real engine: {deployment.name}",
                )
                broken = _broken(try_client(plan).report)
                text = report.read_text(encoding="utf-8")
                report.write_text(re.sub(rf"{folder}(/[\w.-]+){{2}}", "/opt/seatunnel", text), encoding="utf-8")
                yield f"{name}: {broken}", True


@contextmanager
def _nodes(engine: str, contract: Contract, folder: Path, count: int) -> Iterator[EngineDeployment]:
    """Start an engine with `count` nodes in a temporary folder, and stop it at the end of the block."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        host = EngineHost(Path(os.environ.get(VARIABLE, DEFAULT)).resolve(), Path(own))
        home = host.unpacked([engine])[engine]
        (trial,) = with_ports([one for one in trials([engine], count, (0, 0)) if not one.busy], None)
        slots = ("--dynamic-slots", "false", "--slots", str(SLOTS))
        with host.started(trial, home, "--basic-auth", USER, *slots) as processes:
            # Their command lines differ in the folder of the node.
            processes.sort(key=lambda process: process.cmdline())
            yield EngineDeployment([EngineNode(*node) for node in zip(trial.urls, processes, strict=True)], contract)


def _source(client: KnownClient, sources: Path) -> Path:
    return sources / client.repository.rpartition("/")[2]


def _broken(report: Report) -> str:
    broken = [one.id for one in report.outcomes if one.verdict is Verdict.FAIL]
    return ", ".join(broken) or "all rules kept"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted: clients whose lines are missing keep their reports")
