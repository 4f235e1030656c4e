"""Reports of a node about itself: health, metrics, threads, loggers.

The health readings have the engine's keys, order and formats, with the values of this process and machine. For Java's
heap, `used` is the resident memory of the process, `total` its address space, and `max` the memory of the machine. The
major garbage collections are those of Python's oldest generation. Values without a counterpart are `0`. The names,
labels and types of the metrics are those of the releases (research on later releases, 1.16).
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType
from typing import Any, Final, NamedTuple

import psutil

from seatunnel_server.engine.domain import JobStatus, LoggerLevel, NodeThread
from seatunnel_server.engine.javatext import double_text

_UNITS = "KMGTPE"


class GarbageTimer:
    """Adds up the seconds of minor and major garbage collections, until it is closed."""

    def __init__(self) -> None:
        self.minor = self.major = 0.0
        self._began = 0.0
        gc.callbacks.append(self._on_collection)

    def close(self) -> None:
        """Stop measuring."""
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
    """Reads the node's health. It has to be closed, because it measures garbage collections."""

    def __init__(self, *, host: str, port: int) -> None:
        """Take the member's address in the cluster."""
        self._address = {"host": host, "port": str(port)}
        self.identity = str(uuid.uuid4())
        self._process = psutil.Process()
        self._garbage = GarbageTimer()
        self._peak_threads = 0
        # psutil returns the load since the last call, so the first call returns 0.
        self._process.cpu_percent()
        psutil.cpu_percent()

    def close(self) -> None:
        """Stop measuring garbage collections."""
        self._garbage.close()

    def read(self, *, is_master: bool, completed: int, running: int) -> Mapping[str, str]:
        """Return a reading; `completed` and `running` are the numbers of the engine's operations."""
        *young, old = (generation["collections"] for generation in gc.get_stats())
        threads = self._process.num_threads()
        self._peak_threads = max(self._peak_threads, threads)
        return {
            "isMaster": str(is_master).lower(),
            **self._address,
            "processors": str(_processors()),
            **self._memory(),
            "minor.gc.count": str(sum(young)),
            "minor.gc.time": f"{self._garbage.minor * 1000:.0f}ms",
            "major.gc.count": str(old),
            "major.gc.time": f"{self._garbage.major * 1000:.0f}ms",
            "load.process": f"{self._process.cpu_percent() / _processors():.2f}%",
            "load.system": f"{psutil.cpu_percent():.2f}%",
            "load.systemAverage": f"{psutil.getloadavg()[0]:.2f}",
            "thread.count": str(threads),
            "thread.peakCount": str(self._peak_threads),
            **dict.fromkeys(_QUEUES, "0"),
            "operations.completed.count": str(completed),
            "operations.running.count": str(running),
            "operations.pending.invocations.percentage": "0.00%",
            "uuid": self.identity,
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


def size_text(size: int) -> str:
    """Return a size in bytes as the engine writes it: `1024`, or above that with one decimal and a unit, as `1.5K`."""
    if size <= 1024:  # noqa: PLR2004 - the unit itself
        return str(size)
    power = min((size - 1).bit_length() - 1, 69) // 10
    return f"{size / 1024**power:.1f}{_UNITS[power - 1]}"


def percent_text(part: float, whole: float) -> str:
    """Return the share of `part` in `whole`, such as `23.54%`; `0.00%` if `whole` is 0."""
    return f"{100 * part / whole if whole else 0:.2f}%"


def _processors() -> int:
    return os.cpu_count() or 1


_QUEUES: Final = (
    *("cluster.timeDiff", "event.q.size", "executor.q.async.size", "executor.q.client.size"),
    *("executor.q.client.query.size", "executor.q.client.blocking.size", "executor.q.query.size"),
    *("executor.q.scheduled.size", "executor.q.io.size", "executor.q.system.size", "executor.q.operations.size"),
    *("executor.q.priorityOperation.size", "operations.completed.count", "executor.q.mapLoad.size"),
    *("executor.q.mapLoadAllKeys.size", "executor.q.cluster.size", "executor.q.response.size"),
    *("operations.running.count", "operations.pending.invocations.percentage"),
    *("operations.pending.invocations.count", "proxy.count", "clientEndpoint.count", "connection.active.count"),
    *("client.connection.count", "connection.count"),
)
"""The keys of queues, operations and connections, in order; `HealthMonitor.read` sets some, the others are 0."""


_CLUSTER = {"cluster": "seatunnel"}
_COUNTED = (
    JobStatus.CANCELED,
    JobStatus.CANCELING,
    JobStatus.CREATED,
    JobStatus.PENDING,
    JobStatus.FAILED,
    JobStatus.FAILING,
    JobStatus.FINISHED,
    JobStatus.RUNNING,
    JobStatus.SCHEDULED,
)
_TYPES: Mapping[JobStatus, str] = {JobStatus.CANCELING: "cancelling"}


class Gauge(NamedTuple):
    """A metric of the type gauge; each sample is a pair of labels and a value."""

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], float]]


