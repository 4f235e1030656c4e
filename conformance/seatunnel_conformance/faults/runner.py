"""A run of faults: once without any, and once for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeAlias

import seatunnel_openapi
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, PLAIN, Fault, all_faults
from seatunnel_conformance.faults.drawn import drawn
from seatunnel_conformance.faults.judging import Fate, right_checks
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import (
    Event,
    FaultsFinished,
    FaultsStarted,
    Result,
    ResultsWriter,
    count_fates,
    read_results,
    require_same,
)
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.faults.stock import Complaint, StockCourt, complaints
from seatunnel_conformance.faults.trial import Court, clean_verdicts
from seatunnel_conformance.redaction import redact_url
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.target import is_loopback
from seatunnel_conformance.verdicts import Verdict
from seatunnel_openapi import Contract

Deployment: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Gives a deployment for as long as a block lasts: its address. It can be pickled."""

FRESH: Final = 40
"""Faults that are tried on one deployment of our own before it is started anew: lists and logs grow with every job."""


class Judge(StrEnum):
    """Who has to notice the faults."""

    SUITE = "suite"
    SCHEMATHESIS = "schemathesis"


class NothingSelected(InvalidSettings):
    """No fault has such an id or kind."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What is tried on what.

    `deployments` are by their names in `DEPLOYMENTS`; somebody else's, which stays as it is, is the plain one and
    `foreign`. `settings` say the release (not `auto`), the profile, the seed and the limits; their address is for the
    report. `only` are globs over ids and kinds; `generated` is how many faults of each generated kind are drawn.
    """

    deployments: Mapping[str, Deployment]
    settings: Settings
    only: tuple[str, ...] = ()
    generated: int = 40
    jobs: int = 1
    judge: Judge = Judge.SUITE
    foreign: bool = False
    report: Path | None = None
    resume: Path | None = None

    def where(self, fault: Fault) -> str:
        """Return the name of the deployment on which a fault is tried; empty when there is none that is fit."""
        if self.foreign:
            return PLAIN
        return fault.deployment if fault.deployment in self.deployments else ""


