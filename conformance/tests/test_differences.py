"""Where two JSON values differ, and where in an answer that is."""

from typing import Any

import pytest

from seatunnel_conformance.arrange.comparisons import ComparedValues, differences_in
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.differences import differences, locate


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": ""}, {"a": "5"}, ['at /a: expected "", found "5"']),
        ({"a": ""}, {}, ['at /a: expected "", found nothing']),
        ({}, {"a": 1}, ["at /a: expected nothing, found 1"]),
        ([1, {"b": 2}], [1, {"b": 3}], ["at /1/b: expected 2, found 3"]),
        ([1], [1, 2], ["expected [1], found [1, 2]"]),
        ("a", None, ['expected "a", found null']),
        ({"a": 1}, {"a": "1"}, ['at /a: expected 1, found "1"']),
    ],
)
def test_difference_is_told_with_its_place(expected: Any, found: Any, told: list[str]):
    assert [str(difference) for difference in differences(expected, found)] == told


def test_secret_is_in_no_difference():
    told = differences({"password": "x"}, {"password": "hunter2", "nested": {"token": "hunter2"}})
    assert "hunter2" not in repr(told)


def test_long_value_is_one_short_line():
    assert len(str(differences("", "x" * 1_000_000)[0])) < 300


@pytest.mark.parametrize(
    ("value", "place"), [("x", "/a/0"), ("y", None), ("z", None), ({"a": ["x"], "b": "y", "c": "y"}, "")]
)
def test_value_is_located_only_where_it_is_alone(value: Any, place: str | None):
    assert locate(value, {"a": ["x"], "b": "y", "c": "y"}) == place


@pytest.mark.parametrize(
    ("found", "expected", "told"),
    [
        (404, 200, ["at status: expected 200, found 404"]),
        ("FAILED", "RUNNING", ['at /jobStatus: expected "RUNNING", found "FAILED"']),
        (
            {"a", "b"},
            {"b", "c"},
            ["at /a: expected nothing, found a member", "at /c: expected a member, found nothing"],
        ),
    ],
)
def test_failed_assertion_names_the_place_in_the_answer(found: Any, expected: Any, told: list[str]):
    response = Response(404, [], b'{"jobStatus": "FAILED"}')
    compared = ComparedValues.of(found, expected)
    problem = AssertionError(f"assert {compared.summary}")
    assert [str(place) for place in differences_in(problem, [compared], response)] == told


def test_comparison_that_did_not_fail_the_check_tells_nothing():
    earlier = ComparedValues.of(1, 2)
    assert differences_in(AssertionError("assert False"), [earlier], None) == ()
    assert ComparedValues.of(object(), 1) is None
