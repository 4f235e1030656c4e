from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.config import read_tree
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.pipeline import TaskContext, TaskFailed
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.refusals import (
    FactoryFailed,
    GraphNotAllowed,
    JobNotInitialized,
    OptionMismatch,
    PluginUnknown,
)

SCHEMA = {"fields": {"name": "string", "age": "int"}}
PLANNER = Planner(seed=1)


def source(output=None, **more):
    return {"plugin_name": "FakeSource", "result_table_name": output, "schema": SCHEMA, **more}


def transform(reads, output, plugin="Filter", **more):
    return {
        "plugin_name": plugin,
        "source_table_name": reads,
        "result_table_name": output,
        "include_fields": ["name", "age"],
        **more,
    }


def console(reads=None, **more):
    return {"plugin_name": "Console", "source_table_name": reads, **more}


def config(sources, sinks, transforms=(), env=None):
    return {"env": env or {}, "source": list(sources), "transform": list(transforms), "sink": list(sinks)}


def plan(*args, planner=PLANNER, **more):
    return planner.plan(config(*args, **more))


def edges(job):
    return {
        number: [(edge.input_vertex_id, edge.target_vertex_id) for edge in each]
        for number, each in job.plan.edges.items()
    }


def vertices(job):
    return [(vertex.id, vertex.name) for vertex in job.plan.vertices]


def test_chain_of_transforms_is_one_vertex_numbered_last():
    job = plan([source("a")], [console("c")], [transform("a", "b"), transform("b", "c", "copy", fields={"x": "age"})])
    assert edges(job) == {1: [(1, 5), (5, 4)]}
    assert vertices(job) == [
        (1, "pipeline-1 [Source[0]-FakeSource]"),
        (4, "pipeline-1 [Sink[0]-Console-MultiTableSink]"),
        (5, "pipeline-1 [TransformChain[Transform[0]-Filter->Transform[1]-copy]]"),
    ]


def test_transforms_that_come_before_what_they_read_are_counted_each_time_they_are_tried():
    job = plan([source("a")], [console("c")], [transform("b", "c"), transform("a", "b")])
    assert vertices(job)[-1] == (5, "pipeline-1 [TransformChain[Transform[1]-Filter->Transform[2]-Filter]]")


def test_chain_ends_where_rows_part():
    transforms = [transform("a", "b"), transform("b", "c")]
    job = plan([source("a")], [console("b"), console("c")], transforms)
    assert edges(job) == {1: [(1, 6), (6, 7), (6, 4), (7, 5)]}
    assert vertices(job)[-2:] == [
        (6, "pipeline-1 [TransformChain[Transform[0]-Filter]]"),
        (7, "pipeline-1 [TransformChain[Transform[1]-Filter]]"),
    ]
    assert [len(branch.transforms) for branch in job.pipelines[0].branches] == [2, 1]


def test_chains_are_numbered_source_by_source():
    transforms = [transform("a", "a1"), transform("b", "b1")]
    job = plan([source("a"), source("b")], [console("a1"), console("b1")], transforms)
    assert edges(job) == {1: [(1, 7), (7, 5)], 2: [(3, 8), (8, 6)]}


def test_sink_of_several_sources_stands_in_a_pipeline_for_each_and_counts_as_the_first():
    job = plan([source("a"), source("b")], [console(["a", "b"])])
    assert edges(job) == {1: [(1, 2)], 2: [(3, 4)]}
    assert [vertex.table_paths for vertex in job.plan.vertices] == [("a",), ("a",), ("b",), ("a",)]
    assert [pipeline.branches[0].counted_as for pipeline in job.pipelines] == ["a", "a"]
    assert job.pipelines[0].branches[0].sink is not job.pipelines[1].branches[0].sink


