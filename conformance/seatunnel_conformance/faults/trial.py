"""Runs the checks under one fault: first those that could detect it, then the others until one fails."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import GENERATED, Expected, Fault
from seatunnel_conformance.faults.proxy import Proxy, TrafficCounts
from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.faults.status import CheckVerdict, FaultStatus, detecting_checks, status_of
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run import plugin as _plugin  # noqa: F401 - pytest then rewrites the checks' asserts
from seatunnel_conformance.run.attempts import run_check
from seatunnel_conformance.run.selection import (
    ClauseCheck,
    GeneratedTest,
    PlannedCheck,
    RecordedScenario,
    StatefulTest,
    select,
)
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract

_LIMIT: Final = 15.0
"""Seconds after which no further check of another clause is made for a generated fault."""

_SHOWN: Final = 300
"""Characters of a reason that a result keeps."""


@dataclass(frozen=True, slots=True)
class FaultTrial:
    """Tries faults on one deployment, through a proxy.

    `clean` are the verdicts without a fault, `limit` is the time in seconds after which no further check is made.
    """

    proxy: Proxy
    contract: Contract
    settings: Settings
    clean: Mapping[str, Verdict]
    limit: float = 120.0

    def run(self, fault: Fault) -> FaultResult:
        """Try a fault, and clean up the deployment."""
        begun, right = time.monotonic(), detecting_checks(fault, self.contract)
        self.proxy.switch(fault.make())
        context = Context.set_up(_behind(self.proxy, self.settings, self.contract), self.contract)
        try:
            with _guarded(self.proxy, self.settings, context.target.own):
                seen = list(self._seen(context, fault, right, begun))
        finally:
            traffic = self.proxy.switch()
            note = self._cleaned_up(context, traffic)
        found = FaultStatus.BROKEN if traffic.error else status_of(right, self.clean, seen, altered=traffic.altered)
        failed = [one for one in seen if one.verdict is Verdict.FAIL and self._passes(one.check_id)]
        shown = failed or [one for one in seen if one.verdict is Verdict.INCONCLUSIVE][:3]
        return FaultResult(
            fault=fault.id,
            kind=fault.kind,
            fate=found,
            due=fault.expected,
            must=fault.breaks_a_must(self.contract),
            breaks=fault.breaks,
            killers={one.check_id: one.reason[:_SHOWN] for one in shown},
            checks=len(seen),
            exchanges=traffic.exchanges,
            altered=traffic.altered,
            seconds=round(time.monotonic() - begun, 3),
            note=traffic.error or note,
        )

    def _seen(self, context: Context, fault: Fault, right: frozenset[str], begun: float) -> Iterator[CheckVerdict]:
        """Yield the verdicts of the checks that could detect the fault, then of the others unless one did."""
        planned = [one for one in _checks(context) if self._passes(one.id)]
        first = sorted((one for one in planned if one.id in right), key=_cost)
        others = sorted((one for one in planned if one.id not in right), key=_cost)
        generated, killed = fault.kind in GENERATED, False
        for one in first:
            # One failure is enough. But a fault of the catalogue also proves that the check of each clause can fail.
            if not (killed and (generated or not isinstance(one.kind, ClauseCheck))):
                seen = _verdict(context, one)
                killed = killed or seen.verdict is Verdict.FAIL
                yield seen
        if not (killed or (right and not first) or (generated and self._is_settled(fault))):
            yield from self._until_failed(context, others, begun, _LIMIT if generated else self.limit)

    def _is_settled(self, fault: Fault) -> bool:
        """Return whether no further checks are needed for a generated fault that was not killed."""
        return fault.expected is not Expected.DETECTED or not self.proxy.traffic.altered

    def _until_failed(
        self, context: Context, planned: Iterable[PlannedCheck], begun: float, limit: float
    ) -> Iterator[CheckVerdict]:
        for one in planned:
            seen = _verdict(context, one)
            yield seen
            if seen.verdict is Verdict.FAIL or time.monotonic() - begun > limit:
                return

    def _passes(self, check_id: str) -> bool:
        return self.clean.get(check_id) is Verdict.PASS

    def _cleaned_up(self, context: Context, traffic: TrafficCounts) -> str:
        """Stop jobs and restore tags; return an error message, or an empty string."""
        try:
            context.close()
        except Exception as problem:  # noqa: BLE001 - a failed cleanup is a result, and does not end the run
            return f"the suite could not clean up: {type(problem).__name__}: {problem}"
        finally:
            left = self._left_behind(context, traffic)
        return f"jobs that could not be stopped: {', '.join(left)}" if left else ""

    def _left_behind(self, context: Context, traffic: TrafficCounts) -> list[str]:
        """Undo what the deployment accepted, without the fault; return the ids of jobs that could not be stopped."""
        own = Context.set_up(context.settings, self.contract, context.target.own)
        for job_id in traffic.jobs:
            own.jobs.claim(job_id)
        if traffic.tagged:
            own.tags.hold()
        return own.close()


def clean_verdicts(proxy: Proxy, contract: Contract, settings: Settings) -> dict[str, Verdict]:
    """Run every check of the settings without a fault, and return the verdicts."""
    context = Context.set_up(_behind(proxy, settings, contract), contract)
    try:
        with _guarded(proxy, settings, context.target.own):
            return {one.id: _verdict(context, one).verdict for one in _checks(context)}
    finally:
        context.close()


@contextmanager
def _guarded(proxy: Proxy, settings: Settings, own: OwnIds) -> Iterator[None]:
    """Let the proxy reject requests that name foreign jobs, with look-ups at the deployment itself."""
    wire = Wire(proxy.upstream, settings.connection, settings.limits, own)
    proxy.guard = wire.guard
    try:
        yield
    finally:
        proxy.guard = None
        wire.close()


def _behind(proxy: Proxy, settings: Settings, contract: Contract) -> Settings:
    """Return the settings of a run through the proxy, which forwards credentials and makes the TLS connection."""
    connection, run = settings.connection.past_proxy(), secrets.token_hex(3)
    return replace(settings, url=proxy.url, connection=connection, release=contract.release, run=run)


def _checks(context: Context) -> list[PlannedCheck]:
    """Return all checks except recorded scenarios, which compare with one engine and not with clauses."""
    every = select(context.settings, context.contract).checks
    return [one for one in every if not isinstance(one.kind, RecordedScenario)]


def _verdict(context: Context, planned: PlannedCheck) -> CheckVerdict:
    """Run a check and return its verdict."""
    outcome = run_check(context, planned)
    return CheckVerdict(_blamed(context, planned, outcome), outcome.verdict, _reason(outcome))


def _blamed(context: Context, planned: PlannedCheck, outcome: Outcome) -> str:
    """Return the id of the check that failed: for a sequence of requests, that of the failed operation."""
    labels = (label(operation) for operation in context.contract.operations)
    blamed = (one for one in labels if _is_linked(planned) and outcome.reason.startswith(f"{one}: "))
    return next(blamed, planned.id)


def _reason(outcome: Outcome) -> str:
    details = [finding.detail.partition("\n")[0] for finding in outcome.findings[:1]]
    return " | ".join(filter(None, [outcome.reason, *details]))


def _is_generated(planned: PlannedCheck) -> bool:
    return isinstance(planned.kind, GeneratedTest)


def _is_linked(planned: PlannedCheck) -> bool:
    return isinstance(planned.kind, GeneratedTest) and planned.kind.linked


def _cost(planned: PlannedCheck) -> int:
    """Order checks by duration: reads, jobs, generated requests, sequences, stateful tests."""
    if isinstance(planned.kind, StatefulTest):
        return 4
    if isinstance(planned.kind, ClauseCheck):
        return int(planned.writes)
    return 3 if _is_linked(planned) else 2
