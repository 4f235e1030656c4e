"""Asserts of checks raise what they compared."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatunnel_conformance.text.asserts import FailedAssert
from seatunnel_conformance.text.compiling import compiled

SOURCE = '''"""A module."""

from __future__ import annotations

def checked(found, due, response):
    {statement}
'''


def failure(statement: str, *, found: Any = None, due: Any = None) -> FailedAssert:
    """Return the failure of an assert."""
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
        ("assert (found == 200) == due", 404, True, "404 == 200"),
        ("assert (found == 200) == due", 200, False, "200 != 200"),
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
        ('assert found["a"]["b"] == due', ("a", "b"), ""),
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


def test_items_of_a_tuple_are_operands():
    one, other = failure('assert (response.status, found["a"]) == due', found={"a": 1}).left.items
    assert (one.attribute, other.path) == ("status", ("a",))


def test_call_in_an_assert_is_made_once():
    calls: list[int] = []
    failure("assert len(due(found)) == 2 == found", found=calls, due=lambda calls: calls.append(1) or calls)
    assert calls == [1]


def test_checks_are_compiled_like_this_also_where_python_leaves_asserts_out():
    code = (
        "from seatunnel_conformance.checks.loggers import check\n"
        "from seatunnel_conformance.arrange.expectations import answered\n"
        "from seatunnel_conformance.target.exchange import Response\n"
        "answered(Response(200, [], b'5'), 6)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert "FailedAssert: 5 == 6" in done.stderr


def test_code_is_cached_beside_that_of_python(tmp_path: Path):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    code = "import seatunnel_conformance.checks.loggers"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("loggers.*.asserts-*.pyc"))
    assert not list(tmp_path.rglob("loggers.cpython-???.pyc"))