@dataclass(frozen=True, slots=True)
class Clean:
    """What is said about deployments without any fault: verdicts by check, or complaints of schemathesis."""

    verdicts: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    complaints: frozenset[Complaint] = frozenset()

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that neither pass nor are skipped."""
        good = {Verdict.PASS, Verdict.SKIPPED}
        return tuple(one for found in self.verdicts.values() for one, verdict in found.items() if verdict not in good)

    @property
    def counts(self) -> dict[str, int]:
        """How many checks came to which verdict."""
        return dict(Counter(verdict.value for found in self.verdicts.values() for verdict in found.values()))


def select(contract: Contract, plan: FaultPlan) -> list[Fault]:
    """Return the faults of a plan; the longest trials first. Raises `NothingSelected`."""
    known = {clause.id for clause in contract.clauses}
    # A fault of another release's clauses has nothing to break here.
    written = [fault for fault in all_faults() if not fault.breaks or known.intersection(fault.breaks)]
    every = [*written, *drawn(contract, plan.settings.seed, plan.generated)]
    chosen = [fault for fault in every if _is_selected(fault, plan.only)]
    if not chosen:
        raise NothingSelected(f"--only {' --only '.join(plan.only)} selects no fault")
    return sorted(chosen, key=lambda fault: (list(DEPLOYMENTS).index(fault.deployment), bool(fault.breaks)))


def _is_selected(fault: Fault, only: Sequence[str]) -> bool:
    names = (fault.id, fault.kind)
    return not only or any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in only for name in names)


def run(plan: FaultPlan, listener: Callable[[Event], None] = lambda _: None) -> Score:
    """Try the faults of a plan, and return the score; `listener` hears of every event as it happens.

    Raises `NothingSelected`, a leaf of `ResultsError` when the results to go on with are no such, and what deployments
    raise when they can't be had.
    """
    begun, plan = time.monotonic(), _careful(plan)
    contract = seatunnel_openapi.load(plan.settings.release)
    chosen = select(contract, plan)
    header, known = read_results(plan.resume) if plan.resume and plan.resume.is_file() else (None, [])
    done = {result.fault: result for result in known}
    left = [fault for fault in chosen if fault.id not in done]
    started = _started(plan, contract, len(chosen))
    require_same(header, started)
    clean = clean_runs(plan, contract, left)
    started = replace(started, clean=clean.counts, failing=clean.failing)
    with ExitStack() as stack:
        path = plan.report or plan.resume
        writer = ResultsWriter(stack.enter_context(path.open("w", encoding="utf-8")) if path else None)
        taken = (done[fault.id] for fault in chosen if fault.id in done)
        results = list(_told(_results(plan, clean, started, taken, left), writer, listener))
        finished = FaultsFinished(count_fates(results), round(time.monotonic() - begun, 3))
        writer.write(finished)
        listener(finished)
    return Score(tuple(results))


def _careful(plan: FaultPlan) -> FaultPlan:
    """Return the plan with what another machine's deployment may not suffer taken out.

    The proxy is on this machine wherever the deployment is, so the suite can't see by itself that it must be careful.
    """
    if not plan.foreign or is_loopback(plan.settings.url):
        return plan
    if plan.judge is Judge.SCHEMATHESIS:
        raise InvalidSettings(
            "stock schemathesis changes what it is pointed at: it judges deployments of this machine only"
        )
    allowed = plan.settings.allow_writes
    return plan if allowed else replace(plan, settings=replace(plan.settings, profile="read-only"))


def _results(
    plan: FaultPlan, clean: Clean, started: FaultsStarted, taken: Iterable[Result], left: Sequence[Fault]
) -> Iterator[Event]:
    yield started
    yield from taken
    if plan.jobs > 1 and len(left) > 1:
        from seatunnel_conformance.faults.workers import shared_out  # noqa: PLC0415 - it imports this module

        yield from shared_out(plan, clean, left)
    else:
        yield from trials(plan, clean, left)


def _told(events: Iterable[Event], writer: ResultsWriter, listener: Callable[[Event], None]) -> Iterator[Result]:
    """Write and tell events, and yield the results among them."""
    for event in events:
        writer.write(event)
        listener(event)
        if isinstance(event, Result):
            yield event


def _started(plan: FaultPlan, contract: Contract, selected: int) -> FaultsStarted:
    return FaultsStarted(
        target=redact_url(plan.settings.url),
        release=contract.release,
        profile=plan.settings.profile,
        judge=plan.judge.value,
        seed=plan.settings.seed,
        generated=plan.generated,
        selected=selected,
        clean={},
    )


def clean_runs(plan: FaultPlan, contract: Contract, faults: Sequence[Fault]) -> Clean:
    """Judge every deployment that is needed without any fault."""
    verdicts, found = {}, frozenset[Complaint]()
    for name in dict.fromkeys(filter(None, map(plan.where, faults))):
        with plan.deployments[name]() as url, Proxy(url, contract, plan.settings.connection.tls) as proxy:
            if plan.judge is Judge.SCHEMATHESIS:
                # Twice: what comes of chance has to be known, too.
                found = found.union(*(complaints(proxy.url, contract, plan.settings.seed) for _ in range(2)))
            else:
                settings = replace(plan.settings, only=_needed(plan, contract, faults, name))
                verdicts[name] = clean_verdicts(proxy, contract, settings, generated_writes=_is_own(plan, url))
    return Clean(verdicts, found)


def _is_own(plan: FaultPlan, url: str) -> bool:
    return not plan.foreign or is_loopback(url)


def _needed(plan: FaultPlan, contract: Contract, faults: Sequence[Fault], name: str) -> tuple[str, ...]:
    """Return the checks that a deployment needs: all of the plan's the plain one, the right ones the others."""
    if name == PLAIN:
        return plan.settings.only
    right = [right_checks(fault, contract) for fault in faults if plan.where(fault) == name]
    return tuple(sorted(frozenset[str]().union(*right)))


def trials(plan: FaultPlan, clean: Clean, faults: Iterable[Fault]) -> Iterator[Result]:
    """Try faults one after the other, on deployments that are started as they are needed."""
    contract = seatunnel_openapi.load(plan.settings.release)
    with ExitStack() as stack:
        court: Court | StockCourt | None = None
        here, tried = "", 0
        for fault in faults:
            where = plan.where(fault)
            if not where:
                yield _unobservable(fault, contract)
                continue
            if court is None or where != here or (tried % FRESH == 0 and not plan.foreign):
                stack.close()
                address = stack.enter_context(plan.deployments[where]())
                proxy = stack.enter_context(Proxy(address, contract, plan.settings.connection.tls))
                court, here = _court(plan, clean, contract, proxy, where), where
            tried += 1
            yield _tried(court, fault, contract)


def _court(plan: FaultPlan, clean: Clean, contract: Contract, proxy: Proxy, where: str) -> Court | StockCourt:
    if plan.judge is Judge.SCHEMATHESIS:
        return StockCourt(proxy, contract, plan.settings.seed, clean.complaints)
    return Court(proxy, contract, plan.settings, clean.verdicts[where])


def _tried(court: Court | StockCourt, fault: Fault, contract: Contract) -> Result:
    try:
        return court.tried(fault)
    except Exception as problem:  # noqa: BLE001 - one fault that can't be tried must not end the run of all
        return _result(fault, contract, Fate.BROKEN, f"{type(problem).__name__}: {problem}")


def _unobservable(fault: Fault, contract: Contract) -> Result:
    return _result(fault, contract, Fate.UNOBSERVABLE, f"it needs a deployment with {DEPLOYMENTS[fault.deployment]}")


def _result(fault: Fault, contract: Contract, fate: Fate, note: str) -> Result:
    must = fault.breaks_a_must(contract)
    return Result(fault.id, fault.kind, fate, fault.due, must, fault.breaks, note=note)
