"""Rows on their way: from the sources of a job's pipelines, through transforms, into sinks.

Rows move in the small batches that sources make. After each batch, and within one that takes long, the event loop runs
once, and of all jobs only one batch runs in between, so however many jobs are busy a request waits for a few
milliseconds. Threads would not help: they would share the interpreter's lock with the loop.
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

# A job that is ahead of its pace by less goes on; a timer for every batch would cost more than the batch.
_AHEAD = 0.02

_TURN = 0.01
"""Seconds that a batch may keep the event loop to itself."""
_SLICE = 0.002
"""Seconds of a part of a batch between two looks at the time."""
_ROWS = 16
"""Rows of ordinary size that a sink is given at once."""

_T = TypeVar("_T")
ContextMaker = Callable[[int, str], TaskContext]
"""Makes the context of a subtask (number) of a plugin (name)."""


@dataclass(frozen=True, slots=True)
class SharedPace:
    """State of the flows of all jobs: the clock, the one lane that a batch runs in, and the pace of each job."""

    clock: Clock
    lane: asyncio.Lock
    rows_per_second: float


class _RowReader:
    """A pipeline's source being read."""

    __slots__ = ("batches", "due", "pipeline", "read", "source")

    def __init__(self, pipeline: Pipeline, skip: int) -> None:
        self.pipeline = pipeline
        self.source = pipeline.source
        self.read = skip
        self.due = 0.0
        self.batches: Iterator[Sequence[Row]] = self.source.batches(skip=skip)


class Flow:
    """One attempt at moving the rows of a job."""

    def __init__(
        self,
        job: ExecutableJob,
        *,
        start: Mapping[int, int],
        counters: Counters,
        context: ContextMaker,
        traffic: SharedPace,
    ) -> None:
        """Take the job, the rows that each pipeline has read already, and where to count."""
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
        """The transforms and sinks that have taken long for a part of a batch."""

    @property
    def positions(self) -> dict[int, int]:
        """How many rows each pipeline's source has read, by the pipeline's number."""
        return {reader.pipeline.number: reader.read for reader in self._all}

    @property
    def endless(self) -> bool:
        """Whether a source of it never says that it is done."""
        return any(reader.source.endless for reader in self._all)

    async def run(self, after_batch: Callable[[], None]) -> None:
        """Move all rows, at the job's pace; raises whatever a plugin raises."""
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
        """Finish the sinks, each once; raises what the first raises, after all had their turn."""
        if not self._open:
            return
        self._open = False
        failures: list[Exception] = []
        for branch in [branch for pipeline in self._job.pipelines for branch in pipeline.branches]:
            try:
                branch.sink.close(self._context(0, branch.sink.plugin))
            except Exception as error:  # noqa: BLE001 - the others must still be closed; it is raised below
                failures.append(error)
        if failures:
            raise failures[0]

    def abandon(self) -> None:
        """Break off at the next pause, even within a batch."""
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
        # An empty batch counts for the pace, so that a source of nothing but those does not race.
        return max(len(rows), 1)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the lane, and then let everybody else have a turn. Raises `CancelledError` if the job was stopped."""
        async with self._traffic.lane:
            self._begin_turn()
            yield
            self._end_turn()
            if self._interrupted:
                raise asyncio.CancelledError
            await self._traffic.clock.sleep(0)

    async def _push(self, rows: Sequence[Row], branch: Branch) -> None:
        """Move rows to the branch's sink; those behind one that a transform fails on are not read."""
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
            except TaskFailed:  # rows wait in the queue of a writer, and are counted before this has taken them
                self._counters.written(rows, branch.counted_as, branch.vertex)
                raise
        self._counters.written(rows, branch.counted_as, branch.vertex)

    async def _slices(self, rows: Sequence[_T], taker: object, first: int) -> AsyncIterator[Sequence[_T]]:
        """Yield rows or tasks in parts that take little time each, at first `first` of them, or 1 for a slow `taker`.

        The event loop runs between two parts where a turn has been long.
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
        """Let everybody else have a turn if this one has been long.

        A batch is moved whole, so a job that is asked to stop goes on to its end; only `abandon` breaks it off.
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
