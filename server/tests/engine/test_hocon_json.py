"""JSON as the engine's HOCON library reads it: laxer and stricter than JSON in request bodies."""

import pytest

from seatunnel_server.engine.hocon import Syntax, parse
from seatunnel_server.engine.refusals import NotHocon


def read(text: str):
    return parse(text, syntax=Syntax.JSON)


def test_objects_lists_and_scalars_are_read():
    assert read('\ufeff{"a": [1, -2.5, "x", true, false, null, {}], "": {"b": []}}\n') == {
        "a": [1, -2.5, "x", True, False, None, {}],
        "": {"b": []},
    }


def test_line_ends_may_stand_between_all_tokens():
    assert read('\n{\n"a"\n:\n[\n1\n,\n2\n]\n,\n"b"\n:\n{\n}\n}\n') == {"a": [1, 2], "b": {}}


@pytest.mark.parametrize("key", ["a->b", "a.b", "a:b", "$", "source"])
def test_key_is_never_a_path_nor_a_section(key):
    assert read(f'{{"{key}": {{"c": 1}}}}') == {key: {"c": 1}}


@pytest.mark.parametrize(
    ("text", "expected"), [("007", 7), ("1.", 1), ("1e3", 1000), ("1.0", 1), ('"""x\ny"""', "x\ny"), (r'"\u+0e9"', "é")]
)
def test_what_the_scanner_takes_is_json_too(text, expected):
    assert read(f'{{"a": {text}}}') == {"a": expected}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("env {}", 1),
        ('"a": 1', 1),
        ("1", 1),
        ("{", 1),
        ('{"a": 1,}', 1),
        ('{"a": [1,]}', 1),
        ('{"a": [1 2]}', 1),
        ('{"a": [1\n2]}', 2),
        ('{"a": 1\n"b": 2}', 2),
        ('{"a": 1 2}', 1),
        ('{"a" = 1}', 1),
        ('{"a" {}}', 1),
        ('{"a": 1 # why\n}', 1),
        ('{"a": 1} // why', 1),
        ("{a: 1}", 1),
        ("{1: 1}", 1),
        ('{"a": x}', 1),
        ('{"a": ${x}}', 1),
        ('{"a": {} {}}', 1),
        ('{"a": 12345678901234567890}', 1),
        ('{"a": }', 1),
        ('{"a": 1}\n{}', 2),
        ('{"a": [}]', 1),
        ('{"a" "b": 1}', 1),
        ('{include "x"}', 1),
        ('{"a": 1,\n "a": 2}', 2),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text, line):
    with pytest.raises(NotHocon) as refused:
        read(text)
    assert refused.value.line == line


def test_list_as_a_document_is_refused():
    with pytest.raises(NotHocon, match="the document is a list"):
        read("[]")


def test_nesting_is_limited():
    assert read('{"a":' * 250 + "1" + "}" * 250)
    with pytest.raises(NotHocon, match="levels deep"):
        read('{"a":' * 251 + "1" + "}" * 251)
