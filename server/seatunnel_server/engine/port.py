"""What the handlers ask of an engine, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from seatunnel_server.engine.domain import Job, JobId, LogFile, Overview, Submitted


class Engine(Protocol):
    """An engine that runs jobs. Every method raises a subclass of `EngineError` when it refuses or fails.

    All methods are called on one event loop; none of them blocks it.
    """

    async def submit(
        self,
        config: Mapping[str, Any],
        *,
        job_id: JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
    ) -> Submitted:
        """Plan the job that `config` describes and queue it; return at once, before it runs.

        `config` is the job configuration as parsed JSON, decrypted, with its keys flat (`"job.mode"`).
        The id of a job that has not ended yet is answered as if accepted, and nothing is changed by it.
        """
        ...

    async def stop(self, job_id: JobId, *, savepoint: bool = False) -> None:
        """Ask a job to stop, with a savepoint or without; unknown and ended jobs are no error."""
        ...

    async def job(self, job_id: JobId) -> Job | None:
        """Return the job as it stands, the running one if an id was used again; None when unknown or expired."""
        ...

    async def running_jobs(self) -> Sequence[Job]:
        """Return the jobs that are not archived yet, oldest submission first."""
        ...

    async def finished_jobs(self, state: str | None = None) -> Sequence[Job]:
        """Return the archived jobs, first finished first; only those whose state is `state`, if given."""
        ...

    async def overview(self, tags: Mapping[str, str]) -> Overview:
        """Return the counts, those of workers and slots over the workers that carry all `tags`."""
        ...

    async def monitoring(self) -> Sequence[Mapping[str, str]]:
        """Return one reading per cluster member: the health monitor's keys and their texts, in its order."""
        ...

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        """Replace all tags of this node; none clears them."""
        ...

    async def logs(self) -> Sequence[LogFile]:
        """Return the log files of all nodes, by name."""
        ...

    async def read_log(self, name: str) -> str | None:
        """Return the whole text of a log file of this node; None when there is none of that name."""
        ...

    async def aclose(self) -> None:
        """Stop all work and release every resource; the engine is not used afterwards."""
        ...
