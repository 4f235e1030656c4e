"""The values of HOCON texts. The published libraries of 2.3.9 and 2.3.10 gave the same for every text here."""

import pytest

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.hocon import parse, reader
from seatunnel_server.engine.refusals import NoCodePoint, NotHocon, TooManyTokens


def value(text: str):
    return parse(f"a = {text}")["a"]


@pytest.mark.parametrize("text", ["", "  \n ", "# nothing\n// here", "{}", "\ufeff", "{\n}\n", "\n{ }"])
def test_text_without_settings_is_an_empty_object(text):
    assert parse(text) == {}


@pytest.mark.parametrize(
    "text", ["a = 1", "a : 1", "a=1", "a:1", '"a" = 1', "{a = 1}", "{a:1,}", "a\n=\n1", "\n\na = 1,\n"]
)
def test_setting_can_be_spelt_in_many_ways(text):
    assert parse(text) == {"a": 1}


@pytest.mark.parametrize("text", ["a {b = 1}", "a{b:1}", "a = {b = 1}", "a\n{\nb = 1\n}", "a : { b : 1 , }"])
def test_object_needs_no_mark_before_it(text):
    assert parse(text) == {"a": {"b": 1}}


@pytest.mark.parametrize("between", [",", "\n", "\n\n", ",\n", "\n,", " , ", "\r\n", " # why\n", ",//why\n\n"])
def test_comma_or_line_end_separates_settings(between):
    assert parse(f"a = 1{between}b = 2") == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ("[1,2]", [1, 2]),
        ("[1, 2,]", [1, 2]),
        ("[\n1\n2 3\n,4\n]", [1, "2 3", 4]),
        ("[[], [x]]", [[], ["x"]]),
        ("[{b = 1}, {b = 2}]", [{"b": 1}, {"b": 2}]),
        ("[1 # one\n]", [1]),
    ],
)
def test_list_holds_its_items(text, expected):
    assert value(text) == expected


def test_dot_in_a_key_is_a_character():
    assert parse("job.mode = BATCH\n.a.. = 1") == {"job.mode": "BATCH", ".a..": 1}


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("b->c", ("b", "c")),
        ('b->""', ("b", "")),
        ('b->"x->y"', ("b", "x->y")),
        ("b c->d", ("b c", "d")),
        ("null->b", ("null->b",)),
        ("b -> c", ("b -> c",)),
        ('"b->c"', ("b->c",)),
        ("1->2", ("1->2",)),
        ("->", ("->",)),
    ],
)
def test_arrow_makes_a_path_only_within_a_word(key, names):
    expected = 1
    for name in reversed(names):
        expected = {name: expected}
    assert parse(f"{key} = 1") == expected


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("b c  d", "b c  d"),
        ('"b" "c"', "b c"),
        ("true", "true"),
        ("1.50", "1.50"),
        ('""', ""),
        ("spalte_é", "spalte_é"),
        ("测", "测"),
        ("includes", "includes"),
        ('"include"', "include"),
        ("a/b", "a/b"),
        ('"$x:{}"', "$x:{}"),
    ],
)
def test_key_is_its_text(key, name):
    assert parse(f"{key} = 1") == {name: 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word", "word"),
        ("two  words ", "two  words"),
        ("x;y/z", "x;y/z"),
        ("10s", "10s"),
        ("5 minutes", "5 minutes"),
        ("x//y", "x"),
        ("x#y", "x"),
        ("x\u00a0y\u2007", "x\u00a0y"),
        ("true false", "true false"),
        ("trueish", "trueish"),
        ("null x", "null x"),
        ("1.50 s", "1.50 s"),
        ('"a"b "c"', "ab c"),
        ("'a b'", "'a b'"),
    ],
)
def test_text_without_quotes_keeps_its_inner_blanks(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False), ("null", None)])
def test_literal_is_its_value(text, expected):
    assert value(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-12", -12),
        ("007", 7),
        ("-0", 0),
        ("1.5", 1.5),
        ("1.0", 1),
        ("1.", 1),
        ("1e3", 1000),
        ("1E-1", 0.1),
        ("1e19", 1e19),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807.0", 2**63 - 1),
        ("-9223372036854775808.0", -(2**63)),
        ("0" * 30 + "1", 1),
    ],
)
def test_number_is_whole_if_it_can_be(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["9223372036854775808", "1-2", "1.2.3", "-", "1e", ".5", "1_0", "--1", "10.0.0.1"])
def test_what_only_looks_like_a_number_is_text(text):
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', ""),
        (r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
        (r'"\u00e9\u00E9\u+0e9"', "ééé"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d \ude00"', "? ?"),
        ('"# // {}"', "# // {}"),
        ('"\x7f\u2028"', "\x7f\u2028"),
        ('"""a\n\\n"b" ""c"""', 'a\n\\n"b" ""c'),
        ('"""a""""', 'a"'),
        ('""""a"""', '"a'),
        ('""""""', ""),
        ('"""""""""', '"""'),
    ],
)
def test_quoted_text_is_what_its_escapes_say(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{b = 1} {c = 2}", {"c": 2, "b": 1}),
        ("{b = 1}{b = 2}", {"b": 2}),
        ("[1] [2][3]", [1, 2, 3]),
        ('{"1" = y, 0 = x, z = 1} [z]', ["x", "y", "z"]),
        ('[z] {"+1" = y, 00 = x, -1 = n, 3000000000 = m}', ["z", "x", "y"]),
        ("[z] {-0 = x}", ["z", "x"]),
        ("[1] word", [1]),
        ("{b = 1} word and word", {"b": 1}),
    ],
)
def test_values_beside_each_other_are_one(text, expected):
    assert value(text) == expected
    assert str(value(text)) == str(expected)


