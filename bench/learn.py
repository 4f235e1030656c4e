"""How well `learn` drafts contracts: dialects, recovery of neighbouring releases, faults that must not be learned.

`python -m bench.learn dialects [NAME ...]` learns deployments with an invented difference each, and runs `conform` with
the draft; `--clauses` leaves out generated tests. `recovery` learns each release with only the contracts of earlier
releases, and compares the draft with our overlay. `faults [NAME ...]` learns deployments with one fault each, which the
draft must mark as a suspected fault. `--every N --first K --minutes M` tries a part of the faults; the results of all
parts are published together.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import PLAIN, Fault, FaultEffect, Maker, all_faults, effect_of
from seatunnel_conformance.faults.documents import shows_unknown_job
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.learn import LearnedContract, LearningPlan, learn
from seatunnel_conformance.learn.probes import UNSEEN
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict, is_of_clause
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, in_own_words, load, releases
from seatunnel_openapi.contract import Level
from seatunnel_openapi.documents import reached, walk
from seatunnel_v2.reference import reference_server

RELEASE: Final = "2.3.13"
_FORMS: Final = ("RunningJob", "FinishedJob", "UnknownJob", "SubmittedJob", "StoppedJob")

FIGURES: Final = Path(__file__).parents[1] / "docs" / "learn.json"
"""The file with the last measurements, which the site shows."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Dialect:
    """An invented difference: actions (target, update) of a reference server's overlay, and an effect of a proxy."""

    actions: tuple[tuple[str, str], ...] = ()
    effect: Maker = FaultEffect


def _renamed(own: str, new: str, *forms: str) -> tuple[str, str]:
    """Return the action that renames a member in these forms, or in all that have it."""
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
"""The dialects by name. An action without an update removes its target."""


def _overlay(folder: Path, dialect: Dialect) -> str:
    """Write the overlay of a dialect, and return its path; for a dialect without actions, return `RELEASE`."""
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