def test_united_pipelines_that_part_again_are_numbered_along_each_way():
    transforms = [transform(["a", "b"], "u"), transform("u", "v")]
    job = plan([source("a"), source("b")], [console("u"), console("v")], transforms)
    assert edges(job) == {
        1: [(1, 2), (2, 3), (3, 4)],
        2: [(5, 6), (6, 7)],
        3: [(8, 9), (9, 10), (10, 11)],
        4: [(12, 13), (13, 14)],
    }
    assert [pipeline.number for pipeline in job.pipelines] == [1, 2, 3, 4]
    assert len({vertex.name for vertex in job.plan.vertices}) == len(job.plan.vertices)


def test_united_sources_beside_another_pipeline_are_refused_by_the_job_master():
    with pytest.raises(JobNotInitialized, match=r"JobException: java\.lang\.IllegalArgumentException$"):
        plan([source("a"), source("b"), source("c")], [console(["a", "b"]), console("c")])


def test_one_source_of_several_tables_cannot_feed_several_sinks():
    tables = [{"schema": {"table": name, **SCHEMA}} for name in ("t1", "t2")]
    many = source("a", schema=None, tables_configs=tables)
    with pytest.raises(JobNotInitialized, match=r"JobException: java\.lang\.NullPointerException$"):
        plan([many], [console("a"), console("a")])
    job = plan([many, source("b")], [console("a"), console("a"), console("b")])
    assert job.pipelines[0].branches[0].tables == ("t1", "t2")


def test_sink_lists_its_tables_in_the_order_of_a_hash_map():
    tables = [{"schema": {"table": name, **SCHEMA}} for name in ("t1", "d.t2")]
    job = plan([source("a", schema=None, tables_configs=tables)], [console("a")])
    assert [vertex.table_paths for vertex in job.plan.vertices] == [("t1", "d.t2"), ("d.t2", "t1")]


def test_simple_job_is_linked_whatever_the_names_say():
    assert edges(plan([source("a")], [console("nobody")])) == {1: [(1, 2)]}
    assert edges(plan([source()], [console()])) == {1: [(1, 2)]}
    assert edges(plan([source("a")], [console("x")], [transform("y", "z")])) == {1: [(1, 4), (4, 3)]}


def test_sink_that_names_nothing_reads_the_output_without_a_name():
    assert edges(plan([source()], [console()], [transform(None, "t")])) == {1: [(1, 2)]}
    assert edges(plan([source()], [console()], [transform(None, None)])) == {1: [(1, 4), (4, 3)]}


def test_transform_that_the_one_sink_passes_by_is_left_out():
    assert vertices(plan([source("a")], [console("a")], [transform("a", "b")])) == [
        (1, "pipeline-1 [Source[0]-FakeSource]"),
        (2, "pipeline-1 [Sink[0]-Console-MultiTableSink]"),
    ]


@pytest.mark.parametrize(
    ("sources", "sinks", "transforms", "words"),
    [
        ([], [console()], [], "Source And Sink can not be null"),
        ([source("a")], [], [], "Source And Sink can not be null"),
        (
            [source("a"), source("b")],
            [console("c")],
            [],
            (
                "The 'source_table_name' option configured in [Console] is incorrect, "
                "and the source/transform[c] is not found."
            ),
        ),
        (
            [source("a"), source("a")],
            [console("a")],
            [],
            (
                "The value of the 'result_table_name' option of the (FakeSource and FakeSource) plugins is both 'a', "
                "and they must be different."
            ),
        ),
        (
            [source("a"), source("b")],
            [console("a")],
            [],
            (
                "The 'source_table_name' option configured is incorrect, this table(b) belonging to "
                "source/transform(FakeSource) is not used."
            ),
        ),
        (
            [source("a"), source()],
            [console("a")],
            [],
            "The source/transform(FakeSource) is not configured with 'result_table_name' option",
        ),
        (
            [source("a")],
            [console("a"), console()],
            [],
            "The transform/sink(Console) is not configured with 'source_table_name' option",
        ),
        (
            [source("a")],
            [console("x")],
            [transform("a", "b"), transform("b", "c")],
            (
                "The 'source_table_name' option configured in [Console] is incorrect, "
                "and the source/transform[x] is not found."
            ),
        ),
        ([source("a")], [console([])], [], "Index 0 out of bounds for length 0"),
        (
            [source("a")],
            [console("x"), console("a")],
            [transform("x", "y"), transform("y", "x", "Copy")],
            "The transforms wait for each other's output: Copy, Filter",
        ),
        (
            [source("a"), source("b", schema={"fields": {"n": "int"}})],
            [console(["a", "b"])],
            [],
            "Transform/Sink don't support processing data with two different structures.",
        ),
    ],
)
def test_plugins_that_do_not_make_a_graph_are_refused(sources, sinks, transforms, words):
    with pytest.raises(GraphNotAllowed) as refused:
        plan(sources, sinks, transforms)
    assert refused.value.message == words


