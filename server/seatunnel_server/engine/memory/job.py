"""A job from its submission to its end.

A job is a task of the event loop, which takes steps: each step returns the next one. A request to stop the job changes
its state at once and cancels the current step; the task then continues with the step of the new state.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime
from functools import partial

from seatunnel_server.engine.domain import CheckpointKind, Job, JobId, JobStatus, SinkTable, SlotUsage
from seatunnel_server.engine.errors import CheckpointRefused, JobNotRunning, NoEnoughResource
from seatunnel_server.engine.memory.cluster import JobLogs, MemoryNode, SlotAllocation
from seatunnel_server.engine.memory.environment import CheckpointCoordinator, JobEnvironment, Position
from seatunnel_server.engine.memory.failures import BudgetExceeded, failure_text
from seatunnel_server.engine.memory.flow import Flow
from seatunnel_server.engine.memory.lifecycle import RESTORED, STOPPABLE, TRANSITIONS, advance
from seatunnel_server.engine.memory.pipeline import Counters, ExecutableJob, TaskContext

_MASTER = "o.a.s.e.s.m.JobMaster"
_PLAN = "o.a.s.e.s.d.p.PhysicalPlan"
_CHECKPOINTS = "o.a.s.e.s.c.CheckpointCoordinator"

Step = Callable[[], Awaitable["Step | None"]]
"""A step of a job, which returns the next one; None after the last."""


class RunningJob:
    """A job that has not moved to the history yet."""

    def __init__(self, job_id: JobId, job: ExecutableJob, shared: JobEnvironment, savepoint_of: JobId | None) -> None:
        """Take the planned job, and the id of the job from whose savepoint it starts, None for no savepoint."""
        self.id = job_id
        self.weight = job.weight
        self.slots_by_pipeline = {pipeline.number: pipeline.slots for pipeline in job.pipelines}
        self.status = JobStatus.PENDING
        self._job = job
        self._environment = shared
        self._ended: Callable[[RunningJob], None] = lambda _: None
        self._from_savepoint = savepoint_of is not None
        self._checkpoints = CheckpointCoordinator(
            job_id, shared.checkpoints, shared.clock, self.slots_by_pipeline, job.checkpoint_interval
        )
        saved = None if savepoint_of is None else shared.checkpoints.position(savepoint_of)
        self._checkpoints.position = saved or Position()
        self._counters = Counters(self._checkpoints.position.metrics)
        self._logs = JobLogs(job_id)
        self._space = shared.new_space()
        self._create_time = shared.clock.now()
        before = (JobStatus.INITIALIZING, JobStatus.CREATED, JobStatus.PENDING)
        self._state_times: dict[str, datetime] = dict.fromkeys(before, self._create_time)
        self._finish_time: datetime | None = None
        self._error: str | None = None
        self._flow: Flow | None = None
        self._allocation: SlotAllocation = Counter()
        self._running_since = self._next_report = 0.0
        self._savepoint_wanted = self._begun = self._closing = False
        self._orphaned = False
        """Whether the master has left, and the next one has not restored the job yet."""
        self._task: asyncio.Task[None] | None = None
        self._interruption: Step | None = None
        self._snapshot: Job | None = None

    def prepare(self) -> None:
        """Make the sinks check their conditions before the job is accepted. Raises their exceptions."""
        for branch in (branch for pipeline in self._job.pipelines for branch in pipeline.branches):
            branch.sink.prepare(self._context(0, branch.sink.plugin))

    def start(self, ended: Callable[[RunningJob], None]) -> None:
        """Run the job, and call `ended` at its end. With too few slots, it waits in the queue, or fails at once."""
        self._ended = ended
        self._say(_MASTER, f"Init JobMaster for Job {self._job.line} ({self.id})")
        for note in self._job.notes:
            self._say(_MASTER, note)
        if self._environment.random.random() < self._environment.settings.detour_share:
            self.status = JobStatus.SCHEDULED
        waiting = self._environment.waiting
        # Jobs in the queue come first.
        if not len(waiting) and self.begin():
            return
        if self._environment.settings.waits_for_slots:
            waiting.join(self)
            return
        self._error = failure_text(NoEnoughResource(self._job.slots, self._environment.cluster.free_slots))
        self._end(JobStatus.FAILED)
        self._ended(self)

    def begin(self) -> bool:
        """Take the job's slots and run it; return False, and do nothing, if too few are free."""
        allocation = self._environment.cluster.take(self._job.slots, self._job.tag_filter)
        if allocation is None:
            return False
        self._allocation = allocation
        self._logs.deployed(allocation)
        self._state_times[JobStatus.SCHEDULED] = self._environment.clock.now()
        # The context of the current request would keep the request's body in memory as long as the job runs.
        self._task = asyncio.create_task(self._live(), name=f"job-{self.id}", context=Context())
        return True

    @property
    def never_began(self) -> bool:
        """Whether the job never had slots."""
        return self._task is None

    @property
    def slot_usage(self) -> SlotUsage:
        """The slots that the job holds."""
        pipelines = self.slots_by_pipeline if self._allocation else {}
        return SlotUsage(self.id, pipelines, {node.cluster_address: count for node, count in self._allocation.items()})

    def stop(self, *, savepoint: bool) -> None:
        """Cancel the job, or save it once it runs. An ending job can only be cancelled if it takes a savepoint."""
        if savepoint:
            self._savepoint_wanted = True
        if self.status not in ({JobStatus.RUNNING} if savepoint else STOPPABLE):
            return
        self._to(JobStatus.DOING_SAVEPOINT if savepoint else JobStatus.CANCELING)
        if self._task is None:
            self._end(JobStatus.CANCELED)
            self._ended(self)
        # A task that has not begun can't catch its cancellation; it checks the state when it begins.
        elif self._begun:
            self._task.cancel()

    async def save(self) -> None:
        """Stop the job with a savepoint, and return when it has ended. Raises `SavepointFailed`."""
        if self.status.is_end:
            raise JobNotRunning(self.id)
        if self._task is None or self.status in {JobStatus.PENDING, JobStatus.SCHEDULED}:
            raise CheckpointRefused("Task not all ready, savepoint error")
        self.stop(savepoint=True)
        await asyncio.wait({self._task})
        if self.status is not JobStatus.SAVEPOINT_DONE:
            raise CheckpointRefused("CheckpointCoordinator shutdown.")

    def on_node_left(self, node: MemoryNode, *, was_master: bool) -> None:
        """Continue without a node that has left: its tasks restart on other nodes, from the last checkpoint.

        If these nodes have too few slots, the job fails. If the master has left, every job is restored; until then, its
        state is unknown. Source: recorded on a cluster of three nodes of 2.3.13, of which one was killed.
        """
        self._logs.forget(node)
        lost = self._allocation.pop(node, 0)
        if self.status not in RESTORED or not (lost or (was_master and self._allocation)):
            return
        found = self._environment.cluster.take(lost, self._job.tag_filter)
        if found is None:
            self._interrupt(partial(self._fail, NoEnoughResource(lost, self._environment.cluster.free_slots)))
            return
        self._allocation += found
        self._logs.deployed(found)
        if self.status is JobStatus.RUNNING:
            self._orphaned |= was_master
            self._changed()
            self._interrupt(self._restore)

    def _interrupt(self, step: Step) -> None:
        """Cancel the current step, and continue with another one."""
        self._interruption = step
        if self._task is not None and self._begun:
            self._task.cancel()

    async def aclose(self) -> None:
        """Abort the job, in any state."""
        self._closing = True
        if self._flow:
            self._flow.abandon()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def snapshot(self) -> Job:
        """Return a snapshot of the job; the same object until the job changes."""
        if self._snapshot is None:
            self._snapshot = self.as_job(archived=False)
        return self._snapshot

    async def _live(self) -> None:
        self._begun = True
        step: Step | None = self._interrupting() or self._work
        try:
            while step:
                step = await self._take(step)
            await self._environment.clock.sleep(self._environment.settings.timings.archiving)
        finally:
            self._close_sinks()
            # The flow refers to this job: the cycle would stay in memory until the next garbage collection.
            self._flow = None
            if not self._closing:
                if not self.status.is_end:  # after a bug in this module, the job must still end
                    self.status = JobStatus.FAILED
                    self._settle()
                self._ended(self)

    async def _take(self, step: Step) -> Step | None:
        try:
            return await step()
        except asyncio.CancelledError:
            after, task = self._interrupting(), asyncio.current_task()
            if self._closing or task is None or after is None:  # the engine ends, not the step
                raise
            while task.cancelling():
                task.uncancel()
            self._close_sinks()
            return after
        except Exception as error:  # an error in one job must not affect others
            self._close_sinks()
            if JobStatus.FAILING not in TRANSITIONS[self.status]:
                raise
            return partial(self._fail, error)

    def _interrupting(self) -> Step | None:
        """Return the step that replaces the current one after an interruption; None if there was no interruption."""
        step, self._interruption = self._interruption, None
        if self.status is JobStatus.CANCELING:
            return self._cancel
        return self._save if self.status is JobStatus.DOING_SAVEPOINT else step

    async def _work(self) -> Step:
        wait = partial(self._environment.clock.sleep, self._environment.settings.timings.pending)
        if self.status is JobStatus.SCHEDULED:
            await wait()
            self._to(JobStatus.RUNNING)
            await wait()
            self._to(JobStatus.PENDING)
        await wait()
        self._run()
        return self._move

    async def _restore(self) -> Step:
        timings = self._environment.settings.timings
        await self._environment.clock.sleep(timings.failover if self._orphaned else timings.restoring)
        if self._orphaned:
            self._state_times[JobStatus.SCHEDULED] = self._environment.clock.now()
            self._orphaned = False
        self._checkpoints.restored()
        self._say(_MASTER, f"Job {self.id} is restored from its last checkpoint")
        self._changed()
        return self._move

    async def _move(self) -> Step | None:
        timings, sleep = self._environment.settings.timings, self._environment.clock.sleep
        if self._savepoint_wanted:
            self._to(JobStatus.DOING_SAVEPOINT)
            return self._save
        await sleep(timings.starting)
        await self._move_rows()
        await sleep(timings.closing)
        self._checkpoints.forget()
        self._end(JobStatus.FINISHED)
        return None

    def _run(self) -> None:
        self._to(JobStatus.RUNNING)
        self._running_since = self._environment.clock.monotonic()
        self._next_report = self._running_since + self._environment.settings.timings.report
        self._checkpoints.schedule()
        for pipeline in self._job.pipelines:
            sinks = [SinkTable(branch.vertex, table) for branch in pipeline.branches for table in branch.tables]
            self._counters.expect(pipeline.source.tables, sinks)
        self._counters.report_vertices(self._job.plan)

    async def _move_rows(self) -> None:
        for attempt in range(1, self._job.retry_times + 1):
            try:
                await self._attempt()
            except BudgetExceeded:
                raise
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and is tried again
                self._close_sinks()
                self._say(_PLAN, f"Attempt {attempt} failed, the next one follows: {failure_text(error)}", "WARN")
                await self._environment.clock.tick(self._job.retry_interval)
            else:
                return
        await self._attempt()

    async def _attempt(self) -> None:
        self._job.prepare_sources()
        self._flow = Flow(
            self._job,
            start=self._checkpoints.position.rows,
            counters=self._counters,
            context=self._context,
            traffic=self._environment.traffic,
        )
        await self._flow.run(self._after_batch)
        self._report()
        if self._job.mode == "STREAMING" or (self._flow.endless and not self._environment.settings.rowless_sources_end):
            while math.isfinite(self._checkpoints.interval):
                await self._environment.clock.tick(self._checkpoints.interval)
                self._checkpoint()
            await asyncio.get_running_loop().create_future()
        # The last checkpoint precedes the closing of tasks: if that fails, the next attempt reads no row again.
        self._checkpoints.position = Position(self._flow.positions, self._counters.metrics())
        self._flow.close()

    async def _cancel(self) -> None:
        await self._environment.clock.sleep(self._environment.settings.timings.canceling)
        self._checkpoints.forget()
        self._end(JobStatus.CANCELED)

    async def _save(self) -> None:
        await self._environment.clock.sleep(self._environment.settings.timings.savepoint)
        self._checkpoint("savepoint")
        self._end(JobStatus.SAVEPOINT_DONE)

    async def _fail(self, error: Exception) -> None:
        self._error = failure_text(error)
        if JobStatus.FAILING in TRANSITIONS[self.status]:  # a job that is pending or scheduled fails directly
            self._to(JobStatus.FAILING)
        self._say(_PLAN, self._error, "ERROR")
        await self._environment.clock.sleep(self._environment.settings.timings.failing)
        self._end(JobStatus.FAILED)

    def _to(self, status: JobStatus) -> None:
        before, self.status, self._orphaned = self.status, advance(self.status, status), False
        self._state_times[status] = self._environment.clock.now()
        self._say(_PLAN, f"Job {self._job.line} ({self.id}) is {status} now, it was {before}")
        self._changed()

    def _end(self, status: JobStatus) -> None:
        self._to(status)
        self._settle()

    def _settle(self) -> None:
        self._finish_time = self._environment.clock.now()
        self._environment.cluster.give_back(self._allocation)

    def _after_batch(self) -> None:
        self._changed()
        now = self._environment.clock.monotonic()
        if now >= self._next_report:
            self._report()
            self._next_report = now + self._environment.settings.timings.report
        if self._checkpoints.is_due:
            self._checkpoint()
            self._checkpoints.schedule()

    def _report(self) -> None:
        self._counters.report(self._environment.clock.monotonic() - self._running_since)
        self._changed()

    def _checkpoint(self, kind: CheckpointKind = "checkpoint") -> None:
        before = self._checkpoints.position
        rows = self._flow.positions if self._flow else before.rows
        self._checkpoints.take(Position(rows, self._counters.metrics()), kind)
        if self._checkpoints.position.metrics != before.metrics:
            self._changed()
        self._say(_CHECKPOINTS, f"Checkpoint {self._checkpoints.count} of job {self.id} is complete")

    def _close_sinks(self) -> None:
        if self._flow:
            try:
                self._flow.close()
            except Exception as error:  # noqa: BLE001 - the attempt has ended already, for another reason
                self._say(_PLAN, f"A sink did not close: {failure_text(error)}", "WARN")

    def _context(self, subtask: int, plugin: str) -> TaskContext:
        logger, thread = f"o.a.s.c.s.{plugin}SinkWriter", f"st-multi-table-sink-writer-{subtask + 1}"
        log = self._logs.of(next(iter(self._allocation), self._environment.cluster.master))
        environment = self._environment
        row = partial(log.row, logger, thread)
        return TaskContext(self.id, subtask, row, environment.settings.sandbox, self._space, environment.asserted)

    def _say(self, logger: str, message: str, level: str = "INFO") -> None:
        self._logs.of(self._environment.cluster.master).line(logger, f"job-{self.id}", message, level=level)

    def _changed(self) -> None:
        self._snapshot = None

    def as_job(self, *, archived: bool) -> Job:
        """Return a snapshot of the job, or, if `archived`, the job as the history has it."""
        job = self._job
        return Job(
            id=self.id,
            name=(archived and job.finished_name) or job.name,
            status=JobStatus.UNKNOWABLE if self._orphaned else self.status,
            env_options=job.env_options,
            create_time=self._create_time,
            plan=job.plan,
            # The counters of the last checkpoint are committed; after the job has finished, all counters.
            metrics=self._counters.committed(
                None if self.status is JobStatus.FINISHED else self._checkpoints.position.metrics
            ),
            version=self._environment.next_version(),
            start_time=self._state_times.get(JobStatus.SCHEDULED),
            state_times={} if archived else dict(self._state_times),  # the finished form has none
            finish_time=self._finish_time if archived else None,
            error=self._error if archived else None,
            jars=() if archived else job.jars,
            started_from_savepoint=self._from_savepoint,
            archived=archived,
        )
