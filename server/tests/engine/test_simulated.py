"""Connectors that this engine doesn't run and simulates instead."""

from contextlib import suppress

import pytest
from configurations import config, console, source, transform, vertices

from seatunnel_openapi import connectors_of
from seatunnel_openapi.option_rules import option_rules_of
from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.refusals import (
    FactoryFailed,
    MetadataUnknown,
    OptionsMissing,
    PluginUnknown,
    TransformUnknown,
)

BEFORE = connectors_of("2.3.12")
"""A release, here without the rules of options."""
RELEASE = connectors_of("2.3.13")


def planner(mode=ConnectorMode.SIMULATE, refusal=PluginUnknown, release=BEFORE):
    rules = option_rules_of("2.3.13") if release is RELEASE else None
    return Planner(connectors=Catalogue(mode, refusal, release, rules))


def plan(sources, sinks, transforms=(), **more):
    return planner(**more).plan(config(sources, sinks, transforms))


def rows(job):
    return [row for batch in job.pipelines[0].source.batches() for row in batch]


def test_connector_of_the_release_is_simulated_in_any_letter_case():
    job = plan([{"plugin_name": "mysql-cdc", "plugin_output": "a"}], [{"plugin_name": "DORIS"}])
    assert job.notes == (
        "Source mysql-cdc is simulated: it connects to nothing and generates rows.",
        "Sink DORIS is simulated: it counts rows and writes nothing.",
    )
    assert job.jars == (
        "file:/opt/seatunnel/connectors/connector-cdc-mysql.jar",
        "file:/opt/seatunnel/connectors/connector-doris.jar",
    )
    assert [name for _, name in vertices(job)] == [
        "pipeline-1 [Source[0]-mysql-cdc]",
        "pipeline-1 [Sink[0]-DORIS-MultiTableSink]",
    ]
    assert len(rows(job)) == 5


@pytest.mark.parametrize(("kind", "name"), [("source", "NoSuch"), ("sink", "NoSuch"), ("sink", "MySQL-CDC")])
def test_name_that_the_release_does_not_have_is_refused_in_its_words(kind, name):
    plugin = {"plugin_name": name}
    jobs = {"source": ([plugin], [console()]), "sink": ([source()], [plugin])}
    with pytest.raises(PluginUnknown, match=f"pluginType='{kind}', pluginName='{name}'}} not found"):
        plan(*jobs[kind])
    with pytest.raises(FactoryFailed, match=f"Unable to create a {kind} for identifier '{name}'"):
        plan(*jobs[kind], refusal=FactoryFailed)


@pytest.mark.parametrize("name", ["Kafka", "LocalFile"])
def test_strict_server_refuses_what_it_does_not_run(name):
    with pytest.raises((PluginUnknown, FactoryFailed)):
        plan([{"plugin_name": name}], [console()], mode=ConnectorMode.STRICT)
    assert plan([{"plugin_name": name}], [console()]).notes


@pytest.mark.parametrize(
    ("options", "tables"),
    [
        ({"plugin_output": "out"}, ["out"]),
        ({"table-names": ["shop.orders", "shop.items"]}, ["shop.orders", "shop.items"]),
        ({"table-names": "inventory.dbo.t1, inventory.dbo.t2"}, ["inventory.dbo.t1", "inventory.dbo.t2"]),
        ({"table_list": [{"table_path": "d.a"}, {"table_path": "d.b", "query": "x"}]}, ["d.a", "d.b"]),
        ({"tables_configs": [{"topic": "t1"}, {"schema": {"table": "d.t2"}}]}, ["t1", "d.t2"]),
        ({"tables_configs": [{"table_name": "d.a"}, {"path": "/x"}, {"path": "/y"}]}, ["d.a", "table", "table_3"]),
        ({"table_list": '[{"table_path": "d.a"}, {"table_path": "d.b"}]'}, ["d.a", "d.b"]),
        ({"table_list": "no JSON", "plugin_output": "out"}, ["out"]),
        ({"table_path": "a.b.c.d"}, ["b.c.d"]),
        ({"topic": "events", "row.num": 7}, ["events"]),
    ],
)
def test_simulated_source_has_the_tables_that_its_options_name(options, tables):
    job = plan([{"plugin_name": "Jdbc", **options}], [console()])
    assert list(job.pipelines[0].source.tables) == tables
    assert len(rows(job)) == options.get("row.num", 5) * len(tables)


