"""Runs checks on a deployment, behind a proxy: first without a fault, then under one fault after the other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import other_nodes
from seatunnel_conformance.arrange.options import FAILOVER as PROFILE
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import (
    DEPLOYMENTS,
    FAILOVER,
    GENERATED,
    PLAIN,
    CombinedEffect,
    Expected,
    Fault,
    FaultEffect,
)
from seatunnel_conformance.faults.plan import FaultPlan
from seatunnel_conformance.faults.proxy import NOTHING, Proxy, TrafficCounts
from seatunnel_conformance.faults.results import CheckVerdict, FaultResult, FaultStatus, detecting_checks, status_of
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.attempts import PlannedCheck
from seatunnel_conformance.run.kinds import ClauseCheck, RecordedCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import Workers, run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract

_LIMIT, _LIMIT_GENERATED = 120.0, 15.0
"""Seconds after which only checks run that can kill the fault: for faults of the catalogue, and generated ones."""

_SHOWN: Final = 300
"""The maximum length of a check's reason in a result."""


@dataclass(slots=True)
class FaultTrial:
    """Tries faults on one deployment, through a proxy for each of its nodes.

    The first proxy, which is the target of the checks, applies the fault; a harmless change is applied by all proxies.
    `clean` has the verdicts without a fault by check id. `jobs` counts the jobs that the deployment accepted so far.
    """

    proxies: Sequence[Proxy]
    contract: Contract
    settings: Settings
    clean: Mapping[str, Verdict]
    jobs: int = 0

    def results(self, group: Sequence[Fault]) -> Iterator[FaultResult]:
        """Yield a result for each fault of a group.

        The faults are tried together. If a check fails, or one of the faults changes nothing, each is tried alone.
        """
        if len(group) > 1:
            combined = CombinedEffect([fault.make() for fault in group])
            broken = tuple(clause for fault in group for clause in fault.may_break)
            result = self._tried(replace(group[0], make=lambda: combined, may_break=broken))
            if result.fate is FaultStatus.SURVIVED and all(combined.altered):
                for fault, altered in zip(group, combined.altered, strict=True):
                    yield replace(result, fault=fault.id, altered=altered)
                return
        yield from map(self._tried, group)

    def _tried(self, fault: Fault) -> FaultResult:
        try:
            return self.run(fault)
        except Exception as problem:  # noqa: BLE001 - an error in one trial must not end the run
            return _result(fault, self.contract, FaultStatus.BROKEN, f"{type(problem).__name__}: {problem}")

    def run(self, fault: Fault) -> FaultResult:
        """Run checks under a fault, and clean up the deployment."""
        begun, right = time.monotonic(), detecting_checks(fault, self.contract)
        effect = fault.make()
        self._switch(effect, effect if fault.expected is Expected.IGNORED else NOTHING)
        context = Context.set_up(_behind(self.proxies, self.settings, self.contract), self.contract)
        try:
            with _guarded(self.proxies, self.settings, context.target.own):
                seen = list(self._seen(context, fault, right, begun))
        finally:
            traffic = self._switch(NOTHING, NOTHING)
            self.jobs += len(traffic.jobs)
            note = self._cleaned_up(context, traffic)
        found = FaultStatus.BROKEN if traffic.error else status_of(right, self.clean, seen, altered=traffic.altered)
        failed = [one for one in seen if one.verdict is Verdict.FAIL and self._passes(one.check_id)]
        shown = failed or [one for one in seen if one.verdict is Verdict.INCONCLUSIVE][:3]
        result = _result(fault, self.contract, found, traffic.error or note)
        return replace(
            result,
            killers={one.check_id: one.reason[:_SHOWN] for one in shown},
            checks=len(seen),
            exchanges=traffic.exchanges,
            altered=traffic.altered,
            seconds=round(time.monotonic() - begun, 3),
        )

    def _seen(self, context: Context, fault: Fault, right: frozenset[str], begun: float) -> Iterator[CheckVerdict]:
        """Run checks until one fails, and yield their verdicts. The checks that can kill the fault come first.

        In two cases, more checks run after a failure. Under a harmless change, all checks run, because each failure is
        a false alarm. Under a fault of the catalogue, the check functions of all broken clauses run, because the fault
        tests each of them.
        """
        left_out = detecting_checks(replace(fault, breaks=fault.may_break), self.contract)
        planned = [one for one in _checks(context) if self._passes(one.id) and one.id not in left_out]
        if right and not any(one.id in right for one in planned):
            return
        proving = fault.kind not in GENERATED
        together = [
            one
            for one in planned
            if fault.is_harmless or (proving and one.id in right and isinstance(one.kind, ClauseCheck))
        ]
        seen = list(_verdicts(context, together))
        yield from seen
        if fault.is_harmless or any(one.verdict is Verdict.FAIL for one in seen):
            return
        for one in sorted(planned, key=lambda check: (check.id not in right, check.kind.cost)):
            if one.id not in right and not self._goes_on(fault, begun):
                return
            if one not in together:
                found = _verdict(one, run_check(context, one))
                yield found
                if found.verdict is Verdict.FAIL:
                    return

    def _goes_on(self, fault: Fault, begun: float) -> bool:
        """Return whether to run checks that can't kill the fault, too."""
        seconds = time.monotonic() - begun
        if fault.kind not in GENERATED:
            return seconds < _LIMIT
        is_open = fault.expected is Expected.DETECTED and self.proxies[0].traffic.altered > 0
        return is_open and seconds < _LIMIT_GENERATED

    def _switch(self, effect: FaultEffect, elsewhere: FaultEffect) -> TrafficCounts:
        """Apply effects to the target and the other nodes. Return the counts of all nodes' traffic before this call."""
        first, *others = self.proxies
        counts = TrafficCounts()
        for proxy in others:
            proxy.switch(elsewhere, counts)
        return first.switch(effect, counts)

    def _passes(self, check_id: str) -> bool:
        return self.clean.get(check_id) is Verdict.PASS

    def _cleaned_up(self, context: Context, traffic: TrafficCounts) -> str:
        """Stop the jobs of a trial and restore tags. Return an error message, or an empty string."""
        try:
            context.close()
        except Exception as problem:  # noqa: BLE001 - a failed cleanup is a result, and does not end the run
            return f"the suite could not clean up: {type(problem).__name__}: {problem}"
        finally:
            # Now without the fault, which may have hidden jobs and tags that the deployment has accepted.
            own = Context.set_up(context.settings, self.contract, context.target.own)
            for job_id in traffic.jobs:
                own.jobs.claim(job_id)
            if traffic.tagged:
                own.tags.hold()
                own.target.own.tagged = True
            left = own.close()
        return f"jobs that could not be stopped: {', '.join(left)}" if left else ""


