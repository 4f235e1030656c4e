# A column's timestamps have no zone; queries are put together from the expression under test.
# ruff: noqa: DTZ001, S608
from datetime import datetime
from uuid import UUID

import pytest
from one_row import ROW, TABLE, query, value

from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.options import Options

NOW = datetime(2026, 11, 26, 15, 4, 5, 678000)


def present(select, seed="1"):
    site = PluginSite(seed, lambda: NOW)
    made = make_transform("Sql", Options({"query": f"select {select} from fake"}), TABLE, site)
    return [row.values for row in made.apply([ROW, ROW])]


def test_present_is_that_of_the_engine():
    (values, _) = present("current_date as d, current_time as t, current_timestamp as s, now() as n")
    assert values == (NOW.date(), NOW.time(), NOW, NOW)
    assert [str(kind) for kind in query("select current_date, now(), uuid() from fake").produces.types] == [
        "DATE",
        "TIMESTAMP",
        "STRING",
    ]


def test_uuid_is_another_for_each_row_and_column_and_the_same_under_the_same_seed():
    made = present("uuid() as a, uuid() as b")
    texts = [text for values in made for text in values]
    assert len(set(texts)) == 4
    assert {UUID(text).version for text in texts} == {4}
    assert present("uuid() as a, uuid() as b") == made
    assert present("uuid() as a, uuid() as b", seed="2") != made


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("year()", "IndexOutOfBoundsException"),
        ("year(name)", r"cannot be cast to java\.time\.temporal\.Temporal"),
        ("year(at)", "NullPointerException"),
        ("hour(born)", "NullPointerException"),
        ("extract(year from name)", "ClassCastException"),
        ("formatdatetime(born)", "IndexOutOfBoundsException"),
        ("formatdatetime(name, 'yyyy')", "ClassCastException"),
        ("formatdatetime(born, 'HH')", "Unsupported field: HourOfDay"),
        ("to_char(at, 'yyyy')", "Unsupported field: YearOfEra"),
        ("to_char(seen)", "IndexOutOfBoundsException"),
    ],
)
def test_value_without_such_a_part_fails_the_job(expression, said):
    with pytest.raises(TaskFailed, match=said):
        value(expression)