@pytest.mark.parametrize(
    "options",
    [
        {"schema": {"table": {"a": 1}}},
        {"schema": {"table": ["a"]}, "tables_configs": [{"schema": 5}, {"schema": {"table": 7}}]},
        {"schema": "text", "row.num": {"a": 1}},
        {"schema": {"fields": {}}, "topic": ["a", "b"]},
        {"tables_configs": [{"table_path": "..."}, {"table_path": 1}]},
    ],
)
def test_odd_options_of_a_simulated_source_are_planned_or_refused(options):
    with suppress(EngineError):
        assert rows(plan([{"plugin_name": "Jdbc", **options}], [console()]))


def test_simulated_source_has_the_columns_of_its_schema():
    declared = {"plugin_name": "Kafka", "topic": "t", "schema": {"fields": {"a": "int", "b": "string"}}}
    job = plan([declared], [console()])
    assert [len(row.values) for row in rows(job)] == [2] * 5
    with pytest.raises(FactoryFailed):
        plan([{**declared, "schema": {"fields": {"a": "no_such_type"}}}], [console()])


def test_transform_of_columns_that_nobody_declared_is_not_run():
    undeclared = {"plugin_name": "Jdbc", "plugin_output": "a", "query": "select name, age from t"}
    chain = [transform("a", "b"), {"plugin_name": "Sql", "plugin_input": "b", "plugin_output": "c"}]
    chain[1]["query"] = "select age + 1 as older from b"
    job = plan([undeclared], [console("c")], chain)
    reason = "is not run by this engine (its simulated source lacks a column or metadata): it passes rows on."
    assert job.notes[1:] == (f"Transform Filter {reason}", f"Transform Sql {reason}")
    with pytest.raises(TransformUnknown):
        plan([undeclared], [console("b")], [transform("a", "b", "NoSuch")])


def test_assert_behind_rows_that_are_not_the_engines_is_not_judged():
    rules = {"rules": {"row_rules": [{"rule_type": "MIN_ROW", "rule_value": 1000}]}}
    sink = {"plugin_name": "Assert", "plugin_input": "b", **rules}
    checked = {"plugin_name": "DataValidator", "plugin_input": "a", "plugin_output": "b", "field_rules": []}
    passed = plan([source("a")], [sink], [checked])
    read = plan([source("a")], [sink], [transform("a", "b")])
    simulated = plan([{"plugin_name": "Jdbc", "plugin_output": "b"}], [sink])
    note = "Sink Assert is simulated, because a plugin before it is not run"
    assert [any(it.startswith(note) for it in job.notes) for job in (passed, read, simulated)] == [True, False, True]


def test_metadata_that_only_a_real_source_has_is_not_added_and_not_missed():
    declared = {"plugin_name": "Kafka", "plugin_output": "a", "schema": {"fields": {"name": "string", "age": "int"}}}
    metadata = {
        "plugin_name": "Metadata",
        "plugin_input": "a",
        "plugin_output": "b",
        "metadata_fields": {"kafka_ts": "t"},
    }
    query = {"plugin_name": "Sql", "plugin_input": "b", "plugin_output": "c", "query": "select name, t from b"}
    assert len(plan([declared], [console("c")], [metadata, query]).notes) == 3
    with pytest.raises(MetadataUnknown):
        plan([source("a")], [console("b")], [metadata])


def test_transform_of_declared_columns_is_run():
    declared = {"plugin_name": "Kafka", "plugin_output": "a", "schema": {"fields": {"name": "string", "age": "int"}}}
    job = plan([declared], [console("b")], [transform("a", "b")])
    assert len(job.notes) == 1


def test_file_in_a_format_that_is_not_written_is_simulated():
    sink = {"plugin_name": "LocalFile", "path": "/x", "file_format_type": "parquet"}
    assert plan([source()], [sink]).notes == (
        "Sink LocalFile is simulated, because this server does not write PARQUET: it counts rows and writes nothing.",
    )
    with pytest.raises(FactoryFailed):
        plan([source()], [sink], mode=ConnectorMode.STRICT)


