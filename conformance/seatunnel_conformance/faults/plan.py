"""What is tried on what: the faults of a run, the deployments, and who has to notice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, PLAIN, Fault, all_faults
from seatunnel_conformance.faults.drawn import drawn
from seatunnel_conformance.faults.judging import right_checks
from seatunnel_openapi import Contract

Deployment: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Gives a deployment for as long as a block lasts: its address. It can be pickled."""


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

    @property
    def is_over(self) -> bool:
        """Whether the time of the run is over, but for what tidies up."""
        limits = self.settings.limits
        return limits.left <= limits.reserve

    def where(self, fault: Fault) -> str:
        """Return the name of the deployment on which a fault is tried; empty when there is none that is fit."""
        if self.foreign:
            return PLAIN
        return fault.deployment if fault.deployment in self.deployments else ""


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


def noticeable(contract: Contract, check_ids: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the written faults that checks, by their ids, could notice for the right reason."""
    return tuple(fault.id for fault in all_faults() if not right_checks(fault, contract).isdisjoint(check_ids))


def _is_selected(fault: Fault, only: Sequence[str]) -> bool:
    names = (fault.id, fault.kind)
    return not only or any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in only for name in names)
