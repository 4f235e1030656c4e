"""An engine of several nodes: the data of each node, and what happens when one leaves."""

import asyncio

import pytest
from log_texts import text_of
from single_job import ID, S, look, submit

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import CheckpointRefused, EngineFailure, JobNotRunning, MasterLeft
from seatunnel_server.engine.memory.logs import SERVER_LOG
from seatunnel_server.errors import LastNode, NoSuchNode

pytestmark = pytest.mark.anyio

NODES = ("one:8080", "two:8080", "three:8080")


@pytest.fixture
def three(engines, tmp_path):
    return engines(nodes=NODES, log_dir=tmp_path, telemetry=True)


async def masters(engine):
    return [(reading["host"], reading["isMaster"]) for reading in await engine.monitoring()]


async def workers(engine, **tags):
    return (await engine.overview(tags)).workers


async def log_names(engine):
    return [(file.node, file.name) for file in await engine.logs()]


async def test_every_node_is_a_member_and_the_first_is_the_master(three):
    assert await masters(three) == [("one", "true"), ("two", "false"), ("three", "false")]
    assert await workers(three) == 3
    assert [worker.address for worker in await three.workers({})] == ["[one]:5801", "[two]:5802", "[three]:5803"]
    assert len({node.identity for node in three.nodes}) == 3


async def test_fixed_slots_are_those_of_all_nodes(engines, make):
    engine = engines(nodes=NODES, dynamic_slots=False, slots=2)
    await submit(engine, make.stream(slots=5))
    counts = await engine.overview({})
    assert (counts.total_slots, counts.unassigned_slots) == (6, 1)
    assert [(worker.free_slots, worker.jobs) for worker in await engine.workers({})] == [
        (0, (ID,)),
        (0, (ID,)),
        (1, (ID,)),
    ]


async def test_tags_of_a_worker_are_known_from_its_next_heartbeat_on(three, clock):
    await clock.advance(seconds=2)
    await three.node(1).update_tags({"team": "alpha"})
    await three.node(2).update_tags({"team": "beta"})
    await three.node(3).update_tags({"team": "lost"})
    await three.node(3).update_tags({"team": "beta"})
    assert (await workers(three, team="alpha"), await workers(three, team="beta")) == (1, 0)
    await clock.advance(seconds=3)
    assert (await workers(three, team="alpha"), await workers(three, team="beta")) == (1, 2)


async def test_level_of_a_logger_is_that_of_one_node(three):
    await three.node(2).set_logger("org.apache", "DEBUG")
    assert [(await node.logger("org.apache")).level for node in three.nodes] == ["INFO", "DEBUG", "INFO"]


async def test_job_has_a_log_on_the_master_and_where_its_rows_are(three, clock, make):
    await three.submit({"job": make.stream(slots=1)}, job_id=JobId(1))
    await submit(three, make.stream(slots=1))
    await clock.advance(seconds=1)
    log = f"job-{ID}.log"
    assert await log_names(three) == [
        ("one:8080", "job-1.log"),
        ("one:8080", log),
        ("one:8080", SERVER_LOG),
        ("two:8080", log),
        ("two:8080", SERVER_LOG),
        ("three:8080", SERVER_LOG),
    ]
    on_master, on_worker = [await text_of(three.node(number).read_log(log)) for number in (1, 2)]
    assert "Init JobMaster" in on_master
    assert "SinkWriter" not in on_master
    assert "SinkWriter" in on_worker
    assert await three.node(3).read_log(log) is None


async def test_job_has_a_log_on_each_node_that_runs_a_part_of_it(three, clock, make):
    await submit(three, make.stream(slots=2))
    await clock.advance(seconds=1)
    holders = ["one:8080", "two:8080"]
    assert [node for node, name in await log_names(three) if str(ID) in name] == holders
    await three.stop_node(2)
    assert [node for node, name in await log_names(three) if str(ID) in name] == ["one:8080", "three:8080"]


async def test_log_of_a_forgotten_job_is_gone_on_every_node(engines, clock, make, tmp_path):
    engine = engines(nodes=NODES, log_dir=tmp_path, history_expire_minutes=1)
    await engine.submit({"job": make.stream(slots=1)}, job_id=JobId(1))
    await submit(engine, make.job(slots=1))
    await clock.advance(seconds=100)
    assert await engine.job(ID) is None
    assert f"job-{ID}.log" not in {name for _, name in await log_names(engine)}


