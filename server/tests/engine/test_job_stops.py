"""Jobs that are stopped, with and without a savepoint, and what they are started from again."""

import pytest
from single_job import ID, S, look, states, submit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 0.249, 0.5])
async def test_stopped_job_is_canceled_a_tenth_of_a_second_later(engine, clock, make, seconds):
    sink = make.sink()
    await submit(engine, make.stream(sink=sink))
    if seconds:
        await clock.advance(seconds=seconds)
    await engine.stop(ID)
    assert (await look(engine)).status is S.CANCELING
    await clock.advance()
    assert sink.closed == (1 if seconds >= 0.25 else 0)
    await clock.advance(seconds=0.11)
    job = await look(engine)
    assert (job.status, job.archived) == (S.CANCELED, False)
    await clock.advance(seconds=0.01)
    job = await look(engine)
    assert (job.status, job.archived, job.error) == (S.CANCELED, True, None)
    assert sink.closed == (1 if seconds >= 0.25 else 0)


async def test_stop_while_rows_flow_keeps_the_counts_and_moves_no_more(engines, clock, make):
    engine = engines(rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10**9)))
    await clock.advance(seconds=5)
    await engine.stop(ID)
    stopped = (await look(engine)).metrics
    assert stopped.source.count > 4000
    await clock.advance(seconds=5)
    job = await look(engine)
    assert job.status is S.CANCELED
    assert job.metrics == stopped


async def test_second_stop_changes_nothing(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    await engine.stop(ID)
    await clock.advance(seconds=0.05)
    await engine.stop(ID)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=0.07)
    ended = await look(engine)
    await engine.stop(ID)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=1)
    assert ended.status is S.CANCELED
    assert await look(engine) is ended


async def test_savepoint_stop_takes_three_tenths_of_a_second(engine, clock, make):
    sink = make.sink()
    await submit(engine, make.stream(sink=sink))
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    seen = await states(engine, clock, 0.5)
    assert seen == [(S.DOING_SAVEPOINT, False), (S.SAVEPOINT_DONE, False), (S.SAVEPOINT_DONE, True)]
    job = await look(engine)
    assert (job.finish_time - job.create_time).total_seconds() == 1.3
    assert sink.closed == 1


async def test_savepoint_of_a_batch_job_ends_it_in_the_midst_of_its_rows(engine, clock, make):
    await submit(engine, make.job(make.numbers(10, batch=1, read_interval=1.0)))
    await clock.advance(seconds=3)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert (job.status, job.metrics.source.count) == (S.SAVEPOINT_DONE, 3)


async def test_savepoint_asked_of_a_pending_job_is_taken_when_it_runs(engine, clock, make):
    await submit(engine, make.stream())
    await engine.stop(ID, savepoint=True)
    seen = await states(engine, clock, 1)
    assert [state for state, _ in seen] == [S.PENDING, S.DOING_SAVEPOINT, S.SAVEPOINT_DONE, S.SAVEPOINT_DONE]


async def test_plain_stop_overtakes_a_savepoint(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=0.1)
    await engine.stop(ID)
    await clock.advance(seconds=0.2)
    assert (await look(engine)).status is S.CANCELED


async def test_savepoint_and_plain_stop_in_one_moment_cancel(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    await engine.stop(ID)
    await clock.advance(seconds=0.2)
    assert (await look(engine)).status is S.CANCELED


async def test_job_started_from_its_savepoint_reads_on_and_counts_on(engine, clock, make):
    await submit(engine, make.job(make.numbers(10, batch=1, read_interval=1.0)))
    await clock.advance(seconds=3)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=1)
    sink = make.sink()
    await submit(engine, make.job(make.numbers(10, batch=1), sink), from_savepoint=True)
    again = await look(engine)
    assert (again.started_from_savepoint, again.metrics.source.count) == (True, 3)
    await clock.advance(seconds=2)
    job = await look(engine)
    assert sink.rows == [3, 4, 5, 6, 7, 8, 9]
    assert (job.status, job.metrics.source.count) == (S.FINISHED, 10)


async def test_finished_and_canceled_jobs_leave_no_savepoint_behind(engine, clock, make):
    await submit(engine, make.job(checkpoint_interval=0.1))
    await clock.advance(seconds=2)
    sink = make.sink()
    await submit(engine, make.stream(sink=sink, checkpoint_interval=0.1), from_savepoint=True)
    await clock.advance(seconds=2)
    assert sink.rows == [0, 1, 2, 3, 4]
    await engine.stop(ID)
    await clock.advance(seconds=1)
    sink = make.sink()
    await submit(engine, make.job(sink=sink), from_savepoint=True)
    await clock.advance(seconds=2)
    assert sink.rows == [0, 1, 2, 3, 4]
    assert (await look(engine)).metrics.source.count == 5


async def test_failed_job_can_be_started_from_its_last_checkpoint(engines, clock, make):
    engine = engines(rows_per_second=1000)
    await submit(engine, make.job(numbers_up_to(make, 600), checkpoint_interval=0.1))
    await clock.advance(seconds=2)
    assert (await look(engine)).status is S.FAILED
    sink = make.sink()
    await submit(engine, make.job(make.numbers(650), sink), from_savepoint=True)
    await clock.advance(seconds=3)
    assert sink.rows[0] > 0
    assert sink.rows[-1] == 649
    assert (await look(engine)).metrics.source.count >= 650


def numbers_up_to(make, row: int):
    """Make a source that fails at a row."""

    class Failing(make.numbers):
        def batches(self, *, skip: int = 0):
            for batch in super().batches(skip=skip):
                if batch[0].values[0] >= row:
                    raise make.failed(f"row {row} is one too many")
                yield batch

    return Failing(10_000)
