"""Which checks a run makes, and which it skips for what reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seatunnel_conformance.arrange.profiles import Recordings
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.registry import Check, paired
from seatunnel_conformance.model.snapshot import all_invariants
from seatunnel_conformance.replay import selection as choice
from seatunnel_conformance.report.check_ids import LINKED, RECORDED, group, histories_of
from seatunnel_conformance.run.kinds import ClauseCheck, GeneratedRequests, Kind, RandomHistories, RecordedScenario
from seatunnel_conformance.run.patterns import Patterns, Stranger
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Level


@dataclass(frozen=True, slots=True)
class Planned:
    """One check as the run sees it.

    `id` is a clause id, or begins with one or with an operation (`GET /overview`). `skipped` says why it is not made.
    `names` are what else it is selected by.
    """

    id: str
    level: Level
    text: str
    operation: str | None
    writes: bool
    kind: Kind
    names: tuple[str, ...] = ()
    skipped: str | None = None


def plan(settings: Settings, contract: Contract, checks: Iterable[Check]) -> list[Planned]:
    """Return the selected checks: generated ones, the clauses in the contract's order, histories, recordings."""
    patterns, tags = Patterns(settings.only, settings.skip), _tags(contract)
    return [one for one in every(settings, contract, checks) if patterns.select(names_of(one, tags))]


def every(settings: Settings, contract: Contract, checks: Iterable[Check]) -> list[Planned]:
    """Return all checks that there are, selected or not."""
    return [
        *_generated(settings, contract),
        *_clauses(settings, contract, checks),
        *_histories(settings, contract),
        *_recorded(settings, contract),
    ]


def strangers(settings: Settings, contract: Contract, checks: Iterable[Check]) -> list[Stranger]:
    """Return the patterns of `--only` and `--skip` that match no check, each with names like it."""
    tags = _tags(contract)
    names = (name for one in every(settings, contract, checks) for name in names_of(one, tags))
    return Patterns(settings.only, settings.skip).strangers(names)


def names_of(planned: Planned, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return all names that a check is selected by; `tags` are those of the operations, by their labels."""
    tag = tags.get(planned.operation or "")
    return (planned.id, *planned.names, group(planned.id), planned.level.value, *([tag] if tag else []))


def _clauses(settings: Settings, contract: Contract, checks: Iterable[Check]) -> Iterator[Planned]:
    labels = {operation.id: label(operation) for operation in contract.operations}
    for found, clause in paired(checks, contract):
        yield Planned(
            id=clause.id,
            level=clause.level,
            text=clause.text,
            operation=labels.get(clause.operation_id or ""),
            writes=found.writes,
            kind=ClauseCheck(found),
            names=_names(clause.operation_id, labels),
            skipped=_skipped(settings, writes=found.writes, jobs="jobs" in found.needs),
        )


def _histories(settings: Settings, contract: Contract) -> Iterator[Planned]:
    labels = {operation.id: label(operation) for operation in contract.operations}
    invariants = all_invariants()
    for clause in contract.clauses:
        if clause.id in invariants:
            yield Planned(
                id=histories_of(clause.id),
                level=clause.level,
                text=clause.text,
                operation=labels.get(clause.operation_id or ""),
                writes=True,
                kind=RandomHistories(invariants[clause.id]),
                names=(clause.id, *_names(clause.operation_id, labels)),
                skipped=_skipped(settings, writes=True, jobs=True),
            )


def _recorded(settings: Settings, contract: Contract) -> Iterator[Planned]:
    wanted = settings.depth.recordings
    for scenario in choice.scenarios(contract.release) if wanted is not Recordings.NONE else ():
        quick = choice.is_quick(scenario)
        if wanted is Recordings.QUICK and not quick:
            continue
        subject, operation = choice.subject(scenario, contract)
        writes = choice.writes(scenario)
        yield Planned(
            id=f"{subject}, {RECORDED}{choice.full_name(scenario)}",
            level=Level.SHOULD,
            text=f"Every step of the scenario is answered as an engine of release {contract.release} answered it.",
            operation=label(operation) if operation else None,
            writes=writes,
            kind=RecordedScenario(scenario),
            names=(operation.id, label(operation)) if operation else (),
            skipped=_skipped(settings, writes=writes, jobs=not quick) or choice.left_out(scenario),
        )


def _generated(settings: Settings, contract: Contract) -> Iterator[Planned]:
    for operation in contract.operations:
        writes = operation.method not in READING
        yield Planned(
            id=label(operation),
            level=Level.MUST,
            text="Every answer to a generated request, valid or not, is one that the contract states for it.",
            operation=label(operation),
            writes=writes,
            kind=GeneratedRequests((operation.id,)),
            names=(operation.id,),
            skipped=_skipped(settings, writes=writes, jobs=False),
        )
    if "stateful" in settings.depth.phases:
        yield _linked(settings, contract)


def _linked(settings: Settings, contract: Contract) -> Planned:
    first = label(contract.operation("submit_job"))
    return Planned(
        id=f"{first}, {LINKED}",
        level=Level.MUST,
        text="Every answer in a sequence of requests along the contract's links is one that the contract states.",
        operation=first,
        writes=True,
        kind=GeneratedRequests(tuple(operation.id for operation in contract.operations), linked=True),
        names=(first,),
        skipped=_skipped(settings, writes=True, jobs=True),
    )


def _skipped(settings: Settings, *, writes: bool, jobs: bool) -> str | None:
    profile = settings.depth
    if jobs and not profile.jobs:
        return f"the profile {profile.name} runs no jobs"
    if writes and not profile.writes:
        return f"the profile {profile.name} only reads"
    if writes and not settings.may_write:
        return "it changes the target, which is another machine; --allow-writes permits it"
    return None


def _tags(contract: Contract) -> Mapping[str, str]:
    return {label(operation): operation.tag for operation in contract.operations}


def _names(operation_id: str | None, labels: Mapping[str, str]) -> tuple[str, ...]:
    return (operation_id, labels[operation_id]) if operation_id else ()
