"""Holds scenes against the rules, and keeps what was broken."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.model.history import Violation
from seatunnel_conformance.model.scene import Invariant, Scene


class Broken(AssertionError):
    """The rule is broken that a history is searched for: hypothesis shortens the history as long as this is raised."""


class Over(BaseException):
    """No further history is made. No `Exception`: hypothesis would take it for what it seeks, and seek on."""

    def __init__(self, trouble: SuiteError | None = None) -> None:
        super().__init__(str(trouble or ""))
        self.trouble = trouble


@dataclass(slots=True)
class Court:
    """The rules that histories are held against, and what came of it.

    With `raising` the first violation ends its history, else it is kept and the history goes on. `deadline` is the
    moment, on the monotonic clock, after which no history is begun. `taggable` is whether the node's tags can be seen.
    `cases` counts by clause what could be judged, `histories` those that came to their end.
    """

    context: Context
    rules: tuple[Invariant, ...]
    deadline: float
    raising: bool = False
    taggable: bool = True
    broken: dict[str, Violation] = field(default_factory=dict)
    cases: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    histories: int = 0

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses of the rules."""
        return frozenset(rule.clause_id for rule in self.rules)

    def begin(self) -> None:
        """Begin a history, or raise `Over` when the time is."""
        if time.monotonic() > self.deadline:
            raise Over

    def problems(self, scene: Scene) -> list[tuple[Invariant, str]]:
        """Return the rules that a scene breaks, each with its first problem; those broken before are not asked."""
        found = []
        for rule in self.rules:
            if self.raising or rule.clause_id not in self.broken:
                cases = list(rule.rule(scene))
                self.cases[rule.clause_id] += len(cases)
                found += [(rule, problem) for problem in cases if problem is not None][:1]
        return found

    def keep(self, violations: Iterable[Violation]) -> None:
        """Keep violations; of one rule the one with the fewest steps. Raises `Broken` where that is wanted."""
        for violation in violations:
            if violation.clause_id not in self.clauses:
                continue
            known = self.broken.get(violation.clause_id)
            if known is None or len(violation.history.steps) < len(known.history.steps):
                self.broken[violation.clause_id] = violation
            if self.raising:
                raise Broken(violation.problem)
