"""Moves the rows of a job from the sources of its pipelines, through transforms, into sinks.

Rows move in the small batches that sources make. After each batch, and within a batch that takes long, the event loop
runs once, and only one batch of one job runs in between. So a request waits for a few milliseconds, however many jobs
are busy. Threads would not help, since they share the interpreter's lock with the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.failures import BudgetExceeded, TaskFailed
from seatunnel_server.engine.memory.limits import RowMeter
from seatunnel_server.engine.memory.pipeline import Branch, Counters, ExecutableJob, Pipeline, Row, TaskContext

_AHEAD = 0.02
"""A job sleeps if it is ahead of its pace by these seconds: a timer for each batch would cost more than the batch."""

_TURN = 0.01
"""The seconds for which a batch may block the event loop."""
_SLICE = 0.002
"""The seconds that a part of a batch should take, after which the time is checked."""
_ROWS = 16
"""The number of rows of usual size that a sink first gets at once."""

_T = TypeVar("_T")
ContextMaker = Callable[[int, str], TaskContext]
"""Returns the context for the number of a subtask and the name of a plugin."""


@dataclass(frozen=True, slots=True)
class SharedPace:
    """State that the flows of all jobs share: the clock, the lock under which a batch runs, and the pace of a job."""

    clock: Clock
    lane: asyncio.Lock
    rows_per_second: float


class _RowReader:
    """The source of a pipeline with its position: the rows `read`, and the time when the next batch is read."""

    __slots__ = ("batches", "due", "pipeline", "read", "source")

    def __init__(self, pipeline: Pipeline, skip: int) -> None:
        self.pipeline = pipeline
        self.source = pipeline.source
        self.read = skip
        self.due = 0.0
        self.batches: Iterator[Sequence[Row]] = self.source.batches(skip=skip)


class Flow:
    """One attempt to move the rows of a job."""

    def __init__(
        self,
        job: ExecutableJob,
        *,
        start: Mapping[int, int],
        counters: Counters,
        context: ContextMaker,
        traffic: SharedPace,
    ) -> None:
        """Take the job, the number of rows that each pipeline has read before (`start`), and its counters."""
        self._job = job
        self._counters = counters
        self._context = context
        self._traffic = traffic
        self._all = tuple(_RowReader(pipeline, start.get(pipeline.number, 0)) for pipeline in job.pipelines)
        self._readers = list(self._all)
        self._open = True
        self._meter = job.meter or RowMeter()
        self._abandoned = self._interrupted = False
        self._turn_began = self._turn_cpu = 0.0
        self._slow: set[int] = set()
        """The `id()`s of the transforms and sinks that have taken long for a part of a batch."""

    @property
    def positions(self) -> dict[int, int]:
        """The number of rows that each source has read, by the number of its pipeline."""
        return {reader.pipeline.number: reader.read for reader in self._all}

    @property
    def endless(self) -> bool:
        """Whether one of the sources never ends."""
        return any(reader.source.endless for reader in self._all)

    async def run(self, after_batch: Callable[[], None]) -> None:
        """Move all rows, at the job's pace. Raises the exceptions of plugins."""
        await self._open_sinks()
        clock, moved = self._traffic.clock, 0
        began = clock.monotonic()
        readers = self._readers
        while readers:
            for reader in [each for each in readers if each.due <= clock.monotonic()]:
                moved += await self._in_lane(reader)
                after_batch()
                ahead = began + moved / self._traffic.rows_per_second - clock.monotonic()
                if ahead > _AHEAD:
                    await clock.sleep(ahead)
            readers = self._readers
            pause = min((reader.due for reader in readers), default=0.0) - clock.monotonic()
            if pause > 0:
                await clock.sleep(pause)

    def close(self) -> None:
        """Close all sinks, if they are open. Raises the first exception, after all sinks have been closed."""
        if not self._open:
            return
        self._open = False
        failures: list[Exception] = []
        for branch in [branch for pipeline in self._job.pipelines for branch in pipeline.branches]:
            try:
                branch.sink.close(self._context(0, branch.sink.plugin))
            except Exception as error:  # noqa: BLE001 - the other sinks must still be closed; it is raised below
                failures.append(error)
        if failures:
            raise failures[0]

    def abandon(self) -> None:
        """Make the cancellation of the job's task end the flow even within a batch."""
        self._abandoned = True

    async def _open_sinks(self) -> None:
        async with self._turn():
            for pipeline in self._job.pipelines:
                for branch in pipeline.branches:
                    async for subtasks in self._slices(range(pipeline.source.parallelism), self, 1):
                        for subtask in subtasks:
                            branch.sink.open(self._context(subtask, branch.sink.plugin))
                        if self._interrupted:
                            return

    async def _in_lane(self, reader: _RowReader) -> int:
        async with self._turn():
            rows = next(reader.batches, None)
            if rows is None:
                self._readers = [each for each in self._readers if each is not reader]
                return 0
            self._meter.begin_batch(sum(row.size for row in rows))
            self._counters.received(rows)
            for branch in reader.pipeline.branches:
                await self._push(rows, branch)
            reader.read += len(rows)
            reader.due = self._traffic.clock.monotonic() + reader.source.read_interval
        # An empty batch counts as a row, so that a source with only empty batches does not block the event loop.
        return max(len(rows), 1)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Hold the lock of all flows, and then let other tasks run. Raises `CancelledError` if the job was stopped."""
        async with self._traffic.lane:
            self._begin_turn()
            yield
            self._end_turn()
            if self._interrupted:
                raise asyncio.CancelledError
            await self._traffic.clock.sleep(0)

    async def _push(self, rows: Sequence[Row], branch: Branch) -> None:
        """Move rows to the branch's sink. If a transform fails on a row, the rows after it don't count as read."""
        try:
            made = await self._transformed(rows, branch)
        except BudgetExceeded:
            raise
        except TaskFailed:
            if len(rows) == 1:
                raise
            for at, row in enumerate(rows, start=1):
                try:
                    await self._push([row], branch)
                except TaskFailed:
                    self._counters.received(rows[at:], sign=-1)
                    raise
        else:
            await self._write(made, branch)

    async def _transformed(self, rows: Sequence[Row], branch: Branch) -> Sequence[Row]:
        for transform in branch.transforms:
            made: list[Row] = []
            async for part in self._slices(rows, transform, 1):
                made += transform.apply(part)
            rows = made
        return rows

    async def _write(self, rows: Sequence[Row], branch: Branch) -> None:
        for subtask, group in groupby(rows, key=lambda row: row.subtask):
            context = self._context(subtask, branch.sink.plugin)
            try:
                async for part in self._slices(list(group), branch.sink, _ROWS if self._meter.is_light else 1):
                    branch.sink.write(part, context)
            except TaskFailed:  # the engine counts rows when they enter the queue of a writer
                self._counters.written(rows, branch.counted_as, branch.vertex)
                raise
        self._counters.written(rows, branch.counted_as, branch.vertex)

    async def _slices(self, rows: Sequence[_T], taker: object, first: int) -> AsyncIterator[Sequence[_T]]:
        """Yield rows, or subtasks, in parts that take about `_SLICE`; the event loop runs in between if necessary.

        The first part has `first` rows, or one if `taker` (the transform or sink) was slow before.
        """
        at, size = 0, 1 if id(taker) in self._slow else first
        while at < len(rows):
            begun = time.perf_counter()
            yield rows[at : at + size]
            at += size
            if time.perf_counter() - begun < _SLICE:
                size *= 2
            else:
                size = max(size // 2, 1)
                self._slow.add(id(taker))
            await self._pause()

    async def _pause(self) -> None:
        """Let other tasks run if the last pause was long ago.

        A batch is always moved completely: if the job is stopped here, the flow ends after the batch; after `abandon`,
        at once.
        """
        if time.perf_counter() - self._turn_began < _TURN:
            return
        self._end_turn()
        try:
            await self._traffic.clock.sleep(0)
        except asyncio.CancelledError:
            if self._abandoned:
                raise
            self._interrupted = True
        self._begin_turn()

    def _begin_turn(self) -> None:
        self._turn_began, self._turn_cpu = time.perf_counter(), time.thread_time()

    def _end_turn(self) -> None:
        self._meter.seconds(time.thread_time() - self._turn_cpu)
