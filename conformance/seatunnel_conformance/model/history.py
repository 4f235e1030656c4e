"""A history: what was done, step by step, and the commands that do it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Step:
    """One step in words, with the curl lines that repeat it."""

    sentence: str
    curls: tuple[str, ...]


@dataclass(slots=True)
class History:
    """The steps of one history, in order."""

    steps: list[Step] = field(default_factory=list)

    def note(self, sentence: str, exchanges: Iterable[Exchange]) -> None:
        """Add a step. Of a step that only waits, the last question stands for all."""
        requests = [exchange.request for exchange in exchanges]
        changing = [request for request in requests if request.method not in READING]
        self.steps.append(Step(sentence, tuple(request.curl() for request in changing or requests[-1:])))

    def sentences(self) -> str:
        """Return the steps as numbered lines."""
        return "\n".join(f"{number}. {step.sentence}" for number, step in enumerate(self.steps, 1))

    def curl(self) -> str:
        """Return the steps as lines of a shell, each with what it is as a comment above."""
        return "\n".join(line for step in self.steps for line in (f"# {step.sentence}", *step.curls))


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken: in what way, after which steps, and the exchanges that show it."""

    clause_id: str
    problem: str
    history: History
    exchanges: tuple[Exchange, ...]

    def curl(self) -> str:
        """Return the steps as lines of a shell, and the requests whose answers show what is wrong."""
        seen = [exchange.request.curl() for exchange in self.exchanges]
        return "\n".join([self.history.curl(), *(["# look at what shows it"] if seen else []), *seen])
