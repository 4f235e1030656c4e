import gc
import tracemalloc

import pytest
from log_texts import text_of

from seatunnel_server.engine.domain import JobId, JobStatus, LogFile, Submitted
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument, JobAlreadySubmitted
from seatunnel_server.engine.memory.clock import RealClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.logs import SERVER_LOG
from seatunnel_server.engine.memory.settings import EngineSettings

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = JobId(1), JobId(2), JobId(3)


async def counts(engine: MemoryEngine) -> tuple[int, int, int, int]:
    overview = await engine.overview({})
    return overview.running_jobs, overview.finished_jobs, overview.failed_jobs, overview.cancelled_jobs


async def test_submission_is_answered_with_id_and_name_before_the_job_runs(engine, make):
    assert await engine.submit({"job": make.job()}, job_id=ONE, job_name="mine") == Submitted(ONE, "mine")
    job = await engine.job(ONE)
    assert (job.id, job.name, job.status) == (ONE, "mine", JobStatus.PENDING)
    assert job.plan is make.plan
    assert job.env_options == {"job.mode": "BATCH"}
    assert not job.started_from_savepoint


async def test_job_without_an_id_gets_a_new_one(engine, make):
    first = await engine.submit({"job": make.job()})
    second = await engine.submit({"job": make.job()})
    assert second.id > first.id
    assert len(await engine.running_jobs()) == 2


async def test_new_id_is_one_that_nobody_has_taken(engines, make):
    engine, twin = engines(), engines()
    taken = [(await twin.submit({"job": make.job()})).id for _ in range(3)]
    for job_id in taken[:2]:
        await engine.submit({"job": make.job()}, job_id=job_id)
    assert (await engine.submit({"job": make.job()})).id == taken[2]


async def test_unknown_job_is_none_and_stopping_it_is_no_error(engine):
    await engine.stop(ONE)
    await engine.stop(ONE, savepoint=True)
    assert await engine.job(ONE) is None


async def test_refused_configuration_leaves_no_job(engine):
    with pytest.raises(IllegalArgument, match="what is this"):
        await engine.submit({"job": IllegalArgument("what is this")}, job_id=ONE)
    assert await engine.job(ONE) is None
    assert await counts(engine) == (0, 0, 0, 0)


async def test_mistake_in_the_planner_is_a_failure_of_the_engine(engine):
    with pytest.raises(EngineFailure, match=r"java\.lang\.RuntimeException: KeyError: 'x'"):
        await engine.submit({"job": KeyError("x")})


@pytest.mark.parametrize(
    ("error", "message"), [(EngineFailure("save mode"), "^save mode"), (OSError("no such folder"), "OSError: no such")]
)
async def test_sink_that_is_not_prepared_fails_the_submission(engine, make, error, message):
    job = make.job(sink=make.sink(prepare_failure=error))
    with pytest.raises(EngineFailure, match=message):
        await engine.submit({"job": job}, job_id=ONE)
    assert await engine.job(ONE) is None
    assert await engine.running_jobs() == []


async def test_id_of_a_running_job_is_answered_with_the_new_name_and_changes_nothing(engine, clock, make):
    await engine.submit({"job": make.stream()}, job_id=ONE, job_name="first")
    await clock.advance(seconds=1)
    before = await engine.job(ONE)
    answer = await engine.submit({"job": make.job()}, job_id=ONE, job_name="second", from_savepoint=True)
    assert answer == Submitted(ONE, "second")
    assert await engine.job(ONE) is before


async def test_configuration_is_refused_before_its_id_is_looked_at(engine, make):
    await engine.submit({"job": make.stream()}, job_id=ONE)
    with pytest.raises(EngineFailure, match="no source"):
        await engine.submit({"job": EngineFailure("no source")}, job_id=ONE)


