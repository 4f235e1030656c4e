"""What a run may change on its target, before it does: requests by operation, how many at most, under which names.

The numbers are no estimates. A check that would send more changing requests than its kind may is stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.journal import own_name
from seatunnel_conformance.kinds import ClauseCheck, GeneratedRequests, RandomHistories, RecordedScenario
from seatunnel_conformance.recorded.choice import changing_requests
from seatunnel_conformance.selection import Planned, may_write
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.target import READING

BY_A_CLAUSE: Final = 20
"""Changing requests of one clause's check; the most that any needs is 16."""

BY_GENERATION: Final = 600
"""Changing requests of one operation's generated check, and twenty more for each random case."""

BY_A_STEP: Final = 4
"""Changing requests of one step of a history, its share of those that end it included."""

BY_A_SEARCH: Final = 400
"""Changing requests of the search for the shortest history that breaks a rule."""

BY_METHODS: Final = 40
"""Requests with other methods on the path of an operation that only reads; they are refused."""

SEVERAL: Final = "several operations"
"""What stands for the operation of checks that try more than one."""

_JOBS: Final = ("POST /submit-job", "POST /stop-job")


@dataclass(frozen=True, slots=True)
class Change:
    """The changing requests of one operation: `checks` send them, `at_most` so many in all."""

    operation: str
    checks: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a run may change. `names` are what its jobs and tags are called; `total` is at most what it sends."""

    run: str
    total: int
    by_operation: tuple[Change, ...]

    @property
    def names(self) -> dict[str, str]:
        """How to recognise what is the run's own."""
        return {"jobs": f"{own_name(self.run)}*", "tags": own_name(self.run).rstrip("-")}

    @property
    def line(self) -> str:
        """All of it in one sentence."""
        operations = ", ".join(change.operation.removeprefix("POST ") for change in self.by_operation)
        return f"at most {self.total} requests that change the target ({operations}), jobs named {self.names['jobs']}"

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        rows = [{"operation": one.operation, "checks": one.checks, "atMost": one.at_most} for one in self.by_operation]
        return {"run": self.run, "atMost": self.total, "names": self.names, "operations": rows}


def most_changes(planned: Planned, settings: Settings) -> int:
    """Return how many changing requests a check may send.

    Generated ones for an operation that only reads try other methods on its path as well.
    """
    if planned.skipped or not may_write(settings):
        return 0
    if isinstance(planned.kind, ClauseCheck):
        return BY_A_CLAUSE if planned.writes else 0
    if isinstance(planned.kind, RecordedScenario):
        return changing_requests(planned.kind.scenario)
    if isinstance(planned.kind, RandomHistories):
        return BY_A_SEARCH + 3 * settings.depth.histories * BY_A_STEP * settings.depth.steps
    return BY_GENERATION + 20 * settings.depth.cases if planned.writes else BY_METHODS


def changes(settings: Settings, planned: Iterable[Planned]) -> Changes:
    """Return what the checks of a run may change."""
    checks, at_most, total = Counter[str](), Counter[str](), 0
    for one in planned:
        most = most_changes(one, settings)
        total += most
        for operation in set(_operations(one)) if most else ():
            checks[operation] += 1
            at_most[operation] += most
    rows = (Change(operation, checks[operation], at_most[operation]) for operation in sorted(checks))
    return Changes(settings.run, total, tuple(rows))


def _operations(planned: Planned) -> Iterator[str]:
    """Yield the operations that a check may send changing requests to."""
    method, _, path = (planned.operation or "").partition(" ")
    match planned.kind:
        case GeneratedRequests(linked=True):
            yield SEVERAL
        case GeneratedRequests() if method in READING:
            yield f"other methods on {path}"
        case ClauseCheck(check) if {"jobs", "tags"} & set(check.needs):
            yield from (*_JOBS, *_own(planned)) if "jobs" in check.needs else ("POST /update-tags",)
        case _:
            yield from _own(planned) or (SEVERAL,)


def _own(planned: Planned) -> tuple[str, ...]:
    """Return the operation of a check, if it changes anything."""
    operation = planned.operation or ""
    return (operation,) if operation and operation.partition(" ")[0] not in READING else ()
