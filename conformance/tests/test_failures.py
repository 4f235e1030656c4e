"""The finding of a failed check has the values that its assert compared, and the places where they differ."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatunnel_conformance.arrange.comparisons import ComparedValues
from seatunnel_conformance.arrange.expectations import Wording, refused
from seatunnel_conformance.observe.schemas import validator_of, violations_of
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.asserts import FailedAssert, compiled
from seatunnel_conformance.text.differences import differences, locate
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_openapi import Contract


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": ""}, {"a": "5"}, ['at /a: expected "", found "5"']),
        ({"a": ""}, {}, ['at /a: expected "", found nothing']),
        ({}, {"a": 1}, ["at /a: expected nothing, found 1"]),
        ([1, {"b": 2}], [1, {"b": 3}], ["at /1/b: expected 2, found 3"]),
        ([1], [1, 2], ["at /1: expected nothing, found 2"]),
        ([1, 2, 3], [1, 3], ["at /1: expected 2, found nothing"]),
        ([1, 2], [2, 1], ["at /0: expected 1, found 2", "at /1: expected 2, found 1"]),
        (
            [{"a": 1}, {"b": 2}, 5],
            [{"a": 1}, {"b": 3}],
            ["at /1/b: expected 2, found 3", "at /2: expected 5, found nothing"],
        ),
        ([0] * 500, [0] * 499, ["at /499: expected 0, found nothing"]),
        ("a", None, ['expected "a", found null']),
        ({"a": 1}, {"a": "1"}, ['at /a: expected 1, found "1"']),
    ],
)
def test_difference_is_told_with_its_place(expected: Any, found: Any, told: list[str]):
    assert [str(difference) for difference in differences(expected, found)] == told


def test_secret_is_in_no_difference():
    told = differences({"password": "x"}, {"password": "hunter2", "nested": {"token": "hunter2"}})
    assert "hunter2" not in repr(told)


@pytest.mark.parametrize("same", [200, 5000])
def test_long_texts_are_shown_around_their_first_difference(same: int):
    (found,) = differences("a" * same + "bc" * 300, "a" * same + "bd" * 300)
    assert len(str(found)) < 600
    assert re.search(r"a{50,}bcb.*, found .*a{50,}bdb", str(found))


def test_long_value_is_one_short_line():
    assert len(str(differences("", "x" * 1_000_000)[0])) < 300


@pytest.mark.parametrize(
    ("value", "place"), [("x", "/a/0"), ("y", None), ("z", None), ({"a": ["x"], "b": "y", "c": "y"}, "")]
)
def test_value_is_located_only_where_it_is_alone(value: Any, place: str | None):
    assert locate(value, {"a": ["x"], "b": "y", "c": "y"}) == place


ANSWER = Response(404, [], b'{"jobStatus": "FAILED", "ids": ["1", "2"], "n": 0}')


@pytest.mark.parametrize(
    ("operator", "left", "right", "told"),
    [
        ("==", 404, 200, ["at status: expected 200, found 404"]),
        ("==", "FAILED", "RUNNING", ['at /jobStatus: expected "RUNNING", found "FAILED"']),
        ("==", ("FAILED", 5), ("FAILED", 6), ["at item 1: expected 6, found 5"]),
        ("==", ["2", "1"], ["2"], ['at item 1: expected nothing, found "1"']),
        ("==", ["1", "2"], ["2"], ['at /ids/0: expected nothing, found "1"']),
        ("==", {"FINISHED", "FAILED"}, {"FAILED"}, ['expected ["FAILED"], found ["FAILED", "FINISHED"]']),
        ("<=", {"a"}, {"b"}, ['expected at least ["a"], found ["b"]']),
        (
            "==",
            {"a": 1, "b": 1}.keys(),
            {"b", "c"},
            ["at /a: expected nothing, found a member", "at /c: expected a member, found nothing"],
        ),
        ("<=", {"a", "b"}, {"b": 1}.keys(), ["at /a: expected a member, found nothing"]),
        ("<=", {"a": 1, "b": 1}.keys(), {"b"}, ["at /a: expected nothing, found a member"]),
        (">=", {"a": 1}.keys(), {"b"}, ["at /b: expected a member, found nothing"]),
        (">=", 0, 1, ["expected at least 1, found 0"]),
        ("!=", "FAILED", "FAILED", ['at /jobStatus: expected anything but "FAILED", found "FAILED"']),
        ("in", 404, {200, 400}, ["at status: expected one of 200, 400, found 404"]),
        ("in", "3", ["1", "2"], ['at /ids: expected a list with "3", found ["1", "2"]']),
        ("in", "POST", "GET, HEAD", ['expected a text with "POST", found "GET, HEAD"']),
        ("not in", "1", ["1", "2"], ['at /ids: expected a list without "1", found ["1", "2"]']),
        ("not in", "# EOF", "# EOF", ['expected a text without "# EOF", found "# EOF"']),
        ("==", b'{"a": 1}', b'{"a": 2}', ["at /a: expected 2, found 1"]),
        ("is", None, True, ["expected true, found null"]),
    ],
)
def test_failed_assertion_names_what_it_expected_and_the_place_in_the_response(
    operator: str, left: Any, right: Any, told: list[str]
):
    compared = ComparedValues(operator, left, right)
    assert [str(place) for place in compared.differences(ANSWER, Redactor())] == told


def test_constant_on_the_left_is_what_is_expected():
    compared = ComparedValues("<=", 1, 0)
    assert [str(place) for place in compared.differences(ANSWER, Redactor(), expects_left=True)] == [
        "expected at least 1, found 0"
    ]


def test_violations_of_a_schema_are_differences_at_their_places(contract: Contract):
    closed = validator_of(contract, {"$ref": "#/components/schemas/TagsUpdated"}, closed=True)
    wrong = violations_of(closed, {"status": 5, "more": 1})
    compared = ComparedValues("==", wrong, [])
    assert sorted(str(place) for place in compared.differences(None, Redactor())) == [
        "at /message: expected a member, found nothing",
        "at /more: expected nothing, found a member",
        'at /status: expected "success", found 5',
        "at /status: expected a string, found 5",
    ]


SOURCE = '''"""A module."""

from __future__ import annotations

def checked(found, due, response):
    {statement}
'''


def failure(statement: str, *, found: Any = None, due: Any = None) -> FailedAssert:
    """Return the error that an assert raises."""
    names: dict[str, Any] = {}
    exec(compile(compiled(SOURCE.format(statement=statement).encode()), "checks.py", "exec"), names)  # noqa: S102 - what a module is made of
    with pytest.raises(FailedAssert) as caught:
        names["checked"](found, due, SimpleNamespace(status=404, charset=None))
    assert caught.traceback[-1].lineno == 5
    return caught.value


@pytest.mark.parametrize(
    ("statement", "found", "due", "said"),
    [
        ("assert found == due", 1, 2, "1 == 2"),
        ("assert len(found) >= 1", [], None, "0 >= 1"),
        ("assert 1 <= found <= due", 3, 2, "3 <= 2"),
        ("assert found and found != due", 2, 2, "2 != 2"),
        ("assert not found or found is None", 2, None, "2 is None"),
        ("assert found in due if due else found", 2, [1], "2 in [1]"),
        ("assert (found, 5) == (due, 6)", 1, 1, "5 == 6"),
        ("assert (found, 5) == due", 1, (1, 6), "(1, 5) == (1, 6)"),
        ("assert not found", "x", None, "'x' not"),
        ("assert isinstance(found, str)", 5, None, "5 isinstance <class 'str'>"),
        ("assert found.startswith(due)", "ab", "b", "'ab' startswith 'b'"),
        ("assert found.strip()", " ", None, "' ' strip"),
        ("assert [one for one in found if one] == []", [1], None, "[1] == []"),
        ("assert found == due, 'a text'", 1, 2, "a text"),
        ("assert found == due, response", 1, 2, "namespace(status=404, charset=None)"),
    ],
)
def test_failed_assert_has_the_values_that_it_compared(statement: str, found: Any, due: Any, said: str):
    assert str(failure(statement, found=found, due=due)).strip() == said


@pytest.mark.parametrize(
    ("statement", "path", "attribute"),
    [
        ('assert found["a"] == due', ("a",), ""),
        ('assert found.get("a") == due', ("a",), ""),
        ("assert len(found) == due", (), "len()"),
        ("assert found.keys() == due", (), "keys()"),
    ],
)
def test_operand_knows_what_it_was_read_from(statement: str, path: tuple[str, ...], attribute: str):
    found = {"a": {"b": 1}}
    left = failure(statement, found=found).left
    assert left.base is found
    assert (left.path, left.attribute) == (path, attribute)


def test_call_in_an_assert_is_made_once():
    calls: list[int] = []
    failure("assert len(due(found)) == 2 == found", found=calls, due=lambda calls: calls.append(1) or calls)
    assert calls == [1]


@pytest.mark.slow
def test_checks_are_compiled_like_this_also_where_python_leaves_asserts_out():
    code = (
        "from seatunnel_conformance.checks.loggers import check\n"
        "from seatunnel_conformance.arrange.expectations import answered\n"
        "from seatunnel_conformance.target.exchange import Response\n"
        "answered(Response(200, [], b'5'), 6)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert "FailedAssert: 5 == 6" in done.stderr


@pytest.mark.slow
def test_code_is_cached_beside_that_of_python(tmp_path: Path):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    code = "import seatunnel_conformance.checks.loggers"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("loggers.*.asserts-*.pyc"))
    assert not list(tmp_path.rglob("loggers.cpython-???.pyc"))


@pytest.mark.parametrize("wrapper", ["", "a.B: Failed to decrypt config.\n\tat a.B.c(B.java:1)\nCaused by: "])
def test_text_of_an_error_can_be_that_of_the_cause_in_a_stack_trace(wrapper: str):
    wording = Wording("Miss <Source> config!", "stack-trace")
    assert wording.fits(f"{wrapper}a.B: Miss <Source> config!\n\tat a.B.d(B.java:2)\n")
    assert not wording.fits(f"{wrapper}a.B: Miss <Sink> config!\n\tat a.B.d(B.java:2)\n")
    assert str(wording) == '"CLASS: Miss <Source> config!" with a stack trace'


def test_message_that_is_a_stack_trace_is_shown_by_its_first_line():
    body = json.dumps({"status": "fail", "message": "a.B: no\n\tat a.B.c(B.java:1)"}).encode()
    with pytest.raises(AssertionError) as failed:
        refused(Response(400, [("Content-Type", "application/json")], body), 400, Wording("yes", "text"))
    assert str(failed.value) == 'the message is "a.B: no" and more lines instead of "yes"'
