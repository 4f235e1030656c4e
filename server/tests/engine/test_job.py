"""The life of single jobs, seen through the engine that runs them."""

import asyncio
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from seatunnel_server.engine.domain import Job, JobId, JobStatus, TableMetrics
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.pipeline import ExecutableJob
from seatunnel_server.engine.memory.settings import Timings

pytestmark = pytest.mark.anyio

ID = JobId(881432421482889220)
S = JobStatus


async def submit(engine: MemoryEngine, job: ExecutableJob, **options: Any) -> None:
    await engine.submit({"job": job}, job_id=ID, **options)


async def look(engine: MemoryEngine) -> Job:
    job = await engine.job(ID)
    assert job is not None
    return job


async def states(engine: MemoryEngine, clock: ManualClock, seconds: float, step: float = 0.01) -> list[tuple[S, bool]]:
    """Look every `step` seconds; return the states with whether the job was archived, without repetitions."""
    seen = []
    for _ in range(round(seconds / step)):
        job = await look(engine)
        if (job.status, job.archived) not in seen[-1:]:
            seen.append((job.status, job.archived))
        await clock.advance(seconds=step)
    return seen


async def test_batch_job_goes_through_its_states_in_the_measured_times(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.job())
    seen = await states(engine, clock, 2)
    assert seen == [(S.PENDING, False), (S.RUNNING, False), (S.FINISHED, False), (S.FINISHED, True)]
    job = await look(engine)
    assert job.start_time is not None
    assert job.finish_time is not None
    assert job.start_time == job.create_time  # it had its slots at once
    assert (job.finish_time - job.create_time).total_seconds() == pytest.approx(1.3, abs=0.05)


async def test_ended_job_keeps_its_running_form_for_a_moment(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.failing())
    await clock.advance(seconds=0.27)
    job = await look(engine)
    assert (job.status, job.archived, job.finish_time, job.error) == (S.FAILED, False, None, None)
    assert job.jars == ("file:/connector-fake.jar",)
    assert [each.id for each in await engine.running_jobs()] == [ID]
    assert await engine.finished_jobs() == ()
    await clock.advance(seconds=0.02)
    job = await look(engine)
    assert (job.status, job.archived, job.jars) == (S.FAILED, True, ())
    assert job.error is not None
    assert await engine.running_jobs() == []
    assert await engine.finished_jobs() == (job,)


async def test_finished_form_bears_the_name_that_was_asked_for(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.job(name="from_env", finished_name="SeaTunnel"))
    assert (await look(engine)).name == "from_env"
    await clock.advance(seconds=2)
    assert (await look(engine)).name == "SeaTunnel"


async def test_pending_job_shows_no_tables_and_a_running_one_shows_those_it_waits_for(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.job(make.numbers(0)))
    assert (await look(engine)).metrics.source_tables == {}
    await clock.advance(seconds=0.1)
    assert (await look(engine)).metrics.source_tables == {"fake": TableMetrics()}


async def test_counts_are_those_of_the_moment_and_rates_those_of_the_last_second(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
    engine = engines(rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10_000)))
    await clock.advance(seconds=0.55)
    early = (await look(engine)).metrics.source
    assert 0 < early.count < 500
    assert early.qps == 0.0
    await clock.advance(seconds=0.7)
    reported = (await look(engine)).metrics.source
    assert 500 < reported.qps < 1000
    await clock.advance(seconds=12)
    metrics = (await look(engine)).metrics
    assert metrics.source.count == metrics.sink.count == 10_000
    assert metrics.source.qps == pytest.approx(10_000 / 10.1, rel=0.01)


async def test_rates_change_once_a_second_while_rows_flow(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
    engine = engines(rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10**6)))
    rates = []
    for _ in range(100):
        rates.append((await look(engine)).metrics.source.qps)
        await clock.advance(seconds=0.05)
    changes = [place for place, (before, after) in enumerate(pairwise(rates)) if before != after]
    assert len(changes) == 4
    assert {later - earlier for earlier, later in pairwise(changes)} <= {20, 21, 22}


async def test_two_looks_at_an_idle_job_are_one_object(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.stream(checkpoint_interval=5.0))
    await clock.advance(seconds=6)  # past the checkpoint that confirms its rows
    first = await look(engine)
    await clock.advance(seconds=60)
    assert await look(engine) is first
    assert first.metrics.source == TableMetrics(5, 45, 5.0, 45.0)


