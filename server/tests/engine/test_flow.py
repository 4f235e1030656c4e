import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.flow import Flow, SharedPace
from seatunnel_server.engine.memory.pipeline import Branch, Counters, ExecutableJob, Pipeline, Row, TaskContext

pytestmark = pytest.mark.anyio


@dataclass
class Running:
    flow: Flow
    counters: Counters
    task: asyncio.Task[None]
    batches: list[float]


Run = Callable[..., Running]


@pytest.fixture
def run(clock: ManualClock) -> Run:
    """Let the rows of a job flow, at 1,000 a second."""

    def running(job: ExecutableJob, start: dict[tuple[int, int], int] | None = None, lane: object = None) -> Running:
        counters, batches = Counters(), []
        flow = Flow(
            job,
            start=start or {},
            counters=counters,
            context=lambda subtask, _: TaskContext(JobId(1), subtask, lambda _: None),
            traffic=SharedPace(clock, lane or asyncio.Lock(), 1000),
        )
        task = asyncio.create_task(flow.run(lambda: batches.append(clock.monotonic())))
        return Running(flow, counters, task, batches)

    return running


async def test_all_rows_reach_the_sink_in_order_and_are_counted(run, make, clock):
    sink = make.sink()
    running = run(make.job(make.numbers(250), sink))
    await clock.advance(seconds=1)
    assert running.task.done()
    assert sink.rows == list(range(250))
    assert running.flow.positions == {1: 250}
    metrics = running.counters.metrics()
    assert (metrics.source.count, metrics.source.bytes) == (250, 2250)
    assert (metrics.sink.count, metrics.sink.bytes) == (250, 2250)


async def test_rows_flow_no_faster_than_the_pace(run, make, clock):
    running = run(make.job(make.numbers(10_000)))
    await clock.advance(seconds=1)
    assert running.counters.metrics().source.count == 1100
    await clock.advance(seconds=9)
    assert running.task.done()


async def test_empty_batches_keep_the_pace_too(run, make, clock):
    class Nothing(make.numbers):
        def batches(self, *, skip: int = 0):  # noqa: ARG002 - the interface of sources
            while True:
                yield []

    running = run(make.job(Nothing()))
    await clock.advance(seconds=1)
    assert 900 < len(running.batches) < 1100
    running.task.cancel()


async def test_start_leaves_out_the_rows_that_were_read(run, make, clock):
    sink = make.sink()
    running = run(make.job(make.numbers(10), sink), {1: 7, (2, 0): 3})
    await clock.advance(seconds=1)
    assert sink.rows == [7, 8, 9]
    assert running.counters.metrics().source.count == 3
    assert running.flow.positions == {1: 10}


async def test_transforms_change_what_the_sink_gets_and_counts(run, make, clock):
    sink = make.sink()
    running = run(make.job(make.numbers(5), sink, transforms=(make.doubling(), make.doubling())))
    await clock.advance(seconds=1)
    assert sink.rows == [0, 2, 4]
    metrics = running.counters.metrics()
    assert (metrics.source.count, metrics.sink.count, metrics.sink.bytes) == (5, 3, 3 * 36)


async def test_sinks_rows_count_under_the_branchs_table(run, make, clock):
    running = run(make.job(make.numbers(5, table="b"), counted_as="a"))
    await clock.advance(seconds=1)
    assert list(running.counters.metrics().source_tables) == ["b"]
    assert list(running.counters.metrics().sink_tables) == ["a"]


async def test_every_branch_gets_all_rows(run, make, clock):
    sinks = [make.sink(), make.sink()]
    pipeline = Pipeline(1, make.numbers(3), tuple(Branch((), sink) for sink in sinks))
    run(make.job(pipelines=(pipeline,)))
    await clock.advance(seconds=1)
    assert [sink.rows for sink in sinks] == [[0, 1, 2], [0, 1, 2]]


async def test_pipelines_take_turns(run, make, clock):
    order: list[str] = []

    class Noting(make.sink):
        def write(self, rows: list[Row], _: TaskContext) -> None:
            order.append(rows[0].table)

    def pipeline(number: int, table: str) -> Pipeline:
        return Pipeline(number, make.numbers(4, batch=2, table=table), (Branch((), Noting()),))

    running = run(make.job(pipelines=(pipeline(1, "a"), pipeline(2, "b"), pipeline(3, "c"))))
    await clock.advance(seconds=1)
    assert order == ["a", "b", "c", "a", "b", "c"]
    assert running.flow.positions == {1: 4, 2: 4, 3: 4}


