"""The changes of a run to its target, known before it starts: numbers of requests, operations, names.

The numbers are limits: a check that would send more changing requests is stopped. Each check has a share, enough for a
target that conforms. Further requests, for example after failures, come from a reserve for all checks of its kind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import Profile
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.model.jobs import MOST_JOBS
from seatunnel_conformance.model.snapshot import Invariant
from seatunnel_conformance.replay.recording import changing_requests
from seatunnel_conformance.run.selection import GeneratedTest, Kind, PlannedCheck, RecordedScenario, select
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import Reserve
from seatunnel_openapi import Contract

BY_A_CLAUSE: Final = 2
"""The share of a check of a clause."""

MORE_BY_A_CLAUSE: Final = 18
"""The maximum that a check of a clause takes from the reserve. The largest known need is 14."""

BY_CLAUSES: Final = 150
"""The reserve of all checks of clauses."""

BY_A_STEP: Final = 2
"""Changing requests of one command of a stateful test: a job is stopped with a savepoint and restored."""

BY_SEARCHES: Final = 200
"""The reserve of generated tests, and of stateful tests: after a failure, they search a minimal one."""

SEVERAL: Final = "several operations"
"""Stands for the operations of a check with more than one."""

_JOBS: Final = ("POST /submit-job", "POST /stop-job")


@dataclass(frozen=True, slots=True)
class ChangingRequests:
    """Changing requests of one kind: operations, number of checks, and maximum number of requests."""

    what: str
    operations: tuple[str, ...]
    checks: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of a run. `names` are the patterns of the names of its jobs and tags."""

    run: str
    rows: tuple[ChangingRequests, ...]

    @property
    def total(self) -> int:
        """The maximum number of changing requests."""
        return sum(row.at_most for row in self.rows)

    @property
    def names(self) -> dict[str, str]:
        """The names of the run's own jobs and tags."""
        prefix = OwnIds(self.run).prefix
        return {"jobs": f"{prefix}*", "tags": prefix.rstrip("-")}

    @property
    def line(self) -> str:
        """The changes in one sentence."""
        every = dict.fromkeys(operation for row in self.rows for operation in row.operations)
        operations = ", ".join(operation.removeprefix("POST ") for operation in sorted(every))
        return f"at most {self.total} requests that change the target ({operations}), jobs named {self.names['jobs']}"

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        rows = [
            {"what": row.what, "operations": list(row.operations), "checks": row.checks, "atMost": row.at_most}
            for row in self.rows
        ]
        return {"run": self.run, "atMost": self.total, "names": self.names, "requests": rows}