def test_source_of_several_tables_goes_through_no_transform_and_joins_no_other():
    tables = [{"schema": {"table": name, **SCHEMA}} for name in ("t1", "t2")]
    many = source("a", schema=None, tables_configs=tables)
    with pytest.raises(GraphNotAllowed, match=r"^Adding transform to multi-table source is not supported\.$"):
        plan([many], [console("b")], [transform("a", "b")])
    with pytest.raises(
        GraphNotAllowed,
        match=r"^Sink don't support simultaneous writing of data from multi-table source and other sources\.$",
    ):
        plan([many, source("b")], [console(["a", "b"])])


def test_messages_name_the_first_of_the_keys_that_link_plugins():
    for sources, sinks, named in (
        ([source("a"), source("b")], [console("c")], "'plugin_input'"),
        ([source("a"), source("b")], [console("a")], "'plugin_input'"),
        ([source("a"), source("b")], [console()], "'plugin_input'"),
        ([source("a"), source("a")], [console("a")], "'plugin_output'"),
        ([source("a"), source()], [console("a")], "'plugin_output'"),
    ):
        with pytest.raises(GraphNotAllowed, match=named):
            PLANNER.plan(
                config(sources, sinks),
                in_keys=("plugin_input", "source_table_name"),
                out_keys=("plugin_output", "result_table_name"),
            )


def test_keys_that_are_not_asked_for_link_nothing():
    job = PLANNER.plan(
        config([{**source(), "plugin_output": "a"}], [{**console(), "plugin_input": "a"}]),
        in_keys=("source_table_name",),
        out_keys=("result_table_name",),
    )
    assert job.plan.vertices[0].table_paths == ("default.default.default",)


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
    assert job.parallelism == job.pipelines[0].sources[0].parallelism == parallelism
    assert job.slots == 1 + parallelism


def test_committing_sink_takes_a_slot_of_its_own(tmp_path):
    job = plan([source("a")], [{"plugin_name": "LocalFile", "path": "x"}], planner=Planner(sandbox=tmp_path))
    assert job.slots == 3
    job.pipelines[0].branches[0].sink.prepare(TaskContext(job_id=None, subtask=0, log=str))
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
    simulating = Planner(simulate_connectors=True)
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
            'NullPointerException: Cannot invoke "Object.toString()" because "the return value" is null',
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


def test_transform_that_is_not_run_is_noted_for_the_log():
    job = plan([source("a")], [console("b")], [transform("a", "b", "JsonPath", columns=[])])
    assert job.notes == ("Transform JsonPath is not run by this engine: it passes rows on unchanged.",)


def test_rows_depend_on_the_seed_and_the_place_of_their_source():
    def first_rows(seed):
        sources = [source(output, schema={"table": "same", **SCHEMA}) for output in "ab"]
        job = plan(sources, [console("a"), console("b")], planner=Planner(seed=seed))
        return [[row.values for row in next(pipeline.sources[0].batches())] for pipeline in job.pipelines]

    assert first_rows(1) == first_rows(1)
    assert first_rows(1) != first_rows(2)
    assert first_rows(1)[0] != first_rows(1)[1]


def test_planner_knows_the_time_of_its_place():
    assert isinstance(Planner().now(), datetime)
    assert Planner().now().tzinfo is None


