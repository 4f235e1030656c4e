"""Limits of the bytes that one job, and all jobs together, write into files and logs."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from log_texts import text_of

from seatunnel_server.engine.domain import JobId, JobStatus
from seatunnel_server.engine.errors import EngineFailure
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.limits import ENTRY_BYTES, DiskSpace, JobSpace, SpaceExhausted
from seatunnel_server.engine.memory.logs import Logs
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings

OPEN = Path("/proc/self/fd")

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(clock: ManualClock, tmp_path: Path) -> AsyncIterator[Callable[..., MemoryEngine]]:
    """Make an engine that runs real jobs, with settings."""
    made: list[MemoryEngine] = []

    def engine(**settings: Any) -> MemoryEngine:
        known = EngineSettings(sandbox=tmp_path / "sandbox", log_dir=tmp_path / "logs", **settings)
        made.append(MemoryEngine(planner=Planner(), clock=clock, settings=known))
        return made[-1]

    yield engine
    for each in made:
        await each.aclose()


def writing(*paths: str, rows: int = 1000, parallelism: int = 1, **options: Any) -> dict[str, Any]:
    """Return a job that writes rows of some forty bytes to a LocalFile sink for each path."""
    source = {
        "plugin_name": "FakeSource",
        "result_table_name": "f",
        "row.num": rows,
        "string.length": 40,
        "schema": {"fields": {"a": "string"}},
    }
    return {
        "env": {"job.mode": "BATCH", "job.retry.interval.seconds": 0, "parallelism": parallelism},
        "source": [source],
        "sink": [{"plugin_name": "LocalFile", "source_table_name": ["f"], "path": path, **options} for path in paths],
    }


def written(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def open_files() -> int:
    return len(list(OPEN.iterdir()))


async def ended(engine: MemoryEngine, clock: ManualClock, number: int, config: dict[str, Any]) -> Any:
    await engine.submit(config, job_id=JobId(number))
    await clock.advance(seconds=60)
    return await engine.job(JobId(number))


async def test_all_sinks_and_attempts_of_a_job_share_what_it_may_write(running, clock, tmp_path):
    engine = running(file_cap=20 * ENTRY_BYTES)
    job = await ended(engine, clock, 1, writing("a", "b", "c", rows=20_000))
    assert job.status is JobStatus.FAILED
    assert "java.io.IOException: No space left on device: a job may write 327680 bytes" in job.error
    assert ENTRY_BYTES < written(tmp_path / "sandbox") < 20 * ENTRY_BYTES


async def test_all_jobs_share_what_the_server_lets_them_write_and_dropped_files_count_no_more(running, clock, tmp_path):
    engine = running(files_cap=20 * ENTRY_BYTES)
    config = writing("a", rows=1000, file_format_type="text")
    states = [(await ended(engine, clock, number, config)).status for number in range(1, 7)]
    assert states[0] is JobStatus.FINISHED
    assert states[-1] is JobStatus.FAILED
    assert written(tmp_path / "sandbox") < 20 * ENTRY_BYTES
    again = await ended(engine, clock, 7, {**config, "sink": [{**config["sink"][0], "data_save_mode": "DROP_DATA"}]})
    assert again.status is JobStatus.FINISHED


async def test_folders_count_so_that_a_deep_path_is_refused(running, tmp_path):
    engine = running(file_cap=20 * ENTRY_BYTES)
    with pytest.raises(EngineFailure):
        await engine.submit(writing("/".join("d" * 30)), job_id=JobId(1))
    assert not (tmp_path / "sandbox").exists()


@pytest.mark.skipif(not OPEN.exists(), reason="needs /proc")
async def test_files_of_a_job_are_not_kept_open(running, clock, tmp_path):
    """Files and connections share the limit of open file descriptors."""
    before = open_files()
    config = writing("a", rows=400, parallelism=200)
    config["env"]["job.mode"] = "STREAMING"
    await ended(running(), clock, 1, config)
    assert len(list((tmp_path / "sandbox").rglob("*.csv"))) == 200
    assert open_files() < before + 20


async def test_logs_of_all_jobs_together_have_a_cap_and_say_so(clock, tmp_path):
    logs = Logs(tmp_path, clock=clock, cap=10_000, total=20_000)
    for number in range(20):
        log = logs.job(JobId(number))
        for _ in range(50):
            log.row("l", "t", "a row of this job")
        log.line("l", "t", "the end")
    texts = [await text_of(logs.read(f"job-{number}.log")) for number in range(20)]
    assert 20_000 <= sum(map(len, texts)) < 27_000
    assert sum("The logs of all jobs have their 20000 bytes: no more rows here" in text for text in texts) == 16
    assert all(text.endswith("the end\n") for text in texts)
    logs.remove(JobId(0))
    await logs.names()
    log = logs.job(JobId(21))
    log.row("l", "t", "a row of this job")
    assert "a row" in await text_of(logs.read("job-21.log"))
    await logs.aclose()
    again = Logs(tmp_path, clock=clock, cap=10_000, total=20_000)
    assert 10_000 < again.used == written(tmp_path)
    await again.aclose()


async def test_line_of_the_engine_is_cut_where_a_client_made_it_long(clock, tmp_path):
    logs = Logs(tmp_path, clock=clock, cap=10_000)
    logs.job(JobId(1)).line("l", "t", "x" * 10**6)
    assert len(await text_of(logs.read("job-1.log"))) < 20_000
    await logs.aclose()


def test_space_that_is_refused_is_not_taken():
    total = DiskSpace(100)
    one, other = JobSpace(80, total), JobSpace(80, total)
    one.take(60)
    with pytest.raises(SpaceExhausted, match="a job may write"):
        one.take(30)
    with pytest.raises(SpaceExhausted, match="all jobs together"):
        other.take(50)
    other.take(40)
    assert total.used == 100
    total.give_back(200)
    assert total.used == 0