async def test_only_the_master_counts_jobs(three):
    measured = [await node.metrics(openmetrics=True) for node in three.nodes]
    assert ["job_count{" in text for text in measured] == [True, False, False]
    assert all('node_count{cluster="seatunnel"} 3.0\n' in text for text in measured)
    assert 'address="[two]:5802"' in measured[1]


async def test_worker_that_leaves_is_counted_no_more_and_its_logs_are_gone(three):
    await three.stop_node(2)
    assert await masters(three) == [("one", "true"), ("three", "false")]
    assert await workers(three) == 2
    assert await log_names(three) == [("one:8080", SERVER_LOG), ("three:8080", SERVER_LOG)]
    assert "has left" in await text_of(three.node(1).read_log(SERVER_LOG))
    with pytest.raises(EngineFailure, match="closed"):
        await three.node(2).threads()


async def test_logs_are_listed_while_a_node_stops(three):
    listed, _ = await asyncio.gather(log_names(three), three.stop_node(3))
    assert listed[:2] == [("one:8080", SERVER_LOG), ("two:8080", SERVER_LOG)]


@pytest.mark.slow
async def test_job_goes_on_from_its_checkpoint_when_a_worker_leaves(three, clock, make):
    await submit(three, make.stream(make.numbers(10**6), checkpoint_interval=2.0))
    await clock.advance(seconds=5)
    before = (await look(three)).metrics.source.count
    await three.stop_node(2)
    assert (await look(three)).status is S.RUNNING
    assert [worker.jobs for worker in await three.workers({})] == [(ID,), (ID,)]
    await clock.advance(seconds=3)
    after = await look(three)
    assert (after.status, after.error) == (S.RUNNING, None)
    assert after.metrics.source.count > before
    record = await three.checkpoints(ID)
    assert [pipeline.restored for pipeline in record.pipelines] == [1]


async def test_job_without_a_part_on_the_node_that_leaves_is_left_alone(three, clock, make):
    await submit(three, make.stream(slots=1))
    await clock.advance(seconds=5)
    before = await look(three)
    await three.stop_node(3)
    await clock.advance(seconds=3)
    assert await look(three) is before


async def test_batch_job_finishes_when_a_worker_leaves(three, clock, make):
    await submit(three, make.job(make.numbers(300)))
    await clock.advance(seconds=0.5)
    await three.stop_node(2)
    await clock.advance(seconds=5)
    assert (await look(three)).status is S.FINISHED


@pytest.mark.parametrize("seconds", [0, 1], ids=["before it runs", "while it runs"])
async def test_job_fails_when_the_others_have_too_few_slots(engines, clock, make, seconds):
    engine = engines(nodes=NODES, dynamic_slots=False, slots=2)
    await submit(engine, make.stream(slots=5))
    await clock.advance(seconds=seconds)
    await engine.stop_node(3)
    await clock.advance(seconds=1)
    job = await look(engine)
    assert job.status is S.FAILED
    assert "NoEnoughResourceException" in job.error
    assert (await engine.overview({})).unassigned_slots == 4


async def test_worker_that_leaves_after_the_master_does_not_end_the_failover(three, clock, make):
    await submit(three, make.stream(slots=3))
    await clock.advance(seconds=5)
    await three.stop_node(1)
    await three.stop_node(3)
    assert (await look(three)).status is S.UNKNOWABLE
    await clock.advance(seconds=3)
    assert (await look(three)).status is S.RUNNING


async def test_next_node_is_the_master_and_restores_all_jobs(three, clock, make):
    await three.submit({"job": make.job()}, job_id=JobId(1))
    await submit(three, make.stream(slots=1))
    await clock.advance(seconds=5)
    before = await look(three)
    member = three.node(1).member
    await three.stop_node(1)
    assert await masters(three) == [("two", "true"), ("three", "false")]
    assert (await look(three)).status is S.UNKNOWABLE
    assert [job.id for job in await three.finished_jobs()] == [1]
    with pytest.raises(MasterLeft, match=r"\[master node\] has left cluster") as caught:
        await three.overview({})
    assert member in caught.value.message
    await clock.advance(seconds=3)
    after = await look(three)
    assert (after.status, after.create_time) == (S.RUNNING, before.create_time)
    assert after.start_time > before.start_time
    assert (await three.overview({})).running_jobs == 1
    assert "restored" in await text_of(three.node(2).read_log(f"job-{ID}.log"))


