"""The interfaces of an engine and of its nodes, which the handlers call and engines implement."""

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
    """An engine that runs jobs on one or several nodes; its results do not depend on the node.

    Every method raises a subclass of `EngineError` if it refuses or fails. All are called on one event loop, and none
    blocks it.
    """

    @property
    def text_receiver(self) -> TextReceiver | None:
        """The receiver of configurations as text; None if handlers parse configurations."""

    def now(self) -> datetime:
        """Return the wall time of the engine, with a time zone."""

    async def submit(
        self,
        config: Mapping[str, Any],
        *,
        job_id: JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
        restored_from: JobId | None = None,
    ) -> Submitted:
        """Plan the job that `config` describes and queue it; return before it runs.

        `config` is the decrypted job configuration as parsed JSON, with flat keys (`"job.mode"`). With
        `from_savepoint`, the job starts from the savepoint of `restored_from`, or else from its own. If a job with this
        id has not ended, nothing happens, and the result is that of an accepted job.
        """

    async def check(self, config: Mapping[str, Any]) -> None:
        """Plan a job without submitting it: raises the errors that `submit` raises for this configuration."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The running nodes, first the master, which has run longest."""

    async def checkpoints(self, job_id: JobId) -> JobCheckpoints | None:
        """Return the checkpoints of a job; None if it has had none, has finished or was cancelled."""

    async def has_savepoint(self, job_id: JobId) -> bool:
        """Return whether a job has a checkpoint or savepoint to start from."""

    async def workers(self, tags: Mapping[str, str]) -> Sequence[Worker]:
        """Return the workers that have all `tags`."""

    async def slot_usage(self) -> Sequence[SlotUsage]:
        """Return the slots of the jobs that have not ended, by job id."""

    async def ended(self) -> tuple[int, Sequence[Job]]:
        """Return the version of the last job that was removed from the history, 0 if none, and the jobs in it.

        The jobs are in the order of their versions.
        """

    async def queue(self) -> Queue:
        """Return the jobs that wait for slots, the longest waiting first."""

    async def stop(self, job_id: JobId, *, savepoint: bool = False) -> None:
        """Ask a job to stop, with or without a savepoint; unknown and ended jobs are ignored."""

    async def savepoint(self, job_id: JobId) -> None:
        """Stop a job with a savepoint, and return after that. Raises `SavepointFailed`."""

    async def job(self, job_id: JobId) -> Job | None:
        """Return a job, the running one if its id was used again; None if it is unknown or expired."""

    async def running_jobs(self) -> Sequence[Job]:
        """Return the jobs that are not in the history yet, the oldest first."""

    async def finished_jobs(self, state: str | None = None) -> Sequence[Job]:
        """Return the jobs in the history that ended in `state`, or all, in the order of their ends."""

    async def overview(self, tags: Mapping[str, str]) -> Overview:
        """Return the counts of the cluster; of workers and slots, only those with all `tags` are counted."""

    async def monitoring(self) -> Sequence[Mapping[str, str]]:
        """Return a reading of the health monitor for each cluster member: its keys and their values as text."""

    async def logs(self) -> Sequence[LogFile]:
        """Return the log files of all nodes, by name."""

    async def aclose(self) -> None:
        """Stop all work and release every resource; the engine can't be used afterwards."""


class TextReceiver(Protocol):
    """An engine that parses configurations itself. Its methods raise the errors of `Engine`."""

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
        """Submit the jobs of a request with several jobs."""


class Node(Protocol):
    """The node of an engine that receives a request, for results that depend on the node.

    Its methods raise the errors of `Engine`.
    """

    @property
    def engine(self) -> Engine:
        """The engine of the node."""

    @property
    def address(self) -> str:
        """The `host:port` of the node's HTTP server, as in links."""

    @property
    def is_master(self) -> bool:
        """Whether the node is the master of the cluster."""

    @property
    def identity(self) -> str:
        """The unique id of the node."""

    async def loggers(self) -> Sequence[LoggerLevel]:
        """Return the loggers that are configured or overridden, the root logger first."""

    async def logger(self, name: str) -> LoggerLevel:
        """Return the effective level of a logger: its level, or that of the nearest ancestor with one."""

    async def set_logger(self, name: str, level: str | None) -> LoggerLevel:
        """Override the level of a logger, or remove the override if `level` is None; return the effective level."""

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        """Replace all tags of this node; an empty mapping removes them."""

    async def threads(self) -> Sequence[NodeThread]:
        """Return the threads of this node."""

    async def metrics(self, *, openmetrics: bool) -> str:
        """Return the metrics of this node in Prometheus' text format, or as OpenMetrics; empty if it has none."""

    async def log_files(self) -> Sequence[LogFile]:
        """Return the log files of this node, sorted by name."""

    async def read_log(self, name: str) -> LogText | None:
        """Return the text of a log file of this node; None if there is no such file."""
