"""The in-memory engine, which accepts jobs, runs them, and reports them."""

from __future__ import annotations

import asyncio
import itertools
import operator
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Self

from seatunnel_server.engine import domain, errors
from seatunnel_server.engine.memory.clock import Clock, RealClock
from seatunnel_server.engine.memory.cluster import Cluster, JobIds, MemoryNode, Takeover
from seatunnel_server.engine.memory.environment import (
    CheckpointStore,
    History,
    JobEnvironment,
    SharedValues,
    WaitingJobs,
)
from seatunnel_server.engine.memory.failures import failure_text
from seatunnel_server.engine.memory.flow import SharedPace
from seatunnel_server.engine.memory.job import RunningJob
from seatunnel_server.engine.memory.limits import DiskSpace, JobSpace
from seatunnel_server.engine.memory.pipeline import ExecutableJob
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings
from seatunnel_server.engine.refusals import TooManyJobs

_COORDINATOR = "o.a.s.e.s.CoordinatorService"


class MemoryEngine:
    """An `Engine` in this process, of one node or several. Close it with `aclose`, or use it in `async with`."""

    def __init__(self, *, planner: Planner, clock: Clock | None = None, settings: EngineSettings | None = None) -> None:
        """Take the planner of jobs, the clock of all waits, and the settings."""
        self.clock = clock or RealClock()
        self.settings = settings = settings or EngineSettings()
        self._planner = planner
        self._running: dict[domain.JobId, RunningJob] = {}
        self._weight = 0
        self._refused: set[domain.JobId] = set()
        self._cleaning: dict[domain.JobId, tuple[domain.Job, float]] = {}
        self._shared = SharedValues()
        self._history = History(
            expiry=timedelta(minutes=settings.history_expire_minutes),
            limit=settings.history_limit,
            forgotten=self._forget,
        )
        self._ids = JobIds(self.clock)
        self._log_files: tuple[tuple[Sequence[domain.LogFile], ...], Sequence[domain.LogFile]] = (), ()
        nodes = [MemoryNode(self, number, settings, self.clock) for number in range(1, len(settings.nodes) + 1)]
        self._cluster = Cluster(nodes, settings.stopped_nodes)
        for node in self.nodes:
            node.start()
        self._failover = Takeover(self.clock, settings.timings.failover)
        self._waiting: WaitingJobs[RunningJob] = WaitingJobs(self.clock.now)
        self._checkpoints = CheckpointStore(settings.history_limit)
        self._environment = JobEnvironment(
            clock=self.clock,
            settings=settings,
            cluster=self._cluster,
            checkpoints=self._checkpoints,
            traffic=SharedPace(self.clock, asyncio.Lock(), settings.rows_per_second),
            new_space=partial(JobSpace, settings.file_cap, DiskSpace(settings.files_cap)),
            random=Random(settings.seed),  # noqa: S311 - the odds of a detour are no secret
            next_version=itertools.count(1).__next__,
            waiting=self._waiting,
        )
        self._planning = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")
        self._completed = 0
        self._closed = False

    @property
    def nodes(self) -> Sequence[MemoryNode]:
        """The running nodes, the master first."""
        return self._cluster.members

    @property
    def all_nodes(self) -> Sequence[MemoryNode]:
        """All nodes by their numbers, running or stopped."""
        return self._cluster.all_nodes

    def node(self, number: int) -> MemoryNode:
        """Return a running or stopped node by its number, from 1. Raises `NoSuchNode`."""
        return self._cluster.node(number)

    async def stop_node(self, number: int) -> None:
        """Stop a node, if it runs. The others continue its jobs; after the master, the next node becomes the master.

        Raises `NoSuchNode` and `LastNode`.
        """
        node = self.node(number)
        if not node.running:
            return
        was_master, member = node.is_master, node.member
        self._cluster.remove(node)
        if was_master:
            self._failover.begin(member)
        self._say(f"{member} has left")
        for job in list(self._running.values()):
            job.on_node_left(node, was_master=was_master)
        await node.aclose()

    def start_node(self, number: int) -> None:
        """Start a node, if it is stopped; it joins the others as a new node. Raises `NoSuchNode`."""
        node = self.node(number)
        if not node.running:
            node.start()
            self._cluster.join(node)
            self._say(f"{node.member} has joined")
            self._waiting.begin_in_order()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    text_receiver = None
    """None: the handlers parse configurations."""

    def now(self) -> datetime:
        """Return the time of the clock."""
        return self.clock.now()

    async def submit(
        self,
        config: Mapping[str, Any],
        *,
        job_id: domain.JobId | None = None,
        job_name: str | None = None,
        from_savepoint: bool = False,
        restored_from: domain.JobId | None = None,
    ) -> domain.Submitted:
        """Plan a job and queue it, see `Engine.submit`. Errors of the configuration precede those of the id."""
        self._begin()
        job = await self._plan(config, job_name)
        self._require_open()
        job_id = self._unused_id() if job_id is None else job_id
        # The id of a job that failed for lack of slots stays in the engine's queue (`too-few-slots/again`).
        refused = job_id in self._refused
        if job_id in self._running or (refused and not self.settings.rejected_ids_are_free):
            return domain.Submitted(job_id, job.name)
        if self._before_cleanup(job_id) and not from_savepoint:
            raise errors.StateNotCleaned(job_id)
        if self._history.job(job_id) and not (from_savepoint or refused):
            raise errors.JobAlreadySubmitted(job_id)
        self._refused.discard(job_id)
        saved = job_id if restored_from is None else restored_from
        self._start(RunningJob(job_id, job, self._environment, saved if from_savepoint else None))
        return domain.Submitted(job_id, job.name)

    async def check(self, config: Mapping[str, Any]) -> None:
        """Plan a job without submitting it (see `Engine.check`)."""
        self._begin()
        await self._plan(config, None)

    async def stop(self, job_id: domain.JobId, *, savepoint: bool = False) -> None:
        """Ask a job to stop: its state changes at once, it ends later. Unknown and ended jobs are ignored."""
        self._begin()
        if job := self._running.get(job_id):
            job.stop(savepoint=savepoint)

    async def savepoint(self, job_id: domain.JobId) -> None:
        """Stop a job with a savepoint, and return after that (see `Engine.savepoint`)."""
        self._begin()
        job = self._running.get(job_id)
        if job is None:
            raise errors.JobNotRunning(job_id)
        await job.save()

    async def job(self, job_id: domain.JobId) -> domain.Job | None:
        """Return a job; if its id was used again, the running one."""
        self._begin()
        if running := self._running.get(job_id):
            return running.snapshot()
        return self._before_cleanup(job_id) or self._history.job(job_id)

    def _before_cleanup(self, job_id: domain.JobId) -> domain.Job | None:
        """Return a job in the form of a running job if it ended less than the cleanup delay ago; else None."""
        job, until = self._cleaning.get(job_id, (None, 0.0))
        return job if self.clock.monotonic() < until else None

    async def running_jobs(self) -> Sequence[domain.Job]:
        """Return the jobs that are not in the history yet, the oldest first."""
        self._begin()
        return [job.snapshot() for job in self._running.values()]

    async def finished_jobs(self, state: str | None = None) -> Sequence[domain.Job]:
        """Return the jobs in the history, in the order of their ends; the same tuple until one is added or removed."""
        self._begin()
        return self._history.jobs(state)

    async def overview(self, tags: Mapping[str, str]) -> domain.Overview:
        """Return the counts of the cluster, in a time that does not depend on the length of the history.

        Raises `MasterLeft` until another node is the master.
        """
        self._begin()
        self._failover.require_master()
        found = [node.slots for node in self._cluster.with_tags(tags)]
        return domain.Overview(
            project_version=self.settings.project_version,
            git_commit=self.settings.git_commit,
            total_slots=sum(slots.total_slots for slots in found),
            unassigned_slots=sum(slots.free_slots for slots in found),
            workers=len(found),
            running_jobs=len(self._running),
            finished_jobs=self._history.count(domain.JobStatus.FINISHED),
            failed_jobs=self._history.count(domain.JobStatus.FAILED),
            cancelled_jobs=self._history.count(domain.JobStatus.CANCELED),
            pending_jobs=[job.status for job in self._running.values()].count(domain.JobStatus.PENDING),
            dynamic_slots=self.settings.dynamic_slots,
        )

    async def monitoring(self) -> Sequence[Mapping[str, str]]:
        """Return a reading of each node, the master's first."""
        self._begin()
        running = len(self._running)
        return [node.reading(completed=self._completed, running=running) for node in self.nodes]

    async def checkpoints(self, job_id: domain.JobId) -> domain.JobCheckpoints | None:
        """Return the checkpoints of a job; None if the engine has no record of them."""
        self._begin()
        return self._checkpoints.of(job_id)

    async def has_savepoint(self, job_id: domain.JobId) -> bool:
        """Return whether a job has a checkpoint or savepoint to start from."""
        self._begin()
        return self._checkpoints.position(job_id) is not None

    async def workers(self, tags: Mapping[str, str]) -> Sequence[domain.Worker]:
        """Return the running nodes with these tags; each is a worker."""
        self._begin()
        return [self._worker(node) for node in self._cluster.with_tags(tags)]

    def _worker(self, node: MemoryNode) -> domain.Worker:
        jobs = [job.slot_usage for job in self._running.values()]
        slots, holders = node.slots, tuple(job.job_id for job in jobs if node.cluster_address in job.workers)
        return domain.Worker(
            node.cluster_address, slots.tags, slots.total_slots, slots.free_slots, slots.dynamic, holders
        )

    async def slot_usage(self) -> Sequence[domain.SlotUsage]:
        """Return the slots of the jobs that have not ended."""
        self._begin()
        jobs = sorted(self._running.values(), key=lambda job: job.id)
        return [job.slot_usage for job in jobs if not job.status.is_end]

    async def ended(self) -> tuple[int, Sequence[domain.Job]]:
        """Return the version of the last job that was removed from the history, and the jobs in it."""
        self._begin()
        return self._history.forgotten, self._history.jobs()

    async def queue(self) -> domain.Queue:
        """Return the jobs that wait for slots."""
        self._begin()
        jobs = tuple(
            domain.WaitingJob(job.snapshot(), entry.since, entry.checked, entry.checks, job.slots_by_pipeline)
            for entry in self._waiting.entries()
            for job in [self._running[entry.job.id]]
        )
        return domain.Queue(self.clock.now(), self.settings.waits_for_slots, self._cluster.free_slots, jobs)

    async def logs(self) -> Sequence[domain.LogFile]:
        """Return the log files of all nodes, by node and name; the same object until a file is added or removed."""
        self._begin()
        # A node may stop while the files of one before it are listed.
        found = tuple([await node.log_files() for node in self.nodes if node.running])
        before = self._log_files[0]
        if len(found) != len(before) or any(map(operator.is_not, found, before)):
            self._log_files = found, [file for files in found for file in files]
        return self._log_files[1]

    async def aclose(self) -> None:
        """Abort all jobs, and write the rest of the logs. Has no effect on a closed engine."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(job.aclose() for job in self._running.values()))
        self._running.clear()
        self._failover.cancel()
        self._planning.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(node.aclose() for node in self.nodes))

    def _require_open(self) -> None:
        if self._closed:
            raise errors.EngineFailure("The engine is closed.")

    def _begin(self) -> None:
        self._require_open()
        self._completed += 1
        self._history.sweep(self.clock.now())

    async def _plan(self, config: Mapping[str, Any], job_name: str | None) -> ExecutableJob:
        """Plan a job. Large jobs are planned in a thread, one at a time, so that other requests are served."""
        keys = self.settings
        plan = partial(
            self._planner.plan, config, job_name=job_name, in_keys=keys.input_keys, out_keys=keys.output_keys
        )
        try:
            if self._planner.is_quick(config):
                job = plan()
            else:
                job = await asyncio.get_running_loop().run_in_executor(self._planning, plan)
        except errors.EngineError:
            raise
        except Exception as error:  # a bug in a plugin must only fail the submission
            raise errors.EngineFailure(failure_text(error)) from error
        return replace(job, plan=self._shared.plan(job.plan), env_options=self._shared.options(job.env_options))

    def _start(self, job: RunningJob) -> None:
        if self._weight + job.weight > self.settings.jobs_cap:
            raise TooManyJobs(self.settings.jobs_cap)
        try:
            job.prepare()
        except errors.EngineError:
            raise
        except Exception as error:  # as above
            raise errors.EngineFailure(failure_text(error)) from error
        self._say(f"Job {job.id} is submitted")
        self._running[job.id] = job
        self._weight += job.weight
        job.start(self._archive)

    def _archive(self, job: RunningJob) -> None:
        del self._running[job.id]
        self._weight -= job.weight
        self._waiting.remove(job.id)
        if job.never_began:
            self._refused.add(job.id)
        now = self.clock.monotonic()
        for job_id in [job_id for job_id, (_, until) in self._cleaning.items() if until <= now]:
            del self._cleaning[job_id]
        if self.settings.cleanup_delay:
            self._cleaning[job.id] = job.snapshot(), now + self.settings.cleanup_delay
        self._history.archive(job.as_job(archived=True))
        self._say(f"Job {job.id} has ended, it is {job.status}")
        self._waiting.begin_in_order()

    def _forget(self, job: domain.Job) -> None:
        self._refused.discard(job.id)
        if job.id not in self._running:
            for node in self.nodes:
                node.logs.remove(job.id)

    def _unused_id(self) -> domain.JobId:
        job_id = self._ids.next()
        while job_id in self._running or self._history.job(job_id):
            job_id = self._ids.next()
        return job_id

    def _say(self, message: str) -> None:
        self._cluster.master.say(message, _COORDINATOR)