KAFKA = {"plugin_name": "kafka", "bootstrap.servers": "localhost:9092", "topic": "events"}
CDC = {"plugin_name": "MySQL-CDC", "username": "u", "password": "p", "base-url": "jdbc:mysql://db/shop"}


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (KAFKA, None),
        ({**KAFKA, "topic": None, "table_list": [{"topic": "a"}]}, None),
        ({**KAFKA, "topic": None}, "topic|tables_configs|table_list"),
        ({**KAFKA, "bootstrap.servers": None}, "bootstrap.servers"),
        ({"plugin_name": "Kafka", "topic": "events", "bootstrap": {"servers": "localhost:9092"}}, None),
        ({**CDC, "table-pattern": "shop.*"}, None),
        (CDC, "table-names|table-pattern"),
    ],
)
def test_connector_without_an_option_that_the_release_requires_cannot_be_created(options, missing):
    if missing is None:
        assert plan([options], [console()], release=RELEASE).notes
        return
    with pytest.raises(FactoryFailed, match="Unable to create a source") as refused:
        plan([options], [console()], release=RELEASE)
    assert missing in str(refused.value.__cause__)
    assert plan([options], [console()]).notes


def test_vertex_of_a_sink_for_one_table_is_named_after_it():
    """As engines of 2.3.13 plan these jobs."""
    names = [
        vertices(plan([source("f")], [{"plugin_name": sink}]))[1][1] for sink in ("Kafka", "Socket", "Http", "MongoDB")
    ]
    assert names == [
        "pipeline-1 [Sink[0]-Kafka-f]",
        "pipeline-1 [Sink[0]-Socket-f]",
        "pipeline-1 [Sink[0]-Http-MultiTableSink]",
        "pipeline-1 [Sink[0]-MongoDB-MultiTableSink]",
    ]


FAKE = {"plugin_name": "FakeSource", "plugin_output": "a", "row.num": 2, "schema": {"fields": {"id": "int"}}}


def test_transforms_and_options_of_a_later_release_are_refused():
    """As 2.3.13 answers jobs of upstream with Calcite, FieldEncrypt and `replace_fields` (`bench.simulated`)."""
    replaced = {"plugin_name": "Replace", "replace_fields": ["id"], "pattern": "1", "replacement": "2"}
    later = {"plugin_name": "Calcite", "sql": "select id from a"}
    for made, refusal in ((later, TransformUnknown), (replaced, OptionsMissing)):
        transform = {"plugin_input": "a", "plugin_output": "b", **made}
        with pytest.raises(refusal):
            plan([FAKE], [{"plugin_name": "Console"}], [transform], release=RELEASE)
        plan([FAKE], [{"plugin_name": "Console"}], [transform])


@pytest.mark.parametrize(("mode", "passed"), [({}, ["d.u_1"]), ({"pattern_mode": "EXCLUDE"}, ["d.x"])])
def test_table_filter_passes_rows_of_tables_by_their_names(mode, passed):
    tables = [{"schema": {"table": name, "fields": {"id": "int"}}, "row.num": 2} for name in ("d.u_1", "d.x")]
    source = {"plugin_name": "FakeSource", "plugin_output": "a", "tables_configs": tables}
    kept = {"plugin_name": "TableFilter", "plugin_input": "a", "plugin_output": "b", "table_pattern": "u_.*", **mode}
    job = plan([source], [{"plugin_name": "Console"}], [kept])
    (step,) = job.pipelines[0].branches[0].transforms
    assert sorted({row.table for row in step.apply(rows(job))}) == passed


def test_assert_compares_columns_and_lateral_views_are_not_run():
    def rule(**column):
        columns = {"column_rule": [{"name": "id", "type": "int", **column}]}
        return {"plugin_name": "Assert", "rules": {"catalog_table_rule": columns}}

    columns = [{"name": "id", "type": "int"}]
    described = {**FAKE, "schema": {"columns": columns}}
    plan([described], [rule()])
    for read, sink in ((described, rule(type="bigint")), (described, rule(column_length=5)), (FAKE, rule())):
        with pytest.raises(FactoryFailed):
            plan([read], [sink])
    query = "select * from a lateral view explode(split(id, ',')) as b"
    job = plan([FAKE], [{"plugin_name": "Console"}], [{"plugin_name": "Sql", "query": query}])
    assert any("(LATERAL VIEW)" in note for note in job.notes)