@pytest.mark.parametrize(
    "text", ["x [1]", "[1] 2", '{} "x"', "{b = 1} [1]", "1 {}", "[1] {99999999999 = x}", '"a" b []']
)
def test_object_or_list_is_not_joined_with_anything_else(text):
    with pytest.raises(NotHocon, match="cannot be joined"):
        value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b = 1, b = 2", {"b": 2}),
        ("b { x = 1 }, b { y = 2 }", {"b": {"y": 2, "x": 1}}),
        ("b { x = 1 }, b = 5, b { y = 2 }", {"b": {"y": 2}}),
        ("b { x { p = 1 } }, b { x { q = 2 } }", {"b": {"x": {"q": 2, "p": 1}}}),
        ("b = [1], b = [2]", {"b": [2]}),
        ("b->x = 1, c = 0, b->y = 2, b->x = 3", {"b": {"x": 3, "y": 2}, "c": 0}),
        ("k { x { p = 1 } }, k { x = 1, x { q = 2 } }", {"k": {"x": {"q": 2}}}),
    ],
)
def test_key_that_comes_twice_merges_objects_and_replaces_all_else(text, expected):
    assert parse(text) == expected
    assert str(parse(text)) == str(expected)


@pytest.mark.parametrize(
    "text", ["${}", "${ }", "${a:b}", "${a\n}", "${${a}}", "${a#}", "${a", "${ ?a}", "$a", "$", "${a->}"]
)
def test_substitution_that_is_no_path_is_refused(text):
    with pytest.raises(NotHocon):
        value(text)


@pytest.mark.parametrize("key", ["b->", "b->->c", 'b->"c"->'])
def test_path_with_an_empty_name_is_refused(key):
    with pytest.raises(NotHocon, match=r"a name is missing|an arrow in a key"):
        parse(f"{key} = 1") if key != 'b->"c"->' else parse("a = ${b->}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("env {", 1),
        ("a {\n b = 1\n", 3),
        ("}", 1),
        ("a = 1\n}", 2),
        ("a = 1 b = 2", 1),
        ("a = 1\n, , b = 2", 2),
        (", a = 1", 1),
        ("a", 1),
        ("a b", 1),
        ("a =", 1),
        ("\n\na = }", 3),
        ("a = [1", 1),
        ("a = [,]", 1),
        ("a = [1,,2]", 1),
        ("a = [1 }", 1),
        ("a = {b = 1]", 1),
        ("a {} {}", 1),
        ("{a = 1}\n{b = 2}", 2),
        ("{a = 1},", 1),
        ("a = http://x", 1),
        ("a = 1 + 2", 1),
        ("a = 1+2", 1),
        ("a = @", 1),
        ("a = \\", 1),
        ('a = "x', 1),
        ('a = "x\ny"', 1),
        ('a = "\t"', 1),
        (r'a = "\x"', 1),
        (r'a = "\u12"', 1),
        (r'a = "\u12zz"', 1),
        ('a = """x\n', 1),
        ('a = """x\n\n"""\nb }', 4),
        ("${a} = 1", 1),
        ("a = [{b += 1}]", 1),
        ("a += {b += 1}", 1),
        ("a = 1\rb = 2", 1),
    ],
)
def test_text_that_breaks_the_grammar_is_refused_with_its_line(text, line):
    with pytest.raises(NotHocon) as refused:
        parse(text)
    assert isinstance(refused.value, EngineFailure)
    assert refused.value.line == line
    assert refused.value.message.startswith(f"String: {line}: ")


def test_list_as_a_document_is_refused():
    with pytest.raises(NotHocon, match="the document is a list"):
        parse("\n[1]")


def test_escape_with_a_minus_sign_is_no_character():
    with pytest.raises(NoCodePoint) as refused:
        value(r'"\u-001"')
    assert isinstance(refused.value, IllegalArgument)


NESTINGS = {
    "objects": lambda levels: "{a = " * levels + "1" + "}" * levels,
    "lists": lambda levels: "a = " + "[" * (levels - 1) + "]" * (levels - 1),
    "paths": lambda levels: "->".join("a" * levels) + " = 1",
}


@pytest.mark.parametrize("nested", NESTINGS.values(), ids=NESTINGS)
def test_nesting_is_read_to_its_limit(nested):
    assert "a" in parse(nested(250))
    with pytest.raises(NotHocon, match="levels deep"):
        parse(nested(251))


def test_text_is_read_to_its_limit_of_tokens(monkeypatch):
    monkeypatch.setattr(reader, "MOST_TOKENS", 8)
    assert parse("a = [1, 2]") == {"a": [1, 2]}
    with pytest.raises(TooManyTokens):
        parse("a = [1, 22,]")


def test_refusal_does_not_repeat_a_long_text():
    with pytest.raises(NotHocon) as refused:
        parse("a = 1 = " + "x" * 1000)
    with pytest.raises(NotHocon) as refused_word:
        parse("a = [1] }\nb" + "x" * 1000)
    assert max(len(refused.value.message), len(refused_word.value.message)) < 150
