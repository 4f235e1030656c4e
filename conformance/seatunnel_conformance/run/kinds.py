"""The kinds of checks: one class and one row of `KINDS` each. CONTRIBUTING.md says how to add one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import ClassVar, Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.options import FAILOVER, Recordings
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.derived import WHOLE_RUN_TEXT, WITH_JOBS_TEXT, checks_with_jobs, whole_run_checks
from seatunnel_conformance.checks.registry import Check, all_checks, paired
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.model.invariants import INVARIANTS, Invariant
from seatunnel_conformance.replay.recording import (
    Scenario,
    changes_the_target,
    is_quick,
    left_out,
    reads_pages_of_jobs,
    scenarios,
    sets_tags,
    starts_jobs,
    subject,
)
from seatunnel_conformance.report.outcomes import LINKED, RECORDED, WHOLE_RUN, WITH_JOBS, Outcome, group, histories_of
from seatunnel_conformance.run.attempts import Kind, Needs, PlannedCheck, attempt, reason_to_skip
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level, Operation


@dataclass(frozen=True, slots=True)
class ClauseCheck(Kind):
    """A check of a clause: a function of `checks/`."""

    function: Check

    @property
    def why(self) -> str:
        """Why the clause matters to a client."""
        return self.function.why

    @property
    def place(self) -> tuple[str, int]:
        """The place of the function."""
        return self.function.place

    @property
    def cost(self) -> int:
        """Checks that only read are the quickest; the last ones take longest."""
        return 5 if self.function.last else int(self.function.writes)

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each clause with a function."""
        for found, clause in paired(all_checks(), contract):
            starts_jobs = "jobs" in found.needs
            can_write = settings.may_write and (settings.depth.jobs or not starts_jobs)
            writes = found.writes and (can_write or not found.reads)
            skipped = _no_failover(settings, found) or reason_to_skip(
                settings, writes=writes, jobs=starts_jobs and writes
            )
            if group(clause.id) == "nodes" and not settings.nodes:
                skipped = skipped or Reason(ReasonKind.SINGLE_NODE)
            yield PlannedCheck.of_clause(contract, clause.id, writes=writes, kind=cls(found), skipped=skipped)

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Call the function."""
        return attempt(context, check, self.function)

    @property
    def needs(self) -> Iterable[Needs]:
        """The needs that follow from the function and its parameters."""
        needed = self.function.needs
        found = (
            self.function.last,
            self.function.alone,
            "tags" in needed,
            "jobs" in needed,
            self.function.clause_id.startswith("loggers."),
        )
        return compress((Needs.LAST, Needs.QUIET, Needs.TAGS, Needs.SLOTS, Needs.LOGGERS), found)


@dataclass(frozen=True, slots=True)
class JobsCheck(ClauseCheck):
    """A check that is derived from a GET operation, and requests it while a job runs and after its end."""

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each GET operation that shows jobs."""
        skipped = reason_to_skip(settings, writes=True, jobs=True)
        for operation, found in checks_with_jobs(contract):
            yield _derived(operation, cls(found), WITH_JOBS, WITH_JOBS_TEXT, skipped)


@dataclass(frozen=True, slots=True)
class WholeRunCheck(ClauseCheck):
    """A check that is derived from an operation, and compares all its responses of the run with its schema."""

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:  # noqa: ARG003 - of any kind
        """Yield a check for each operation whose responses have a schema."""
        for operation, found in whole_run_checks(contract):
            yield _derived(operation, cls(found), WHOLE_RUN, WHOLE_RUN_TEXT, None)


def _derived(operation: Operation, kind: ClauseCheck, suffix: str, text: str, skipped: Reason | None) -> PlannedCheck:
    return PlannedCheck(
        id=f"{label(operation)}, {suffix}",
        level=Level.MUST,
        text=text,
        operation=label(operation),
        writes=kind.function.writes,
        kind=kind,
        names=(operation.id, label(operation)),
        skipped=skipped,
    )


def _no_failover(settings: Settings, found: Check) -> Reason | None:
    if FAILOVER not in found.needs:
        return None
    if settings.profile != FAILOVER:
        return Reason(ReasonKind.NO_FAILOVER)
    if not settings.nodes:
        return Reason(ReasonKind.SINGLE_NODE)
    return None if settings.failover else Reason(ReasonKind.FAILOVER_NOT_ALLOWED)


_TAGGING: Final = frozenset({"update_tags", "update_local_member_tags"})
"""The operations that set the tags of the node."""