@contextmanager
def _guarded(proxies: Sequence[Proxy], settings: Settings, own: OwnIds) -> Iterator[None]:
    """Make the proxies refuse requests that name foreign jobs, which they look up without the fault."""
    with ExitStack() as stack:
        for proxy in proxies:
            wire = Wire(proxy.upstream, settings.connection, settings.limits, own)
            stack.callback(wire.close)
            stack.callback(setattr, proxy, "guard", None)
            proxy.guard = wire.guard
        yield


def _behind(proxies: Sequence[Proxy], settings: Settings, contract: Contract) -> Settings:
    """Return the settings of a run through the proxies, which forward credentials and use TLS to the deployment."""
    url, *nodes = (proxy.url for proxy in proxies)
    connection = replace(settings.connection.past_proxy(), speaks=contract.release)
    run = secrets.token_hex(3)
    known = replace(settings, url=url, connection=connection, release=contract.release, run=run)
    return replace(known, nodes=tuple(nodes)) if nodes else known


def _checks(context: Context) -> list[PlannedCheck]:
    """Return all checks except recorded scenarios, which compare responses with a recording and not with clauses."""
    every = select(context.settings, context.contract).checks
    return [one for one in every if not isinstance(one.kind, RecordedCheck)]


def _verdicts(context: Context, planned: Sequence[PlannedCheck]) -> Iterator[CheckVerdict]:
    """Run checks on several threads, and yield their verdicts in order."""
    workers = Workers(context, planned, context.settings.workers)
    try:
        yield from (_verdict(one, workers.outcome(one)) for one in planned)
    except BaseException:  # Also at Ctrl-C: the threads send nothing more. After a normal end, other checks follow.
        workers.stop()
        raise


def _verdict(planned: PlannedCheck, outcome: Outcome) -> CheckVerdict:
    """Return the verdict of a check. If a sequence of requests fails, the id is that of the failed operation."""
    blames = outcome.operation if planned.kind.is_linked and outcome.verdict is Verdict.FAIL else ""
    details = (finding.detail.partition("\n")[0] for finding in outcome.findings[:1])
    reason = " | ".join(filter(None, [outcome.reason, *(each for each in details if each not in outcome.reason)]))
    return CheckVerdict(blames or planned.id, outcome.verdict, reason)


FEW: Final = 100
"""The number of jobs after which a deployment of the run is restarted, to keep its list of ended jobs short."""


@contextmanager
def own_jobs(url: str, contract: Contract) -> Iterator[Jobs]:
    """Yield `Jobs` for a deployment. Jobs that still run at the end of the block are stopped."""
    jobs = Jobs.on(url, contract, allow_writes=True)
    with jobs.target:
        try:
            yield jobs
        finally:
            jobs.close()


CleanRuns: TypeAlias = Mapping[str, Mapping[str, Verdict]]
"""The verdicts without a fault, by key of the deployment (see `FaultPlan`) and by check id."""


