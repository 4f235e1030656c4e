"""The graph that is planned for a configuration: its pipelines, its vertices, and what makes no graph."""

from datetime import datetime

import pytest
from configurations import PLANNER, SCHEMA, config, console, edges, plan, source, transform, vertices

from seatunnel_server.engine.memory.pipeline import Row
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.refusals import GraphNotAllowed, JobNotInitialized


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


def test_source_of_several_tables_goes_through_transforms_table_by_table_and_joins_no_other():
    tables = [{"schema": {"table": name, **SCHEMA}} for name in ("t1", "t2")]
    many = source("a", schema=None, tables_configs=tables)
    job = plan([many], [console("b")], [transform("a", "b", include_fields=["age"], table_match_regex="t2")])
    (branch,) = job.pipelines[0].branches
    (step,) = branch.transforms
    rows = [Row("t1", ("ann", 41)), Row("t2", ("bob", 7))]
    assert [row.values for row in step.apply(rows)] == [("ann", 41), (7,)]
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


def test_transform_that_is_not_run_is_noted_for_the_log():
    job = plan([source("a")], [console("b")], [transform("a", "b", "LLM", model_provider="x", model="y", prompt="z")])
    assert job.notes == ("Transform LLM is not run by this engine: it passes rows on unchanged.",)


def test_rows_depend_on_the_seed_and_the_place_of_their_source():
    def first_rows(seed):
        sources = [source(output, schema={"table": "same", **SCHEMA}) for output in "ab"]
        job = plan(sources, [console("a"), console("b")], planner=Planner(seed=seed))
        return [[row.values for row in next(pipeline.source.batches())] for pipeline in job.pipelines]

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