@dataclass(frozen=True, slots=True)
class GeneratedCheck(Kind):
    """A check with generated requests for one operation. `operations` are ids."""

    operations: tuple[str, ...]

    why: ClassVar = "Clients generated from the contract can't read responses that the contract does not state."
    place: ClassVar = (__file__, 1)

    @property
    def sets_tags(self) -> bool:
        """Whether a request can set the tags of the node."""
        return not _TAGGING.isdisjoint(self.operations)

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each operation."""
        for operation in contract.operations:
            writes = operation.method not in READING
            yield PlannedCheck(
                id=label(operation),
                level=Level.MUST,
                text="Every response to a generated request, valid or not, is one that the contract states.",
                operation=label(operation),
                writes=writes,
                kind=cls((operation.id,)),
                names=(operation.id,),
                # A generated configuration can be valid, and then a job runs.
                skipped=reason_to_skip(settings, writes=writes, jobs=operation.path.startswith("/submit-job")),
            )

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Send the generated requests with schemathesis."""
        from seatunnel_conformance.run import generation  # noqa: PLC0415 - a heavy import that few runs need

        return generation.run_generated(context, check, self.operations, sets_tags=self.sets_tags)

    @property
    def needs(self) -> Iterable[Needs]:
        """The processor, and tags or slots if its operations change them."""
        starts = any(operation_id.startswith("submit_job") for operation_id in self.operations)
        return compress((Needs.GENERATION, Needs.TAGS, Needs.SLOTS), (True, self.sets_tags, starts))


@dataclass(frozen=True, slots=True)
class LinkedCheck(GeneratedCheck):
    """A check with sequences of generated requests along the contract's links."""

    cost: ClassVar = 3
    is_linked: ClassVar = True

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield one check for all operations, if the profile has sequences."""
        if "stateful" not in settings.depth.phases:
            return
        first = label(contract.operation("submit_job"))
        yield PlannedCheck(
            id=f"{first}, {LINKED}",
            level=Level.MUST,
            text="Every response in a sequence of requests along the contract's links is one that the contract states.",
            operation=first,
            writes=True,
            # No tags, which only one check at a time can set: the stateful tests have sequences with them.
            kind=cls(tuple(one.id for one in contract.operations if one.id not in _TAGGING)),
            names=(first,),
            skipped=reason_to_skip(settings, writes=True, jobs=True),
        )


@dataclass(frozen=True, slots=True)
class HistoryCheck(Kind):
    """A check of one invariant with the stateful tests. All invariants are checked in the same random histories."""

    rule: Invariant

    cost: ClassVar = 4

    @property
    def why(self) -> str:
        """Why the clause matters to a client."""
        return self.rule.why

    @property
    def place(self) -> tuple[str, int]:
        """The place of the rule."""
        return self.rule.place

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each clause with an invariant."""
        skipped = reason_to_skip(settings, writes=True, jobs=True)
        for clause in contract.clauses:
            if rule := INVARIANTS.get(clause.id):
                check = PlannedCheck.of_clause(contract, clause.id, writes=True, kind=cls(rule), skipped=skipped)
                yield replace(check, id=histories_of(clause.id), names=(clause.id, *check.names))

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Play the histories once for all invariants. Search for a short history if this invariant is broken."""
        from seatunnel_conformance.run import stateful  # noqa: PLC0415 - a heavy import that few runs need

        return stateful.run_histories(context, check, self.rule)

    @property
    def needs(self) -> Iterable[Needs]:
        """The results of the histories, and slots for their jobs."""
        return (Needs.HISTORIES, Needs.SLOTS)


@dataclass(frozen=True, slots=True)
class RecordedCheck(Kind):
    """A check that replays a recorded scenario's steps, and compares the responses with the engine's responses."""

    scenario: Scenario

    is_step: ClassVar = True
    why: ClassVar = "A client relies on the real responses of this release, even where no clause covers them."
    place: ClassVar = (__file__, 1)

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each scenario of the release that the profile includes."""
        wanted = settings.depth.recordings
        for scenario in scenarios(contract.release) if wanted is not Recordings.NONE else ():
            quick = is_quick(scenario)
            if wanted is Recordings.QUICK and not quick:
                continue
            about, operation = subject(scenario, contract)
            writes = changes_the_target(scenario)
            why = left_out(scenario.full_name)
            yield PlannedCheck(
                id=f"{about}, {RECORDED}{scenario.full_name}",
                level=Level.SHOULD,
                text=f"The target responds to each recorded step as an engine of release {contract.release} did.",
                operation=label(operation) if operation else None,
                writes=writes,
                kind=cls(scenario),
                names=(operation.id, label(operation)) if operation else (),
                skipped=reason_to_skip(settings, writes=writes, jobs=not quick) or (Reason(said=why) if why else None),
            )

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Play the scenario."""
        from seatunnel_conformance.run import recorded  # noqa: PLC0415 - as above

        return attempt(context, check, partial(recorded.play, context, self.scenario))

    @property
    def needs(self) -> Iterable[Needs]:
        """The parts of the target that the steps change."""
        scenario = self.scenario
        found = (sets_tags(scenario), reads_pages_of_jobs(scenario), starts_jobs(scenario))
        return compress((Needs.TAGS, Needs.QUIET, Needs.SLOTS), found)


KINDS: Final[tuple[type[Kind], ...]] = (
    GeneratedCheck,
    LinkedCheck,
    ClauseCheck,
    JobsCheck,
    HistoryCheck,
    RecordedCheck,
    WholeRunCheck,
)
"""All kinds, in the order of reports."""


def every_check(settings: Settings, contract: Contract) -> list[PlannedCheck]:
    """Return all checks, selected or not."""
    return [check for kind in KINDS for check in kind.planned(settings, contract)]