async def test_versions_of_unequal_looks_differ_even_between_jobs_of_one_id(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    versions: dict[int, Job] = {}
    for from_savepoint in (False, True):
        await submit(engine, make.stream(), from_savepoint=from_savepoint)
        for _ in range(40):
            job = await look(engine)
            assert versions.setdefault(job.version, job) == job
            await clock.advance(seconds=0.02)
        await engine.stop(ID)
        await clock.advance(seconds=1)
    assert len(versions) >= 6


async def test_streaming_job_goes_on_when_its_source_runs_dry(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.stream())
    await clock.advance(seconds=100_000)
    job = await look(engine)
    assert (job.status, job.metrics.sink.count) == (S.RUNNING, 5)


async def test_batch_job_with_an_endless_source_never_ends(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.job(make.numbers(0, endless=True)))
    await clock.advance(seconds=1000)
    assert (await look(engine)).status is S.RUNNING


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 0.249, 0.5])
async def test_stopped_job_is_canceled_a_tenth_of_a_second_later(
    engine: MemoryEngine, clock: ManualClock, make, seconds: float
) -> None:
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


async def test_stop_while_rows_flow_keeps_the_counts_and_moves_no_more(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
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


async def test_second_stop_changes_nothing(engine: MemoryEngine, clock: ManualClock, make) -> None:
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


async def test_savepoint_stop_takes_three_tenths_of_a_second(engine: MemoryEngine, clock: ManualClock, make) -> None:
    sink = make.sink()
    await submit(engine, make.stream(sink=sink))
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    seen = await states(engine, clock, 0.5)
    assert seen == [(S.DOING_SAVEPOINT, False), (S.SAVEPOINT_DONE, False), (S.SAVEPOINT_DONE, True)]
    job = await look(engine)
    assert job.finish_time is not None
    assert (job.finish_time - job.create_time).total_seconds() == 1.3
    assert sink.closed == 1


async def test_savepoint_of_a_batch_job_ends_it_in_the_midst_of_its_rows(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.job(make.numbers(10, batch=1, read_interval=1.0)))
    await clock.advance(seconds=3)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert (job.status, job.metrics.source.count) == (S.SAVEPOINT_DONE, 3)


async def test_savepoint_asked_of_a_pending_job_is_taken_when_it_runs(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.stream())
    await engine.stop(ID, savepoint=True)
    seen = await states(engine, clock, 1)
    assert [state for state, _ in seen] == [S.PENDING, S.DOING_SAVEPOINT, S.SAVEPOINT_DONE, S.SAVEPOINT_DONE]


async def test_plain_stop_overtakes_a_savepoint(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    await clock.advance(seconds=0.1)
    await engine.stop(ID)
    await clock.advance(seconds=0.2)
    assert (await look(engine)).status is S.CANCELED


async def test_savepoint_and_plain_stop_in_one_moment_cancel(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    await engine.stop(ID, savepoint=True)
    await engine.stop(ID)
    await clock.advance(seconds=0.2)
    assert (await look(engine)).status is S.CANCELED


async def test_job_started_from_its_savepoint_reads_on_and_counts_on(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
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


async def test_finished_and_canceled_jobs_leave_no_savepoint_behind(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
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


async def test_failed_job_can_be_started_from_its_last_checkpoint(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
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


async def test_failing_job_says_why_in_the_engines_form(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.failing(make.failed("row 3 is odd")))
    await clock.advance(seconds=0.255)
    assert (await look(engine)).status is S.FAILING
    await engine.stop(ID)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert re.match(r"java\.lang\.RuntimeException: row 3 is odd\n\tat .+\(conftest\.py:\d+\)", job.error or "")


async def test_failures_are_in_the_jobs_log_each_attempts_and_the_last(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path)
    job = make.failing(make.failed("first"), make.failed("second"), retry_times=1, retry_interval=1.0)
    await submit(engine, job)
    await clock.advance(seconds=3)
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert re.findall(r" (WARN|ERROR) +.* - (.*)", log) == [
        ("WARN", "Attempt 1 failed, the next one follows: java.lang.RuntimeException: first"),
        ("ERROR", "java.lang.RuntimeException: second"),
    ]


async def test_mistake_in_a_plugin_fails_only_its_job(engine: MemoryEngine, clock: ManualClock, make) -> None:
    await submit(engine, make.failing(ZeroDivisionError("oops")))
    await engine.submit({"job": make.job()}, job_id=JobId(1))
    await clock.advance(seconds=3)
    other = await engine.job(JobId(1))
    assert "ZeroDivisionError: oops" in ((await look(engine)).error or "")
    assert other is not None
    assert other.status is S.FINISHED


async def test_plugin_that_cannot_even_be_asked_fails_its_job(engine: MemoryEngine, clock: ManualClock, make) -> None:
    class Broken(make.numbers):
        @property
        def tables(self):
            raise RuntimeError("no tables")

    await submit(engine, make.job(Broken()))
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert "no tables" in (job.error or "")


async def test_failing_job_is_tried_again_as_often_as_it_says(engine: MemoryEngine, clock: ManualClock, make) -> None:
    failures = [make.failed("first"), make.failed("second"), make.failed("third")]
    job = make.failing(*failures, retry_times=2, retry_interval=10.0)
    await submit(engine, job)
    await clock.advance(seconds=20.2)
    assert (await look(engine)).status is S.RUNNING
    await clock.advance(seconds=0.2)
    ended = await look(engine)
    assert ended.status is S.FAILED
    assert "third" in (ended.error or "")
    assert job.pipelines[0].branches[0].sink.closed == 3


async def test_job_that_does_not_fail_is_tried_once(engine: MemoryEngine, clock: ManualClock, make) -> None:
    sink = make.sink()
    await submit(engine, make.job(sink=sink, retry_times=3))
    await clock.advance(seconds=2)
    assert (await look(engine)).status is S.FINISHED
    assert sink.rows == [0, 1, 2, 3, 4]
    assert sink.closed == 1


async def test_job_that_recovers_finishes_and_its_counts_never_fall(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.failing(make.failed("once"), retry_times=1, retry_interval=1.0))
    counts = []
    for _ in range(50):
        counts.append((await look(engine)).metrics.source.count)
        await clock.advance(seconds=0.1)
    job = await look(engine)
    assert job.status is S.FINISHED
    assert counts == sorted(counts)
    assert job.metrics.sink.count == 5


async def test_next_attempt_begins_at_the_last_checkpoint(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
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


async def test_stop_during_the_wait_for_the_next_attempt_cancels(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.failing(retry_times=1, retry_interval=60.0))
    await clock.advance(seconds=1)
    await engine.stop(ID)
    await clock.advance(seconds=1)
    assert (await look(engine)).status is S.CANCELED


async def test_rule_that_fails_at_the_end_of_all_rows_fails_the_job(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.job(sink=make.sink(close_failures=[make.failed("5 rows are too few")])))
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert "5 rows are too few" in (job.error or "")


async def test_rule_that_fails_when_a_stopped_job_closes_its_sinks_is_only_logged(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream(sink=make.sink(close_failures=[make.failed("5 rows are too few")])))
    await clock.advance(seconds=1)
    await engine.stop(ID)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert (job.status, job.error) == (S.CANCELED, None)
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert re.findall(r" (WARN|ERROR) +.* - (.*)", log) == [
        ("WARN", "A sink did not close: java.lang.RuntimeException: 5 rows are too few")
    ]


async def test_checkpoints_come_at_their_interval(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream(checkpoint_interval=5.0))
    await clock.advance(seconds=21)
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert re.findall(r"Checkpoint (\d+)", log) == ["1", "2", "3", "4"]


async def test_checkpoints_come_at_their_interval_while_rows_flow_too(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path, rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10**6), checkpoint_interval=0.5))
    await clock.advance(seconds=5)
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert len(re.findall(r"Checkpoint (\d+)", log)) in {7, 8, 9}


async def test_checkpoint_and_rates_that_are_due_just_when_a_batch_ends_come_with_it(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path, timings=Timings(pending=1.0, starting=1.0, report=2.0))
    await submit(engine, make.job(make.numbers(10**6, read_interval=1.0), checkpoint_interval=2.0))
    await clock.advance(seconds=2.9)
    assert (await look(engine)).metrics.source.qps == 0.0
    await clock.advance(seconds=0.1)
    assert (await look(engine)).metrics.source.qps > 0.0
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert re.findall(r"Checkpoint (\d+)", log) == ["1"]


async def test_without_an_interval_there_are_no_checkpoints(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream())
    await clock.advance(seconds=86_400)
    assert "Checkpoint" not in (await engine.read_log(f"job-{ID}.log") or "")


async def test_jobs_log_tells_its_beginning_its_notes_its_rows_and_its_states(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make, tmp_path: Path
) -> None:
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.job(name="two\r\nlines", notes=("Sql is not run",)))
    await clock.advance(seconds=2)
    log = await engine.read_log(f"job-{ID}.log") or ""
    assert f"[job-{ID}] - Init JobMaster for Job two\\r\\nlines ({ID})" in log
    assert "Sql is not run" in log
    assert re.findall(r"rowIndex=(\d)", log) == list("01234")
    assert "[o.a.s.c.s.ConsoleSinkWriter   ] [st-multi-table-sink-writer-1] - rowIndex=0" in log
    assert re.findall(r"Job two\\r\\nlines \(\d+\) is (\w+) now, it was (\w+)", log) == [
        ("RUNNING", "PENDING"),
        ("FINISHED", "RUNNING"),
    ]
    assert set(re.findall(r":\d\d,\d+ (\w+) +\[", log)) == {"INFO"}
    assert all(line.startswith(f"[{ID}] 2024-10-27 12:00:0") for line in log.splitlines())


async def test_sinks_know_their_job_and_the_sandbox_of_the_settings(
    engines: Callable[..., MemoryEngine], make, tmp_path: Path
) -> None:
    sink = make.sink()
    await submit(engines(sandbox=tmp_path), make.job(sink=sink))
    assert [(context.job_id, context.subtask, context.sandbox) for context in sink.contexts] == [(ID, 0, tmp_path)]


async def test_detour_shows_a_scheduled_job_that_runs_and_is_pending_again(
    engines: Callable[..., MemoryEngine], clock: ManualClock, make
) -> None:
    engine = engines(detour_share=1.0)
    await submit(engine, make.job())
    seen = [state for state, _ in await states(engine, clock, 2)]
    assert seen == [S.SCHEDULED, S.RUNNING, S.PENDING, S.RUNNING, S.FINISHED, S.FINISHED]


async def test_detours_repeat_under_a_seed(engines: Callable[..., MemoryEngine], clock: ManualClock, make) -> None:
    async def detours(seed: int) -> list[bool]:
        engine = engines(detour_share=0.5, seed=seed)
        for number in range(30):
            await engine.submit({"job": make.stream()}, job_id=JobId(number))
        await clock.advance(seconds=0.01)
        return [job.status is S.SCHEDULED for job in await engine.running_jobs()]

    first = await detours(7)
    assert await detours(7) == first
    assert await detours(8) != first
    assert {True, False} == set(first)


async def test_job_broken_by_the_engine_itself_still_ends(engine: MemoryEngine, clock: ManualClock, make) -> None:
    object.__setattr__(engine._around, "savepoints", None)
    await submit(engine, make.stream())
    await engine.stop(ID)
    task = engine._running[ID]._task
    await clock.advance(seconds=1)
    assert task is not None
    assert isinstance(task.exception(), AttributeError)
    job = await look(engine)
    assert (job.status, job.archived) == (S.FAILED, True)
    assert await engine.running_jobs() == []


async def test_task_that_is_cancelled_from_elsewhere_ends_as_a_failed_job(
    engine: MemoryEngine, clock: ManualClock, make
) -> None:
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    task = engine._running[ID]._task
    assert task is not None
    task.cancel()
    await clock.advance()
    assert task.cancelled()
    assert (await look(engine)).status is S.FAILED


def tasks_of_jobs() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("job-")]


async def test_closing_in_the_midst_of_a_step_leaves_no_task(engines: Callable[..., MemoryEngine], clock, make) -> None:
    engine = engines()
    sinks = [make.sink() for _ in range(4)]
    for number, sink in enumerate(sinks):
        await engine.submit({"job": make.stream(sink=sink)}, job_id=JobId(number))
    await clock.advance(seconds=1)
    await engine.stop(JobId(1))
    await engine.stop(JobId(2), savepoint=True)
    await clock.advance(seconds=0.01)
    await engine.submit({"job": make.stream()}, job_id=JobId(9))
    assert sorted(tasks_of_jobs()) == ["job-0", "job-1", "job-2", "job-3", "job-9"]
    await engine.aclose()
    assert [sink.closed for sink in sinks] == [1, 1, 1, 1]
    assert tasks_of_jobs() == []