@pytest.mark.parametrize("end", ["finished", "failed", "canceled", "saved"])
async def test_id_of_an_ended_job_is_refused_in_the_engines_words(engine, clock, make, end):
    job = {"finished": make.job(), "failed": make.failing()}.get(end) or make.stream()
    await engine.submit({"job": job}, job_id=ONE)
    await clock.advance(seconds=2)
    if end in {"canceled", "saved"}:
        await engine.stop(ONE, savepoint=end == "saved")
        await clock.advance(seconds=1)
    before = await engine.job(ONE)
    with pytest.raises(JobAlreadySubmitted) as caught:
        await engine.submit({"job": make.job()}, job_id=ONE)
    assert "The job id 1 has already been submitted and is not starting with a savepoint." in caught.value.message
    assert await engine.job(ONE) is before


async def test_job_in_its_last_moment_swallows_a_restart(engine, clock, make):
    await engine.submit({"job": make.stream()}, job_id=ONE)
    await clock.advance(seconds=1)
    await engine.stop(ONE, savepoint=True)
    await clock.advance(seconds=0.31)
    await engine.submit({"job": make.stream()}, job_id=ONE, from_savepoint=True)
    await clock.advance(seconds=5)
    assert (await engine.job(ONE)).status is JobStatus.SAVEPOINT_DONE


async def test_restarted_job_shows_its_running_form_and_takes_its_place_in_the_history(engine, clock, make):
    await engine.submit({"job": make.stream()}, job_id=ONE)
    await clock.advance(seconds=1)
    await engine.stop(ONE, savepoint=True)
    await engine.submit({"job": make.job()}, job_id=TWO)
    await clock.advance(seconds=2)
    await engine.submit({"job": make.stream()}, job_id=ONE, from_savepoint=True)
    job = await engine.job(ONE)
    assert (job.status, job.archived, job.started_from_savepoint) == (JobStatus.PENDING, False, True)
    assert [each.status for each in await engine.finished_jobs() if each.id == ONE] == [JobStatus.SAVEPOINT_DONE]
    await clock.advance(seconds=1)
    await engine.stop(ONE)
    await clock.advance(seconds=1)
    assert [(each.id, each.status) for each in await engine.finished_jobs()] == [
        (TWO, JobStatus.FINISHED),
        (ONE, JobStatus.CANCELED),
    ]


async def test_savepoint_flag_with_an_unknown_id_starts_from_scratch(engine, clock, make):
    await engine.submit({"job": make.job()}, job_id=ONE, from_savepoint=True)
    await clock.advance(seconds=2)
    job = await engine.job(ONE)
    assert (job.started_from_savepoint, job.metrics.source.count) == (True, 5)


async def test_running_jobs_are_listed_oldest_first_and_ended_ones_first_ended_first(engine, clock, make):
    for job_id, job in ((THREE, make.job()), (ONE, make.failing()), (TWO, make.stream())):
        await engine.submit({"job": job}, job_id=job_id)
    assert [job.id for job in await engine.running_jobs()] == [THREE, ONE, TWO]
    await clock.advance(seconds=5)
    assert [job.id for job in await engine.running_jobs()] == [TWO]
    assert [job.id for job in await engine.finished_jobs()] == [ONE, THREE]
    assert [job.id for job in await engine.finished_jobs("FAILED")] == [ONE]
    assert list(await engine.finished_jobs("finished")) == []


async def test_overview_counts_pending_jobs_as_running_and_savepoints_nowhere(engine, clock, make):
    jobs = [make.job(), make.failing(), make.stream(), make.stream(), make.stream()]
    for number, job in enumerate(jobs):
        await engine.submit({"job": job}, job_id=JobId(number))
    overview = await engine.overview({})
    assert (overview.running_jobs, overview.pending_jobs) == (5, 5)
    await clock.advance(seconds=1)
    await engine.stop(JobId(2))
    await engine.stop(JobId(3), savepoint=True)
    await clock.advance(seconds=1)
    assert await counts(engine) == (1, 1, 1, 1)
    assert len(await engine.finished_jobs("SAVEPOINT_DONE")) == 1
    assert (await engine.overview({})).pending_jobs == 0


