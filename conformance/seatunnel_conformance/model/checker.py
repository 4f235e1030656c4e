"""Checks snapshots against the invariants, and keeps the violations with the commands that led to them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.model.invariants import Invariant
from seatunnel_conformance.model.snapshot import Snapshot
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.exchange import Exchange


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step of a history: a description, and the shell commands that repeat it."""

    sentence: str
    curls: tuple[str, ...]


@dataclass(slots=True)
class CommandHistory:
    """The steps of one stateful test, in order."""

    steps: list[HistoryStep] = field(default_factory=list)

    def note(self, sentence: str, exchanges: Iterable[Exchange]) -> None:
        """Add a step with its changing requests; for a step that only reads, with its last request."""
        requests = [exchange.request for exchange in exchanges]
        changing = [request for request in requests if request.method not in READING]
        lines = [request.curl() for request in changing or requests[-1:]]
        # A repetition waits for a fixed time, and then sends the last request of the wait.
        waits = ["sleep 5"] if "wait" in sentence else []
        self.steps.append(HistoryStep(sentence, tuple([*lines, *waits] if changing else [*waits, *lines])))

    def sentences(self) -> str:
        """Return the steps as numbered lines."""
        return "\n".join(f"{number}. {step.sentence}" for number, step in enumerate(self.steps, 1))

    def curl(self) -> str:
        """Return the steps as a shell script, with the sentences as comments."""
        return "\n".join(line for step in self.steps for line in (f"# {step.sentence}", *step.curls))


@dataclass(frozen=True, slots=True)
class InvariantViolation:
    """A violated invariant: the problem, the steps before it, and the exchanges that show it."""

    clause_id: str
    problem: str
    history: CommandHistory
    exchanges: tuple[Exchange, ...]

    def curl(self) -> str:
        """Return the steps as a shell script, followed by the requests whose responses show the problem."""
        seen = [exchange.request.curl() for exchange in self.exchanges]
        return "\n".join([self.history.curl(), *(["# these responses show the problem"] if seen else []), *seen])


PARTS: Final = 2
"""Number of parts of the histories of a run, which two checks run at the same time."""


def shares(histories: int) -> tuple[int, ...]:
    """Return the number of histories of each part.

    Hypothesis begins each part with the same history. This one takes longest in the first part: it sets tags there, and
    stops and restores a job. So the first part has fewer histories.
    """
    return histories // PARTS - 1, histories - histories // PARTS + 1


class InvariantBroken(AssertionError):
    """The invariant in question is violated. Hypothesis searches the shortest history that raises this error."""


class StopGenerating(BaseException):
    """Ends the generation of histories. A `BaseException`, because hypothesis would shrink an `Exception`."""

    def __init__(self, error: SuiteError | None = None) -> None:
        super().__init__(str(error or ""))
        self.error = error


@dataclass(slots=True)
class InvariantChecker:
    """The invariants to check, and the results of all histories so far.

    With `raising`, the first violation ends its history; without, it is kept and the history continues. `deadline` is
    the time on the monotonic clock at which the last history should end. `part` is the number of this part of the
    histories, from 0. `taggable`: histories set tags, as that was visible so far. `restartable`: no start from a
    savepoint has been refused. `reads_history`: the next complete history reads the list of ended jobs at its end even
    if the list is long. `cases` counts the checked cases by clause, `histories` the complete histories.
    """

    context: Context
    rules: tuple[Invariant, ...]
    deadline: float
    raising: bool = False
    part: int = 0
    taggable: bool = True
    restartable: bool = True
    reads_history: bool = False
    broken: dict[str, InvariantViolation] = field(default_factory=dict)
    cases: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    histories: int = 0
    begun: float = field(default_factory=time.monotonic)

    def require_time(self) -> None:
        """Raise `StopGenerating` if a history of the average duration would end after the deadline."""
        now = time.monotonic()
        if now + (now - self.begun) / max(self.histories, 1) > self.deadline:
            raise StopGenerating

    def problems(self, scene: Snapshot) -> list[tuple[Invariant, str]]:
        """Return each violated invariant with its first problem. Without `raising`, known violations are skipped."""
        found = []
        for rule in self.rules:
            if self.raising or rule.clause_id not in self.broken:
                cases = rule.cases(scene)
                self.cases[rule.clause_id] += len(cases)
                found += [(rule, problem) for problem in cases if problem is not None][:1]
        return found

    def keep(self, violations: Iterable[InvariantViolation]) -> None:
        """Keep the shortest violation of each invariant. With `raising`, raises `InvariantBroken`."""
        checked = {rule.clause_id for rule in self.rules}
        for violation in violations:
            if violation.clause_id not in checked:
                continue
            known = self.broken.get(violation.clause_id)
            if known is None or len(violation.history.steps) < len(known.history.steps):
                self.broken[violation.clause_id] = violation
            if self.raising:
                raise InvariantBroken(violation.problem)