def clean_runs(plan: FaultPlan, faults: Sequence[Fault]) -> CleanRuns:
    """Run the checks without a fault on every deployment that the faults need."""
    needed = dict.fromkeys(filter(None, map(plan.where, faults)))
    return {name: _verdicts_at(plan, faults, name) for name in needed}


def _verdicts_at(plan: FaultPlan, faults: Sequence[Fault], name: str) -> Mapping[str, Verdict]:
    with _behind_proxies(plan, name) as proxies:
        settings = replace(_settings(plan, proxies, name), only=_needed(plan, faults, name))
        context = Context.set_up(_behind(proxies, settings, plan.contract), plan.contract)
        with closing(context), _guarded(proxies, settings, context.target.own):
            checks = _checks(context)
            return {one.id: seen.verdict for one, seen in zip(checks, _verdicts(context, checks), strict=True)}


def _settings(plan: FaultPlan, proxies: Sequence[Proxy], name: str) -> Settings:
    """Return the settings of the plan for a deployment.

    To stop the master for the checks of a failover, a signal is sent to the process of the reference server.
    """
    if plan.foreign or name != FAILOVER:
        return plan.settings
    with Target(proxies[0].upstream) as target:
        kill_command = f"kill -USR1 {target.get('/_reference').members['process']}"
        nodes = tuple(other_nodes(target))
    return replace(plan.settings, profile=PROFILE, failover=True, kill_command=kill_command, nodes=nodes, workers=1)


@contextmanager
def _behind_proxies(plan: FaultPlan, name: str) -> Iterator[Sequence[Proxy]]:
    """Start a deployment, and yield a proxy for each of its nodes, the target's first."""
    with plan.deployments[name]() as url, ExitStack() as stack:
        nodes = (url, *(plan.settings.nodes if plan.foreign else _other_nodes(url, name)))
        yield [stack.enter_context(Proxy(node, plan.contract, plan.settings.connection.tls)) for node in nodes]


def _other_nodes(url: str, name: str) -> Sequence[str]:
    """Return the URLs of the other nodes of a deployment of the run, each of which gets a proxy.

    If there is one node, it is also used as the second node. For a failover, nothing is returned: a proxy would accept
    connections for a master that is stopped.
    """
    if name == FAILOVER:
        return ()
    with Target(url) as target:
        return other_nodes(target) or [url]


def _needed(plan: FaultPlan, faults: Sequence[Fault], name: str) -> tuple[str, ...]:
    """Return the patterns of the checks to run without a fault on a deployment: those that can kill one of its faults.

    On the plain deployment, `settings.only` selects the checks (if empty: all) if it has patterns, if all faults are
    tried, or if one of the faults breaks no clause.
    """
    right = [detecting_checks(fault, plan.contract) for fault in faults if plan.where(fault) == name]
    if name == PLAIN and (plan.settings.only or not plan.only or not all(right)):
        return plan.settings.only
    return tuple(sorted(frozenset[str]().union(*right)))


def groups(faults: Sequence[Fault]) -> list[tuple[Fault, ...]]:
    """Return the faults in groups that are tried together, in the order of the first fault of each group."""
    found: dict[str, list[Fault]] = {}
    for one in faults:
        found.setdefault(one.group or one.id, []).append(one)
    return [tuple(members) for members in found.values()]


def trials(plan: FaultPlan, clean: CleanRuns, grouped: Iterable[Sequence[Fault]]) -> Iterator[FaultResult]:
    """Try faults group after group, on deployments that are started when needed. Yield results until time is over.

    The faults of a group need the same deployment.
    """
    contract = plan.contract
    with ExitStack() as stack:
        trial: FaultTrial | None = None
        here = ""
        for group in grouped:
            where = plan.where(group[0])
            if plan.is_over:
                return
            if not where:
                for fault in group:
                    note = f"it needs a deployment with {DEPLOYMENTS[fault.deployment]}"
                    yield _result(fault, contract, FaultStatus.UNOBSERVABLE, note)
                continue
            is_used_up = trial is not None and (where == FAILOVER or trial.jobs > FEW)
            if trial is None or where != here or (is_used_up and not plan.foreign):
                stack.close()
                proxies = stack.enter_context(_behind_proxies(plan, where))
                if not plan.foreign:
                    # A list with one entry would hide faults that mix up the entries of lists.
                    with own_jobs(proxies[0].url, contract) as jobs:
                        jobs.finished()
                    proxies[0].switch()
                trial = FaultTrial(proxies, contract, _settings(plan, proxies, where), clean[where])
                here = where
            for result in trial.results(group):
                # The result of a trial that ran out of time means nothing.
                if plan.is_over:
                    return
                yield result


def _result(fault: Fault, contract: Contract, fate: FaultStatus, note: str) -> FaultResult:
    must = fault.breaks_a_must(contract)
    return FaultResult(fault.id, fault.kind, fate, fault.expected, must, fault.breaks, note=note)
