"""The interface between the handlers and an engine, and its node that receives the request, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from seatunnel_server.engine.domain import (
    ConfigText,
    Job,
    JobCheckpoints,
    JobId,
    LogFile,
    LoggerLevel,
    LogText,
    NodeThread,
    Overview,
    Queue,
    SlotUsage,
    Submitted,
    Worker,
)


class Engine(Protocol):
    """An engine that runs jobs on one node or several. Its results are the same at all of them.

    Every method raises a subclass of `EngineError` when it refuses or fails.

    All methods are called on one event loop; none of them blocks it.
    """

    @property
    def text_receiver(self) -> TextReceiver | None:
        """The receiver of configurations as requests have them; None if they are parsed first."""

    def now(self) -> datetime:
        """Return the wall time of the engine, aware."""

    async def submit(
        self,
        config: Mapping[str, Any],
        *,
        job_id: JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
        restored_from: JobId | None = None,
    ) -> Submitted:
        """Plan the job that `config` describes and queue it; return at once, before it runs.

        `config` is the job configuration as parsed JSON, decrypted, with its keys flat (`"job.mode"`).
        A start from a savepoint takes that of `restored_from`, the job's own if none is given.
        The id of a job that has not ended yet is answered as if accepted, and nothing is changed by it.
        """

    async def check(self, config: Mapping[str, Any]) -> None:
        """Plan a job without submitting it: raises the errors that `submit` raises for this configuration."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes that run, the master first, which is the one that has been there longest."""

    async def checkpoints(self, job_id: JobId) -> JobCheckpoints | None:
        """Return the record of a job's checkpoints; None when it has had none, has finished or was cancelled."""

    async def has_savepoint(self, job_id: JobId) -> bool:
        """Tell whether a job has left a checkpoint or savepoint to start from."""

    async def workers(self, tags: Mapping[str, str]) -> Sequence[Worker]:
        """Return the workers that carry all `tags`."""

    async def slot_usage(self) -> Sequence[SlotUsage]:
        """Return the slots of the jobs that have not ended, by job id."""

    async def ended(self) -> tuple[int, Sequence[Job]]:
        """Return the version of the last job that the history has forgotten, 0 if none, and the jobs that it has.

        Their versions grow.
        """

    async def queue(self) -> Queue:
        """Return the jobs that wait for slots, the longest waiting first."""

    async def stop(self, job_id: JobId, *, savepoint: bool = False) -> None:
        """Ask a job to stop, with a savepoint or without; unknown and ended jobs are no error."""

    async def savepoint(self, job_id: JobId) -> None:
        """Stop a job with a savepoint, and return when that is taken. Raises `SavepointFailed`."""

    async def job(self, job_id: JobId) -> Job | None:
        """Return the current job, the running one if an id was used again; None if it is unknown or expired."""

    async def running_jobs(self) -> Sequence[Job]:
        """Return the jobs that are not archived yet, oldest submission first."""

    async def finished_jobs(self, state: str | None = None) -> Sequence[Job]:
        """Return the archived jobs, first finished first; only those whose state is `state`, if given."""

    async def overview(self, tags: Mapping[str, str]) -> Overview:
        """Return the counts; workers and slots are counted over the workers that have all `tags`."""

    async def monitoring(self) -> Sequence[Mapping[str, str]]:
        """Return one reading per cluster member: the health monitor's keys and their texts, in its order."""

    async def logs(self) -> Sequence[LogFile]:
        """Return the log files of all nodes, by name."""

    async def aclose(self) -> None:
        """Stop all work and release every resource; the engine is not used afterwards."""


class TextReceiver(Protocol):
    """An engine elsewhere, which parses configurations itself. It raises as `Engine` does."""

    async def submit_text(
        self,
        config: ConfigText,
        *,
        job_id: JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
        restored_from: JobId | None = None,
    ) -> Submitted:
        """Submit a job as `Engine.submit` does."""

    async def submit_all(self, jobs: ConfigText) -> Sequence[Submitted]:
        """Submit the jobs of a request that has several."""


class Node(Protocol):
    """A node of an engine, as the one that a request is sent to: what differs by node. It raises as `Engine` does."""

    @property
    def engine(self) -> Engine:
        """The engine that it belongs to."""

    @property
    def address(self) -> str:
        """The `host:port` of its HTTP server, as links name it."""

    @property
    def is_master(self) -> bool:
        """Whether it is the master of the cluster."""

    @property
    def identity(self) -> str:
        """The text that tells it from all other nodes."""

    async def loggers(self) -> Sequence[LoggerLevel]:
        """Return the loggers that are configured or overridden, the root logger first."""

    async def logger(self, name: str) -> LoggerLevel:
        """Return the level of a logger; if it has no own level, the level of the nearest logger above it."""

    async def set_logger(self, name: str, level: str | None) -> LoggerLevel:
        """Override the level of a logger, or with None take the override back; return what holds then."""

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        """Replace all tags of this node; none clears them."""

    async def threads(self) -> Sequence[NodeThread]:
        """Return the threads of this node."""

    async def metrics(self, *, openmetrics: bool) -> str:
        """Return the metrics of this node in Prometheus' text format, or as OpenMetrics; empty without telemetry."""

    async def log_files(self) -> Sequence[LogFile]:
        """Return the log files of this node, by name."""

    async def read_log(self, name: str) -> LogText | None:
        """Return the text of a log file of this node; None if no file has that name."""