def gauges(statuses: Iterable[JobStatus] | None, *, nodes: int, address: str) -> tuple[Gauge, ...]:
    """Return the metrics of a node in a cluster of `nodes`; with the `statuses` of all jobs, also counts of jobs."""
    return (
        *(() if statuses is None else (_job_counts(statuses),)),
        Gauge("node_count", "Cluster node total count", [(_CLUSTER, float(nodes))]),
        Gauge("node_state", "Whether is up of seatunnel node", [({**_CLUSTER, "address": address}, 1.0)]),
    )


_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def gauges_text(found: Iterable[Gauge], *, openmetrics: bool) -> str:
    """Return metrics in Prometheus' text format, or as OpenMetrics.

    In OpenMetrics, the type precedes the help, braces close without a comma, and an end marker follows.
    """
    lines: list[str] = []
    comma = "" if openmetrics else ","
    for name, described, samples in found:
        heads = [f"# HELP {name} {described}\n", f"# TYPE {name} gauge\n"]
        lines += reversed(heads) if openmetrics else heads
        for labels, value in samples:
            named = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels.items())
            lines.append(f"{name}{{{named}{comma}}} {double_text(value)}\n")
    return "".join(lines) + ("# EOF\n" if openmetrics else "")


def _job_counts(statuses: Iterable[JobStatus]) -> Gauge:
    counts = dict.fromkeys(_COUNTED, 0)
    for status in statuses:
        if status in counts:
            counts[status] += 1
    jobs = tuple(
        ({**_CLUSTER, "type": _TYPES.get(status, status.lower())}, float(count)) for status, count in counts.items()
    )
    return Gauge("job_count", "All job counts of seatunnel cluster", jobs)


_CLASS_LOADER = "jdk.internal.loader.ClassLoaders$AppClassLoader@251a69d7"


def running_threads() -> tuple[NodeThread, ...]:
    """Return the threads of this process; their frames have no folders of this machine."""
    frames, own = sys._current_frames(), threading.get_ident()  # noqa: SLF001 - there is no other way to the stacks
    return tuple(
        NodeThread(
            number=thread.native_id or thread.ident or 1,
            name=thread.name,
            state="RUNNABLE" if thread.ident == own else "WAITING",
            stack=_stack(frames.get(thread.ident or 0)),
            class_loader=_CLASS_LOADER,
        )
        for thread in threading.enumerate()
    )


def _stack(frame: FrameType | None) -> str:
    """Return the frames of a stack, the innermost first, as Java writes them."""
    frames = traceback.walk_stack(frame) if frame is not None else ()
    return "\n".join(
        f"{inner.f_globals.get('__name__', '')}.{inner.f_code.co_name}({inner.f_code.co_name}.py:{line})"
        for inner, line in frames
    )


_ROOT: Final = "root"
_CONFIGURED: Final = {_ROOT: "INFO", "io.debezium.connector": "WARN", "org.apache.seatunnel.engine": "INFO"}
"""The loggers in the configuration file of an engine's distribution, with their levels."""
_LIMIT: Final = 10_000
"""The most overrides that are kept; the oldest is removed first."""


class LogLevels:
    """The levels of loggers. A logger without a level has that of its nearest ancestor with one."""

    def __init__(self) -> None:
        self._overrides: dict[str, str] = {}

    def all(self) -> list[LoggerLevel]:
        """Return all configured or overridden loggers, the root logger first."""
        return [self.one(name) for name in dict.fromkeys([*_CONFIGURED, *sorted(self._overrides)])]

    def one(self, name: str) -> LoggerLevel:
        """Return the effective level of a logger."""
        return LoggerLevel(name, self._nearest(name), name in self._overrides, _CONFIGURED.get(name))

    def override(self, name: str, level: str | None) -> LoggerLevel:
        """Override the level of a logger, or remove the override if `level` is None; return the effective level."""
        self._overrides.pop(name, None)
        if level is not None:
            self._overrides[name] = level
            if len(self._overrides) > _LIMIT:
                del self._overrides[next(iter(self._overrides))]
        return self.one(name)

    def _nearest(self, name: str) -> str:
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if (level := self._overrides.get(name, _CONFIGURED.get(name))) is not None:
                return level
        return self._overrides.get(_ROOT, _CONFIGURED[_ROOT])
