"""Values that the recorded rows do not hold; see `recorded/test_recorded_rows.py` for all others."""

from datetime import date

import pytest

from seatunnel_server.engine.memory.connectors.values import BadValue, from_json, to_cell, to_json, to_text
from seatunnel_server.engine.memory.schema import parse_type


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


def test_bytes_are_printed_with_their_signs():
    assert to_cell(parse_type("bytes"), b"a\xff") == "[97, -1]"


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