@dataclass(frozen=True)
class Allowances:
    """The numbers of changing requests that checks can send: shares, and reserves by kind, which are used up."""

    settings: Settings
    contract: Contract
    checks: Sequence[PlannedCheck] = field(repr=False)
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(cls, context: Context) -> Self:
        """Return the allowances of a run, for its plan, or for the checks that its settings select."""
        settings, contract = context.settings, context.contract
        return context.once(cls, lambda: cls(settings, contract, select(settings, contract).checks))

    def share(self, check: PlannedCheck) -> int:
        """Return the share of a check."""
        if check.skipped or not self.settings.may_write:
            return 0
        match check.kind:
            case Check() as function:
                most = max(BY_A_CLAUSE, function.per_operation * len(self.contract.operations))
                return most if check.writes else 0
            case RecordedScenario(scenario):
                return changing_requests(scenario)
            case GeneratedTest():
                return self._generated(check.kind)
        # All invariants share the same commands, which come from the reserve.
        return 0

    def _generated(self, kind: GeneratedTest) -> int:
        from seatunnel_conformance.generated import configuration  # noqa: PLC0415 - a heavy import that few sessions need

        if kind.linked:
            return configuration.changes_of_sequences(self.contract, self.settings.profile)
        with self._counting:  # several workers would count the same at the same time
            return configuration.changes_of_operation(self.contract, self.settings.profile, kind.operations[0])

    def reserve(self, kind: Kind) -> Reserve:
        """Return the reserve of a kind of checks."""
        return self._reserves[type(kind)]

    @cached_property
    def _reserves(self) -> dict[type, Reserve]:
        writing = self.writing(Check)
        may_run = [type(one.kind) for one in self.checks if self.settings.may_write and not one.skipped]
        return {
            Check: Reserve(min(BY_CLAUSES, MORE_BY_A_CLAUSE * len(writing))),
            GeneratedTest: Reserve(BY_SEARCHES if GeneratedTest in may_run else 0),
            Invariant: Reserve(of_histories(self.settings.depth) + BY_SEARCHES if Invariant in may_run else 0),
            RecordedScenario: Reserve(0),
        }

    def writing(self, kind: type) -> list[PlannedCheck]:
        """Return the checks of a kind that can change the target."""
        return [
            one
            for one in self.checks
            if isinstance(one.kind, kind) and (self.share(one) or (kind is Invariant and not one.skipped))
        ]

    def changes(self) -> Changes:
        """Return the changes of all checks."""
        rows = (*self._by_generation(), *self._by_clauses(), *self._by_histories(), *self._by_recordings())
        return Changes(self.settings.run, tuple(row for row in rows if row.at_most))

    def _by_generation(self) -> Iterator[ChangingRequests]:
        writing = self.writing(GeneratedTest)
        reading = [one for one in writing if not one.writes]
        for one in writing:
            if one.writes:
                linked = isinstance(one.kind, GeneratedTest) and one.kind.linked
                what, operations = ("generated sequences", (SEVERAL,)) if linked else ("generated", _own(one))
                yield ChangingRequests(what, operations, 1, self.share(one))
        others = ("other methods on GET paths",)
        yield ChangingRequests("generated", others, len(reading), sum(map(self.share, reading)))
        yield ChangingRequests("smaller ones, if some fail", (SEVERAL,), len(writing), BY_SEARCHES if writing else 0)

    def _by_clauses(self) -> Iterator[ChangingRequests]:
        found = self.writing(Check)
        most = sum(map(self.share, found)) + self._reserves[Check].left
        yield ChangingRequests("checks of clauses", _all(_of_clause(one) for one in found), len(found), most)

    def _by_histories(self) -> Iterator[ChangingRequests]:
        found, most = self.writing(Invariant), of_histories(self.settings.depth)
        operations = (*_JOBS, "POST /submit-jobs", "POST /stop-jobs", "POST /update-tags")
        yield ChangingRequests("random histories", operations, len(found), most if found else 0)
        yield ChangingRequests("shorter ones, if some fail", operations, len(found), BY_SEARCHES if found else 0)

    def _by_recordings(self) -> Iterator[ChangingRequests]:
        found = self.writing(RecordedScenario)
        yield ChangingRequests("recorded scenarios", _all(map(_own, found)), len(found), sum(map(self.share, found)))


def of_histories(profile: Profile) -> int:
    """Return the maximum number of changing requests of the stateful tests of a profile.

    At its end, each test stops its jobs; a slow stop can cost a further job.
    """
    return profile.histories * (BY_A_STEP * profile.steps + 2 * MOST_JOBS)


def _of_clause(check: PlannedCheck) -> Iterator[str]:
    """Yield the operations to which the check of a clause can send changing requests."""
    needs = check.kind.needs if isinstance(check.kind, Check) else ()
    if "jobs" in needs:
        yield from _JOBS
    if "tags" in needs:
        yield "POST /update-tags"
    yield from _own(check)


def _own(check: PlannedCheck) -> tuple[str, ...]:
    """Return the operation of a check if it changes the target."""
    operation = check.operation or ""
    return (operation,) if operation and operation.partition(" ")[0] not in READING else ()


def _all(found: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({operation for operations in found for operation in operations})) or (SEVERAL,)
