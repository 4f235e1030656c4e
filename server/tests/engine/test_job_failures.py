"""Jobs that fail: their messages, the number of attempts, and their end."""

import re

import pytest
from log_texts import text_of
from single_job import ID, S, look, submit

from seatunnel_server.engine.domain import JobId

pytestmark = pytest.mark.anyio


async def test_failing_job_says_why_in_the_engines_form(engine, clock, make):
    await submit(engine, make.failing(make.failed("row 3 is odd")))
    await clock.advance(seconds=0.255)
    assert (await look(engine)).status is S.FAILING
    await engine.stop(ID)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert re.match(r"java\.lang\.RuntimeException: row 3 is odd\n\tat .+\(conftest\.py:\d+\)", job.error)


async def test_failures_are_in_the_jobs_log_each_attempts_and_the_last(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    job = make.failing(make.failed("first"), make.failed("second"), retry_times=1, retry_interval=1.0)
    await submit(engine, job)
    await clock.advance(seconds=3)
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
    assert re.findall(r" (WARN|ERROR) +.* - (.*)", log) == [
        ("WARN", "Attempt 1 failed, the next one follows: java.lang.RuntimeException: first"),
        ("ERROR", "java.lang.RuntimeException: second"),
    ]


async def test_mistake_in_a_plugin_fails_only_its_job(engine, clock, make):
    await submit(engine, make.failing(ZeroDivisionError("oops")))
    await engine.submit({"job": make.job()}, job_id=JobId(1))
    await clock.advance(seconds=3)
    other = await engine.job(JobId(1))
    assert "ZeroDivisionError: oops" in (await look(engine)).error
    assert other.status is S.FINISHED


async def test_plugin_that_cannot_even_be_asked_fails_its_job(engine, clock, make):
    class Broken(make.numbers):
        @property
        def tables(self):
            raise RuntimeError("no tables")

    await submit(engine, make.job(Broken()))
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert "no tables" in job.error


async def test_failing_job_is_tried_again_as_often_as_it_says(engine, clock, make):
    failures = [make.failed("first"), make.failed("second"), make.failed("third")]
    job = make.failing(*failures, retry_times=2, retry_interval=10.0)
    await submit(engine, job)
    await clock.advance(seconds=20.2)
    assert (await look(engine)).status is S.RUNNING
    await clock.advance(seconds=0.2)
    ended = await look(engine)
    assert ended.status is S.FAILED
    assert "third" in ended.error
    assert job.pipelines[0].branches[0].sink.closed == 3


async def test_rows_are_not_read_again_after_a_failure_while_sinks_close(engine, clock, make):
    """As 2.3.13 does: an Assert that found too many rows, tried four times, counted the rows of its job once."""
    sink = make.sink(close_failures=[make.failed("first"), make.failed("second")])
    await submit(engine, make.job(sink=sink, retry_times=1, retry_interval=1.0))
    await clock.advance(seconds=5)
    ended = await look(engine)
    assert ended.status is S.FAILED
    assert (ended.metrics.source.count, ended.metrics.sink.count) == (5, 5)


async def test_rows_behind_one_that_a_transform_refuses_are_not_counted(engine, clock, make):
    """As 2.3.13: four attempts at a first row that can't be cast are 4 rows read, none written."""

    class Refusing:
        plugin = "Sql"

        def apply(self, rows):
            if any(row.values[0] == 2 for row in rows):
                raise make.failed("2 is no number")
            return rows

    await submit(engine, make.job(transforms=(Refusing(),)))
    await clock.advance(seconds=5)
    ended = await look(engine)
    assert (ended.status, ended.metrics.source.count, ended.metrics.sink.count) == (S.FAILED, 3, 2)


async def test_job_that_does_not_fail_is_tried_once(engine, clock, make):
    sink = make.sink()
    await submit(engine, make.job(sink=sink, retry_times=3))
    await clock.advance(seconds=2)
    assert (await look(engine)).status is S.FINISHED
    assert sink.rows == [0, 1, 2, 3, 4]
    assert sink.closed == 1


async def test_job_that_recovers_finishes_and_its_counts_never_fall(engine, clock, make):
    await submit(engine, make.failing(make.failed("once"), retry_times=1, retry_interval=1.0))
    counts = []
    for _ in range(50):
        counts.append((await look(engine)).metrics.source.count)
        await clock.advance(seconds=0.1)
    job = await look(engine)
    assert job.status is S.FINISHED
    assert counts == sorted(counts)
    # As on 2.3.13: seven rows, of which an Assert refuses one, are 28 read and 28 written after four attempts.
    assert (job.metrics.source.count, job.metrics.sink.count) == (10, 10)


async def test_next_attempt_begins_at_the_last_checkpoint(engines, clock, make):
    engine = engines(rows_per_second=1000)

    class FailsOnce(make.sink):
        def write(self, rows, context):
            if rows[0].values[0] == 500 and not self.closed:
                raise make.failed("once")
            super().write(rows, context)

    sink = FailsOnce()
    await submit(engine, make.job(make.numbers(1000), sink, retry_times=1, retry_interval=1.0, checkpoint_interval=0.0))
    await clock.advance(seconds=5)
    assert (await look(engine)).status is S.FINISHED
    assert sink.rows == list(range(1000))


async def test_stop_during_the_wait_for_the_next_attempt_cancels(engine, clock, make):
    await submit(engine, make.failing(retry_times=1, retry_interval=60.0))
    await clock.advance(seconds=1)
    await engine.stop(ID)
    await clock.advance(seconds=1)
    assert (await look(engine)).status is S.CANCELED


async def test_rule_that_fails_at_the_end_of_all_rows_fails_the_job(engine, clock, make):
    await submit(engine, make.job(sink=make.sink(close_failures=[make.failed("5 rows are too few")])))
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert "5 rows are too few" in job.error


async def test_rule_that_fails_when_a_stopped_job_closes_its_sinks_is_only_logged(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream(sink=make.sink(close_failures=[make.failed("5 rows are too few")])))
    await clock.advance(seconds=1)
    await engine.stop(ID)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert (job.status, job.error) == (S.CANCELED, None)
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
    assert re.findall(r" (WARN|ERROR) +.* - (.*)", log) == [
        ("WARN", "A sink did not close: java.lang.RuntimeException: 5 rows are too few")
    ]


async def test_job_broken_by_the_engine_itself_still_ends(engine, clock, make):
    object.__setattr__(engine._environment, "checkpoints", None)
    await submit(engine, make.stream())
    await engine.stop(ID)
    task = engine._running[ID]._task
    await clock.advance(seconds=1)
    assert isinstance(task.exception(), AttributeError)
    job = await look(engine)
    assert (job.status, job.archived) == (S.FAILED, True)
    assert await engine.running_jobs() == []


async def test_task_that_is_cancelled_from_elsewhere_ends_as_a_failed_job(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    task = engine._running[ID]._task
    task.cancel()
    await clock.advance()
    assert task.cancelled()
    assert (await look(engine)).status is S.FAILED
