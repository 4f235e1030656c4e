"""The environment of a job: what it shares with the other jobs of the engine, and the queue for slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.checkpoints import CheckpointStore
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.cluster import Cluster
from seatunnel_server.engine.memory.flow import SharedPace
from seatunnel_server.engine.memory.limits import JobSpace
from seatunnel_server.engine.memory.pipeline import AssertedRows
from seatunnel_server.engine.memory.settings import EngineSettings


class SlotUser(Protocol):
    """A job that needs slots."""

    id: JobId

    def begin(self) -> bool:
        """Take the slots and run. Returns false if there are too few."""


_Job = TypeVar("_Job", bound=SlotUser)


@dataclass(slots=True)
class Entry(Generic[_Job]):
    """A job in the queue: since when it waits, and how often and when it was tried."""

    job: _Job
    since: datetime
    checked: datetime
    checks: int = 1


class WaitingJobs(Generic[_Job]):
    """The jobs that wait for slots, the longest wait first (`job-schedule-strategy: WAIT`).

    As in the engine, only the first is tried, so a small job waits behind a large one.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: dict[JobId, Entry[_Job]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> tuple[Entry[_Job], ...]:
        """Return the waiting jobs in their order."""
        return tuple(self._entries.values())

    def join(self, job: _Job) -> None:
        """Put a job that found too few slots at the end."""
        self._entries[job.id] = Entry(job, self._now(), self._now())

    def remove(self, job_id: JobId) -> None:
        """Take a job out that waits no longer, if it is there."""
        self._entries.pop(job_id, None)

    def begin_in_order(self) -> None:
        """Let jobs begin from the first on, until one finds too few slots."""
        for entry in self.entries():
            entry.checks, entry.checked = entry.checks + 1, self._now()
            if not entry.job.begin():
                return
            self.remove(entry.job.id)


@dataclass(frozen=True, slots=True)
class JobEnvironment:
    """State that the jobs of an engine share."""

    clock: Clock
    settings: EngineSettings
    cluster: Cluster
    checkpoints: CheckpointStore
    traffic: SharedPace
    new_space: Callable[[], JobSpace]
    """Makes the account of the bytes that a job writes to files."""
    random: Random
    next_version: Callable[[], int]
    waiting: WaitingJobs[Any]
    """Where jobs wait that find too few slots, if the settings say so; otherwise they fail."""
    asserted: AssertedRows = field(default_factory=AssertedRows)
