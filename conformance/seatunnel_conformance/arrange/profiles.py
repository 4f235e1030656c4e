"""How much a run does: from a look in a few seconds to everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatunnel_conformance.errors import UnknownProfile


class Recordings(StrEnum):
    """Which of the recorded scenarios a run plays."""

    NONE = "none"
    QUICK = "quick"
    """Those that start no jobs and wait for nothing."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Profile:
    """A depth of checking.

    `jobs` tells whether jobs are run and waited for; `writes` whether anything may change the target at all.
    `phases` are the phases of the generated checks, `cases` how many random cases each operation gets in them.
    `histories` are how many random histories are made, `steps` how many commands each has. `recordings` tells
    which recorded scenarios are played.
    """

    name: str
    purpose: str
    jobs: bool
    writes: bool
    phases: tuple[str, ...]
    cases: int
    histories: int = 0
    steps: int = 0
    recordings: Recordings = Recordings.NONE


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile(
            "smoke", "is this the API at all: seconds, no jobs", jobs=False, writes=True, phases=("examples",), cases=1
        ),
        Profile(
            "read-only",
            "everything that only reads",
            jobs=False,
            writes=False,
            phases=("examples", "coverage", "fuzzing"),
            cases=20,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "standard",
            "every check, a moderate number of generated cases",
            jobs=True,
            writes=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=10,
            histories=4,
            steps=8,
            recordings=Recordings.QUICK,
        ),
        Profile(
            "full",
            "every check, many generated cases",
            jobs=True,
            writes=True,
            phases=("examples", "coverage", "fuzzing", "stateful"),
            cases=100,
            histories=20,
            steps=16,
            recordings=Recordings.ALL,
        ),
    )
}

STANDARD: Final = "standard"


def profile_named(name: str) -> Profile:
    """Return a profile by its name, or raise `UnknownProfile`."""
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownProfile(f"there is no profile {name!r}; there are {', '.join(PROFILES)}") from None
