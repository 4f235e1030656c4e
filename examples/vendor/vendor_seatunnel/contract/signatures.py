"""The functions that each module of handlers must have. Generated: don't edit."""

from __future__ import annotations

from typing import Protocol

from typing import Any

from seatunnel_server.hosting import Answer, Request

from vendor_seatunnel.contract import types


class Cluster(Protocol):
    """The operations tagged cluster."""

    async def get_overview(self, *, tags: dict[str, str]) -> types.Overview | Answer: ...

    async def get_system_monitoring_information(self) -> types.MemberReadings | Answer: ...

    async def update_tags(self, *, request: Request[types.NodeTags]) -> types.TagsUpdated | Answer: ...


class Jobs(Protocol):
    """The operations tagged jobs."""

    async def get_running_jobs(self) -> types.RunningJobs | Answer: ...

    async def get_job_info(self, *, job_id: str) -> types.JobInfo | Answer: ...

    async def get_running_job(self, *, job_id: str) -> types.JobInfo | Answer: ...

    async def get_finished_jobs(self) -> types.FinishedJobs | Answer: ...

    async def get_finished_jobs_by_state(self, *, state: str) -> types.FinishedJobs | Answer: ...


class Submissions(Protocol):
    """The operations tagged submissions."""

    async def submit_job(
        self,
        *,
        job_id: str | None,
        job_name: str | None,
        is_start_with_save_point: str,
        format_: str,
        request: Request[types.JobConfig],
    ) -> types.SubmittedJob | Answer: ...

    async def submit_jobs(self, *, request: Request[types.JobSubmissions]) -> types.SubmittedJobs | Answer: ...

    async def submit_job_by_upload(
        self,
        *,
        job_id: str | None,
        job_name: str | None,
        is_start_with_save_point: str,
        request: Request[Any],
    ) -> types.SubmittedJob | Answer: ...


class Stops(Protocol):
    """The operations tagged stops."""

    async def stop_job(self, *, request: Request[types.Stop]) -> types.StoppedJob | Answer: ...

    async def stop_jobs(self, *, request: Request[types.Stops]) -> types.StoppedJobs | Answer: ...


class Config(Protocol):
    """The operations tagged config."""

    async def encrypt_config(
        self,
        *,
        request: Request[types.ConfigWithCredentials],
    ) -> types.ConfigWithCredentials | Answer: ...


class Logs(Protocol):
    """The operations tagged logs."""

    async def list_logs(self, *, format_: str) -> types.LogFiles | str | Answer: ...

    async def read_logs(self, *, job_id_or_file: str, format_: str) -> types.LogFiles | str | Answer: ...

    async def list_node_logs(self) -> str | Answer: ...

    async def read_node_log(self, *, file: str) -> str | Answer: ...

    async def get_all_log_names(self) -> types.LogNames | Answer: ...


class Threads(Protocol):
    """The operations tagged threads."""

    async def get_thread_dump(self) -> types.ThreadDump | Answer: ...

    async def get_running_threads(self) -> types.RunningThreads | Answer: ...


class Metrics(Protocol):
    """The operations tagged metrics."""

    async def get_metrics(self) -> str | Answer: ...

    async def get_openmetrics(self) -> str | Answer: ...
