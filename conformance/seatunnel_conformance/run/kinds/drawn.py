"""Checks whose requests are drawn at random: generated from the contract, or commands of random histories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from threading import Lock
from typing import ClassVar, Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import Profile
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.model.invariants import all_invariants
from seatunnel_conformance.model.snapshot import MOST_JOBS, Invariant
from seatunnel_conformance.report.outcomes import LINKED, Outcome, histories_of
from seatunnel_conformance.run.planned import (
    BY_SEARCHES,
    SEVERAL,
    ChangingRequests,
    Kind,
    Needs,
    PlannedCheck,
    reason_to_skip,
)
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level

_TAGGING: Final = frozenset({"update_tags", "update_local_member_tags"})
"""The operations that set the tags of the node."""

_COUNTING: Final = Lock()
"""Several workers would count the same at the same time."""


@dataclass(frozen=True, slots=True)
class GeneratedCheck(Kind):
    """Requests that are generated for operations, by their ids."""

    operations: tuple[str, ...]

    why: ClassVar = "Clients are generated from the contract: what it does not state, they don't expect and can't read."
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
                text="Every answer to a generated request, valid or not, is one that the contract states for it.",
                operation=label(operation),
                writes=writes,
                kind=cls((operation.id,)),
                names=(operation.id,),
                # A generated configuration can be a valid one, and then a job runs.
                skipped=reason_to_skip(settings, writes=writes, jobs=operation.path.startswith("/submit-job")),
            )

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Let schemathesis send the requests."""
        from seatunnel_conformance.run import generation  # noqa: PLC0415 - a heavy import that few runs need

        return generation.run_check(context, check, self.operations, sets_tags=self.sets_tags)

    @property
    def needs(self) -> Iterable[Needs]:
        """The processor, and what its operations change."""
        starts = any(operation_id.startswith("submit_job") for operation_id in self.operations)
        return compress((Needs.GENERATION, Needs.TAGS, Needs.SLOTS), (True, self.sets_tags, starts))

    def share(self, check: PlannedCheck, settings: Settings, contract: Contract) -> int:  # noqa: ARG002 - of any kind
        """Return the number of generated requests that change the target."""
        from seatunnel_conformance.generated import configuration  # noqa: PLC0415 - as in `run`

        with _COUNTING:
            return configuration.changes_of_operation(contract, settings.profile, self.operations[0])

    @classmethod
    def counted_as(cls) -> type[Kind]:
        """Return one kind for all generated requests."""
        return GeneratedCheck

    @classmethod
    def reserve(cls, settings: Settings, checks: Sequence[PlannedCheck]) -> int:  # noqa: ARG003 - of any kind
        """Return the requests of searches for smaller failures."""
        return BY_SEARCHES if checks else 0

    @classmethod
    def changes(cls, settings: Settings, shares: Sequence[tuple[PlannedCheck, int]]) -> Iterator[ChangingRequests]:
        """Yield a row for each operation that writes, one for the others, and one for the reserve."""
        reading = [share for check, share in shares if not check.writes]
        for check, share in shares:
            if check.writes:
                linked = check.kind.is_linked
                what, operations = ("generated sequences", (SEVERAL,)) if linked else ("generated", check.changed)
                yield ChangingRequests(what, operations, 1, share)
        yield ChangingRequests("generated", ("other methods on GET paths",), len(reading), sum(reading))
        reserve = cls.reserve(settings, [check for check, _ in shares])
        yield ChangingRequests("smaller ones, if some fail", (SEVERAL,), len(shares), reserve)


@dataclass(frozen=True, slots=True)
class LinkedCheck(GeneratedCheck):
    """Sequences of generated requests along the contract's links."""

    cost: ClassVar = 3
    is_linked: ClassVar = True

    @classmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield one check, if the profile has sequences."""
        if "stateful" not in settings.depth.phases:
            return
        first = label(contract.operation("submit_job"))
        yield PlannedCheck(
            id=f"{first}, {LINKED}",
            level=Level.MUST,
            text="Every answer in a sequence of requests along the contract's links is one that the contract states.",
            operation=first,
            writes=True,
            # Without the tags of the node, which one check has at a time: the stateful tests have sequences with them.
            kind=cls(tuple(one.id for one in contract.operations if one.id not in _TAGGING)),
            names=(first,),
            skipped=reason_to_skip(settings, writes=True, jobs=True),
        )

    def share(self, check: PlannedCheck, settings: Settings, contract: Contract) -> int:  # noqa: ARG002 - of any kind
        """Return the number of requests in sequences that change the target."""
        from seatunnel_conformance.generated import configuration  # noqa: PLC0415 - as in `run`

        return configuration.changes_of_sequences(contract, settings.profile)


BY_A_STEP: Final = 2
"""Changing requests of one command of a stateful test: a job is stopped with a savepoint and restored."""

_OPERATIONS: Final = ("POST /submit-job", "POST /stop-job", "POST /submit-jobs", "POST /stop-jobs", "POST /update-tags")


@dataclass(frozen=True, slots=True)
class HistoryCheck(Kind):
    """A rule of the stateful tests. All rules share the same commands, which come from the reserve."""

    rule: Invariant

    cost: ClassVar = 4
    shares_reserve: ClassVar = True

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
        """Yield a check for each clause with a rule."""
        rules, skipped = all_invariants(), reason_to_skip(settings, writes=True, jobs=True)
        for clause in contract.clauses:
            if clause.id in rules:
                check = PlannedCheck.of_clause(
                    contract, clause.id, writes=True, kind=cls(rules[clause.id]), skipped=skipped
                )
                yield replace(check, id=histories_of(clause.id), names=(clause.id, *check.names))

    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Play the histories once for all rules, and search a short one if this rule is broken."""
        from seatunnel_conformance.run import stateful  # noqa: PLC0415 - a heavy import that few runs need

        return stateful.run_check(context, check, self.rule)

    @property
    def needs(self) -> Iterable[Needs]:
        """The results of the histories, and slots for their jobs."""
        return (Needs.HISTORIES, Needs.SLOTS)

    @classmethod
    def reserve(cls, settings: Settings, checks: Sequence[PlannedCheck]) -> int:
        """Return the requests of all histories, and of searches for shorter ones."""
        return of_histories(settings.depth) + BY_SEARCHES if checks else 0

    @classmethod
    def changes(cls, settings: Settings, shares: Sequence[tuple[PlannedCheck, int]]) -> Iterator[ChangingRequests]:
        """Yield a row for the histories, and one for the searches."""
        number, most = len(shares), of_histories(settings.depth)
        yield ChangingRequests("random histories", _OPERATIONS, number, most if number else 0)
        yield ChangingRequests("shorter ones, if some fail", _OPERATIONS, number, BY_SEARCHES if number else 0)


def of_histories(profile: Profile) -> int:
    """Return the maximum number of changing requests of the stateful tests of a profile.

    At its end, each test stops its jobs; a slow stop can cost a further job.
    """
    return profile.histories * (BY_A_STEP * profile.steps + 2 * MOST_JOBS)
