"""The health monitor's reading of this node: the engine's keys, order and texts, this process's and machine's figures.

The heap is the process's memory: what it uses is resident, what it has is its address space, what it may have is the
machine's. Of the garbage collector's generations the oldest is the major one. What has no counterpart here is `0`.
"""

from __future__ import annotations

import gc
import os
import time
import uuid
from collections.abc import Mapping
from typing import Any

import psutil

_UNITS = "KMGTPE"


class GarbageTimer:
    """Adds up how long the collections of each kind take, while it listens."""

    def __init__(self) -> None:
        self.minor = self.major = 0.0
        self._began = 0.0
        gc.callbacks.append(self._on_collection)

    def close(self) -> None:
        """Listen no longer."""
        if self._on_collection in gc.callbacks:
            gc.callbacks.remove(self._on_collection)

    def _on_collection(self, phase: str, info: Mapping[str, Any]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        elif info["generation"] == len(gc.get_threshold()) - 1:
            self.major += time.perf_counter() - self._began
        else:
            self.minor += time.perf_counter() - self._began


class HealthMonitor:
    """Reads the node's health. `close` it, for it listens to the garbage collector."""

    def __init__(self, *, host: str, port: int) -> None:
        """Take the member's address in the cluster."""
        self._address = {"isMaster": "true", "host": host, "port": str(port)}
        self._identity = str(uuid.uuid4())
        self._process = psutil.Process()
        self._garbage = GarbageTimer()
        self._peak_threads = 0
        # The first question about a load is answered with 0: it begins the span that the next one is about.
        self._process.cpu_percent()
        psutil.cpu_percent()

    def close(self) -> None:
        """Let go of the garbage collector."""
        self._garbage.close()

    def read(self, *, completed: int, running: int) -> Mapping[str, str]:
        """Return one reading, with the numbers of operations that the engine has completed and is running."""
        return {
            **self._address,
            "processors": str(_processors()),
            **self._memory(),
            **self._collections(),
            **self._load(),
            **self._threads(),
            **_queues(completed=completed, running=running),
            "uuid": self._identity,
        }

    def _memory(self) -> Mapping[str, str]:
        physical, swap, own = psutil.virtual_memory(), psutil.swap_memory(), self._process.memory_info()
        most = max(physical.total, own.vms)
        return {
            "physical.memory.total": size_text(physical.total),
            "physical.memory.free": size_text(physical.free),
            "swap.space.total": size_text(swap.total),
            "swap.space.free": size_text(swap.free),
            "heap.memory.used": size_text(own.rss),
            "heap.memory.free": size_text(own.vms - own.rss),
            "heap.memory.total": size_text(own.vms),
            "heap.memory.max": size_text(most),
            "heap.memory.used/total": percent_text(own.rss, own.vms),
            "heap.memory.used/max": percent_text(own.rss, most),
        }

    def _collections(self) -> Mapping[str, str]:
        *young, old = (generation["collections"] for generation in gc.get_stats())
        return {
            "minor.gc.count": str(sum(young)),
            "minor.gc.time": f"{self._garbage.minor * 1000:.0f}ms",
            "major.gc.count": str(old),
            "major.gc.time": f"{self._garbage.major * 1000:.0f}ms",
        }

    def _load(self) -> Mapping[str, str]:
        return {
            "load.process": f"{self._process.cpu_percent() / _processors():.2f}%",
            "load.system": f"{psutil.cpu_percent():.2f}%",
            "load.systemAverage": f"{psutil.getloadavg()[0]:.2f}",
        }

    def _threads(self) -> Mapping[str, str]:
        count = self._process.num_threads()
        self._peak_threads = max(self._peak_threads, count)
        return {"thread.count": str(count), "thread.peakCount": str(self._peak_threads)}


def size_text(size: int) -> str:
    """Return bytes as the engine writes them: digits up to 1024, above that one decimal and K, M, G, T, P or E."""
    if size <= 1024:  # noqa: PLR2004 - the unit itself
        return str(size)
    power = min((size - 1).bit_length() - 1, 69) // 10
    return f"{size / 1024**power:.1f}{_UNITS[power - 1]}"


def percent_text(part: float, whole: float) -> str:
    """Return how much `part` is of `whole`, as in `23.54%`; of nothing it is `0.00%`."""
    return f"{100 * part / whole if whole else 0:.2f}%"


def _processors() -> int:
    return os.cpu_count() or 1


def _queues(*, completed: int, running: int) -> Mapping[str, str]:
    return {
        "cluster.timeDiff": "0",
        "event.q.size": "0",
        "executor.q.async.size": "0",
        "executor.q.client.size": "0",
        "executor.q.client.query.size": "0",
        "executor.q.client.blocking.size": "0",
        "executor.q.query.size": "0",
        "executor.q.scheduled.size": "0",
        "executor.q.io.size": "0",
        "executor.q.system.size": "0",
        "executor.q.operations.size": "0",
        "executor.q.priorityOperation.size": "0",
        "operations.completed.count": str(completed),
        "executor.q.mapLoad.size": "0",
        "executor.q.mapLoadAllKeys.size": "0",
        "executor.q.cluster.size": "0",
        "executor.q.response.size": "0",
        "operations.running.count": str(running),
        "operations.pending.invocations.percentage": "0.00%",
        "operations.pending.invocations.count": "0",
        "proxy.count": "0",
        "clientEndpoint.count": "0",
        "connection.active.count": "0",
        "client.connection.count": "0",
        "connection.count": "0",
    }
