"""The kinds of checks: what each of them needs to know to be made, and what a client loses when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from seatunnel_conformance.checks.registry import Check
from seatunnel_conformance.model.snapshot import Invariant
from seatunnel_conformance.replay.recording import Scenario

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
