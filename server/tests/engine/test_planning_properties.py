"""Every graph with any options is planned, or refused with a message of the engine."""

from configurations import PLANNER, config, console, edges, plan, source, transform
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.config import read_tree
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import TaskContext


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
    *("plugin_name", "result_table_name", "source_table_name", "parallelism", "schema", "tables_configs"),
    *("row.num", "split.num", "rows", "string.template", "int.min", "string.length"),
    *("fields", "field_mapper", "include_fields", "exclude_kinds", "split_field", "separator", "output_fields"),
    *("replace_field", "pattern", "replacement", "is_regex", "query", "rules"),
    *("path", "file_format_type", "log.print.data", "multi_table_sink_replica"),
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
    """Move the first rows of a job; return its failure."""
    where = TaskContext(JobId(1), 0, str)
    try:
        for pipeline in job.pipelines:
            rows = next(pipeline.source.batches(), [])
            for branch in pipeline.branches:
                passed = rows
                for each in branch.transforms:
                    passed = each.apply(passed)
                branch.sink.write(passed, where)
                branch.sink.close(where)
    except (TaskFailed, EngineError) as failure:
        return failure
    return None
