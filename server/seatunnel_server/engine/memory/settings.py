"""The settings of an engine, and the durations of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatunnel_server.engine.memory.limits import JOB_BYTES, TOTAL_BYTES


@dataclass(frozen=True, slots=True)
class Timings:
    """The durations of a job's steps, in seconds of the engine's clock.

    The defaults were measured on running engines (research, 16.2): `RUNNING` within a tenth of a second, a small batch
    job `FINISHED` after 1.3 s, `CANCELED` a tenth of a second after the stop, a savepoint in 0.3 s.
    """

    pending: float = 0.05
    """From the submission to `RUNNING`."""
    starting: float = 0.2
    """From `RUNNING` to the first row."""
    closing: float = 1.05
    """From the last row of a batch job to its end."""
    canceling: float = 0.1
    savepoint: float = 0.3
    restoring: float = 1.0
    """From the end of a node to the restart of its tasks on another one."""
    failover: float = 2.5
    """From the end of the master until the next one has restored all jobs."""
    failing: float = 0.01
    archiving: float = 0.02
    """From the end of a job until it moves to the history."""
    report: float = 1.0
    """Between two updates of the rates of a job."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """An engine's configuration. The engine makes missing folders."""

    nodes: tuple[str, ...] = ("localhost:8080",)
    """The `host:port` of each node's HTTP server, as in links to its logs."""
    stopped_nodes: frozenset[int] = frozenset()
    """The numbers, from 1, of the nodes that do not run at first."""
    cluster_port: int = 5801
    """The first node's port in the cluster, as in readings of the monitoring; other nodes have the next ports."""
    log_dir: Path | None = None
    """The folder of log files, with a subfolder for each node if there are several; None for no logs."""
    log_cap: int = 16 * 2**20
    """The bytes after which a job's log gets no more rows, and a node's log is rotated."""
    log_response_cap: int = 0
    """The bytes after which only the end of a log file is sent (`log-response-max-size-mb`); 0 sends whole files."""
    logs_cap: int = 512 * 2**20
    """The most bytes of the logs of all jobs together."""
    jobs_cap: int = 256 * 2**20
    """The most bytes of memory that all running and waiting jobs may need, as estimated by the planner."""
    sandbox: Path | None = None
    """The only folder that sinks may write files to; without one, they may write none."""
    file_cap: int = JOB_BYTES
    """Bytes that one job may write to files."""
    files_cap: int = TOTAL_BYTES
    """Bytes that all jobs together may write to files."""
    slots: int = 2
    """The number of slots of each node, if slots are not dynamic (`slot-num`)."""
    dynamic_slots: bool = True
    """Whether slots are made when jobs need them (`dynamic-slot`)."""
    waits_for_slots: bool = False
    """Whether a job that finds too few slots waits for them instead of failing (`job-schedule-strategy`)."""
    rejected_ids_are_free: bool = False
    """Whether the id of a job that failed for lack of slots can be submitted again."""
    rowless_sources_end: bool = False
    """Whether a batch job ends if its FakeSource has a `row.num` below 1."""
    tags: Mapping[str, str] = field(default_factory=dict)
    cleanup_delay: float = 0
    """Seconds for which responses show an ended job like a running one (`state-cleanup-delay-ms`)."""
    history_expire_minutes: float = 1440
    """Minutes of wall time for which the history has an ended job (`history-job-expire-minutes`)."""
    history_limit: int = 50_000
    """The most jobs in the history; the one that ended first is removed first."""
    project_version: str = "<unknown>"
    git_commit: str = "DeadD0d0"
    """The default version and commit are those of an engine that was built without them."""
    seed: int = 0
    timings: Timings = Timings()
    rows_per_second: float = 50_000
    """The most rows that a job moves in a second of the engine's clock."""
    detour_share: float = 0.0
    """The share of jobs, 0 to 1, with the states `SCHEDULED`, `RUNNING`, `PENDING`, `RUNNING`; drawn by the seed."""
    telemetry: bool = False
    """Whether nodes report metrics (`telemetry.metric.enabled`)."""
    input_keys: tuple[str, ...] = ("source_table_name", "plugin_input")
    """The names of the option with a plugin's inputs."""
    output_keys: tuple[str, ...] = ("result_table_name", "plugin_output")
    """The names of the option with a plugin's output."""

    def log_dir_of(self, number: int) -> Path | None:
        """Return the folder for the logs of a node, by its number from 1; None for no logs."""
        return self.log_dir / f"node-{number}" if self.log_dir and len(self.nodes) > 1 else self.log_dir