@pytest.mark.parametrize("plugins", [2000])
def test_job_of_thousands_of_plugins_is_planned(plugins):
    chain = [transform(f"t{n}", f"t{n + 1}") for n in range(plugins)]
    assert len(plan([source("t0")], [console(f"t{plugins}")], chain).plan.vertices) == 3
    assert len(plan([source("a")], [console("a")] * plugins).plan.vertices) == plugins + 1
    with pytest.raises(GraphNotAllowed):
        plan([source("t0")], [console(f"t{plugins}")], chain[::-1])


def test_ways_that_multiply_are_refused_before_they_fill_the_memory():
    rungs = [
        step
        for n in range(60)
        for step in (
            transform(f"t{n}", f"l{n}"),
            transform(f"t{n}", f"r{n}"),
            transform([f"l{n}", f"r{n}"], f"t{n + 1}"),
        )
    ]
    with pytest.raises(JobNotInitialized, match=r"JobException: java\.lang\.OutOfMemoryError: Java heap space$"):
        plan([source("t0")], [console("t60")], rungs)


@st.composite
def graphs(draw):
    """Jobs whose steps each read one output that comes before them, and whose outputs are all read."""
    outputs = [f"s{n}" for n in range(draw(st.integers(1, 3)))]
    sources = [source(output) for output in outputs]
    transforms = []
    for n in range(draw(st.integers(0, 5))):
        transforms.append(transform(draw(st.sampled_from(outputs)), f"t{n}"))
        outputs.append(f"t{n}")
    sinks = [console(output) for output in outputs]
    return sources, sinks, draw(st.permutations(transforms))


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_every_graph_becomes_a_plan_that_hangs_together(graph):
    sources, sinks, transforms = graph
    job = plan(sources, sinks, transforms)
    ids = {vertex.id for vertex in job.plan.vertices}
    names = [vertex.name for vertex in job.plan.vertices]
    ends = [end for each in edges(job).values() for edge in each for end in edge]
    assert set(ends) == ids
    assert len(set(names)) == len(names)
    assert len(job.pipelines) == len(sources) == len(job.plan.edges)
    assert sum(len(pipeline.branches) for pipeline in job.pipelines) == len(sinks)
    shown = sum(name.count("Transform[") for name in names)
    assert shown == len(transforms)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=6,
)
OPTIONS = [
    "plugin_name",
    "result_table_name",
    "source_table_name",
    "parallelism",
    "schema",
    "row.num",
    "split.num",
    "rows",
    "tables_configs",
    "string.template",
    "int.min",
    "string.length",
    "fields",
    "field_mapper",
    "include_fields",
    "exclude_kinds",
    "replace_field",
    "pattern",
    "replacement",
    "is_regex",
    "separator",
    "split_field",
    "output_fields",
    "query",
    "rules",
    "path",
    "file_format_type",
    "log.print.data",
    "multi_table_sink_replica",
]
PLUGINS = ["FakeSource", "Console", "Assert", "LocalFile", "Copy", "FieldMapper", "Filter", "FilterRowKind", "Replace"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["source", "transform", "sink"]), st.sampled_from(OPTIONS), anything), max_size=6
    ),
    st.sampled_from([*PLUGINS, "Split", "Sql"]),
    anything,
)
@settings(max_examples=100, deadline=None)
def test_any_options_are_planned_or_refused_in_the_engines_words(changes, plugin, environment):
    changed = config([source("a")], [console("b")], [transform("a", "b", plugin)], env={"job.retry.times": environment})
    for section, option, value in changes:
        changed[section][0][option] = value
    try:
        job = PLANNER.plan(read_tree(changed))
    except EngineError as refusal:
        refused: Exception | None = refusal
    else:
        refused = first_failure(job)
    assert refused is None or str(refused)


def first_failure(job):
    """Let the first rows of a job flow; return what fails them."""
    where = TaskContext(JobId(1), 0, str)
    try:
        for pipeline in job.pipelines:
            rows = next(pipeline.sources[0].batches(), [])
            for branch in pipeline.branches:
                passed = rows
                for each in branch.transforms:
                    passed = each.apply(passed)
                branch.sink.write(passed, where)
                branch.sink.close(where)
    except (TaskFailed, EngineError) as failure:
        return failure
    return None
