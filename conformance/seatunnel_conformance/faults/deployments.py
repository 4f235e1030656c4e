"""The trials on each deployment: one run without a fault, and then one run per fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.members import other_nodes
from seatunnel_conformance.arrange.profiles import FAILOVER as PROFILE
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, FAILOVER, PLAIN, Fault
from seatunnel_conformance.faults.plan import FaultPlan
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.faults.status import FaultStatus, detecting_checks
from seatunnel_conformance.faults.trial import FaultTrial, clean_verdicts
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

FRESH: Final = 40
"""Faults that are tried on one own deployment before it is restarted: lists and logs grow with every job."""


@contextmanager
def own_jobs(url: str, contract: Contract) -> Iterator[Jobs]:
    """Yield `Jobs` for a deployment; those that run at the end of the block are stopped."""
    with Target(url, allow_writes=True) as target:
        jobs = Jobs(target, contract)
        try:
            yield jobs
        finally:
            jobs.close()


@dataclass(frozen=True, slots=True)
class CleanRuns:
    """The verdicts without a fault, by deployment and check."""

    verdicts: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that neither pass nor are skipped."""
        good = {Verdict.PASS, Verdict.SKIPPED}
        return tuple(one for found in self.verdicts.values() for one, verdict in found.items() if verdict not in good)

    @property
    def counts(self) -> dict[str, int]:
        """The number of checks by verdict."""
        return dict(Counter(verdict.value for found in self.verdicts.values() for verdict in found.values()))


def clean_runs(plan: FaultPlan, contract: Contract, faults: Sequence[Fault]) -> CleanRuns:
    """Run the checks without a fault on every deployment that the faults need."""
    needed = dict.fromkeys(filter(None, map(plan.where, faults)))
    return CleanRuns({name: _verdicts(plan, contract, faults, name) for name in needed})


def _verdicts(plan: FaultPlan, contract: Contract, faults: Sequence[Fault], name: str) -> Mapping[str, Verdict]:
    with _behind_proxies(plan, contract, name) as proxies:
        settings = replace(_settings(plan, proxies, name), only=_needed(plan, contract, faults, name))
        return clean_verdicts(proxies, contract, settings)


def _settings(plan: FaultPlan, proxies: Sequence[Proxy], name: str) -> Settings:
    """Return the settings of the plan for a deployment.

    A reference server shows its process, which stops the master at a signal.
    """
    if plan.foreign or name != FAILOVER:
        return plan.settings
    with Target(proxies[0].upstream) as target:
        kill_command = f"kill -USR1 {target.get('/_reference').members['process']}"
        nodes = tuple(other_nodes(target))
    return replace(plan.settings, profile=PROFILE, failover=True, kill_command=kill_command, nodes=nodes, workers=1)


@contextmanager
def _behind_proxies(plan: FaultPlan, contract: Contract, name: str) -> Iterator[Sequence[Proxy]]:
    """Start a deployment, and yield a proxy for each of its nodes, the target's first."""
    with plan.deployments[name]() as url, ExitStack() as stack:
        nodes = (url, *(plan.settings.nodes if plan.foreign else _other_nodes(url, name)))
        yield [stack.enter_context(Proxy(node, contract, plan.settings.connection.tls)) for node in nodes]


def _other_nodes(url: str, name: str) -> Sequence[str]:
    """Return the other nodes of an own deployment to put a proxy before.

    The second node of a deployment with a single node is that node. A stopped master refuses connections, and a proxy
    before it would not.
    """
    if name == FAILOVER:
        return ()
    with Target(url) as target:
        return other_nodes(target) or [url]


def _needed(plan: FaultPlan, contract: Contract, faults: Sequence[Fault], name: str) -> tuple[str, ...]:
    """Return the checks for a deployment: all of the plan for the plain one, else those that can kill a fault."""
    if name == PLAIN:
        return plan.settings.only
    right = [detecting_checks(fault, contract) for fault in faults if plan.where(fault) == name]
    return tuple(sorted(frozenset[str]().union(*right)))


def trials(plan: FaultPlan, clean: CleanRuns, faults: Iterable[Fault]) -> Iterator[FaultResult]:
    """Try faults one after the other, on deployments that are started on demand, until time is over."""
    contract = seatunnel_openapi.load(plan.settings.release)
    with ExitStack() as stack:
        trial: FaultTrial | None = None
        here, tried = "", 0
        for fault in faults:
            where = plan.where(fault)
            if plan.is_over:
                return
            if not where:
                yield _unobservable(fault, contract)
                continue
            is_used_up = where == FAILOVER or tried % FRESH == 0
            if trial is None or where != here or (is_used_up and not plan.foreign):
                stack.close()
                proxies = stack.enter_context(_behind_proxies(plan, contract, where))
                if not plan.foreign:
                    run_a_job(proxies[0], contract)
                trial = FaultTrial(proxies, contract, _settings(plan, proxies, where), clean.verdicts[where])
                here = where
            tried += 1
            result = _tried(trial, fault, contract)
            # A trial that was cut off says nothing about its fault.
            if plan.is_over:
                return
            yield result


def run_a_job(proxy: Proxy, contract: Contract) -> None:
    """Run a job on an own deployment: in lists with one entry, mixed-up entries have no effect."""
    with own_jobs(proxy.url, contract) as jobs:
        jobs.finished()
    proxy.switch()


def _tried(trial: FaultTrial, fault: Fault, contract: Contract) -> FaultResult:
    try:
        return trial.run(fault)
    except Exception as problem:  # noqa: BLE001 - an error in one trial must not end the run
        return _result(fault, contract, FaultStatus.BROKEN, f"{type(problem).__name__}: {problem}")


def _unobservable(fault: Fault, contract: Contract) -> FaultResult:
    return _result(
        fault, contract, FaultStatus.UNOBSERVABLE, f"it needs a deployment with {DEPLOYMENTS[fault.deployment]}"
    )


def _result(fault: Fault, contract: Contract, fate: FaultStatus, note: str) -> FaultResult:
    must = fault.breaks_a_must(contract)
    return FaultResult(fault.id, fault.kind, fate, fault.expected, must, fault.breaks, note=note)
