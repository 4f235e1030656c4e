"""Profiles: how much a run does. A module of its own: commands that make no run show their names in the help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatunnel_conformance.errors import UnknownProfile


class Recordings(StrEnum):
    """The recorded scenarios that a run plays."""

    NONE = "none"
    QUICK = "quick"
    """The ones that start no jobs and do not wait."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Profile:
    """The extent of a run.

    `changes` is the largest number of requests that change the target, for each operation of the contract. `jobs` tells
    whether the run submits jobs and waits for them. `phases` are the phases of schemathesis, `cases` the number of
    random cases per operation and phase. `histories` is the number of stateful tests, `steps` the number of commands of
    each. `recordings` selects the recorded scenarios. `groups` are the only groups of clauses that it checks; empty for
    all but those of other profiles. `lasting` are the seconds after which tags that were set are looked for again.
    """

    name: str
    changes: int
    jobs: bool
    phases: tuple[str, ...]
    cases: int
    histories: int = 0
    steps: int = 0
    recordings: Recordings = Recordings.NONE
    groups: tuple[str, ...] = ()
    lasting: float = 0.0

    @property
    def writes(self) -> bool:
        """Whether it may change the target at all."""
        return self.changes > 0


FAILOVER: Final = "failover"
"""The profile that stops the master of the cluster, and the group of the clauses about that."""

PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("smoke", changes=80, jobs=False, phases=("examples",), cases=1),
        Profile(
            "read-only",
            changes=0,
            jobs=False,
            phases=("examples", "coverage", "fuzzing"),
            cases=20,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "standard",
            changes=175,
            jobs=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=10,
            histories=4,
            steps=8,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "full",
            changes=300,
            jobs=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=100,
            histories=20,
            steps=16,
            recordings=Recordings.ALL,
            lasting=3.0,
        ),
        Profile(FAILOVER, changes=50, jobs=True, phases=(), cases=0, groups=(FAILOVER,)),
    )
}

STANDARD: Final = "standard"


def profile_named(name: str) -> Profile:
    """Return a profile by name. Raises `UnknownProfile`."""
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownProfile(f"there is no profile {name!r}; there are {', '.join(PROFILES)}") from None