async def test_overview_counts_workers_and_slots_by_tags_but_jobs_always(engines, make):
    engine = engines(tags={"team": "alpha"}, project_version="v", git_commit="c")
    await engine.submit({"job": make.stream(slots=3)})
    found, missed = await engine.overview({"team": "alpha"}), await engine.overview({"team": "beta"})
    assert (found.workers, found.total_slots, found.unassigned_slots, found.running_jobs) == (1, 3, 0, 1)
    assert (missed.workers, missed.total_slots, missed.unassigned_slots, missed.running_jobs) == (0, 0, 0, 1)
    assert (found.project_version, found.git_commit, found.dynamic_slots) == ("v", "c", True)
    await engine.nodes[0].update_tags({"node": "n1"})
    assert (await engine.overview({"team": "alpha"})).workers == 0
    assert (await engine.overview({"node": "n1"})).workers == 1


async def test_fixed_slots_are_free_again_when_a_job_has_ended(engines, clock, make):
    engine = engines(dynamic_slots=False, slots=2)
    await engine.submit({"job": make.stream()}, job_id=ONE)
    busy = await engine.overview({})
    assert (busy.total_slots, busy.unassigned_slots, busy.dynamic_slots) == (2, 0, False)
    await clock.advance(seconds=1)
    await engine.stop(ONE)
    await clock.advance(seconds=1)
    assert (await engine.overview({})).unassigned_slots == 2


async def test_job_that_finds_too_few_slots_is_accepted_and_has_failed_at_once(engines, clock, make):
    engine = engines(dynamic_slots=False, slots=2)
    await engine.submit({"job": make.stream()}, job_id=ONE)
    assert await engine.submit({"job": make.stream()}, job_id=TWO) == Submitted(TWO, "numbers")
    (job,) = await engine.finished_jobs("FAILED")
    assert (job.id, job.archived, job.start_time, job.create_time) == (TWO, True, None, job.finish_time)
    assert "NoEnoughResourceException: the job asks for 2 slots, 0 are free" in job.error
    assert job.metrics.source.count == 0
    assert [each.id for each in await engine.running_jobs()] == [ONE]
    assert await engine.job(TWO) is job
    assert (await engine.overview({})).unassigned_slots == 0
    await engine.stop(TWO)
    await clock.advance(seconds=1)
    assert await engine.job(TWO) is job


async def test_id_of_a_job_without_slots_stays_queued_so_that_submitting_it_again_does_nothing(engines, clock, make):
    engine = engines(dynamic_slots=False, slots=1, history_expire_minutes=10)
    await engine.submit({"job": make.job()}, job_id=ONE)
    before = await engine.job(ONE)
    assert await engine.submit({"job": make.job()}, job_id=ONE, job_name="again") == Submitted(ONE, "again")
    assert await engine.job(ONE) is before
    await clock.advance(seconds=600)
    await engine.submit({"job": make.job(slots=1)}, job_id=ONE)
    assert (await engine.job(ONE)).status is JobStatus.PENDING


async def test_ended_job_is_forgotten_with_its_log_when_its_time_is_over(engines, clock, make, tmp_path):
    engine = engines(history_expire_minutes=1, log_dir=tmp_path)
    await engine.submit({"job": make.job()}, job_id=ONE)
    await engine.submit({"job": make.stream()}, job_id=TWO)
    await clock.advance(seconds=61)
    assert await counts(engine) == (1, 1, 0, 0)
    await clock.advance(seconds=1)
    assert await counts(engine) == (1, 0, 0, 0)
    assert await engine.job(ONE) is None
    assert [file.name for file in await engine.logs()] == ["job-2.log", SERVER_LOG]


async def test_log_of_a_job_that_runs_again_outlives_its_first_end(engines, clock, make, tmp_path):
    engine = engines(history_expire_minutes=1, log_dir=tmp_path)
    await engine.submit({"job": make.job()}, job_id=ONE)
    await clock.advance(seconds=10)
    await engine.submit({"job": make.stream()}, job_id=ONE, from_savepoint=True)
    await clock.advance(seconds=100)
    assert await engine.finished_jobs() == ()
    assert (await text_of(engine.nodes[0].read_log("job-1.log"))).count("Init JobMaster for Job numbers") == 2


