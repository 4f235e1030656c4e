"""The checks of a run: all that exist, those that `--only` and `--skip` select, and why some of them are skipped.

`--only` and `--skip` take glob patterns over the names of a check: its id, the group of its clause, its level, and the
method and path, the id and the tag of its operation. Matching is case-sensitive. `*` and `?` are the only special
characters: paths of operations contain braces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import ClassVar, Final, TypeAlias

from seatunnel_conformance.arrange.profiles import FAILOVER, Recordings
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import responses, whole_run
from seatunnel_conformance.checks.registry import Check, all_checks, paired
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
from seatunnel_conformance.replay import recording as recorded
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_conformance.report.outcomes import LINKED, RECORDED, WHOLE_RUN, WITH_JOBS, group, histories_of
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.reasons import Reason, ReasonKind
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level, Operation

Place: TypeAlias = tuple[str, int]
"""A file, and a line in it (from 1)."""


_TAGGING: Final = frozenset({"update_tags", "update_local_member_tags"})
"""The operations that set the tags of the node."""


@dataclass(frozen=True, slots=True)
class GeneratedTest:
    """Requests that are generated from the contract for operations, by their ids.

    With `linked`, they are sequences along the contract's links.
    """

    operations: tuple[str, ...]
    linked: bool = False

    @property
    def sets_tags(self) -> bool:
        """Whether a request can set the tags of the node."""
        return not _TAGGING.isdisjoint(self.operations)

    why: ClassVar = "Clients are generated from the contract: what it does not state, they don't expect and can't read."
    place: ClassVar[Place] = (__file__, 1)


@dataclass(frozen=True, slots=True)
class RecordedScenario:
    """Steps that were recorded on a real engine, replayed and compared."""

    scenario: Scenario

    why: ClassVar = "A client that works with this release relies on what it really answers, beyond any clause."
    place: ClassVar[Place] = (__file__, 1)


Kind: TypeAlias = Check | GeneratedTest | Invariant | RecordedScenario
"""The kinds of checks: a function for a clause, generated requests, stateful tests with one invariant, or a replay."""


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check of a run.

    `id` is a clause id, or starts with a clause id or an operation (`GET /overview`). `skipped` is the reason why it
    does not run, None if it runs. `names` are further names for patterns.
    """

    id: str
    level: Level
    text: str
    operation: str | None
    writes: bool
    kind: Kind
    names: tuple[str, ...] = ()
    skipped: Reason | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedPattern:
    """A pattern that matches no check. `option` is `--only` or `--skip`; `similar` are at most three similar names."""

    option: str
    pattern: str
    similar: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.option} {self.pattern} matches no check"

    @property
    def hint(self) -> str:
        """A suggestion."""
        if self.similar:
            return f"did you mean {' or '.join(self.similar)}?"
        return "patterns are clause ids, groups, levels or operations; `seatunnel-v2 ledger` lists the clauses"

    @property
    def warning(self) -> str:
        """The message and the hint in one line."""
        return f"{self}; {self.hint}".rstrip("; ")


def _is_selected(settings: Settings, names: Sequence[str]) -> bool:
    """Return whether a check matches one of `--only`, if there are any, and none of `--skip`."""
    wanted = not settings.only or _any_matches(names, settings.only)
    return wanted and not _any_matches(names, settings.skip)


def _unmatched(settings: Settings, names: Iterable[str]) -> Iterator[UnmatchedPattern]:
    """Yield the patterns that match none of the names of all checks, in the given order."""
    known = tuple(dict.fromkeys(names))
    for option, patterns in (("--only", settings.only), ("--skip", settings.skip)):
        for pattern in patterns:
            if not _any_matches(known, [pattern]):
                yield UnmatchedPattern(option, pattern, _similar(pattern, known))


def _any_matches(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns for name in names)


