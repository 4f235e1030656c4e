"""What happens on deployments: each is judged once without any fault, and once for each fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.faults.arranging import own_jobs
from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, PLAIN, Fault
from seatunnel_conformance.faults.judging import Fate, right_checks
from seatunnel_conformance.faults.plan import FaultPlan, Judge
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import Result
from seatunnel_conformance.faults.stock import Complaint, StockCourt, complaints, furnished
from seatunnel_conformance.faults.trial import Court, clean_verdicts
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.target.deployment import is_loopback
from seatunnel_openapi import Contract

FRESH: Final = 40
"""Faults that are tried on one deployment of our own before it is started anew: lists and logs grow with every job.

Schemathesis gets another one for each fault: what it does to one deployment changes what it finds there next.
"""


@dataclass(frozen=True, slots=True)
class Clean:
    """What is said about deployments without any fault: verdicts by check, or complaints of schemathesis."""

    verdicts: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    complaints: frozenset[Complaint] = frozenset()

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that neither pass nor are skipped; of schemathesis its complaints."""
        good = {Verdict.PASS, Verdict.SKIPPED}
        checks = (one for found in self.verdicts.values() for one, verdict in found.items() if verdict not in good)
        return (*checks, *(f"{operation}: {code}" for operation, code in sorted(self.complaints)))

    @property
    def counts(self) -> dict[str, int]:
        """How many checks came to which verdict."""
        return dict(Counter(verdict.value for found in self.verdicts.values() for verdict in found.values()))


def clean_runs(plan: FaultPlan, contract: Contract, faults: Sequence[Fault]) -> Clean:
    """Judge every deployment that is needed without any fault."""
    needed = dict.fromkeys(filter(None, map(plan.where, faults)))
    if plan.judge is Judge.SCHEMATHESIS:
        # Twice: what comes of chance has to be known, too.
        found = (_complaints(plan, contract, name) for name in needed for _ in range(2))
        return Clean(complaints=frozenset[Complaint]().union(*found))
    return Clean({name: _verdicts(plan, contract, faults, name) for name in needed})


def _complaints(plan: FaultPlan, contract: Contract, name: str) -> frozenset[Complaint]:
    with _behind_proxy(plan, contract, name) as proxy, furnished(proxy.url, contract):
        return complaints(proxy.url, contract, plan.settings.seed)


def _verdicts(plan: FaultPlan, contract: Contract, faults: Sequence[Fault], name: str) -> Mapping[str, Verdict]:
    settings = replace(plan.settings, only=_needed(plan, contract, faults, name))
    with _behind_proxy(plan, contract, name) as proxy:
        writes = not plan.foreign or is_loopback(proxy.upstream)
        return clean_verdicts(proxy, contract, settings, generated_writes=writes)


@contextmanager
def _behind_proxy(plan: FaultPlan, contract: Contract, name: str) -> Iterator[Proxy]:
    with plan.deployments[name]() as url, Proxy(url, contract, plan.settings.connection.tls) as proxy:
        yield proxy


def _needed(plan: FaultPlan, contract: Contract, faults: Sequence[Fault], name: str) -> tuple[str, ...]:
    """Return the checks that a deployment needs: all of the plan's the plain one, the right ones the others."""
    if name == PLAIN:
        return plan.settings.only
    right = [right_checks(fault, contract) for fault in faults if plan.where(fault) == name]
    return tuple(sorted(frozenset[str]().union(*right)))


def trials(plan: FaultPlan, clean: Clean, faults: Iterable[Fault]) -> Iterator[Result]:
    """Try faults one after the other, on deployments that are started as they are needed, until the time is over."""
    contract = seatunnel_openapi.load(plan.settings.release)
    fresh = 1 if plan.judge is Judge.SCHEMATHESIS else FRESH
    with ExitStack() as stack:
        court: Court | StockCourt | None = None
        here, tried = "", 0
        for fault in faults:
            where = plan.where(fault)
            if plan.is_over:
                return
            if not where:
                yield _unobservable(fault, contract)
                continue
            if court is None or where != here or (tried % fresh == 0 and not plan.foreign):
                stack.close()
                proxy = stack.enter_context(_behind_proxy(plan, contract, where))
                if not plan.foreign and plan.judge is Judge.SUITE:
                    run_a_job(proxy, contract)
                court, here = _court(plan, clean, contract, proxy, where), where
            tried += 1
            result = _tried(court, fault, contract)
            # A trial that was cut off says nothing about its fault.
            if plan.is_over:
                return
            yield result


def run_a_job(proxy: Proxy, contract: Contract) -> None:
    """Have a deployment of our own run a job to its end: lists of one entry hide that entries are mixed up."""
    with own_jobs(proxy.url, contract) as jobs:
        jobs.finished()
    proxy.switch()


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