async def test_source_waits_its_interval_between_batches_and_holds_up_no_other(run, make, clock):
    slow, fast = make.sink(), make.sink()
    running = run(
        make.job(
            pipelines=(
                Pipeline(1, make.numbers(3, batch=1, read_interval=1.0), (Branch((), slow),)),
                Pipeline(2, make.numbers(3, batch=1), (Branch((), fast),)),
            )
        )
    )
    await clock.advance(seconds=1.5)
    assert (slow.rows, fast.rows) == ([0, 1], [0, 1, 2])
    await clock.advance(seconds=0.5)
    assert slow.rows == [0, 1, 2]
    await clock.advance(seconds=1)
    assert running.task.done()


async def test_rows_reach_the_sink_by_the_subtask_that_made_them(run, make, clock):
    sink = make.sink()
    run(make.job(make.numbers(4, parallelism=2), sink))
    await clock.advance(seconds=1)
    assert sink.subtasks == {0, 1}
    assert sink.rows == [0, 1, 2, 3]


async def test_busy_jobs_share_one_lane_batch_by_batch(run, make, clock):
    lane = asyncio.Lock()
    running = [run(make.job(make.numbers(1000, batch=10)), lane=lane) for _ in range(3)]
    await clock.advance(seconds=0.05)
    counts = [each.counters.metrics().source.count for each in running]
    assert max(counts) - min(counts) <= 20
    await clock.advance(seconds=2)
    assert all(each.task.done() for each in running)


async def test_event_loop_runs_between_any_two_batches_of_any_jobs(make, clock):
    passes, seen = 0, []

    async def count_passes() -> None:
        nonlocal passes
        while True:
            passes += 1
            await asyncio.sleep(0)

    class Noting(make.sink):
        def write(self, *_: object) -> None:
            seen.append(passes)

    traffic = SharedPace(clock, asyncio.Lock(), 10**9)
    flows = [
        Flow(
            make.job(make.numbers(50, batch=10), Noting()),
            start={},
            counters=Counters(),
            context=lambda subtask, _: TaskContext(JobId(1), subtask, lambda _: None),
            traffic=traffic,
        ).run(lambda: None)
        for _ in range(3)
    ]
    counting = asyncio.create_task(count_passes())
    await asyncio.gather(*flows, clock.advance(seconds=1))
    counting.cancel()
    assert len(seen) == 15
    assert all(before < after for before, after in pairwise(seen))


async def test_what_a_plugin_raises_ends_the_flow_and_leaves_the_position_before_the_batch(run, make, clock):
    sink = make.sink(failures=[make.failed("no")])
    running = run(make.job(make.numbers(5), sink))
    await clock.advance(seconds=1)
    with pytest.raises(make.failed, match="no"):
        await running.task
    assert running.flow.positions == {1: 0}
    assert not running.flow._traffic.lane.locked()


async def test_rows_before_one_that_a_transform_fails_on_reach_the_sink(run, make, clock):
    class Failing(make.doubling):
        def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
            if any(row.values[0] == 3 for row in rows):
                raise make.failed("three")
            return rows

    sink = make.sink()
    running = run(make.job(make.numbers(5), sink, transforms=(Failing(),)))
    await clock.advance(seconds=1)
    with pytest.raises(make.failed, match="three"):
        await running.task
    assert sink.rows == [0, 1, 2]


async def test_sinks_are_closed_once_and_all_of_them_whatever_one_raises(run, make):
    first, second = make.sink(close_failures=[ValueError("first")]), make.sink(close_failures=[ValueError("second")])
    flow = run(make.job(pipelines=(Pipeline(1, make.numbers(), (Branch((), first), Branch((), second))),))).flow
    with pytest.raises(ValueError, match="first"):
        flow.close()
    flow.close()
    assert (first.closed, second.closed) == (1, 1)


async def test_flow_is_endless_if_one_source_is(run, make):
    sources = (make.numbers(), make.numbers(endless=True))
    pipelines = tuple(Pipeline(number, source, ()) for number, source in enumerate(sources, 1))
    assert run(make.job(pipelines=pipelines)).flow.endless
    assert not run(make.job()).flow.endless
