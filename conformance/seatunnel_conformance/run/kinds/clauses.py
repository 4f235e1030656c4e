"""Checks that are functions: of a clause, and those derived from an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import FAILOVER
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import responses, whole_run
from seatunnel_conformance.checks.registry import Check, all_checks, paired
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.report.outcomes import WHOLE_RUN, WITH_JOBS, Outcome
from seatunnel_conformance.run.attempts import attempt
from seatunnel_conformance.run.planned import Kind, Needs, PlannedCheck, reason_to_skip
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level, Operation


@dataclass(frozen=True, slots=True)
class ClauseCheck(Kind):
    """A function for a clause (`checks/`)."""

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
        """Checks that read are quick."""
        return 5 if self.function.last else int(self.function.writes)

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each clause with a function."""
        for found, clause in paired(all_checks(), contract):
            starts_jobs = "jobs" in found.needs
            can_write = settings.may_write and (settings.depth.jobs or not starts_jobs)
            writes = found.writes and (can_write or not found.reads)
            skipped = reason_to_skip(settings, writes=writes, jobs=starts_jobs and writes)
            yield PlannedCheck.of_clause(
                contract, clause.id, writes=writes, kind=cls(found), skipped=_no_failover(settings, found) or skipped
            )

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
    """A function that is derived from a GET operation, and reads it while jobs run and have ended."""

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield a check for each GET operation that shows jobs."""
        skipped = reason_to_skip(settings, writes=True, jobs=True)
        for operation, found in responses.derived_checks(contract):
            yield _derived(operation, cls(found), WITH_JOBS, responses.TEXT, skipped)


@dataclass(frozen=True, slots=True)
class WholeRunCheck(ClauseCheck):
    """A function that is derived from an operation, and judges all its responses at the end of the run."""

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:  # noqa: ARG003 - of any kind
        """Yield a check for each operation whose responses have a schema."""
        for operation, found in whole_run.derived_checks(contract):
            yield _derived(operation, cls(found), WHOLE_RUN, whole_run.TEXT, None)


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
