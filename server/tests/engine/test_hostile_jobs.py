"""No job stops the server: a hostile job is refused or fails with a message, and the event loop keeps running."""

# The engine runs in real time here, so tests poll it until it has the expected state.
# ruff: noqa: ASYNC110
import asyncio
import math
import time
import tracemalloc
from dataclasses import asdict
from pathlib import Path

import pytest

from seatunnel_server.api.handlers.submissions import JOB_LIMIT
from seatunnel_server.engine.domain import JobStatus
from seatunnel_server.engine.memory.clock import ManualClock, RealClock
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.limits import DEFAULT_LIMITS, JobLimits, RowMeter
from seatunnel_server.engine.memory.physical import MAX_VERTICES
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings
from seatunnel_server.engine.refusals import JobTooLarge, TooManyJobs
from seatunnel_server.http.request import TEXT_LIMIT, VALUE_LIMIT

pytestmark = pytest.mark.anyio

TEXT = {"name": "string"}


def job(*transforms, rows=1, fields=TEXT, sinks=1, **source):
    """Return a job whose transforms follow one another."""
    chain = [{"plugin_input": f"t{at}", "plugin_output": f"t{at + 1}", **it} for at, it in enumerate(transforms)]
    columns = {} if "tables_configs" in source else {"schema": {"fields": fields}}
    made = {"plugin_name": "FakeSource", "plugin_output": "t0", "row.num": rows, **columns, **source}
    sink = {"plugin_name": "Console", "plugin_input": [f"t{len(chain)}"]}
    return {"env": {"job.mode": "BATCH"}, "source": [made], "transform": chain, "sink": [sink] * sinks}


def sql(query):
    return {"plugin_name": "Sql", "query": f"select {query} from t0"}  # noqa: S608 - no database runs it


def replace(pattern, replacement, *, is_regex):
    options = {"pattern": pattern, "replacement": replacement, "is_regex": is_regex, "replace_first": False}
    return {"plugin_name": "Replace", "replace_field": "name", **options}


def json_paths(count):
    columns = [{"path": "$..a", "src_field": "name", "dest_field": f"d{at}"} for at in range(count)]
    return {"plugin_name": "JsonPath", "columns": columns}


def tables(names, columns):
    return [{"schema": {"table": name, "fields": dict.fromkeys(columns, "string")}} for name in names]


def renamed(**options):
    return {"plugin_name": "FieldRename", **options}


SAME = {"plugin_name": "Copy", "fields": {"name": "name"}}
MEGABYTE = "repeat('a', 1048576)"
TABLE_RENAMED = {"plugin_name": "TableRename", "prefix": "x" * 2**20}
WIDE = {"replace_from": ".", "replace_to": "x" * 2**21}
DELIMITED = {"plugin_name": "LocalFile", "path": "a", "field_delimiter": "x" * 257, "plugin_input": ["t0"]}
DEEP_DOCUMENT = sql("concat(repeat('{\"a\":', 99), '[', repeat('1,', 2000), '1]', repeat('}', 99)) as name")
NESTED_SEARCH = {"path": "$..a..b", "src_field": "name", "dest_field": "d"}
MANY_LISTS = sql("concat('[', repeat('[],', 999), '[]]') as name")
FAR_INDEXES = {"path": f"$[*][{'5,' * 999}5]", "src_field": "name", "dest_field": "d"}
BIG_DOCUMENT = sql("concat('[', repeat('[1,2],', 150000), '1]') as name")


async def ended(engine, config):
    """Run a job to its end and return the archived job."""
    job_id = (await engine.submit(config)).id
    while not (found := await engine.job(job_id)).status.is_end or not found.archived:
        await asyncio.sleep(0.005)
    return found


