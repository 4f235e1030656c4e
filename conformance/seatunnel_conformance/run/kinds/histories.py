"""Checks of rules that hold after each command of random histories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import Profile
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.model.jobs import MOST_JOBS
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
from seatunnel_conformance.report.outcomes import Outcome, histories_of
from seatunnel_conformance.run.planned import BY_SEARCHES, ChangingRequests, Kind, Needs, PlannedCheck, reason_to_skip
from seatunnel_openapi import Contract

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
