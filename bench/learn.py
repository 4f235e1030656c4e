"""How well `learn` drafts contracts: dialects, recovery of neighbouring releases, faults that must not be learned.

`python -m bench.learn dialects [NAME ...]` learns deployments that differ in a way of their own, and runs `conform`
with the draft; `--clauses` leaves out generated tests. `recovery` learns each release with the contracts up to the one
before, and compares the draft with our overlay. `faults [--every N]` learns deployments with one fault each: none may
be stated without a mark.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import PLAIN, Fault, FaultEffect, Maker, all_faults, effect_of
from seatunnel_conformance.faults.documents import shows_unknown_job
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.learn import LearnedContract, LearningPlan, learn
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, in_own_words, load, releases
from seatunnel_openapi.comparison import diff
from seatunnel_openapi.contract import Level
from seatunnel_v2.reference import reference_server

RELEASE: Final = "2.3.13"
_FORMS: Final = ("RunningJob", "FinishedJob", "UnknownJob", "SubmittedJob", "StoppedJob")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A deployment of its own: overlay actions that a reference server obeys, and what a proxy changes."""

    actions: tuple[tuple[str, str], ...] = ()
    effect: Maker = FaultEffect


def _renamed(own: str, new: str, *forms: str) -> tuple[str, str]:
    """Return the action that renames a member."""
    schemas = load(RELEASE).document["components"]["schemas"]
    having = [form for form in forms or _FORMS if own in schemas.get(form, {}).get("properties", {})]
    return f"$.components.schemas[{', '.join(map(repr, having))}]", f"{{x-means: {{{new}: {own}}}}}"


