import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.javatext import (
    double_text,
    float_text,
    hash_order,
    java_text,
    json_text,
    single,
    string_hash,
    utf16_length,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (100.0, "100.0"),
        (33.333333333333336, "33.333333333333336"),
        (0.001, "0.001"),
        (0.00012, "1.2E-4"),
        (1234567.5, "1234567.5"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (1.2345678901234567e19, "1.2345678901234567E19"),
        (5e-324, "4.9E-324"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_double_is_written_as_java_writes_it(value, text):
    assert double_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (3.4028234663852886e38, "3.4028235E38"), (1.4e-45, "1.4E-45"), (16777216.0, "1.6777216E7")],
)
def test_float_is_written_with_the_digits_of_32_bits(value, text):
    assert float_text(single(value)) == text


def test_float_beyond_32_bits_is_an_infinity():
    assert float_text(single(1e39)) == "Infinity"
    assert single(-1e39) == -math.inf


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_double_text_gives_the_number_back(value):
    assert float(double_text(value)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_float_text_gives_the_number_back(value):
    assert single(float(float_text(value))) == value


def test_containers_are_written_as_java_collections():
    value = {"a": {"b": [1, "x", None, True, 1.5]}, "c": {}, "d": []}
    assert java_text(value) == "{a={b=[1, x, null, true, 1.5]}, c={}, d=[]}"


def test_containers_are_written_as_compact_json_with_java_numbers():
    assert json_text({"a": ['q"', None, False, 1e20], "b": {}}) == '{"a":["q\\"",null,false,1.0E20],"b":{}}'


def test_nesting_of_any_depth_is_written():
    value: object = 1
    for _ in range(5000):
        value = [value]
    assert java_text(value) == "[" * 5000 + "1" + "]" * 5000


def test_characters_beyond_the_basic_plane_count_twice():
    assert utf16_length("a\U0001f600é") == 4


def test_string_hash_is_javas():
    assert string_hash("hello") == 99162322
    assert string_hash("") == 0


def test_tables_come_once_and_in_the_order_of_a_hash_map():
    assert hash_order(["t1", "d.t2", "t1"]) == ["d.t2", "t1"]
