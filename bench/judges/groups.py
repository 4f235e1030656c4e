"""Runs one tool with one fault, or none, with a new server and proxy, so that trials do not affect each other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from judges.prism import Tape

from bench.judges import runs
from bench.judges.runs import Run
from bench.judges.stock import Complaint, furnished, right_operations, stock_fate
from seatunnel_conformance.faults.catalogue import PLAIN, Fault, FaultEffect
from seatunnel_conformance.faults.proxy import NOTHING, Proxy, TrafficCounts
from seatunnel_conformance.faults.results import FaultStatus, detecting_checks, status_of
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_docs.comparison import PRISM, RESPECT, SCHEMATHESIS, SUITE, CleanRun, Judged
from seatunnel_openapi import Contract
from seatunnel_v2.reference import for_faults

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    SUITE: (SUITE, PRISM),
    SCHEMATHESIS: (SCHEMATHESIS,),
    RESPECT: (RESPECT,),
}
"""The tools that share a run: Prism validates the traffic of the suite, because it sends none."""


@dataclass(frozen=True, slots=True)
class JudgeGroups:
    """Lets judges try faults on reference servers of a release."""

    contract: Contract
    seed: int
    profile: str

    def clean(self, group: str) -> list[CleanRun]:
        """Return the findings of the judges of a group without a fault."""
        found, _ = self._runs(group, NOTHING)
        return [
            CleanRun(judge, tuple(sorted(run.complaints)), run.seconds, run.note)
            for judge, run in zip(GROUPS[group], found, strict=True)
        ]

    def tried(self, group: str, fault: Fault, clean: Iterable[CleanRun]) -> list[Judged]:
        """Return the findings of the judges of a group for a fault; `clean` are their findings without it."""
        found, traffic = self._runs(group, fault.make())
        alarms = list(clean)
        judged = []
        for judge, run in zip(GROUPS[group], found, strict=True):
            known = frozenset(complaint for one in alarms if one.judge == judge for complaint in one.complaints)
            judged.append(self._judged(judge, fault, run, known, traffic))
        return judged

    def _judged(
        self, judge: str, fault: Fault, run: Run, known: frozenset[Complaint], traffic: TrafficCounts
    ) -> Judged:
        new = sorted(run.complaints.keys() - known)
        decide = suite_fate if judge == SUITE else outside_fate
        broken = traffic.error or run.note
        return Judged(
            judge=judge,
            fault=fault.id,
            kind=fault.kind,
            sentence=fault.sentence,
            due=fault.expected,
            fate=FaultStatus.BROKEN if broken else decide(fault, self.contract, run, known, traffic.altered),
            complaints=_by_operation(new),
            altered=traffic.altered,
            seconds=run.seconds,
            note=broken,
        )

    def _runs(self, group: str, effect: FaultEffect) -> tuple[list[Run], TrafficCounts]:
        with self._proxy() as proxy:
            if group == SCHEMATHESIS:
                # The jobs that it is given are made before anything is wrong, and stopped after that.
                return self._furnished(proxy, effect)
            tape = Tape(effect)
            proxy.switch(tape)
            if group == RESPECT:
                return [runs.respect(proxy.url, self.contract)], proxy.switch()
            ours = runs.suite(proxy.url, self.contract, self.seed, self.profile)
            traffic = proxy.switch()
        return [ours, runs.prism(tape.exchanges, self.contract)], traffic

    def _furnished(self, proxy: Proxy, effect: FaultEffect) -> tuple[list[Run], TrafficCounts]:
        with furnished(proxy.url, self.contract):
            proxy.switch(effect)
            run = runs.schemathesis(proxy.url, self.contract, self.seed)
            return [run], proxy.switch()

    @contextmanager
    def _proxy(self) -> Iterator[Proxy]:
        with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
            deployments = for_faults(self.contract.release, Path(folder))
            with deployments[PLAIN]() as url, Proxy(url, self.contract) as proxy:
                yield proxy


def suite_fate(fault: Fault, contract: Contract, run: Run, known: frozenset[Complaint], altered: int) -> FaultStatus:
    """Judge our own suite: a check of a clause that the fault breaks has to fail."""
    doubtful = {check for check, _ in known}
    clean = {one.check_id: Verdict.PASS for one in run.seen if one.check_id not in doubtful}
    return status_of(detecting_checks(fault, contract), clean, run.seen, altered=altered)


def outside_fate(fault: Fault, contract: Contract, run: Run, known: frozenset[Complaint], altered: int) -> FaultStatus:
    """Judge a tool that knows no clauses: it has to complain about an operation whose clause the fault breaks."""
    new = run.complaints.keys() - known
    counted = {(operation, code) for operation, code in new} | {
        (operation, code) for one, code in new for operation in run.complaints[one, code]
    }
    return stock_fate(right_operations(fault, contract), counted, altered)


def _by_operation(found: Iterable[Complaint]) -> dict[str, str]:
    ordered = list(found)
    return {one: ", ".join(code for other, code in ordered if other == one) for one, _ in ordered}