@pytest.fixture
async def engine():
    async with MemoryEngine(planner=Planner(), clock=RealClock(math.inf)) as made:
        yield made


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (job(sql("replace(repeat('a', 1048576), 'a', repeat('b', 2000)) as x")), "OutOfMemoryError"),
        (job(sql(",".join(f"{MEGABYTE} as x{at}" for at in range(30))), rows=100), "characters for one row"),
        (job(sql(f"concat({','.join([MEGABYTE] * 500)}) as x")), "characters for one row"),
        (job(sql(" || ".join([MEGABYTE] * 3) + " as x")), "1,048,576 characters in a text"),
        (job(sql(f"{'upper(' * 30}{MEGABYTE}{')' * 30} as x")), "characters for one row"),
        (job(sql(f"{MEGABYTE} as x"), rows=100), "characters for one batch"),
        (job(sql(f"{MEGABYTE} as name"), replace("a", "b" * 9, is_regex=False)), "characters in a text"),
        (job(sql("repeat('a', 9999) as name"), replace("a", "b" * 999, is_regex=True)), "characters in a text"),
        (job(sql(f"{MEGABYTE} as name"), replace(".*b", "", is_regex=True)), "StackOverflowError"),
        (job(BIG_DOCUMENT, json_paths(200), rows=10), "characters for one row"),
        (job(rows=100, **{"string.template": ["a" * 2**20]}), "bytes in one batch"),
        (job(fields={"a": "array<array<int>>"[6:-1]}, **{"array.size": 20_001}), "OutOfMemoryError"),
        (job(fields={"a": "sparse_float_vector"}, **{"vector.dimension": 5_001}), "OutOfMemoryError"),
        (job(fields={"a": "decimal(250000, 2)"}), "OutOfMemoryError"),
        (job(sql("repeat('a', 9) as name"), replace("()" * 900, "", is_regex=True)), "StackOverflowError"),
        (job(DEEP_DOCUMENT, {"plugin_name": "JsonPath", "columns": [NESTED_SEARCH] * 20}), "OutOfMemoryError"),
        (job(MANY_LISTS, {"plugin_name": "JsonPath", "columns": [FAR_INDEXES]}), "OutOfMemoryError"),
    ],
)
async def test_job_that_needs_too_much_fails_and_holds_nobody_up(engine, loop_watchdog, config, message):
    async with loop_watchdog() as watched:
        failed = await ended(engine, config)
    assert failed.status is JobStatus.FAILED
    assert message in failed.error
    assert watched.longest < 0.1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (job(*[SAME] * 60, fields={f"c{at}": "int" for at in range(4000)} | TEXT), "columns in all tables"),
        (job(sinks=5001), "5,000 sources"),
        (job() | {"env": {f"k{at}": "v" for at in range(1001)}}, "1,000 settings"),
        (job(tables_configs=[{"schema": {"table": f"t{at}", "fields": TEXT}} for at in range(2001)]), "2,000 tables"),
        (job(fields={f"c{at}": "int" for at in range(4097)}), "4,096 columns"),
        (job(fields={"row": {f"c{at}": "int" for at in range(4097)}}), "4,096 columns"),
        (job() | {"env": {"parallelism": 2**31 - 1}}, "100,000 tables in the sinks of all parallel tasks"),
        (job(parallelism=100_001), "100,000 tables in the sinks"),
        (job(parallelism=21, sinks=4_900), "100,000 tables in the sinks"),
        (job(parallelism=1_001, tables_configs=tables(map(str, range(100)), "a")), "100,000 tables in the sinks"),
        (job(renamed(prefix="x" * 10_000), fields={f"c{at}": "int" for at in range(1000)}), "names and types"),
        (job(renamed(replacements_with_regex=[WIDE])), "names and types"),
        (job(TABLE_RENAMED, tables_configs=tables("abcdefgh", "a")), "names and types"),
        (job(sinks=1, **{"string.template": ["x"]}) | {"sink": [DELIMITED]}, "256 characters in a delimiter"),
        (
            job({"plugin_name": "Split", "split_field": "name", "separator": ",", "output_fields": ["c"] * 100_000}),
            "100,000 values",
        ),
        (job(*[sql(f"'{'x' * 19_000}' as name")] * 11), "200,000 characters in SQL"),
        (
            job(tables_configs=[{"schema": {"table": f"{at:0600}", "fields": TEXT}} for at in range(1000)]),
            "names of a plan",
        ),
    ],
)
async def test_job_that_can_not_be_planned_within_the_limits_is_refused(engine, loop_watchdog, config, message):
    async with loop_watchdog() as watched:
        with pytest.raises(JobTooLarge, match=message):
            await engine.submit(config)
    assert watched.longest < 0.1
    assert await engine.running_jobs() == []


async def test_large_job_within_the_limits_runs_beside_others(engine, loop_watchdog):
    copies = [{"plugin_name": "Copy", "fields": {f"c{at}": "name"}} for at in range(100)]
    async with loop_watchdog() as watched:
        large, small = await asyncio.gather(ended(engine, job(*copies, rows=200)), ended(engine, job()))
    assert large.status is small.status is JobStatus.FINISHED
    assert large.metrics.sink.count == 200
    assert watched.longest < 0.1


async def test_many_parallel_tasks_open_their_sinks_beside_others(engine, loop_watchdog):
    async with loop_watchdog() as watched:
        large, small = await asyncio.gather(ended(engine, job(parallelism=5_000)), ended(engine, job()))
    assert large.metrics.sink.count == 5_000
    assert small.status is JobStatus.FINISHED
    assert watched.longest < 0.1


