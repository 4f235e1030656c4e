"""The model: the jobs of the run as a client knows them from its commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from seatunnel_conformance.arrange.jobs import OwnJob
from seatunnel_conformance.target.exchange import Response

MOST_JOBS: Final = 4
"""The most jobs of one history; more take time and slots, and find nothing new."""


class Work(StrEnum):
    """The behaviour of a job that is not stopped."""

    BATCH = "batch"
    ENDLESS = "endless"
    FAILING = "failing"


_OWN_ENDS: Final = {Work.BATCH: "FINISHED", Work.FAILING: "FAILED"}

_STOPPED_ENDS: Final = {True: "SAVEPOINT_DONE", False: "CANCELED"}


@dataclass(slots=True)
class ModelJob:
    """One job of the run.

    `starts` is the number of starts under its id. `stopped` tells whether it was stopped with a savepoint; None if it
    was not stopped. `shown` are the objects of `/job-info` since its last start, in order.
    """

    own: OwnJob
    work: Work
    starts: int = 1
    stopped: bool | None = None
    shown: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def end(self) -> str | None:
        """The state in which it has to end; None if it should run."""
        return _OWN_ENDS.get(self.work) if self.stopped is None else _STOPPED_ENDS[self.stopped]

    def started_again(self) -> None:
        """Record a new start, and remove the data of the one before."""
        self.starts += 1
        self.stopped = None
        self.shown.clear()


class Verb(StrEnum):
    """The commands, including waiting."""

    SUBMIT = "submit"
    SUBMIT_AGAIN = "submit again"
    START_FROM_SAVEPOINT = "start from its savepoint"
    STOP = "stop"
    STOP_UNKNOWN = "stop unknown"
    TAG = "tag"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class LastCommand:
    """The last command: its jobs, whether one request was for `several`, and the response.

    `refused` tells that a member other than the master has answered with 500, because the job can't be saved.
    """

    verb: Verb
    jobs: Sequence[OwnJob] = ()
    several: bool = False
    response: Response | None = None
    refused: bool = False
