"""Settings that a plan takes from a job's `env` and from the options of its plugins."""

import pytest
from configurations import console, plan, source, transform, vertices

from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.pipeline import TaskContext
from seatunnel_server.engine.memory.planning import LimitRefused, Planner
from seatunnel_server.engine.refusals import FactoryFailed, JobNotInitialized, OptionMismatch, PluginUnknown


@pytest.mark.parametrize(
    ("env", "own", "parallelism"),
    [
        ({}, {}, 1),
        ({"parallelism": 3}, {}, 3),
        ({"parallelism": 3}, {"parallelism": 2}, 2),
        ({"parallelism": 0}, {}, 1),
    ],
)
def test_parallelism_is_the_sources_own_before_that_of_the_job(env, own, parallelism):
    job = plan([source("a", **own)], [console("a")], env=env)
    assert job.pipelines[0].source.parallelism == parallelism
    assert job.slots == 1 + parallelism


def test_committing_sink_takes_a_slot_of_its_own(tmp_path):
    job = plan([source("a")], [{"plugin_name": "LocalFile", "path": "x"}])
    assert job.slots == 3
    job.pipelines[0].branches[0].sink.prepare(TaskContext(job_id=None, subtask=0, log=str, sandbox=tmp_path))
    assert (tmp_path / "x").is_dir()


def test_wrong_parallelism_is_met_before_an_unknown_source():
    with pytest.raises(OptionMismatch):
        plan([{"plugin_name": "NoSuch"}], [console()], env={"parallelism": "many"})
    with pytest.raises(PluginUnknown):
        plan([{"plugin_name": "NoSuch"}], [console()])


def test_wrong_parallelism_of_a_transform_is_refused():
    with pytest.raises(OptionMismatch):
        plan([source("a")], [console("b")], [transform("a", "b", parallelism="many")])


def test_unknown_plugins_are_stood_in_for_where_asked():
    simulating = Planner(connectors=Catalogue(ConnectorMode.ANY))
    job = plan([{"plugin_name": "Kafka"}], [{"plugin_name": "Jdbc"}], planner=simulating)
    assert [name for _, name in vertices(job)] == [
        "pipeline-1 [Source[0]-Kafka]",
        "pipeline-1 [Sink[0]-Jdbc-MultiTableSink]",
    ]
    assert job.jars == (
        "file:/opt/seatunnel/connectors/connector-kafka.jar",
        "file:/opt/seatunnel/connectors/connector-jdbc.jar",
    )


def test_jars_are_those_of_the_plugins_each_once():
    job = plan([source("a")], [console("b"), console("b")], [transform("a", "b")])
    assert job.jars == (
        "file:/opt/seatunnel/connectors/connector-fake.jar",
        "file:/opt/seatunnel/connectors/connector-console.jar",
        "file:/opt/seatunnel/lib/seatunnel-transforms-v2.jar",
    )


@pytest.mark.parametrize(
    ("env", "seconds"),
    [
        ({}, None),
        ({"checkpoint.interval": 5000}, 5.0),
        ({"job.mode": "STREAMING"}, 10.0),
        ({"job.mode": "STREAMING", "checkpoint.interval": "10"}, 0.01),
    ],
)
def test_checkpoints_come_as_the_environment_says_or_never_in_a_batch_job(env, seconds):
    assert plan([source("a")], [console("a")], env=env).checkpoint_interval == seconds


@pytest.mark.parametrize(
    ("env", "cause"),
    [
        ({"checkpoint.interval": 9}, "IllegalArgumentException: The minimum checkpoint interval is 10 mills."),
        ({"checkpoint.interval": "x"}, 'NumberFormatException: For input string: "x"'),
        ({"checkpoint.interval": 5000.0}, 'NumberFormatException: For input string: "5000.0"'),
        ({"checkpoint.interval": 2**63}, 'NumberFormatException: For input string: "9223372036854775808"'),
        (
            {"checkpoint.interval": None},
            (
                'NullPointerException: Cannot invoke "Object.toString()" because the return value of '
                '"java.util.Map.get(Object)" is null'
            ),
        ),
        ({"checkpoint.timeout": 1}, "IllegalArgumentException: The minimum checkpoint timeout is 10 mills."),
        ({"job.retry.times": "many"}, 'NumberFormatException: For input string: "many"'),
        ({"job.retry.times": 2**31}, 'NumberFormatException: For input string: "2147483648"'),
        ({"job.retry.interval.seconds": 1.5}, 'NumberFormatException: For input string: "1.5"'),
        (
            {"savemode.execute.location": "nowhere"},
            (
                "IllegalArgumentException: Json parsing exception, value 'nowhere', and expected type "
                "'org.apache.seatunnel.api.common.SaveModeExecuteLocation'"
            ),
        ),
    ],
)
def test_environment_that_the_job_master_cannot_read_is_refused(env, cause):
    with pytest.raises(JobNotInitialized) as refused:
        plan([source("a")], [console("a")], env=env)
    assert refused.value.message == f"org.apache.seatunnel.engine.common.exception.JobException: java.lang.{cause}"


def test_largest_numbers_that_fit_are_read():
    env = {"job.retry.times": 2**31 - 1, "job.retry.interval.seconds": -(2**31), "checkpoint.interval": 2**63 - 1}
    job = plan([source("a")], [console("a")], env=env)
    assert (job.retry_times, job.retry_interval) == (2**31 - 1, -(2.0**31))
    assert job.checkpoint_interval == (2**63 - 1) / 1000


def test_place_of_the_save_mode_is_read_when_a_sink_has_one():
    with pytest.raises(OptionMismatch):
        plan([source("a")], [{"plugin_name": "LocalFile", "path": "x"}], env={"savemode.execute.location": "nowhere"})


def test_number_of_replicas_is_read_for_every_sink():
    with pytest.raises(FactoryFailed, match=r"- Unable to create a sink for identifier 'MultiTableSink'\.$"):
        plan([source("a")], [console("a", multi_table_sink_replica="x")])


def test_retries_are_those_of_the_environment_or_three():
    job = plan([source("a")], [console("a")])
    assert (job.retry_times, job.retry_interval) == (3, 3.0)
    job = plan([source("a")], [console("a")], env={"job.retry.times": "1", "job.retry.interval.seconds": 2})
    assert (job.retry_times, job.retry_interval) == (1, 2.0)


@pytest.mark.parametrize("wrong", ["x", ["a"], 5])
def test_tag_filter_that_is_no_map_is_refused_by_the_job_master(wrong):
    with pytest.raises(
        JobNotInitialized, match=r"ClassCastException: class .* cannot be cast to class java\.util\.Map"
    ):
        plan([source("a")], [console("a")], env={"tag_filter": wrong})


@pytest.mark.parametrize(
    ("limit", "said"),
    [("x", "NumberFormatException"), (1.5, "NumberFormatException"), (2**31, "NumberFormatException"), (0, "positive")],
)
def test_limit_of_reading_that_is_none_fails_the_job_once_it_reads(limit, said):
    for name in ("read_limit.rows_per_second", "read_limit.bytes_per_second"):
        job = plan([source("a")], [console("a")], env={name: limit})
        with pytest.raises(LimitRefused) as refused:
            job.prepare_sources()
        assert said in f"{refused.value.java_class}: {refused.value}"


def test_limit_of_reading_is_a_positive_number():
    plan([source("a")], [console("a")], env={"read_limit.rows_per_second": "100"}).prepare_sources()
