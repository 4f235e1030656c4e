"""What a run may change on its target, before it does: how many requests at most, where to, under which names.

The numbers are no estimates: a check that would send more changing requests is stopped. Each has a share, which is what
it needs on a target that keeps the contract. What it needs beyond that, because something fails or is slow, comes from
a reserve that all checks of its kind have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from seatunnel_conformance.arrange.profiles import Profile
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.model.jobs import MOST_JOBS
from seatunnel_conformance.replay.selection import changing_requests
from seatunnel_conformance.run.kinds import ClauseCheck, GeneratedRequests, Kind, RandomHistories, RecordedScenario
from seatunnel_conformance.run.selection import Planned
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.governor import Reserve
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_openapi import Contract

BY_A_CLAUSE: Final = 2
"""Changing requests of one clause's check, as most have."""

MORE_BY_A_CLAUSE: Final = 18
"""What one clause's check takes of the reserve at most; the most that any needs is 14."""

BY_CLAUSES: Final = 150
"""The reserve of all clauses' checks."""

BY_A_STEP: Final = 2
"""Changing requests of one step of a history: a job is stopped with a savepoint, and started from there."""

BY_SEARCHES: Final = 200
"""The reserve of generated requests, and that of histories: smaller ones are sought that fail alike."""

SEVERAL: Final = "several operations"
"""What stands for the operation of checks that try more than one."""

_JOBS: Final = ("POST /submit-job", "POST /stop-job")


@dataclass(frozen=True, slots=True)
class Change:
    """Changing requests of one kind: where they are sent to, how many checks send them, and how many at most."""

    what: str
    operations: tuple[str, ...]
    checks: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a run may change. `names` are what its jobs and tags are called."""

    run: str
    rows: tuple[Change, ...]

    @property
    def total(self) -> int:
        """How many changing requests are sent at most."""
        return sum(row.at_most for row in self.rows)

    @property
    def names(self) -> dict[str, str]:
        """How to recognise what is the run's own."""
        prefix = OwnIds(self.run).prefix
        return {"jobs": f"{prefix}*", "tags": prefix.rstrip("-")}

    @property
    def line(self) -> str:
        """All of it in one sentence."""
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
    """What the checks of one run may change: their shares, and the reserves of their kinds as they are used up."""

    settings: Settings
    contract: Contract
    planned: Sequence[Planned] = field(repr=False)

    def share(self, planned: Planned) -> int:
        """Return how many changing requests a check has for itself."""
        if planned.skipped or not self.settings.may_write:
            return 0
        match planned.kind:
            case ClauseCheck():
                return BY_A_CLAUSE if planned.writes else 0
            case RecordedScenario(scenario):
                return changing_requests(scenario)
            case GeneratedRequests():
                return self._generated(planned.kind)
        # The histories are made once for all rules.
        return 0

    def _generated(self, kind: GeneratedRequests) -> int:
        from seatunnel_conformance.generated import extent  # noqa: PLC0415 - a heavy import that few sessions need

        if kind.linked:
            return extent.of_sequences(self.contract, self.settings.profile)
        return extent.of_operations(self.contract, self.settings.profile)[kind.operations[0]]

    def reserve(self, kind: Kind) -> Reserve:
        """Return the reserve that a kind of checks has."""
        return self._reserves[type(kind)]

    @cached_property
    def _reserves(self) -> dict[type, Reserve]:
        writing = self.writing(ClauseCheck)
        drawn = self.writing(RandomHistories)
        return {
            ClauseCheck: Reserve(min(BY_CLAUSES, MORE_BY_A_CLAUSE * len(writing))),
            GeneratedRequests: Reserve(BY_SEARCHES if self.writing(GeneratedRequests) else 0),
            RandomHistories: Reserve(of_histories(self.settings.depth) + BY_SEARCHES if drawn else 0),
            RecordedScenario: Reserve(0),
        }

    def writing(self, kind: type) -> list[Planned]:
        """Return the checks of a kind that change anything."""
        return [
            one
            for one in self.planned
            if isinstance(one.kind, kind) and (self.share(one) or (kind is RandomHistories and not one.skipped))
        ]

    def changes(self) -> Changes:
        """Return what all checks may change."""
        rows = (*self._by_generation(), *self._by_clauses(), *self._by_histories(), *self._by_recordings())
        return Changes(self.settings.run, tuple(row for row in rows if row.at_most))

    def _by_generation(self) -> Iterator[Change]:
        writing = self.writing(GeneratedRequests)
        reading = [one for one in writing if not one.writes]
        for one in writing:
            if one.writes:
                linked = isinstance(one.kind, GeneratedRequests) and one.kind.linked
                what, operations = ("generated sequences", (SEVERAL,)) if linked else ("generated", _own(one))
                yield Change(what, operations, 1, self.share(one))
        others = ("other methods on what only reads",)
        yield Change("generated", others, len(reading), sum(map(self.share, reading)))
        yield Change("smaller ones, if some fail", (SEVERAL,), len(writing), BY_SEARCHES if writing else 0)

    def _by_clauses(self) -> Iterator[Change]:
        found = self.writing(ClauseCheck)
        most = sum(map(self.share, found)) + self._reserves[ClauseCheck].left
        yield Change("checks of clauses", _all(_of_clause(one) for one in found), len(found), most)

    def _by_histories(self) -> Iterator[Change]:
        found, most = self.writing(RandomHistories), of_histories(self.settings.depth)
        operations = (*_JOBS, "POST /submit-jobs", "POST /stop-jobs", "POST /update-tags")
        yield Change("random histories", operations, len(found), most if found else 0)
        yield Change("shorter ones, if some fail", operations, len(found), BY_SEARCHES if found else 0)

    def _by_recordings(self) -> Iterator[Change]:
        found = self.writing(RecordedScenario)
        yield Change("recorded scenarios", _all(map(_own, found)), len(found), sum(map(self.share, found)))


def of_histories(profile: Profile) -> int:
    """Return how many changing requests the histories of a profile send at most.

    Each is told to stop what still runs at its end; a stop that is slow may cost a further job.
    """
    return profile.histories * (BY_A_STEP * profile.steps + 2 * MOST_JOBS)


def _of_clause(planned: Planned) -> Iterator[str]:
    """Yield the operations that the check of a clause may send changing requests to."""
    needs = planned.kind.check.needs if isinstance(planned.kind, ClauseCheck) else ()
    if "jobs" in needs:
        yield from _JOBS
    if "tags" in needs:
        yield "POST /update-tags"
    yield from _own(planned)


def _own(planned: Planned) -> tuple[str, ...]:
    """Return the operation of a check, if it changes anything."""
    operation = planned.operation or ""
    return (operation,) if operation and operation.partition(" ")[0] not in READING else ()


def _all(found: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({operation for operations in found for operation in operations})) or (SEVERAL,)
