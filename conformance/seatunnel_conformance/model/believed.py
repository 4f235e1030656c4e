"""The plain model: what a client that keeps its own notes believes of its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from seatunnel_conformance.arrange.jobs import OwnJob
from seatunnel_conformance.target.exchange import Answer

MOST_JOBS: Final = 4
"""Jobs of one history: more cost time and slots, and tell nothing new."""


MOST_SHOWN: Final = 20
"""Documents that are kept of one job."""


class Work(StrEnum):
    """What a job does when nobody stops it."""

    BATCH = "batch"
    ENDLESS = "endless"
    FAILING = "failing"


_OWN_ENDS: Final = {Work.BATCH: "FINISHED", Work.FAILING: "FAILED"}

_STOPPED_ENDS: Final = {True: "SAVEPOINT_DONE", False: "CANCELED"}


@dataclass(slots=True)
class Believed:
    """One job of the run.

    `starts` counts how often it was started under its id. `stopped` tells whether its stop was to take a savepoint;
    None before it is stopped. `shown` is what `/job-info` has said of it since its last start, in order.
    """

    own: OwnJob
    work: Work
    starts: int = 1
    stopped: bool | None = None
    shown: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def end(self) -> str | None:
        """The state in which it has to end; None while it has no reason to."""
        return _OWN_ENDS.get(self.work) if self.stopped is None else _STOPPED_ENDS[self.stopped]

    def show(self, document: Mapping[str, Any]) -> None:
        """Add what is shown now: what has not changed is kept once, and of many changes the first and the last."""
        if self.shown[-1:] != [document]:
            self.shown.append(document)
        if len(self.shown) > MOST_SHOWN:
            del self.shown[MOST_SHOWN // 2]

    def started_again(self) -> None:
        """Forget what belongs to the start before."""
        self.starts += 1
        self.stopped = None
        self.shown.clear()


class Verb(StrEnum):
    """The commands, and waiting, which only takes time."""

    SUBMIT = "submit"
    SUBMIT_AGAIN = "submit again"
    START_FROM_SAVEPOINT = "start from its savepoint"
    STOP = "stop"
    STOP_NOBODY = "stop nobody"
    TAG = "tag"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Command:
    """What was done last: to which jobs, in one request for several or in one each, and how it was answered."""

    verb: Verb
    jobs: Sequence[OwnJob] = ()
    several: bool = False
    answer: Answer | None = None
