"""The settings of an engine, and the durations of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatunnel_server.engine.memory.limits import JOB_BYTES, TOTAL_BYTES


@dataclass(frozen=True, slots=True)
class Timings:
    """How long a job's steps take, in seconds of the engine's clock.

    The defaults are what was measured on running engines (research, 16.2): `RUNNING` within a tenth of a second, a
    small batch job `FINISHED` after 1.3 s, `CANCELED` a tenth of a second after the stop, a savepoint in 0.3 s.
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
    """From the moment when a node leaves to that when another runs what ran there."""
    failover: float = 2.5
    """From the moment when the master leaves to that when the next one has restored the jobs."""
    failing: float = 0.01
    archiving: float = 0.02
    """How long an ended job keeps its running form before it moves into the history."""
    report: float = 1.0
    """Between two moments at which the rates of a job that moves rows are taken."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """An engine's configuration. Paths are made by the engine when they are missing."""

    nodes: tuple[str, ...] = ("localhost:8080",)
    """For each node the `host:port` of its HTTP server, as links to its logs name it."""
    stopped_nodes: frozenset[int] = frozenset()
    """The nodes, by their numbers from 1 on, that do not run at first."""
    cluster_port: int = 5801
    """The first node's port in the cluster, which the monitoring names; the others have the ports after it."""
    log_dir: Path | None = None
    """Where log files go, each node's into a folder of its own if there are several; None keeps no logs."""
    log_cap: int = 16 * 2**20
    """Bytes after which a job's log takes no more rows, and a node's log is rolled over."""
    log_response_cap: int = 0
    """Bytes after which only the end of a log file is read (`log-response-max-size-mb`); 0 reads whole files."""
    logs_cap: int = 512 * 2**20
    """Bytes after which the logs of all jobs together take nothing more."""
    jobs_cap: int = 256 * 2**20
    """Bytes of memory that all jobs that run or wait may need, by what the planner reckons."""
    sandbox: Path | None = None
    """The only folder that sinks may write files to; None forbids them all."""
    file_cap: int = JOB_BYTES
    """Bytes that one job may write to files."""
    files_cap: int = TOTAL_BYTES
    """Bytes that all jobs together may write to files."""
    slots: int = 2
    """How many slots each node has when they are fixed (`slot-num`)."""
    dynamic_slots: bool = True
    """Whether slots are made as jobs ask for them (`dynamic-slot`)."""
    waits_for_slots: bool = False
    """Whether a job that finds too few slots waits for them instead of failing (`job-schedule-strategy`)."""
    rejected_ids_are_free: bool = False
    """Whether the id of a job that failed for want of slots can be submitted again."""
    rowless_sources_end: bool = False
    """Whether a batch job ends whose FakeSource has a `row.num` of 0 or less."""
    tags: Mapping[str, str] = field(default_factory=dict)
    cleanup_delay: float = 0
    """How long an ended job keeps its running form (`state-cleanup-delay-ms`), in seconds of the engine's clock."""
    history_expire_minutes: float = 1440
    """How long an ended job is remembered (`history-job-expire-minutes`), in minutes of wall time."""
    history_limit: int = 50_000
    """How many ended jobs are remembered at most; the first to have ended go first."""
    project_version: str = "<unknown>"
    git_commit: str = "DeadD0d0"
    """The values of the engine in a build without a version and a commit."""
    seed: int = 0
    timings: Timings = Timings()
    rows_per_second: float = 50_000
    """How fast the rows of one job flow, per second of the engine's clock."""
    detour_share: float = 0.0
    """The share of jobs, 0 to 1, that go through `SCHEDULED` and are pending after they ran; drawn under the seed."""
    telemetry: bool = False
    """Whether the node tells what it measures (`telemetry.metric.enabled`)."""
    input_keys: tuple[str, ...] = ("source_table_name", "plugin_input")
    """The options by which a plugin names what it reads."""
    output_keys: tuple[str, ...] = ("result_table_name", "plugin_output")
    """The options by which a plugin names what it makes."""

    def log_dir_of(self, number: int) -> Path | None:
        """Return the folder for the logs of a node, counted from 1."""
        return self.log_dir / f"node-{number}" if self.log_dir and len(self.nodes) > 1 else self.log_dir
