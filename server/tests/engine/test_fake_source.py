# A column's timestamps have no zone.
# ruff: noqa: DTZ001
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.javatext import single
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.graph import make_source
from seatunnel_server.engine.memory.pipeline import RowKind
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import FactoryFailed, PluginUnknown

NOW = datetime(2026, 3, 4, 5, 6, 7)
NAME_AND_AGE = {"fields": {"name": "string", "age": "int"}}


def source(options=None, *, plugin="FakeSource", parallelism=1, seed="0/0", mode=ConnectorMode.STRICT, **more):
    keys = ("result_table_name", "plugin_output")
    site = PluginSite(seed, lambda: NOW, output_keys=keys, parallelism=parallelism)
    merged = {"schema": NAME_AND_AGE, **(options or {}), **more}
    return make_source(plugin, Options(merged), site, Catalogue(mode))


def rows_of(made, **skip):
    return [row for batch in made.batches(**skip) for row in batch]


def column(declared, options=None):
    """Return the values that a FakeSource makes in one column of a type."""
    return [row.values[0] for row in rows_of(source(options, schema={"fields": {"c": declared}}))]


def test_each_reader_makes_all_the_rows():
    rows = rows_of(source({"row.num": 150}, parallelism=2))
    assert [row.subtask for row in rows] == [0] * 150 + [1] * 150
    assert rows[:150] != rows[150:]


def test_equal_seeds_make_equal_rows_and_others_do_not():
    assert rows_of(source()) == rows_of(source())
    assert rows_of(source()) != rows_of(source(seed="1/0"))


@given(st.integers(0, 450))
@settings(max_examples=30, deadline=None)
def test_restored_position_goes_on_with_the_very_next_row(skip):
    made = source({"row.num": 120, "split.num": 3}, parallelism=3)
    assert rows_of(made, skip=skip) == rows_of(made)[skip:]


def test_batches_have_at_most_a_hundred_rows():
    assert [len(batch) for batch in source({"row.num": 250}).batches()] == [100, 100, 50]


def test_wide_rows_come_in_small_batches():
    wide = source({"row.num": 3, "string.length": 20}, schema={"fields": {f"f{n}": "string" for n in range(4_000)}})
    assert len(next(wide.batches())) == 1


@pytest.mark.parametrize("number", [0, -1])
def test_source_without_rows_never_ends(number):
    made = source({"row.num": number})
    assert made.endless
    assert rows_of(made) == []


def test_source_with_rows_for_one_of_its_tables_ends():
    tables = [{"row.num": 0, "schema": {"table": "a", **NAME_AND_AGE}}, {"schema": {"table": "b", **NAME_AND_AGE}}]
    made = source({"schema": None, "tables_configs": tables})
    assert not made.endless
    assert made.tables == ("a", "b")
    assert {row.table for row in rows_of(made)} == {"b"}


def test_largest_number_of_rows_is_planned_at_once():
    made = source({"row.num": 2**31 - 1})
    assert len(next(made.batches())) == 100
    assert len(next(made.batches(skip=2**31 - 10))) == 9


def test_splits_take_their_time_and_one_split_does_not():
    assert source({"row.num": 10, "split.num": 5}).read_interval == 4.0
    assert source({"row.num": 1000, "split.num": 5}, parallelism=2).read_interval == 0.2
    assert source({"split.read-interval": 3000, "split.num": 5}).read_interval == 12.0
    assert source().read_interval == 0.0


def test_given_rows_come_with_their_kinds_once_for_each_split():
    given_rows = [
        {"kind": "INSERT", "fields": ["a", 1]},
        {"kind": "DELETE", "fields": {"age": "2", "name": "b"}},
        {"kind": "UPDATE_AFTER", "fields": []},
    ]
    rows = rows_of(source({"rows": given_rows, "split.num": 2, "row.num": 2}))
    assert [(row.kind, row.values, row.size) for row in rows[:3]] == [
        (RowKind.INSERT, ("a", 1), 5),
        (RowKind.DELETE, ("b", 2), 5),
        (RowKind.UPDATE_AFTER, (None, None), 0),
    ]
    assert len(rows) == 6


def test_given_words_for_the_current_time_are_filled_in():
    schema = {"fields": {"d": "date", "t": "time", "n": "timestamp", "s": "string"}}
    fields = ["CURRENT_DATE", "CURRENT_TIME", "current_timestamp", "CURRENT_DATE"]
    by_name = dict(zip("dtns", fields, strict=True))
    for given_fields in (fields, by_name):
        made = source({"schema": schema, "rows": [{"kind": "INSERT", "fields": given_fields}]})
        assert rows_of(made)[0].values == (NOW.date(), NOW.time(), NOW, "CURRENT_DATE")


@pytest.mark.parametrize(
    "options",
    [
        {"string.length": 2**31 - 1},
        {"array.size": 10_000_000, "schema": {"fields": {"a": "array<int>"}}},
        {"map.size": 1000, "schema": {"fields": {"a": "map<string,map<string,map<string,int>>>"}}},
    ],
)
def test_row_of_any_size_is_not_made(options):
    made = source(options)
    with pytest.raises(TaskFailed):
        rows_of(made)


@pytest.mark.parametrize(
    ("declared", "options", "low", "high"),
    [
        ("tinyint", {}, 0, 126),
        ("smallint", {"smallint.min": 5, "smallint.max": 7}, 5, 6),
        ("int", {"int.min": 3, "int.max": 3}, 3, 3),
        ("bigint", {"bigint.min": 10**15}, 10**15, 2**63 - 2),
        ("float", {"float.max": 1.5}, 0, 1.5),
        ("double", {"double.min": 1, "double.max": 2}, 1, 2),
    ],
)
def test_numbers_lie_in_their_range(declared, options, low, high):
    assert all(low <= value <= high for value in column(declared, options))


def test_floats_are_numbers_of_32_bits():
    assert all(value == single(value) for value in column("float"))


def test_scale_rounds_floating_point():
    made = source({"double.max": 10, "schema": {"columns": [{"name": "c", "type": "double", "columnScale": 1}]}})
    assert all(single(round(row.values[0], 1)) == row.values[0] for row in rows_of(made))


def test_unknown_source_is_refused_or_stood_in_for():
    with pytest.raises(PluginUnknown, match="pluginType='source', pluginName='NoSuch'"):
        source(plugin="NoSuch")
    with pytest.raises(FactoryFailed):
        source(plugin="LocalFile")
    any_name = ConnectorMode.ANY
    assert len(rows_of(source({"schema": None, "row.num": "x"}, plugin="NoSuch", mode=any_name))) == 5
    assert source(plugin="NoSuch", mode=any_name, result_table_name="out").produces[0].names == ("name", "age")


def test_whole_numbers_of_a_primary_key_are_counted_through_all_readers_where_asked():
    schema = {"fields": {"id": "int", "n": "bigint"}, "primaryKey": {"name": "pk", "columnNames": ["id"]}}
    made = source({"schema": schema, "row.num": 3, "auto.increment.enabled": True}, parallelism=2)
    assert [row.values[0] for row in rows_of(made)] == [1, 2, 3, 4, 5, 6]
    assert [row.values[0] for row in rows_of(made, skip=4)] == [5, 6]
    made = source({"schema": schema, "row.num": 2, "auto.increment.enabled": True, "auto.increment.start": 10})
    assert [row.values[0] for row in rows_of(made)] == [10, 11]
