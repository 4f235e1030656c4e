"""The plan of a run of faults, and the plan of faults that test the checks of a run that has just ended."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Final, TypeAlias

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, GENERATED, PLAIN, Fault, all_faults
from seatunnel_conformance.faults.generated import deliveries, methods, states, values
from seatunnel_conformance.faults.generated.equivalent import explained
from seatunnel_conformance.faults.results import detecting_checks
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunExit, Verdict
from seatunnel_openapi import Contract, in_own_words, load

GENERATORS: Final = (values, deliveries, methods, states)
"""The modules that generate faults; each has a function `faults(contract)`."""


def generated_faults(contract: Contract) -> dict[str, list[Fault]]:
    """Return all faults that are generated from a contract, by kind."""
    found = {kind: list[Fault]() for kind in GENERATED}
    for fault in chain.from_iterable(module.faults(contract) for module in GENERATORS):
        found[fault.kind].append(fault)
    return found


def sampled(contract: Contract, seed: int, number: int) -> list[Fault]:
    """Return up to `number` generated faults of each kind, the same for the same contract, seed and number."""
    return [
        explained(fault, contract)
        for kind in generated_faults(contract).values()
        for fault in _in_turns(kind, random.Random(seed), number)  # noqa: S311 - no secret
    ]


def _in_turns(faults: Iterable[Fault], chance: random.Random, number: int) -> list[Fault]:
    """Draw one fault of each operation in turn, so that the operation with most faults does not fill the sample."""
    by_operation = defaultdict[str, list[Fault]](list)
    for fault in faults:
        by_operation[fault.id.split(":")[1]].append(fault)
    hands = [chance.sample(hand, len(hand)) for hand in by_operation.values()]
    rounds = chain.from_iterable(zip_longest(*hands))
    return list(islice((fault for fault in rounds if fault is not None), number))


Deployment: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Returns a context manager that yields the URL of a deployment. It can be pickled."""


class NothingSelected(InvalidSettings):
    """No fault matches the patterns of `--only`."""

    exit = 4
    hint = "seatunnel-v2 faults --list lists all faults"


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The plan of a run of faults.

    The keys of `deployments` are those of `DEPLOYMENTS`. `foreign` is true if the run does not start its deployment,
    which then has the key `plain`. `settings` have the release (not `auto`), profile, seed and limits; their URL is for
    the report. `only` has globs for ids and kinds of faults. `generated` is the number of faults of each generated
    kind. `jobs` is the number of processes; 0 stands for one to four, depending on the number of faults. `report` is
    the file for the results, `resume` that of a run to continue.
    """

    deployments: Mapping[str, Deployment]
    settings: Settings
    only: tuple[str, ...] = ()
    generated: int = 12
    jobs: int = 1
    foreign: bool = False
    report: Path | None = None
    resume: Path | None = None

    @property
    def contract(self) -> Contract:
        """The contract of the release, with the documented names of members, which the release may spell otherwise."""
        return in_own_words(load(self.settings.release))

    @property
    def is_over(self) -> bool:
        """Whether only the time for cleaning up is left."""
        limits = self.settings.limits
        return limits.left <= limits.reserve

    def where(self, fault: Fault) -> str:
        """Return the key in `deployments` of the deployment for a fault; empty if the plan has none for it."""
        if self.foreign:
            return PLAIN
        return fault.deployment if fault.deployment in self.deployments else ""


def select(plan: FaultPlan) -> list[Fault]:
    """Return the faults of a plan, ordered by deployment. Raises `NothingSelected`.

    A fault of the catalogue is left out if the release has none of the clauses that it breaks, or none of its
    operations.
    """
    contract = plan.contract
    known = {clause.id for clause in contract.clauses}
    operations = {operation.id for operation in contract.operations}
    written = [
        fault
        for fault in all_faults()
        if (not fault.breaks or known.intersection(fault.breaks))
        and (not fault.operations or operations.intersection(fault.operations))
    ]
    every = [*written, *sampled(contract, plan.settings.seed, plan.generated)]
    chosen = [fault for fault in every if _is_selected(fault, plan.only)]
    if not chosen:
        raise NothingSelected(f"--only {' --only '.join(plan.only)} matches no fault of release {contract.release}")
    return sorted(chosen, key=lambda fault: (list(DEPLOYMENTS).index(fault.deployment), bool(fault.breaks)))


def _is_selected(fault: Fault, only: Sequence[str]) -> bool:
    names = (fault.id, fault.kind)
    return not only or any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in only for name in names)


_WAIT: Final = 1 / 6
"""The share of --wait that applies under a fault (5 s of the default of 30 s), because many waits time out there."""


def existing(url: str) -> dict[str, Deployment]:
    """Return `deployments` of a `FaultPlan` for a deployment that is already running."""
    return {PLAIN: partial(nullcontext, url)}  # type: ignore[dict-item]  # mypy takes another overload


def is_decided(report: Report) -> bool:
    """Return whether a run ended with a verdict about the target, so that its checks can be tested with faults."""
    return report.footer.exit in {RunExit.CONFORMS, RunExit.DEVIATES}


def plan_after(report: Report, settings: Settings) -> FaultPlan:
    """Return the plan of the faults that the passed checks of a run should detect; `only` is empty if none exist."""
    passed = frozenset(outcome.id for outcome in report.outcomes if outcome.verdict is Verdict.PASS)
    release = report.header.release
    # A run with write access, but without --allow-writes, has detected that its target is a reference server.
    reference = report.header.writes and not settings.allow_writes
    known = replace(settings, release=release, reference=reference)
    tried = replace(known, wait=settings.wait * _WAIT, journal=None, reports={})
    plan = FaultPlan(existing(settings.url), tried, generated=0, foreign=True)
    found = (one.id for one in all_faults() if not detecting_checks(one, plan.contract).isdisjoint(passed))
    return replace(plan, only=tuple(found))


def exit_after(report: Report, score: Score | None) -> RunExit:
    """Return the exit status of a run of checks and of the faults tried after it; `score` is None if none was tried.

    It is the exit status of the run of checks. If the target conforms, but a fault was not detected or the time was too
    short for all faults, it is `UNDECIDED`.
    """
    status = report.footer.exit
    if score is None or score.exit is RunExit.CONFORMS or status is not RunExit.CONFORMS:
        return status
    return RunExit.UNDECIDED
