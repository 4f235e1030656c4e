# A column's timestamps have no zone.
# ruff: noqa: DTZ001
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from seatunnel_server.engine.memory.limits import row_sizer, sizer
from seatunnel_server.engine.memory.schema import BadType, SqlType, parse_type


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("string", "STRING"),
        ("Int", "INT"),
        (" long ", "BIGINT"),
        ("short", "SMALLINT"),
        ("byte", "TINYINT"),
        ("big int", "BIGINT"),
        ("bytes", "BYTES"),
        ("null", "NULL"),
        ("timestamp", "TIMESTAMP"),
        ("decimal(10, 2)", "Decimal(10, 2)"),
        ("array<int>", "ARRAY<INT>"),
        ("map<string,int>", "Map<STRING, INT>"),
        ("map<decimal(3,1), map<string, array<double>>>", "Map<Decimal(3, 1), Map<STRING, ARRAY<DOUBLE>>>"),
        ({"a": "int", "b": {"c": "string"}}, "ROW<a INT,b ROW<c STRING>>"),
        ("float_vector", "FLOAT_VECTOR"),
    ],
)
def test_declared_type_is_read(declared, shown):
    assert str(parse_type(declared)) == shown


@pytest.mark.parametrize(
    "declared",
    [
        "no_such_type",
        "",
        "array",
        "array<>",
        "array<decimal(1,1)>",
        "array<array<int>>",
        "map",
        "map<int>",
        "map<int,nope>",
        "map<decimal(3,1)>",
        "decimal",
        "decimal(10)",
        "decimal(,)",
        "decimal(99999999999,1)",
        "row",
        5,
        None,
        {"a": 1},
    ],
)
def test_type_that_is_none_is_refused(declared):
    with pytest.raises(BadType):
        parse_type(declared)


def test_type_that_is_nested_too_deep_is_refused():
    declared = "int"
    for _ in range(5000):
        declared = f"map<string,{declared}>"
    with pytest.raises(BadType):
        parse_type(declared)


@pytest.mark.parametrize(
    ("declared", "value", "size"),
    [
        ("string", "abcde", 5),
        ("string", "\U0001f600", 2),
        ("boolean", True, 1),
        ("tinyint", 1, 1),
        ("smallint", 1, 2),
        ("int", 1, 4),
        ("bigint", 1, 8),
        ("float", 1.0, 4),
        ("double", 1.0, 8),
        ("decimal(5,2)", Decimal("1.00"), 36),
        ("null", None, 0),
        ("bytes", b"abc", 3),
        ("date", date(2024, 1, 1), 24),
        ("time", time(1), 12),
        ("timestamp", datetime(2024, 1, 1), 48),
        ("array<int>", (1, None, 3), 8),
        ("array<string>", ("ab", "c"), 3),
        ("map<string,int>", {"ab": 1, "c": None}, 7),
        ({"a": "int", "b": "string"}, (1, "xy"), 6),
        ("float_vector", b"12345678", 8),
        ("sparse_float_vector", {1: 0.5, 2: 0.5}, 16),
        ("string", None, 0),
    ],
)
def test_value_weighs_what_the_engine_counts(declared, value, size):
    assert sizer(parse_type(declared))(value) == size


def test_row_of_name_and_age_weighs_nine_bytes():
    assert row_sizer([parse_type("string"), parse_type("int")])(("abcde", 1)) == 9


@pytest.mark.parametrize(
    "kind", [each for each in SqlType if each not in {SqlType.ARRAY, SqlType.MAP, SqlType.DECIMAL, SqlType.ROW}]
)
def test_every_plain_type_is_known_by_its_name_and_weighs_nothing_as_null(kind):
    parsed = parse_type(kind.value.lower())
    assert parsed.kind is kind
    assert sizer(parsed)(None) == 0
