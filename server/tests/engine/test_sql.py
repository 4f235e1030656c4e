# Queries are put together from the expression under test.

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_row import ROW, query, value

from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import Column, Table, TablePath, parse_type
from seatunnel_server.engine.options import Options


def test_selected_row_is_new_and_keeps_table_and_kind():
    made = query("select name, age + 1 as age from fake")
    assert made.produces.names == ("name", "age")
    assert made.apply([ROW]) == [Row("fake", ("Ann", 42), kind=RowKind.UPDATE_AFTER, size=7)]


@pytest.mark.parametrize(
    "expression", ["repeat(name, 10000000)", "lpad(name, 10000000)", "cast('1e9999' as decimal(5,2))"]
)
def test_value_without_bounds_fails_the_job(expression):
    with pytest.raises(TaskFailed):
        value(expression)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select name from fake where gone in (null)", 1),
        ("select name from fake where gone not in (null)", 1),
        ("select name from fake where gone in ('a', null)", 0),
        ("select name from fake where gone not in ('a', null)", 0),
    ],
)
def test_null_is_in_and_not_in_a_list_that_begins_with_null(sql, rows):
    assert len(query(sql).apply([ROW])) == rows


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
@settings(deadline=None)
def test_whole_numbers_wrap_around_at_32_bits(a, b):
    table = Table(TablePath.parse("t"), (Column("a", parse_type("int")), Column("b", parse_type("int"))))
    made = make_transform("Sql", Options({"query": "select a + b, a - b, a * b from t"}), table)
    results = made.apply([Row("t", (a, b))])[0].values
    assert all(-(2**31) <= result < 2**31 for result in results)
    assert [(exact - result) % 2**32 for exact, result in zip((a + b, a - b, a * b), results, strict=True)] == [0, 0, 0]