def _print(row: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def _published(measured: Mapping[str, Any]) -> None:
    """Print measurements, and update them in the file that the site shows."""
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps({**known, **measured}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _print(measured)


@app.command()
def dialects(names: Annotated[list[str] | None, typer.Argument()] = None, *, clauses: bool = False) -> None:
    """Learn each dialect, accept all suspected faults, and run `conform` with the draft."""
    rows = []
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
            rows.append(row)
            _print(row)
            sys.stdout.write("".join(f"  {it.id}: {it.reason}\n" for it in failed))
    _published({"dialects": rows} if not names else {})


_LATE: Final = "seatunnel: {engine: {state-cleanup-delay-ms: 60000}}"
"""The default of the engines that have this option."""


def _differences(before: Contract, after: Contract) -> dict[str, str]:
    """Return the facts and members of responses that differ, each with the reason why `learn` can't see the difference.

    The reason is empty if `learn` can see it. Only operations of both contracts are compared, because requests for
    others can't be guessed. Whether a member is required is not compared, because a draft rests on a few objects.
    """
    after, found = in_own_words(after), dict[str, str]()
    operations = {it.id for it in before.operations}
    for holder in ("document", *(it.id for it in after.operations if it.id in operations)):
        old, new = (it.behaviour if holder == "document" else it.operation(holder).behaviour for it in (before, after))
        found |= {f"{holder}.{name} {new[name]}": UNSEEN.get(name, "") for name in new if old.get(name) != new[name]}
    schemas, old_schemas = (it.document["components"]["schemas"] for it in (after, before))
    for name in reached(after.document, [it.responses for it in after.operations if it.id in operations]):
        old_places = dict(walk(old_schemas.get(name), name))
        for where, node in walk(schemas[name], name) if name in old_schemas else ():
            if isinstance(node, dict) and isinstance(node.get("properties"), dict):
                known = (old_places.get(where) or {}).get("properties", {})
                reason = "" if node.get("additionalProperties") is False else "the object can have any members"
                changed = node["properties"].keys() ^ known.keys()
                found |= {f"{where.replace('/properties/', '.')}.{member}": reason for member in changed}
    return found


@app.command()
def recovery(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Learn each release with only the contracts of earlier ones, and compare facts and members with the overlay."""
    rows = []
    for before, after in pairwise(releases()[1:]):
        if (names and after not in names) or not _differences(load(before), load(after)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "seatunnel.yaml"
            has_delay = load(after).operation("get_job_info").behaviour["afterEnd"] == "running-form-at-first"
            config.write_text(_LATE if has_delay else "{}", encoding="utf-8")
            with reference_server(after, "--config", str(config)) as url:
                rows.append(_recovered(url, before, after, Path(folder)))
    _published({"recovery": rows} if not names else {})


@app.command()
def engine(url: str, before: str, after: str) -> None:
    """Learn a real engine of a release with only the contracts of earlier releases."""
    with tempfile.TemporaryDirectory() as folder:
        row = _recovered(url, before, after, Path(folder))
    known = json.loads(FIGURES.read_text(encoding="utf-8")).get("engines", []) if FIGURES.exists() else []
    others = [it for it in known if (it["before"], it["release"]) != (before, after)]
    _published({"engines": [*others, row]})


def _recovered(url: str, before: str, after: str, folder: Path) -> dict[str, Any]:
    known = releases()[: releases().index(before) + 1]
    result = _learned(url, folder, release=before, known=known, accept=("*",))
    drafted = _differences(load(before), load(str(result.output)))
    every = _differences(load(before), load(after))
    truth = {it for it, reason in every.items() if not reason}
    unseen = {it: reason for it, reason in every.items() if reason and it not in drafted}
    truth |= every.keys() & drafted.keys()
    row = {
        "before": before,
        "release": after,
        "true": len(truth),
        "recovered": len(truth & drafted.keys()),
        "drafted": len(drafted),
        "right": len(every.keys() & drafted.keys()),
        "marked": sum(bool(it.fault) for it in result.stated),
        "seconds": round(result.seconds),
        "missed": sorted(truth - drafted.keys()),
        "wrong": sorted(drafted.keys() - every.keys()),
        "unseen": unseen,
    }
    _print(row)
    return row


@app.command()
def probes() -> None:
    """Run the checks of all clauses of the last release on a reference server, and list the facts that each reads."""
    release = releases()[-1]
    with _served(release) as url:
        outcomes = _checked(url, release, "*.*").outcomes
    read: dict[str, list[str]] = {}
    for outcome in outcomes:
        for holder, name in outcome.facts if outcome.verdict is Verdict.PASS and is_of_clause(outcome.id) else ():
            read.setdefault(f"{holder}.{name}", []).append(outcome.id)
    _published({"probes": {name: sorted(read[name])[:3] for name in sorted(read)}})


def _must_faults(contract: Contract) -> list[Fault]:
    return [it for it in all_faults() if it.deployment == PLAIN and it.breaks_a_must(contract)]


_ROWS: Final = FIGURES.parents[1] / "reports" / "learn-faults.ndjson"
"""The file with the result of each fault, so that faults can be measured in parts."""


def _tried() -> dict[str, Mapping[str, Any]]:
    """Return the last row of each fault."""
    lines = _ROWS.read_text(encoding="utf-8").splitlines() if _ROWS.exists() else []
    return {row["fault"]: row for row in map(json.loads, lines)}


@app.command()
def faults(
    names: Annotated[list[str] | None, typer.Argument()] = None,
    *,
    every: int = 1,
    first: int = 0,
    minutes: float = 60,
    at_once: int = 1,
) -> None:
    """Learn deployments with one fault each, and print the faults that the draft states without a mark.

    Only the clauses that a fault breaks are checked, because failures of other clauses would also mark it.
    The command ends after `minutes`. It does not repeat a fault that was tried, unless the fault is named or
    `reports/learn-faults.ndjson` is removed. `at_once` deployments are learned at the same time.
    """
    every_fault, begun, done, lock = _must_faults(load(RELEASE)), time.monotonic(), _tried(), threading.Lock()
    left = iter([it for it in every_fault[first::every] if (it.id in names if names else it.id not in done)])
    _ROWS.parent.mkdir(exist_ok=True)

    def try_some(_: int) -> None:
        with _served(RELEASE) as url, tempfile.TemporaryDirectory() as folder, Proxy(url, load(RELEASE)) as proxy:
            for fault in takewhile(lambda _: time.monotonic() - begun < 60 * minutes, left):
                row = _row(fault, proxy, Path(folder))
                with lock, _ROWS.open("a", encoding="utf-8") as kept:
                    kept.write(json.dumps(row) + "\n")

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(try_some, range(at_once)))
    tried = [row for name, row in _tried().items() if name in {it.id for it in every_fault}]
    unmarked = sorted(it["fault"] for it in tried if it["stated"])
    _published({"faults": {"all": len(every_fault), "tried": len(tried), "unmarked": unmarked}})


def _row(fault: Fault, proxy: Proxy, folder: Path) -> dict[str, Any]:
    """Return the result for a deployment with a fault."""
    proxy.switch(fault.make())
    row: dict[str, Any] = {"fault": fault.id, "stated": [], "marked": 0}
    try:
        result = _learned(proxy.url, folder, release=RELEASE, only=tuple(sorted(fault.breaks)))
        row |= {"stated": [it.text for it in result.stated], "marked": len(result.faults)}
    except Exception as error:  # noqa: BLE001 - a fault may end it, which states nothing
        row["error"] = f"{type(error).__name__}: {error}"
    _print(row)
    return row


if __name__ == "__main__":
    app()