async def test_master_that_leaves_while_another_takes_over_begins_that_again(three, clock, make):
    await submit(three, make.stream(slots=1))
    await clock.advance(seconds=5)
    await three.stop_node(1)
    await clock.advance(seconds=2)
    await three.stop_node(2)
    await clock.advance(seconds=2)
    with pytest.raises(MasterLeft):
        await three.overview({})
    assert (await look(three)).status is S.UNKNOWABLE
    await clock.advance(seconds=1)
    assert (await three.overview({})).workers == 1
    assert (await look(three)).status is S.RUNNING


@pytest.mark.parametrize(("savepoint", "end"), [(False, S.CANCELED), (True, S.SAVEPOINT_DONE)])
async def test_restored_job_can_be_stopped(three, clock, make, savepoint, end):
    await submit(three, make.stream())
    await clock.advance(seconds=5)
    await three.stop_node(1)
    await clock.advance(seconds=3)
    await three.stop(ID, savepoint=savepoint)
    await clock.advance(seconds=1)
    assert (await look(three)).status is end


async def test_job_can_be_stopped_while_it_is_restored(three, clock, make):
    await submit(three, make.stream())
    await clock.advance(seconds=5)
    await three.stop_node(1)
    await three.stop(ID)
    assert (await look(three)).status is S.CANCELING
    await clock.advance(seconds=1)
    assert (await look(three)).status is S.CANCELED


async def test_node_that_comes_back_is_the_youngest_and_as_new(three):
    await three.node(1).set_logger("root", "DEBUG")
    await three.node(1).update_tags({"team": "alpha"})
    before = three.node(1).identity
    await three.stop_node(1)
    three.start_node(1)
    three.start_node(1)
    assert await masters(three) == [("two", "true"), ("three", "false"), ("one", "false")]
    assert (await three.node(1).logger("root")).level == "INFO"
    assert three.node(1).identity != before
    assert (await text_of(three.node(1).read_log(SERVER_LOG))).count("has started") == 2


async def test_job_that_waits_gets_the_slots_of_a_node_that_comes(engines, clock, make):
    engine = engines(nodes=NODES, dynamic_slots=False, slots=2, waits_for_slots=True)
    await engine.stop_node(3)
    await submit(engine, make.stream(slots=5))
    await clock.advance(seconds=1)
    assert (await look(engine)).status is S.PENDING
    engine.start_node(3)
    await clock.advance(seconds=1)
    assert (await look(engine)).status is S.RUNNING


async def test_last_node_and_nodes_that_do_not_exist_are_refused(three):
    with pytest.raises(NoSuchNode, match="There is no node 4, the cluster has the nodes 1 to 3"):
        await three.stop_node(4)
    with pytest.raises(NoSuchNode):
        three.start_node(0)
    for number in (1, 3, 3):
        await three.stop_node(number)
    with pytest.raises(LastNode, match="Node 2 can't be stopped: at least one node"):
        await three.stop_node(2)


async def test_savepoint_is_waited_for(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    saving = asyncio.create_task(engine.savepoint(ID))
    await clock.advance(seconds=0.2)
    assert (saving.done(), (await look(engine)).status) == (False, S.DOING_SAVEPOINT)
    await clock.advance(seconds=0.2)
    assert (saving.done(), (await look(engine)).status) == (True, S.SAVEPOINT_DONE)


async def test_savepoint_of_a_job_that_does_not_run_fails(engine, clock, make):
    with pytest.raises(JobNotRunning, match=r"SavePointFailedException: The job with id '\d+' not running"):
        await engine.savepoint(ID)
    await submit(engine, make.job())
    with pytest.raises(CheckpointRefused, match="Task not all ready"):
        await engine.savepoint(ID)
    await clock.advance(seconds=5)
    assert (await look(engine)).status is S.FINISHED
    with pytest.raises(JobNotRunning):
        await engine.savepoint(ID)


async def test_savepoint_of_a_job_that_is_stopped_meanwhile_fails(engine, clock, make):
    await submit(engine, make.stream())
    await clock.advance(seconds=1)
    saving = asyncio.create_task(engine.savepoint(ID))
    await clock.advance(seconds=0.1)
    await engine.stop(ID)
    await clock.advance(seconds=1)
    with pytest.raises(CheckpointRefused, match="CheckpointCoordinator shutdown"):
        await saving
