# A column's timestamps have no zone.
# ruff: noqa: DTZ001
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from seatunnel_server.engine.memory.limits import sizer
from seatunnel_server.engine.memory.schema import BadType, parse_type


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