async def test_history_holds_no_more_jobs_than_its_limit(engines, clock, make):
    engine = engines(history_limit=3)
    for number in range(5):
        await engine.submit({"job": make.job()}, job_id=JobId(number))
        await clock.advance(seconds=2)
    assert [job.id for job in await engine.finished_jobs()] == [2, 3, 4]
    assert await counts(engine) == (0, 3, 0, 0)


async def test_log_files_are_listed_with_the_node_that_holds_them(engines, make, tmp_path):
    engine = engines(nodes=("example:8090",), log_dir=tmp_path)
    await engine.submit({"job": make.job()}, job_id=ONE)
    assert await engine.logs() == [LogFile("example:8090", "job-1.log"), LogFile("example:8090", SERVER_LOG)]
    log = await text_of(engine.nodes[0].read_log(SERVER_LOG))
    assert "SeaTunnel node example:8090 has started" in log
    assert "Job 1 is submitted" in log
    assert await engine.nodes[0].read_log("../secret.log") is None


async def test_monitoring_tells_of_one_member(engines, make):
    engine = engines(nodes=("[::1]:8080",), cluster_port=5802)
    await engine.submit({"job": make.stream()})
    (reading,) = await engine.monitoring()
    assert (reading["isMaster"], reading["host"], reading["port"]) == ("true", "::1", "5802")
    assert engine.nodes[0].cluster_address == "[::1]:5802"
    assert (reading["operations.running.count"], reading["operations.completed.count"]) == ("1", "2")


async def test_closed_engine_refuses_everything(engines, make, tmp_path):
    engine = engines(log_dir=tmp_path)
    await engine.submit({"job": make.stream()}, job_id=ONE)
    await engine.aclose()
    await engine.aclose()
    with pytest.raises(EngineFailure, match="closed"):
        await engine.submit({"job": make.job()})
    with pytest.raises(EngineFailure, match="closed"):
        await engine.overview({})
    assert (tmp_path / SERVER_LOG).read_text().endswith("The node has stopped\n")


async def test_engine_runs_on_the_real_clock_too(make):
    clock = RealClock(speed=1000)
    async with MemoryEngine(planner=make.planner(), clock=clock, settings=EngineSettings()) as engine:
        for number in range(64):
            await engine.submit({"job": make.job()}, job_id=JobId(number))
        for _ in range(2000):
            if (await engine.overview({})).finished_jobs == 64:
                break
            await clock.sleep(1)
        assert await counts(engine) == (0, 64, 0, 0)


async def test_engine_without_clock_and_settings_uses_real_time_and_the_defaults(make):
    async with MemoryEngine(planner=make.planner()) as engine:
        assert isinstance(engine.clock, RealClock)
        assert engine.settings == EngineSettings()


async def test_sixty_four_jobs_at_once_all_finish_with_all_rows(engine, clock, make):
    for number in range(64):
        await engine.submit({"job": make.job(make.numbers(300))}, job_id=JobId(number))
    assert (await counts(engine))[0] == 64
    await clock.advance(seconds=3)
    assert await counts(engine) == (0, 64, 0, 0)
    assert {job.metrics.sink.count for job in await engine.finished_jobs()} == {300}


@pytest.mark.slow
async def test_finished_job_takes_little_memory(engines, clock, make):
    engine = engines()
    jobs = 200

    async def finish(first: int) -> int:
        for number in range(first, first + jobs):
            await engine.submit({"job": make.job(env_options={"job.mode": "BATCH"})}, job_id=JobId(number))
        await clock.advance(seconds=2)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before, after = await finish(0), await finish(jobs)
    finally:
        tracemalloc.stop()
    assert (after - before) / jobs < 4096
    assert len(await engine.finished_jobs()) == 2 * jobs