async def test_job_that_is_stopped_while_its_sinks_open_opens_no_more(make):
    opened = []

    def slowly(context):
        opened.append(context)
        time.sleep(0.002)

    sink, source = make.sink(), make.numbers(5, parallelism=100_000)
    sink.open = slowly
    async with MemoryEngine(planner=make.planner(), clock=RealClock(math.inf)) as engine:
        job_id = (await engine.submit({"job": make.job(source, sink)})).id
        while not opened:
            await asyncio.sleep(0)
        await engine.stop(job_id)
        while not (await engine.job(job_id)).archived:
            await asyncio.sleep(0)
    assert len(opened) < 1_000


def test_tables_of_a_simulated_source_are_counted_before_they_are_made():
    columns = {f"c{at}": "int" for at in range(400)}
    source = {"plugin_name": "Jdbc", "table_names": [f"t{at}" for at in range(2000)], "schema": {"fields": columns}}
    planner = Planner(connectors=Catalogue(ConnectorMode.ANY), limits=JobLimits(columns=20_000))
    tracemalloc.start()
    try:
        with pytest.raises(JobTooLarge, match="20,000 columns"):
            planner.plan(job() | {"source": [source]})
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


def test_time_to_plan_a_job_has_a_limit():
    with pytest.raises(JobTooLarge, match="processor seconds to plan"):
        Planner(limits=JobLimits(plan_seconds=0.0)).plan(job())


@pytest.mark.parametrize("plugin", ["Copy", "Replace", "Sql"])
def test_job_with_a_transform_is_not_planned_on_the_loop(plugin):
    assert Planner().is_quick(job())
    assert not Planner().is_quick(job({"plugin_name": plugin}))


async def test_jobs_that_run_or_wait_have_a_limit_for_all_until_they_end():
    large = job(**{"string.template": ["a" * 2**20] * 7}) | {"env": {"job.mode": "STREAMING"}}
    settings = EngineSettings(jobs_cap=40 * 2**20, dynamic_slots=False, slots=1, waits_for_slots=True)
    async with MemoryEngine(planner=Planner(), clock=RealClock(), settings=settings) as engine:
        first, _ = await engine.submit(large), await engine.submit(large)
        with pytest.raises(TooManyJobs, match="41,943,040 bytes of memory for all jobs"):
            await engine.submit(large)
        await engine.submit(job())
        await engine.stop(first.id)
        while not (await engine.job(first.id)).archived:
            await asyncio.sleep(0.005)
        assert await engine.submit(large)


async def test_job_that_computes_for_too_long_fails_without_another_attempt():
    planner = Planner(limits=JobLimits(compute_seconds=0.02))
    async with MemoryEngine(planner=planner, clock=RealClock(math.inf)) as engine:
        config = job(*[sql("upper(name) as name")] * 20, rows=100_000)
        config["env"]["job.retry.times"] = 1_000_000
        failed = await ended(engine, config)
    assert failed.status is JobStatus.FAILED
    assert "processor seconds" in failed.error


async def test_job_that_is_stopped_within_a_batch_moves_the_batch_whole(engine):
    config = job(*[sql(f"{'upper(' * 30}name{')' * 30} as name")] * 20, rows=1000)
    job_id = (await engine.submit(config)).id
    while not (running := await engine.job(job_id)).metrics.source.count:
        await asyncio.sleep(0)
    await engine.stop(job_id)
    while not (await engine.job(job_id)).archived:
        await asyncio.sleep(0.001)
    stopped = await engine.job(job_id)
    assert stopped.status is JobStatus.CANCELED
    assert stopped.metrics.source.count == stopped.metrics.sink.count < 1000
    assert running.status is JobStatus.RUNNING


async def test_engine_that_is_closed_does_not_wait_for_a_batch(engine):
    config = job(*[sql(f"{'upper(' * 30}{'name'}{')' * 30} as name")] * 40, rows=1000)
    await engine.submit(config)
    await asyncio.sleep(0.05)
    begun = time.perf_counter()
    await engine.aclose()
    assert time.perf_counter() - begun < 1


async def test_rows_are_the_same_however_a_batch_is_cut(make):
    async def written():
        clock, sink = ManualClock(), make.sink()
        async with MemoryEngine(planner=make.planner(), clock=clock) as engine:
            made = make.job(make.numbers(1000), sink, transforms=(make.doubling(),), meter=RowMeter())
            await engine.submit({"job": made})
            await clock.advance(seconds=10)
            (finished,) = await engine.finished_jobs()
        return sink.rows, finished.metrics.sink

    with pytest.MonkeyPatch.context() as patched:
        whole = await written()
        patched.setattr("seatunnel_server.engine.memory.flow._TURN", 0.0)
        assert await written() == whole


def test_guide_lists_every_limit():
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "serve.md").read_text()
    table = guide[guide.index("## Limits") : guide.index("Regular expressions")]
    limits = [*asdict(DEFAULT_LIMITS).values(), VALUE_LIMIT, TEXT_LIMIT, JOB_LIMIT, MAX_VERTICES]
    assert [limit for limit in limits if f"{limit:,.0f}" not in table] == []
