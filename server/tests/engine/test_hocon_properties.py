"""Properties of generated texts: the reader agrees with other readers where it must, and no text breaks it."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhocon import ConfigFactory

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import Refused, Syntax, parse

pytestmark = pytest.mark.slow

SECTIONS = ("source", "transform", "sink")

# Texts that both readers of HOCON read alike. They have no empty texts, dots or arrows in keys, sections, durations,
# escapes, values of different kinds under one key, substitutions or includes; the other reader follows the last two.
WORDS = st.from_regex(r"[g-l_]{1,8}( [g-l_]{1,8}){0,2}", fullmatch=True)
QUOTED = st.text(st.sampled_from("ab {}[]:=,#/é测'"), min_size=1, max_size=8).map(lambda text: f'"{text}"')
LITERALS = st.integers(-(2**63), 2**63 - 1).map(str) | st.sampled_from(["true", "false", "1.5", "-2.25"])
SCALARS = WORDS | QUOTED | LITERALS
KEYS = st.sampled_from(["k", "key", "k_1", '"a b"', '"x:y"', '"a,b"'])
SEPARATORS = st.sampled_from([", ", "\n", ",\n", "\n\n  ", " # a comment\n", "\n// a comment\n"])
MARKS = st.sampled_from([" = ", ": ", "=", " : "])


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    members = []
    for key, value in draw(st.dictionaries(KEYS, values, max_size=4)).items():
        mark = draw(MARKS | st.sampled_from([" ", "\n"]) if value.startswith("{") else MARKS)
        members.append(f"{key}{mark}{value}")
    return "{" + draw(SEPARATORS).join(members) + draw(st.sampled_from(["", "\n"])) + "}"


@st.composite
def lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    return "[" + draw(st.sampled_from([", ", ",", ",\n"])).join(draw(st.lists(values, max_size=3))) + "]"


DOCUMENTS = objects(st.recursive(SCALARS, lambda values: objects(values) | lists(values), max_leaves=8))


def read_elsewhere(text: str) -> Any:
    assert "$" not in text
    assert "include" not in text
    return json.loads(json.dumps(ConfigFactory.parse_string(text).as_plain_ordered_dict()))


@given(DOCUMENTS)
@settings(max_examples=50, deadline=None)
def test_ordinary_text_means_what_another_reader_takes_it_for(text):
    assert parse(text) == read_elsewhere(text)


@given(st.lists(objects(SCALARS), min_size=2, max_size=3))
@settings(max_examples=20, deadline=None)
def test_objects_under_one_key_merge_as_they_do_for_another_reader(blocks):
    text = "\n".join(f"both {block}" for block in blocks)
    assert parse(text) == read_elsewhere(text)


NAMES = st.text(max_size=6).filter(lambda name: name not in SECTIONS)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(NAMES, values, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, JSON, max_size=4), st.sampled_from([None, 2]), st.booleans(), st.sampled_from(Syntax))
def test_json_means_the_same_to_all(tree, indent, ascii_only, syntax):
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    assert parse(text, syntax=syntax) == tree


CHARACTERS = "{}[]=:,\n \t\r.-+$`@*&^!?\\'\"#/()é测😀\x00\x1f\u00a0\ufeff"
WHOLE = ("env", "source", "F", "plugin_name", "include", "file(", "required(", "true", "null", "12", "1e400")
MARKED = ('"x"', '"""', '"""x\n"""', '"\\u00e9"', "${", "${?x}", "->", "+=", "//")
PIECES = st.sampled_from([*CHARACTERS, *WHOLE, *MARKED])


def assert_plain(value: Any) -> None:
    match value:
        case Refused():
            with pytest.raises(EngineError):
                len(value)
        case dict():
            assert all(isinstance(key, str) for key in value)
            for item in value.values():
                assert_plain(item)
        case list():
            for item in value:
                assert_plain(item)
        case _:
            assert value is None or isinstance(value, str | int | float)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(), st.sampled_from(Syntax))
@settings(max_examples=400)
def test_any_text_is_a_plain_tree_or_a_refusal(text, syntax):
    try:
        tree = parse(text, syntax=syntax)
    except EngineError as error:
        refusal: EngineError | None = error
    else:
        refusal = None
        assert_plain(tree)
    assert refusal is None or refusal.message


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_can_stand_in_triple_quotes(text):
    if '"""' not in text and not text.endswith('"'):
        assert parse(f'a = """{text}"""') == {"a": text}


FIGURES = 100_000
LONG = {
    "settings": "a = 1\n" * (FIGURES // 6),
    "merging": "\n".join(f"a->k{number} = 1" for number in range(FIGURES // 12)),
    "objects beside each other": "a = " + "{b = 1}" * (FIGURES // 7),
    "lists beside each other": "a = " + "[1]" * (FIGURES // 3),
    "replaced substitutions": "a = 1, a = [" + "{b = ${x}, b = 1}," * (FIGURES // 18) + "]",
    "words": "a = " + "b " * (FIGURES // 2),
    "slashes": "a = " + "/ " * (FIGURES // 2),
    "key of words": "a " * (FIGURES // 2) + "= 1",
    "brackets": "[{" * (FIGURES // 2),
    "arrows": "a->" * (FIGURES // 3) + "a = 1",
    "substitutions": "a = " + "${" * (FIGURES // 2),
    "digits": "a = " + "1" * FIGURES,
    "fraction": "a = 0." + "1" * FIGURES,
    "zeros": "a = " + "0" * FIGURES,
    "minuses": "a = " + "-" * FIGURES,
    "quotes": 'a = """' + '""x' * (FIGURES // 3),
    "escapes": 'a = "' + "\\n" * (FIGURES // 2),
    "blanks": " " * FIGURES,
    "comments": "#\n" * (FIGURES // 2),
    "includes": 'include "x"\n' * (FIGURES // 12),
    "numbered keys": "a = [] {" + "\n".join(f"{number} = x" for number in range(FIGURES // 10)) + "}",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_time_for_a_long_text_is_bounded(text):
    start = time.process_time()
    with contextlib.suppress(EngineError):
        parse(text)
    assert time.process_time() - start < 5


def test_job_of_a_mebibyte_is_read_in_seconds():
    plugin = 'FakeSource {\n  plugin_output = "fake"\n  row.num = 8\n  schema = { fields { name = "string" } }\n}\n'
    count = 2**20 // len(plugin)
    start = time.process_time()
    tree = parse("env { job.mode = BATCH }\nsource {\n" + plugin * count + "}")
    assert len(tree["source"]) == count
    assert time.process_time() - start < 10
