"""The environment of a job: the parts of the engine that it uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from seatunnel_server.engine.memory.checkpoints import CheckpointStores
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.cluster import Cluster
from seatunnel_server.engine.memory.flow import SharedPace
from seatunnel_server.engine.memory.limits import JobSpace
from seatunnel_server.engine.memory.node import MemoryNode
from seatunnel_server.engine.memory.settings import Timings
from seatunnel_server.engine.memory.waiting import WaitingJobs


@dataclass(frozen=True, slots=True)
class JobEnvironment:
    """State that the jobs of an engine share."""

    clock: Clock
    timings: Timings
    cluster: Cluster[MemoryNode]
    checkpoints: CheckpointStores
    traffic: SharedPace
    sandbox: Path | None
    new_space: Callable[[], JobSpace]
    """Makes the account of the bytes that a job writes to files."""
    random: Random
    detour_share: float
    rowless_sources_end: bool
    next_version: Callable[[], int]
    waiting: WaitingJobs | None = None
    """Where jobs wait that find too few slots; None lets them fail."""
