"""The kinds of checks: what each of them needs to know to be made, and what a client loses when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from seatunnel_conformance.model.scene import Invariant
from seatunnel_conformance.registry import Check
from seatunnel_conformance.replay.recording import Scenario

GENERATED_GROUP: Final = "generated requests"

LINKED: Final = "linked requests"
"""What the check of sequences of requests, made along the contract's links, is called after its first operation."""

HISTORIES: Final = "random histories"
"""What the check of a clause by random histories is called after the clause."""

RECORDED: Final = "recorded as "
"""What stands in the name of a recorded scenario's check before the scenario, and after the operation."""

RECORDINGS_GROUP: Final = "recordings"

Place: TypeAlias = tuple[str, int]
"""A file, and a line in it (from 1)."""


@dataclass(frozen=True, slots=True)
class ClauseCheck:
    """One function that was written for one clause."""

    check: Check

    @property
    def why(self) -> str:
        """Why the clause matters to a client."""
        return self.check.why

    @property
    def place(self) -> Place:
        """Where the function stands."""
        return self.check.place


@dataclass(frozen=True, slots=True)
class GeneratedRequests:
    """Requests that are generated from the contract; `operations` are the ids of those that are tried.

    `linked` ones are sequences along the contract's links.
    """

    operations: tuple[str, ...]
    linked: bool = False

    why: ClassVar = "Clients are generated from the contract: what it does not state, they don't expect and can't read."
    place: ClassVar[Place] = (__file__, 1)


@dataclass(frozen=True, slots=True)
class RandomHistories:
    """Random histories of commands, and one rule that has to hold all the time: the second check of its clause."""

    invariant: Invariant

    @property
    def why(self) -> str:
        """Why the rule matters to a client."""
        return self.invariant.why

    @property
    def place(self) -> Place:
        """Where the rule stands."""
        return self.invariant.place


@dataclass(frozen=True, slots=True)
class RecordedScenario:
    """Steps that were recorded on a real engine, played again and compared."""

    scenario: Scenario

    why: ClassVar = "A client that works with this release relies on what it really answers, beyond any clause."
    place: ClassVar[Place] = (__file__, 1)


Kind: TypeAlias = ClauseCheck | GeneratedRequests | RandomHistories | RecordedScenario


def histories_of(clause_id: str) -> str:
    """Return what the check of a clause by random histories is called."""
    return f"{clause_id}, {HISTORIES}"


def is_drawn(check_id: str) -> bool:
    """Tell whether a check is another one with each seed, and may pass by chance, by its id."""
    return " " in check_id


def group(check_id: str) -> str:
    """Return what a check is about, by its id: the group of its clause; one word for other kinds of checks."""
    subject, _, kind = check_id.partition(", ")
    if kind == HISTORIES:
        return HISTORIES
    if kind.startswith(RECORDED):
        return RECORDINGS_GROUP
    return GENERATED_GROUP if " " in subject else subject.partition(".")[0]
