import re
from pathlib import Path

import pytest

import seatunnel_openapi
from seatunnel_openapi import ContractError, UnknownFact, UnknownRelease, errors


def classes(base: type[ContractError], depth: int = 0) -> list[tuple[int, str]]:
    lines = [(depth, base.__name__)]
    for child in base.__subclasses__():
        lines += classes(child, depth + 1)
    return lines


def test_tree_in_the_docstring_is_the_real_one():
    drawn = re.findall(r"^ {4}((?:[│├└─ ]{4})*)(\w+)(?: {2,}|$)", str(errors.__doc__), re.MULTILINE)
    assert [(len(indent) // 4, name) for indent, name in drawn] == classes(ContractError)


def test_every_error_is_exported_and_every_export_exists():
    exported = set(seatunnel_openapi.__all__)
    assert {name for _, name in classes(ContractError)} <= exported
    assert all(hasattr(seatunnel_openapi, name) for name in exported)
    assert list(seatunnel_openapi.__all__) == sorted(exported, key=lambda name: (name.islower(), name))


def test_text_of_an_error_is_its_message_and_its_hint():
    error = UnknownRelease("9.9", ("documented", "2.3.9"))
    assert error.message == "Unknown release '9.9'."
    assert error.hint == "Known releases: documented, 2.3.9."
    assert str(error) == f"{error.message} {error.hint}"


def test_missing_fact_is_a_key_error_that_reads_well():
    error = UnknownFact("listOrder", "get_overview")
    assert isinstance(error, KeyError)
    assert str(error) == "The x-behaviour of get_overview has no fact 'listOrder'."


@pytest.mark.parametrize("module", sorted(Path(str(errors.__file__)).parent.glob("*.py")), ids=lambda path: path.stem)
def test_module_is_at_most_400_lines_long(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 400
