"""Runs every command on deployments with foreign jobs: `python -m bench.foreign_jobs` counts the harmed jobs (0).

Each trial starts a deployment with foreign jobs under small, unusual, well-known and random ids, and a proxy that makes
responses of `/job-info` and the lists deviate from the contract. Then it runs a command that can change the deployment,
and prints requests that change something, requests that name a foreign job, and foreign jobs that no longer run.
With `--hostile`, the deployment also shows or stops a foreign job for an unknown id (`HOSTILE`).
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx2
import typer

from bench.jobs import BenchJobs
from seatunnel_conformance.arrange.configurations import Configurations
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange, without
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.target.exchange import READING
from seatunnel_openapi import Contract, load, releases
from seatunnel_v2.reference import reference_server

IDS: Final = (0, 1, 2, 5, 7, 9, 123, 2**31 - 1, 2**31, -1, 733584788375666689, 881432421482889220, 873519264018273645)
"""Ids that checks, recordings and examples use or have used."""

DEVIATIONS: Final = (
    "none", "500", "404", "empty", "no-name", "no-status", "no-create-time", "no-metrics", "id-as-number", "unknown",
    "other-name", "text", "list", "late",
)  # fmt: skip
"""The ways in which responses about jobs deviate."""

ANOTHER_JOB: Final = "another-job"
STOPS_OTHERS: Final = "stops-others"
HOSTILE: Final = (ANOTHER_JOB, STOPS_OTHERS)
"""How a hostile deployment treats unknown ids: it shows and stops another job, or only stops another job."""

COMMANDS: Final = (
    "conform {url} --allow-writes --profile smoke --max-time {time}",
    "conform {url} --allow-writes --profile standard --wait 1 --max-time {time}",
    "conform {url} --allow-writes --profile full --wait 1 --max-time {time}",
    "conform {url} --allow-writes --release {other} --wait 1 --max-time {time}",
    "conform {url} --allow-writes --only 'POST /stop-job*' --wait 1 --max-time {time}",
    "compare {url} reference:{release} --allow-writes --profile standard --max-time {time}",
    "replay {url} --allow-writes --release {release} --only stop-job*/* --timeout 5 --max-time {time}",
    "record {url} --allow-writes --no-tags --release {release} --only stop-job*/* -o {folder}/own --max-time {time}",
    "faults {url} --allow-writes --only stops --generated 0 --wait 1 --max-time {time}",
    "cleanup {url} --journal {folder}/journal --max-time {time}",
)
"""The commands that can change a deployment."""

_LOOK_UPS: Final = ("get_job_info", "get_running_jobs", "get_finished_jobs", "get_finished_jobs_by_state")
_LATE: Final = 0.3
"""Seconds."""


@dataclass
class TargetDeviation(FaultEffect):
    """Changes responses to lookups of jobs, and collects requests that would change the deployment."""

    kinds: Mapping[str, str]
    foreign: frozenset[str]
    direct: str = ""
    hostile: str = ""
    writes: Counter[str] = field(default_factory=Counter)
    harmful: list[str] = field(default_factory=list)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Search for a foreign id in a request that changes something."""
        if exchange.method not in READING:
            self.writes[f"{exchange.method} {exchange.path}"] += 1
            sent = f"{exchange.target} {exchange.request.body.decode('utf-8', 'replace')}"
            named = {match[1] for match in re.finditer(r"jobId\W{1,8}?\+?(-?\d+)", sent)} & self.foreign
            self.harmful += [f"{exchange.method} {sent[:200]}"] if named else []
        has_body = exchange.method not in READING or exchange.request.body
        if self.hostile and exchange.path.startswith("/stop-job") and has_body:
            self._stop_others(exchange)
        return exchange

    def _stop_others(self, exchange: ProxiedExchange) -> None:
        """Stop a foreign job for each id of a request that the deployment does not know."""
        try:
            found = json.loads(exchange.request.body)
        except ValueError:
            found = None
        jobs = found if isinstance(found, list) else [found]
        ids = [job.get("jobId") if isinstance(job, dict) else job for job in jobs]
        running = {str(job["jobId"]) for job in _listed(self.direct)}
        for job_id, other in zip(ids or [None], sorted(self.foreign & running), strict=False):
            if self.hostile == ANOTHER_JOB and not str(job_id).isdecimal():
                continue
            if str(job_id) not in running and "jobStatus" not in _shown(self.direct, job_id):
                _stop(self.direct, frozenset({other}))

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change the response if the request looks up jobs."""
        if self.hostile == ANOTHER_JOB and exchange.operation_id == "get_job_info" and exchange.ok:
            shows_job = isinstance(exchange.document, dict) and "jobStatus" in exchange.document
            return exchange if shows_job else exchange.with_json(_shown(self.direct, min(self.foreign)))
        kind = self.kinds.get(exchange.operation_id, "none")
        return exchange if kind == "none" or not exchange.ok else _deviating(exchange, kind)


def _shown(url: str, job_id: Any) -> dict[str, Any]:
    found = httpx2.get(f"{url}/job-info/{quote(str(job_id), safe='')}", trust_env=False, timeout=60)
    return dict(found.json()) if found.is_success else {}


def _listed(url: str) -> list[dict[str, Any]]:
    return list(httpx2.get(f"{url}/running-jobs", trust_env=False, timeout=60).json())


def _deviating(exchange: ProxiedExchange, kind: str) -> ProxiedExchange:
    if kind.isdecimal():
        return exchange.with_error(int(kind))
    if kind == "late":
        return exchange.with_delivery(_LATE, exchange.received.as_bytes())
    if kind == "text":
        return exchange.with_header("Content-Type", "text/plain")
    document = exchange.document
    if isinstance(document, list):
        return exchange.with_json({"jobs": document} if kind == "list" else [_changed(item, kind) for item in document])
    return exchange.with_json([document] if kind == "list" else _changed(document, kind))


def _changed(job: Any, kind: str) -> Any:
    if not isinstance(job, dict):
        return job
    members = {"no-name": "jobName", "no-status": "jobStatus", "no-create-time": "createTime", "no-metrics": "metrics"}
    changed: Mapping[str, Mapping[str, Any]] = {
        "empty": {},
        "unknown": {"jobId": job.get("jobId")},
        "id-as-number": {**job, "jobId": int(job["jobId"])} if str(job.get("jobId")).lstrip("-").isdigit() else job,
        "other-name": {**job, "jobName": "conformance-of-others"} if "jobName" in job else job,
    }
    return changed[kind] if kind in changed else without(job, members[kind])


def main(  # noqa: PLR0913 - a parameter for each option
    histories: Annotated[int, typer.Option(help="Number of trials.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the trials; the same seed repeats them.")] = 1,
    most: Annotated[float, typer.Option(help="Maximum seconds for a run of `conform`.")] = 60,
    url: Annotated[str, typer.Option(help="Address of a deployment. Default: a new reference server per trial.")] = "",
    release: Annotated[str, typer.Option(help="Release of the deployment. Default: random.")] = "",
    *,
    hostile: Annotated[bool, typer.Option(help="Try deployments that confuse jobs.")] = False,
) -> None:
    """Print a line per trial. Exit with 1 if a foreign job stopped, or a changing request named one."""
    total = Counter[str]()
    for number in range(histories):
        draw = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
        command, way = (1 + number // 2 % 2, HOSTILE[number % 2]) if hostile else (number, "")
        total += history(draw, command, most=most, url=url, release=release, hostile=way)
    typer.echo(f"{histories} histories: " + ", ".join(f"{count} {name}" for name, count in sorted(total.items())))
    raise typer.Exit(bool(total["foreign jobs named in a write"] or total["foreign jobs stopped"]))


def history(  # noqa: PLR0913 - a draw, and what is not drawn
    draw: random.Random, number: int, *, most: float, url: str = "", release: str = "", hostile: str = ""
) -> Counter[str]:
    """Run one command on a deployment with foreign jobs; return the counts of writes, foreign jobs and harmed jobs.

    `number` selects the command, `most` is the time limit of `conform` in seconds, `url` and `release` are those of an
    existing deployment, `hostile` is one of `HOSTILE`.
    """
    release, command = release or draw.choice(releases()), COMMANDS[number % len(COMMANDS)]
    with _deployment(release, url) as direct, tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        foreign = _submit_foreign(direct, draw, release)
        kinds = {name: "none" if hostile else draw.choice(DEVIATIONS) for name in _LOOK_UPS}
        kinds |= {"get_job_info": "none"} if draw.random() < 1 / 4 else {}
        deviation = TargetDeviation(kinds, foreign, direct, hostile)
        with Proxy(direct, load(release)) as proxy:
            proxy.switch(deviation)
            Path(folder, "journal").write_text(_tampered_journal(proxy.url, foreign), encoding="utf-8")
            names = {"url": proxy.url, "release": release, "other": draw.choice(releases()), "time": most}
            status = _run(command.format(**names, folder=folder), folder)
        alive = {str(job["jobId"]) for job in _listed(direct)}
        stopped = sorted(foreign - alive)
        if url:
            _stop(direct, foreign & alive)
    told = ", ".join(f"{name.removeprefix('get_')} {kind}" for name, kind in kinds.items() if kind != "none") or hostile
    typer.echo(f"{command.split()[0]} {command.partition('{url}')[2].split(' -')[1:3]} as {release}, {told or 'right'}")
    typer.echo(f"   exit {status}; writes: {dict(deviation.writes.most_common(6))}; stopped: {stopped}")
    for line in deviation.harmful[:3]:
        typer.echo(f"   named a foreign job: {line}")
    return Counter({
        "writes": deviation.writes.total(),
        "foreign jobs": len(foreign),
        "foreign jobs stopped": len(stopped),
        "foreign jobs named in a write": len(deviation.harmful),
    })  # fmt: skip


@contextmanager
def _deployment(release: str, url: str) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with reference_server(release) as own:
        yield own


def _submit_foreign(url: str, draw: random.Random, release: str) -> frozenset[str]:
    ids = {*draw.sample(IDS, 8), draw.randrange(1, 1000), draw.randrange(10**17, 10**18)}
    config = BenchJobs(load(release)).endless()
    wanted = set[str]()
    for job_id in sorted(ids):
        query = {"jobId": str(job_id), "jobName": draw.choice(["payroll", "SeaTunnel_Job", "n", "conformance-abc-1"])}
        taken = httpx2.post(f"{url}/submit-job", params=query, json=config, trust_env=False, timeout=60)
        # An engine refuses an id whose job was stopped a moment ago.
        wanted |= {str(job_id)} if taken.is_success else set()
    ends = time.monotonic() + 60
    while wanted - {str(job["jobId"]) for job in _listed(url)}:
        if time.monotonic() > ends:
            raise RuntimeError("the foreign jobs do not run")
        time.sleep(0.2)
    return frozenset(wanted)


@dataclass(frozen=True)
class ForeignJobs(Configurations):
    """Jobs in given states on the engine at `url`; `expected` maps the id of each to its state."""

    url: str
    contract: Contract
    expected: dict[str, str] = field(default_factory=dict)

    def add(self, states: Mapping[str, int], *, within: float) -> None:
        """Submit a number of jobs for each state, and wait until each job is in its state.

        Raises `TimeoutError` after `within` seconds, and `httpx.HTTPError` for a response that is not 200.
        """
        ends, stopped = time.monotonic() + within, {"CANCELED": False, "SAVEPOINT_DONE": True}
        added = {self._submit(state, number): state for state, count in states.items() for number in range(count)}
        self._await({job: ("RUNNING" if state in stopped else state,) for job, state in added.items()}, ends)
        for job in (job for job, state in added.items() if state in stopped):
            body = {"jobId": job, "isStopWithSavePoint": stopped[added[job]]}
            httpx2.post(f"{self.url}/stop-job", json=body, trust_env=False, timeout=60).raise_for_status()
        # A loaded engine fails a few of the jobs that it stops, which have ended, too.
        wanted = {job: (state, "FAILED") if state in stopped else (state,) for job, state in added.items()}
        self.expected.update(self._await(wanted, ends))

    def alive(self) -> int:
        """Return the number of jobs that are still in their expected state."""
        return sum(self._state(job) == state for job, state in self.expected.items())

    def strays(self) -> list[str]:
        """Return the ids of other jobs in `/running-jobs`."""
        listed = httpx2.get(f"{self.url}/running-jobs", trust_env=False, timeout=60).raise_for_status().json()
        return sorted({job["jobId"] for job in listed} - self.expected.keys())

    def _submit(self, state: str, number: int) -> str:
        configs = {
            "FINISHED": self.batch(),
            "FAILED": self.failing(),
            # No worker has the tag, so it never gets a slot.
            "PENDING": self.endless({"tag_filter": {"group": "none"}}),
        }
        config = configs.get(state) or (self.endless_parallel() if number % 2 else self.endless())
        query = {"jobName": f"payroll {state} {number}" if number else "conformance-abcdef-1"}
        taken = httpx2.post(f"{self.url}/submit-job", params=query, json=config, trust_env=False, timeout=60)
        return str(taken.raise_for_status().json()["jobId"])

    def _state(self, job_id: str) -> str:
        shown = httpx2.get(f"{self.url}/job-info/{job_id}", trust_env=False, timeout=60).json()
        return str(shown.get("jobStatus"))

    def _await(self, states: Mapping[str, Collection[str]], ends: float) -> dict[str, str]:
        """Wait until each job is in one of its states. Return the state of each job."""
        found = dict[str, str]()
        for job, wanted in states.items():
            while (now := self._state(job)) not in wanted:
                if time.monotonic() > ends:
                    raise TimeoutError(f"a foreign job is {now} and not {' or '.join(wanted)}")
                time.sleep(0.2)
            found[job] = now
        return found


def _stop(url: str, ids: frozenset[str]) -> None:
    for job_id in ids:
        httpx2.post(f"{url}/stop-job", json={"jobId": job_id}, trust_env=False, timeout=60)


def _tampered_journal(url: str, foreign: frozenset[str]) -> str:
    head = {"event": "run", "url": url, "run": "abcdef", "pid": 2**22 + 1, "since": 1.0, "format": 1}
    names = ("", "payroll", "conformance-abcdef-1")
    jobs = [{"event": "job", "id": job_id, "name": name} for job_id in sorted(foreign) for name in names]
    return "".join(f"{json.dumps(line)}\n" for line in (head, *jobs))


def _run(words: str, folder: str) -> int:
    command = [sys.executable, "-m", "seatunnel_v2", *shlex.split(words)]
    environment = {**os.environ, "XDG_STATE_HOME": folder, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=900)  # noqa: S603 - our own
    return done.returncode


if __name__ == "__main__":
    typer.run(main)
