"""The plan of a run: release, checks, baseline and limits. It is made once, and everything else of the run reads it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.baseline import Baseline, baseline_for
from seatunnel_conformance.run.planned import PlannedCheck
from seatunnel_conformance.run.releases import ReleaseChoice, choose
from seatunnel_conformance.run.requirements import Requirements, requirements_for
from seatunnel_conformance.run.selection import Allowances, Changes, UnmatchedPattern, select
from seatunnel_openapi import Contract


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The plan of a run.

    `settings` contain the detected release and the start time of the run. `note` is a remark on the release for readers
    of the report, or empty. `unmatched` are the patterns that match no check. `allowances` are the numbers of changing
    requests that checks can send.
    """

    settings: Settings
    contract: Contract
    note: str
    checks: tuple[PlannedCheck, ...]
    unmatched: tuple[UnmatchedPattern, ...]
    baseline: Baseline
    requirements: Requirements
    allowances: Allowances

    @property
    def not_allowed(self) -> int:
        """The number of checks that are skipped because changes of the target are not allowed."""
        return sum(check.skipped == Reason(ReasonKind.NOT_ALLOWED) for check in self.checks)

    @property
    def changes(self) -> Changes:
        """The requests that can change the target."""
        return self.allowances.changes()

    def scored(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a check with its final verdict."""
        return self.baseline.apply(self.requirements.apply(outcome))


def plan_run(settings: Settings, choice: ReleaseChoice | None = None) -> RunPlan:
    """Return the plan of a run, whose time begins now. The target is read to detect its release, unless it is known.

    Raises `TargetUnreachable`, `InvalidSettings` and `Inconclusive`.
    """
    started = replace(settings, limits=settings.limits.started(time.monotonic()))
    choice = choice or choose(started)
    resolved, contract = choice.applied(started), choice.contract
    selection = select(resolved, contract)
    return RunPlan(
        settings=resolved,
        contract=contract,
        note=choice.note,
        checks=selection.checks,
        unmatched=selection.unmatched,
        baseline=baseline_for(resolved, contract),
        requirements=requirements_for(resolved, contract),
        allowances=Allowances(resolved, contract, selection.checks),
    )
