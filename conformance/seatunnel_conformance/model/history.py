"""The commands of a stateful test, as sentences and as curl commands that repeat them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.exchange import Exchange


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step as a sentence and as shell commands."""

    sentence: str
    curls: tuple[str, ...]


@dataclass(slots=True)
class CommandHistory:
    """The steps of one stateful test, in order."""

    steps: list[HistoryStep] = field(default_factory=list)

    def note(self, sentence: str, exchanges: Iterable[Exchange]) -> None:
        """Add a step. Of a step that only reads, the last request is kept."""
        requests = [exchange.request for exchange in exchanges]
        changing = [request for request in requests if request.method not in READING]
        lines = [request.curl() for request in changing or requests[-1:]]
        # The last request of a step that waits has shown what was waited for.
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
