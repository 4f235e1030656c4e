"""The life of single jobs, seen through the engine that runs them."""

import asyncio
import gc
import re
import weakref
from contextvars import ContextVar
from itertools import pairwise

import pytest
from log_texts import text_of
from single_job import ID, S, look, states, submit

from seatunnel_server.engine.domain import Job, JobId, TableMetrics
from seatunnel_server.engine.memory.settings import Timings

pytestmark = pytest.mark.anyio


async def test_batch_job_goes_through_its_states_in_the_measured_times(engine, clock, make):
    await submit(engine, make.job())
    seen = await states(engine, clock, 2)
    assert seen == [(S.PENDING, False), (S.RUNNING, False), (S.FINISHED, False), (S.FINISHED, True)]
    job = await look(engine)
    assert job.start_time == job.create_time  # it did not wait for slots
    assert (job.finish_time - job.create_time).total_seconds() == pytest.approx(1.3, abs=0.05)


async def test_ended_job_keeps_its_running_form_for_a_moment(engine, clock, make):
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


async def test_finished_form_bears_the_name_that_was_asked_for(engine, clock, make):
    await submit(engine, make.job(name="from_env", finished_name="SeaTunnel"))
    assert (await look(engine)).name == "from_env"
    await clock.advance(seconds=2)
    assert (await look(engine)).name == "SeaTunnel"


async def test_pending_job_shows_no_tables_and_a_running_one_shows_those_it_waits_for(engine, clock, make):
    await submit(engine, make.job(make.numbers(0)))
    assert (await look(engine)).metrics.source_tables == {}
    await clock.advance(seconds=0.1)
    assert (await look(engine)).metrics.source_tables == {"fake": TableMetrics()}


async def test_counts_are_those_of_the_moment_and_rates_those_of_the_last_second(engines, clock, make):
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


async def test_rates_change_once_a_second_while_rows_flow(engines, clock, make):
    engine = engines(rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10**6)))
    rates = []
    for _ in range(100):
        rates.append((await look(engine)).metrics.source.qps)
        await clock.advance(seconds=0.05)
    changes = [place for place, (before, after) in enumerate(pairwise(rates)) if before != after]
    assert len(changes) == 4
    assert {later - earlier for earlier, later in pairwise(changes)} <= {20, 21, 22}


async def test_two_looks_at_an_idle_job_are_one_object(engine, clock, make):
    await submit(engine, make.stream(checkpoint_interval=5.0))
    await clock.advance(seconds=6)  # past the checkpoint that confirms its rows
    first = await look(engine)
    await clock.advance(seconds=60)
    assert await look(engine) is first
    assert first.metrics.source == TableMetrics(5, 45, 5.0, 45.0)


async def test_versions_of_unequal_looks_differ_even_between_jobs_of_one_id(engine, clock, make):
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


async def test_streaming_job_goes_on_when_its_source_runs_dry(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=100_000)
    job = await look(engine)
    assert (job.status, job.metrics.sink.count) == (S.RUNNING, 5)


async def test_batch_job_with_an_endless_source_never_ends(engine, clock, make):
    await submit(engine, make.job(make.numbers(0, endless=True)))
    await clock.advance(seconds=1000)
    assert (await look(engine)).status is S.RUNNING


async def test_checkpoints_come_at_their_interval(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream(checkpoint_interval=5.0))
    await clock.advance(seconds=21)
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
    assert re.findall(r"Checkpoint (\d+)", log) == ["1", "2", "3", "4"]


async def test_checkpoints_come_at_their_interval_while_rows_flow_too(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path, rows_per_second=1000)
    await submit(engine, make.job(make.numbers(10**6), checkpoint_interval=0.5))
    await clock.advance(seconds=5)
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
    assert len(re.findall(r"Checkpoint (\d+)", log)) in {7, 8, 9}


async def test_checkpoint_and_rates_that_are_due_just_when_a_batch_ends_come_with_it(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path, timings=Timings(pending=1.0, starting=1.0, report=2.0))
    await submit(engine, make.job(make.numbers(10**6, read_interval=1.0), checkpoint_interval=2.0))
    await clock.advance(seconds=2.9)
    assert (await look(engine)).metrics.source.qps == 0.0
    await clock.advance(seconds=0.1)
    assert (await look(engine)).metrics.source.qps > 0.0
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
    assert re.findall(r"Checkpoint (\d+)", log) == ["1"]


async def test_without_an_interval_there_are_no_checkpoints(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.stream())
    await clock.advance(seconds=86_400)
    assert "Checkpoint" not in (await text_of(engine.nodes[0].read_log(f"job-{ID}.log")))


async def test_jobs_log_tells_its_beginning_its_notes_its_rows_and_its_states(engines, clock, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    await submit(engine, make.job(name="two\r\nlines", notes=("Sql is not run",)))
    await clock.advance(seconds=2)
    log = await text_of(engine.nodes[0].read_log(f"job-{ID}.log"))
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


async def test_sinks_know_their_job_and_the_sandbox_of_the_settings(engines, make, tmp_path):
    sink = make.sink()
    await submit(engines(sandbox=tmp_path), make.job(sink=sink))
    assert [(context.job_id, context.subtask, context.sandbox) for context in sink.contexts] == [(ID, 0, tmp_path)]


async def test_detour_shows_a_scheduled_job_that_runs_and_is_pending_again(engines, clock, make):
    engine = engines(detour_share=1.0)
    await submit(engine, make.job())
    seen = [state for state, _ in await states(engine, clock, 2)]
    assert seen == [S.SCHEDULED, S.RUNNING, S.PENDING, S.RUNNING, S.FINISHED, S.FINISHED]


async def test_detours_repeat_under_a_seed(engines, clock, make):
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


def tasks_of_jobs() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("job-")]


async def test_closing_in_the_midst_of_a_step_leaves_no_task(engines, clock, make):
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


async def test_ended_job_is_let_go_at_once_with_its_configuration(engine, clock, make):
    """A job in a reference cycle would stay in memory until the next run of the garbage collector."""
    sink = make.sink()
    kept = weakref.ref(sink)
    await submit(engine, make.job(sink=sink))
    await clock.advance(seconds=5)
    sink.contexts.clear()
    del sink
    gc.disable()
    try:
        assert (await look(engine)).status is S.FINISHED
        assert kept() is None
    finally:
        gc.enable()


async def test_running_job_keeps_nothing_of_the_request_that_began_it(engine, clock, make):
    request: ContextVar[str | None] = ContextVar("request", default=None)
    request.set("a long body")
    seen: list[str | None] = []

    class Looking(make.numbers):
        def batches(self, *, skip: int = 0):
            seen.append(request.get())
            return super().batches(skip=skip)

    await submit(engine, make.stream(Looking()))
    await clock.advance(seconds=1)
    assert seen == [None]