def _similar(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    by_letters = {name.casefold(): name for name in names}
    return tuple(by_letters[found] for found in get_close_matches(pattern.casefold(), by_letters, n=3, cutoff=0.65))


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected checks in their order, and the patterns that match no check."""

    checks: tuple[PlannedCheck, ...]
    unmatched: tuple[UnmatchedPattern, ...]


def select(settings: Settings, contract: Contract) -> Selection:
    """Return the selected checks: generated tests, clauses in the contract's order, stateful tests, recordings."""
    tags = {label(operation): operation.tag for operation in contract.operations}
    named = [(check, names_of(check, tags)) for check in every_check(settings, contract)]
    groups = settings.depth.groups
    selected = tuple(
        check for check, names in named if _is_selected(settings, names) and (not groups or group(check.id) in groups)
    )
    return Selection(selected, tuple(_unmatched(settings, (name for _, names in named for name in names))))


def every_check(settings: Settings, contract: Contract) -> list[PlannedCheck]:
    """Return all checks, selected or not."""
    return [
        *_generated(settings, contract),
        *_clauses(settings, contract),
        *_responses(settings, contract),
        *_stateful(settings, contract),
        *_recorded(settings, contract),
        *_whole_run(contract),
    ]


def names_of(check: PlannedCheck, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return all names of a check for patterns; `tags` are those of the operations, by method and path."""
    tag = tags.get(check.operation or "")
    return (check.id, *check.names, group(check.id), check.level.value, *([tag] if tag else []))


def _clauses(settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
    labels = {operation.id: label(operation) for operation in contract.operations}
    for found, clause in paired(all_checks(), contract):
        starts_jobs = "jobs" in found.needs
        can_write = settings.may_write and (settings.depth.jobs or not starts_jobs)
        writes = found.writes and (can_write or not found.reads)
        yield PlannedCheck(
            id=clause.id,
            level=clause.level,
            text=clause.text,
            operation=labels.get(clause.operation_id or ""),
            writes=writes,
            kind=found,
            names=_names(clause.operation_id, labels),
            skipped=_no_failover(settings, found)
            or _reason_to_skip(settings, writes=writes, jobs=starts_jobs and writes),
        )


def _responses(settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
    skipped = _reason_to_skip(settings, writes=True, jobs=True)
    return _derived(responses.derived_checks(contract), WITH_JOBS, responses.TEXT, skipped)


def _whole_run(contract: Contract) -> Iterator[PlannedCheck]:
    return _derived(whole_run.derived_checks(contract), WHOLE_RUN, whole_run.TEXT, None)


def _derived(
    checks: Iterable[tuple[Operation, Check]], suffix: str, text: str, skipped: Reason | None
) -> Iterator[PlannedCheck]:
    """Yield the checks that are derived from operations."""
    for operation, found in checks:
        yield PlannedCheck(
            id=f"{label(operation)}, {suffix}",
            level=Level.MUST,
            text=text,
            operation=label(operation),
            writes=found.writes,
            kind=found,
            names=(operation.id, label(operation)),
            skipped=skipped,
        )


def _stateful(settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
    labels = {operation.id: label(operation) for operation in contract.operations}
    invariants = all_invariants()
    for clause in contract.clauses:
        if clause.id in invariants:
            yield PlannedCheck(
                id=histories_of(clause.id),
                level=clause.level,
                text=clause.text,
                operation=labels.get(clause.operation_id or ""),
                writes=True,
                kind=invariants[clause.id],
                names=(clause.id, *_names(clause.operation_id, labels)),
                skipped=_reason_to_skip(settings, writes=True, jobs=True),
            )


def _recorded(settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
    wanted = settings.depth.recordings
    for scenario in recorded.scenarios(contract.release) if wanted is not Recordings.NONE else ():
        quick = recorded.is_quick(scenario)
        if wanted is Recordings.QUICK and not quick:
            continue
        subject, operation = recorded.subject(scenario, contract)
        writes = recorded.changing_requests(scenario) > 0
        yield PlannedCheck(
            id=f"{subject}, {RECORDED}{scenario.full_name}",
            level=Level.SHOULD,
            text=f"Every step of the scenario is answered as an engine of release {contract.release} answered it.",
            operation=label(operation) if operation else None,
            writes=writes,
            kind=RecordedScenario(scenario),
            names=(operation.id, label(operation)) if operation else (),
            skipped=_reason_to_skip(settings, writes=writes, jobs=not quick) or _left_out(scenario),
        )


def _generated(settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
    for operation in contract.operations:
        writes = operation.method not in READING
        yield PlannedCheck(
            id=label(operation),
            level=Level.MUST,
            text="Every answer to a generated request, valid or not, is one that the contract states for it.",
            operation=label(operation),
            writes=writes,
            kind=GeneratedTest((operation.id,)),
            names=(operation.id,),
            # A generated configuration can be a valid one, and then a job runs.
            skipped=_reason_to_skip(settings, writes=writes, jobs=operation.path.startswith("/submit-job")),
        )
    if "stateful" in settings.depth.phases:
        yield _linked(settings, contract)


def _linked(settings: Settings, contract: Contract) -> PlannedCheck:
    first = label(contract.operation("submit_job"))
    return PlannedCheck(
        id=f"{first}, {LINKED}",
        level=Level.MUST,
        text="Every answer in a sequence of requests along the contract's links is one that the contract states.",
        operation=first,
        writes=True,
        # Without the tags of the node, which one check has at a time: the stateful tests have sequences with them.
        kind=GeneratedTest(tuple(one.id for one in contract.operations if one.id not in _TAGGING), linked=True),
        names=(first,),
        skipped=_reason_to_skip(settings, writes=True, jobs=True),
    )


def _left_out(scenario: Scenario) -> Reason | None:
    why = recorded.left_out(scenario)
    return Reason(said=why) if why else None


def _no_failover(settings: Settings, found: Check) -> Reason | None:
    if FAILOVER not in found.needs:
        return None
    if settings.profile != FAILOVER:
        return Reason(ReasonKind.NO_FAILOVER)
    if not settings.nodes:
        return Reason(ReasonKind.SINGLE_NODE)
    if not settings.failover:
        return Reason(ReasonKind.FAILOVER_NOT_ALLOWED)
    return None


def _reason_to_skip(settings: Settings, *, writes: bool, jobs: bool) -> Reason | None:
    profile = settings.depth
    if jobs and not profile.jobs:
        return Reason(ReasonKind.NO_JOBS, profile.name)
    if writes and not profile.writes:
        return Reason(ReasonKind.ONLY_READS, profile.name)
    if writes and not settings.may_write:
        return Reason(ReasonKind.NOT_ALLOWED)
    return None


def _names(operation_id: str | None, labels: Mapping[str, str]) -> tuple[str, ...]:
    return (operation_id, labels[operation_id]) if operation_id else ()
