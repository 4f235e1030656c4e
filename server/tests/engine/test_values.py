# A column's timestamps have no zone.
# ruff: noqa: DTZ001
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from seatunnel_server.engine.memory.connectors.dates import (
    BadDate,
    java_time,
    java_timestamp,
    parse_date,
    parse_time,
    parse_timestamp,
)
from seatunnel_server.engine.memory.connectors.values import BadValue, from_json, to_cell, to_json, to_text
from seatunnel_server.engine.memory.schema import parse_type


@pytest.mark.parametrize("text", ["2024-02-29", "2024/02/29", "2024.02.29", "2024年02月29日", "20240229"])
def test_date_is_read_in_every_notation(text):
    assert parse_date(text) == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["", "2023-02-29", "29.02.2024", "2024-2-29"])
def test_date_that_is_none_is_refused(text):
    with pytest.raises(BadDate):
        parse_date(text)


@pytest.mark.parametrize(("text", "read"), [("10:11:12", time(10, 11, 12)), ("10:11:12.5", time(10, 11, 12, 500_000))])
def test_time_is_read_with_its_seconds(text, read):
    assert parse_time(text) == read


@pytest.mark.parametrize("text", ["10:11", "25:00:00", "1:2:3", "x"])
def test_time_that_is_none_is_refused(text):
    with pytest.raises(BadDate):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    ["2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024/01/02 03:04:05", "2024.01.02 03:04:05", "20240102030405"],
)
def test_timestamp_is_read_in_every_notation(text):
    assert parse_timestamp(text) == datetime(2024, 1, 2, 3, 4, 5)


def test_timestamp_that_is_none_is_refused():
    with pytest.raises(BadDate):
        parse_timestamp("yesterday")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (time(10, 11), "10:11"),
        (time(10, 11, 12), "10:11:12"),
        (time(10, 11, 12, 500_000), "10:11:12.500"),
        (time(10, 11, 0, 5), "10:11:00.000005"),
    ],
)
def test_time_is_written_as_java_writes_it(value, text):
    assert java_time(value) == text
    assert java_timestamp(datetime.combine(date(2024, 1, 2), value)) == f"2024-01-02T{text}"


@pytest.mark.parametrize(
    ("declared", "sent", "value"),
    [
        ("string", "a", "a"),
        ("string", 1.0, "1.0"),
        ("string", {"a": [1]}, '{"a":[1]}'),
        ("boolean", True, True),
        ("boolean", " TRUE ", True),
        ("boolean", "x", False),
        ("tinyint", "-128", -128),
        ("int", 5.9, 5),
        ("int", "+7", 7),
        ("bigint", 2**40, 2**40),
        ("float", 0.1, 0.10000000149011612),
        ("double", "1.5", 1.5),
        ("decimal(5,2)", "1.50", Decimal("1.50")),
        ("null", 5, None),
        ("bytes", "YWI=", b"ab"),
        ("bytes", 5, None),
        ("date", "2024-01-02", date(2024, 1, 2)),
        ("time", "01:02:03", time(1, 2, 3)),
        ("timestamp", "2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
        ("array<int>", [1, "2", None], (1, 2, None)),
        ("array<int>", {"a": 1}, (None,)),
        ("array<int>", 5, ()),
        ("map<int,string>", {"1": "a"}, {1: "a"}),
        ("map<int,string>", 5, {}),
        ({"a": "int", "b": "string"}, {"b": "x"}, (None, "x")),
        ({"a": "int", "b": "string"}, [1], (1, None)),
        ({"a": "int"}, 5, (None,)),
        ("int", None, None),
    ],
)
def test_json_is_read_as_the_columns_type(declared, sent, value):
    assert from_json(parse_type(declared), sent) == value


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("int", "x"),
        ("int", 2**31),
        ("int", True),
        ("tinyint", 128),
        ("tinyint", 1.0),
        ("double", "x"),
        ("double", [1]),
        ("decimal(1,1)", "x"),
        ("decimal(1,1)", "NaN"),
        ("decimal(1,1)", "1" * 2000),
        ("date", "x"),
        ("bytes", "*"),
        ("float_vector", [1]),
    ],
)
def test_json_that_is_not_of_the_columns_type_is_refused(declared, sent):
    with pytest.raises(BadValue):
        from_json(parse_type(declared), sent)


@pytest.mark.parametrize(
    ("declared", "value", "cell"),
    [
        ("string", "a", "a"),
        ("boolean", True, "true"),
        ("double", 1.0, "1.0"),
        ("float", 0.10000000149011612, "0.1"),
        ("date", date(2024, 1, 2), "2024-01-02"),
        ("timestamp", datetime(2024, 1, 2, 3), "2024-01-02T03:00"),
        ("decimal(5,2)", Decimal("1.50"), "1.50"),
        ("bytes", b"a\xff", "[97, -1]"),
        ("array<string>", ("a", None), "[a, null]"),
        ("map<string,double>", {"a": 1.0}, '{"a":1.0}'),
        ({"a": "int", "b": "string"}, (1, None), "[1, null]"),
        ("float_vector", b"1234", "java.nio.HeapByteBuffer[pos=0 lim=4 cap=4]"),
        ("sparse_float_vector", {3: 0.5}, "{3=0.5}"),
    ],
)
def test_value_is_printed_as_the_console_prints_it(declared, value, cell):
    assert to_cell(parse_type(declared), value) == cell


def test_null_has_no_cell_and_its_word_as_text():
    kind = parse_type("string")
    assert to_cell(kind, None) is None
    assert to_text(kind, None) == "null"


@pytest.mark.parametrize(
    ("declared", "value", "json"),
    [
        ("string", None, None),
        ("float", 0.10000000149011612, 0.1),
        ("bytes", b"ab", "YWI="),
        ("date", date(2024, 1, 2), "2024-01-02"),
        ("array<int>", (1, None), [1, None]),
        ("map<int,date>", {1: date(2024, 1, 2)}, {"1": "2024-01-02"}),
        ({"a": "bytes"}, (b"a",), {"a": "YQ=="}),
        ("sparse_float_vector", {3: 0.5}, {"3": 0.5}),
    ],
)
def test_value_becomes_json(declared, value, json):
    assert to_json(parse_type(declared), value) == json