def _no_status(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_json({"code": it.status, "error": it.document["message"]}) if it.is_error else it


_FACTS: Final = "$['x-behaviour']"
_COUNTS: Final = ("runningJobs", "finishedJobs", "failedJobs", "cancelledJobs", "pendingJobs")
_NUMBERS: Final = ", ".join(f"{name}: {{type: integer}}" for name in _COUNTS)

DIALECTS: Final[Mapping[str, Dialect]] = {
    "jobDag": Dialect((_renamed("jobDag", "job_graph"),)),
    "jobName": Dialect((_renamed("jobName", "name"),)),
    "jobStatus": Dialect((_renamed("jobStatus", "state"),)),
    "createTime": Dialect((_renamed("createTime", "createdTime"),)),
    "finishTime": Dialect((_renamed("finishTime", "finishedTime"),)),
    "errorMsg": Dialect((_renamed("errorMsg", "errorMessage"),)),
    "metrics": Dialect((_renamed("metrics", "jobMetrics"),)),
    "pluginJarsUrls": Dialect((_renamed("pluginJarsUrls", "jars"),)),
    "workers": Dialect((_renamed("workers", "works", "Overview"),)),
    "totalSlot": Dialect((_renamed("totalSlot", "slots", "Overview"),)),
    "threadName": Dialect((_renamed("threadName", "name", "RunningThread"),)),
    "snake case": Dialect(((_FACTS, "{memberCase: snake_case}"),)),
    "lists in an envelope": Dialect(((_FACTS, "{listEnvelope: items}"),)),
    "counts are numbers": Dialect(
        (
            (f"$.components.schemas.Overview.properties[{', '.join(map(repr, _COUNTS))}]", ""),
            ("$.components.schemas.Overview", f"{{properties: {{{_NUMBERS}}}}}"),
        )
    ),
    "unknown job is 404": Dialect(effect=effect_of(lambda it: it.with_status(404), when=shows_unknown_job)),
    "another form of errors": Dialect(effect=effect_of(_no_status)),
    "no pending jobs": Dialect((("$.paths['/pending-jobs']", ""),)),
    "no OpenMetrics": Dialect((("$.paths['/openmetrics']", ""),)),
    "oldest job first": Dialect(
        (("$.paths['/running-jobs', '/finished-jobs'].get['x-behaviour']", "{listOrder: oldest-first}"),)
    ),
    "jobDag and an envelope": Dialect((_renamed("jobDag", "plan"), (_FACTS, "{listEnvelope: data}"))),
}
"""By what differs; an action without an update removes."""


def _overlay(folder: Path, dialect: Dialect) -> str:
    """Write the overlay of a dialect, and return the release that it makes."""
    if not dialect.actions:
        return RELEASE
    actions = [
        f"  - target: {target}\n    description: A dialect.\n    {f'update: {update}' if update else 'remove: true'}\n"
        '    x-evidence: {how: documented, ref: "page#overview"}\n'
        for target, update in dialect.actions
    ]
    head = f'overlay: 1.0.0\ninfo: {{title: Dialect, version: "1"}}\nextends: seatunnel-v2.yaml\nx-after: "{RELEASE}"\n'
    path = folder / "dialect.yaml"
    path.write_text(f"{head}actions:\n{''.join(actions)}", encoding="utf-8")
    return str(path)


@contextmanager
def _served(release: str, effect: Maker = FaultEffect) -> Iterator[str]:
    """Start a reference server behind a proxy that changes responses, and yield its address."""
    with reference_server(release) as url:
        if effect is FaultEffect:
            yield url
            return
        with Proxy(url, load(release)) as proxy:
            proxy.switch(effect())
            yield proxy.url


def _learned(url: str, folder: Path, **options: Any) -> LearnedContract:
    release = options.pop("release", "auto")
    settings = Settings(url=url, allow_writes=True, seed=1, release=release)
    return learn(LearningPlan(settings, folder / "draft.yaml", force=True, **options))


def _checked(url: str, release: str, *only: str) -> Report:
    return run(Settings(url=url, allow_writes=True, seed=1, release=release, workers=8, only=only))


def _printed(table: Table, row: Mapping[str, Any]) -> None:
    table.add_row(*map(str, row.values()))
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


@app.command()
def dialects(names: Annotated[list[str] | None, typer.Argument()] = None, *, clauses: bool = False) -> None:
    """Learn each dialect, accepting what is a suspected fault, and run `conform` with the draft."""
    table = Table("dialect", "actions", "marked", "learned in s", "failed", "skipped", "passed")
    for name in names or ["none", *DIALECTS]:
        dialect = DIALECTS.get(name, Dialect())
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            url = stack.enter_context(_served(_overlay(Path(folder), dialect), dialect.effect))
            result = _learned(url, Path(folder), accept=("*",))
            report = _checked(url, str(result.output), *(["*.*"] if clauses else []))
            marked = sum(bool(it.fault) for it in result.stated)
            row = {"dialect": name, "actions": len(result.stated), "marked": marked, "seconds": round(result.seconds)}
            failed = [it for it in report.outcomes if it.verdict is Verdict.FAIL and it.level is Level.MUST]
            row["fail"] = len(failed)
            row |= {it.value: report.footer.counts.get(it, 0) for it in (Verdict.SKIPPED, Verdict.PASS)}
            _printed(table, row)
            sys.stdout.write("".join(f"  {it.id}: {it.reason}\n" for it in failed))
    Console().print(table)


_COMPARED: Final = frozenset(
    {
        "behaviour-changed",
        "response-required-property-added",
        "response-optional-property-added",
        "response-property-became-optional",
    }
)
"""Changes that `learn` can see: facts, and members of responses."""


def _differences(before: Contract, after: Contract) -> frozenset[str]:
    """Return the facts and the members of responses that differ, each with its place and the value of a fact.

    Whether a new member is required is left out: a draft has seen a few objects.
    """
    found = ((it, it.new if it.id == "behaviour-changed" else "") for it in diff(before, in_own_words(after)))
    return frozenset(f"{it.operation} {it.place} {value}".strip() for it, value in found if it.id in _COMPARED)


@app.command()
def recovery(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Learn each release with the contracts up to the one before, and compare the facts and schemas."""
    table = Table("release", "true", "recovered", "drafted", "right", "marked", "seconds")
    for before, after in pairwise(releases()[1:]):
        if names and after not in names:
            continue
        known = releases()[: releases().index(before) + 1]
        with tempfile.TemporaryDirectory() as folder, _served(after) as url:
            result = _learned(url, Path(folder), release=before, known=known, accept=("*",))
            drafted = _differences(load(before), load(str(result.output)))
        truth = _differences(load(before), load(after))
        right = drafted & truth
        row = {"release": after, "true": len(truth), "recovered": len(right), "drafted": len(drafted)}
        row |= {
            "right": len(right),
            "marked": sum(bool(it.fault) for it in result.stated),
            "seconds": round(result.seconds),
        }
        _printed(table, row)
        for kind, lines in (("missed", truth - drafted), ("wrong", drafted - truth)):
            sys.stdout.write("".join(f"  {kind}: {line}\n" for line in sorted(lines)))
    Console().print(table)


def _must_faults(contract: Contract) -> list[Fault]:
    return [it for it in all_faults() if it.deployment == PLAIN and it.breaks_a_must(contract)]


@app.command()
def faults(every: int = 1, first: int = 0) -> None:
    """Learn a deployment with one fault at a time, and print which are stated without a mark."""
    chosen, unmarked = _must_faults(load(RELEASE))[first::every], []
    with _served(RELEASE) as url, tempfile.TemporaryDirectory() as folder, Proxy(url, load(RELEASE)) as proxy:
        for fault in chosen:
            proxy.switch(fault.make())
            begun = time.monotonic()
            try:
                result = _learned(proxy.url, Path(folder), release=RELEASE)
                stated = [it.text for it in result.stated]
                said = str(len(result.faults))
            except Exception as error:  # noqa: BLE001 - a fault may end it, which states nothing
                stated, said = [], f"{type(error).__name__}: {error}"
            unmarked += [fault.id] if stated else []
            row = {"fault": fault.id, "stated": stated, "marked": said, "seconds": round(time.monotonic() - begun)}
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} faults, {len(unmarked)} stated without a mark: {', '.join(unmarked)}\n")


if __name__ == "__main__":
    app()
