import time

import pytest
import re2

from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun, like_pattern
from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row
from seatunnel_server.engine.memory.schema import STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options

NAMES = Table(TablePath.parse("fake"), (Column("name", STRING),))


def transform(plugin, **options):
    return make_transform(plugin, Options(options), NAMES)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (".*a" * 50 + "b", "a" * 299, False),
        ("a?" * 27 + "a" * 27, "a" * 27, True),
        ("(a+)+b", "a" * 10_000, False),
        ("(a|a)*b", "a" * 10_000, False),
        (".*.*.*x", "a" * 10_000, False),
        ("(ab)*", "ab" * 100, True),
        ("x" * 201, "x" * 201, True),
    ],
)
def test_pattern_is_matched_in_time_that_grows_with_the_text(pattern, text, matches):
    begun = time.thread_time()
    assert JavaPattern(pattern).matches(text) is matches
    assert time.thread_time() - begun < 0.1


@pytest.mark.parametrize(
    "work",
    [
        lambda: JavaPattern("((a?){30}){30}").matches("a" * 100_000),
        lambda: JavaPattern("a.*b|a").spans("a" * 50_000),
        lambda: JavaPattern("a").spans("a" * 50_000),
        lambda: JavaPattern("a").replacing("b" * 500, first_only=False)("a" * 5_000),
        lambda: JavaPattern("a").replacing("$0" * 500, first_only=False)("a" * 5_000),
        lambda: JavaPattern("(" * 900 + "a" + ")" * 900).spans("a"),
    ],
    ids=["large pattern", "long ways to short matches", "many matches", "long replacement", "many groups", "nested"],
)
def test_work_that_takes_too_long_or_too_much_room_fails_the_job(work):
    begun = time.thread_time()
    with pytest.raises(TaskFailed):
        work()
    assert time.thread_time() - begun < 0.15


def test_replacement_is_read_once_and_a_group_is_taken_once_for_a_match(monkeypatch):
    taken = []
    taking = re2._Match.__getitem__
    monkeypatch.setattr(re2._Match, "__getitem__", lambda match, key: taken.append(key) or taking(match, key))
    rewrite = JavaPattern("(a)(?P<b>b)?").replacing("$1${b}\\$" * 10_000, first_only=True)
    monkeypatch.setattr("seatunnel_server.engine.memory.connectors.transforms.patterns._GROUP", None)
    assert [rewrite(text) for text in ("a", "abc")] == ["a$" * 10_000, "ab$" * 10_000 + "c"]
    assert sorted(map(str, taken)) == ["1", "1", "b", "b"]


def test_long_pattern_is_not_compiled(monkeypatch):
    monkeypatch.setattr(re2, "compile", None)
    with pytest.raises(PatternNotRun, match="more than 2,000 characters"):
        JavaPattern("(" * 5_000 + "a" + ")" * 5_000)


@pytest.mark.parametrize(
    ("plugin", "options"),
    [
        ("FieldRename", {"replacements_with_regex": [{"replace_from": "n", "replace_to": "m"}]}),
        ("Sql", {"query": "select name from fake where name like 'a%'"}),
        ("Replace", {"replace_field": "name", "pattern": "a", "replacement": "b", "is_regex": True}),
        ("Split", {"split_field": "name", "separator": "a", "output_fields": ["a", "b"]}),
    ],
)
def test_pattern_is_compiled_once_however_many_columns_and_rows_there_are(plugin, options, monkeypatch):
    compiled = []
    monkeypatch.setattr(JavaPattern, "__init__", recording(JavaPattern.__init__, compiled))
    wide = Table(NAMES.path, (*NAMES.columns, *(Column(f"n{at}", STRING) for at in range(50))))
    options = options | ({"replace_first": False} if plugin == "Replace" else {})
    made = make_transform(plugin, Options(options), wide)
    made.apply([Row("fake", ("a", *"b" * 50))] * 3)
    assert len(compiled) == 1


def recording(function, calls):
    return lambda *args: calls.append(args) or function(*args)


@pytest.mark.parametrize("pattern", ["a**", "[", "(a", "a)", "*a", "[z-a]", "\\", "a{2}{3}", "\\y"])
def test_pattern_that_is_none_fails_the_job_with_the_first_row(pattern):
    made = JavaPattern(pattern)
    with pytest.raises(TaskFailed, match="PatternSyntaxException"):
        made.matches("a")


ONLY_JAVA = [
    *("(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a)b", "(?x)a b", r"(a)\1", r"(?<n>a)\k<n>", "a++", "a*+", "a{2}+"),
    *(r"\R", r"\h", r"\Z", r"\u0041", r"\p{Alpha}", "a{1001}", "[a-z&&[^b]]", "[a[bc]]"),
]


@pytest.mark.parametrize("pattern", ONLY_JAVA)
def test_pattern_that_only_java_reads_is_not_run(pattern):
    with pytest.raises(PatternNotRun, match="the pattern '"):
        JavaPattern(pattern)


@pytest.mark.parametrize(
    ("plugin", "options"),
    [
        ("Replace", {"replace_field": "name", "pattern": "a++", "replacement": "", "is_regex": True}),
        ("Split", {"split_field": "name", "separator": "a++", "output_fields": ["a", "b"]}),
        ("TableRename", {"replacements_with_regex": [{"replace_from": "f++", "replace_to": "g"}]}),
        ("Sql", {"query": "select name from fake where name like '%a++%'"}),
    ],
)
def test_transform_with_a_pattern_that_is_not_run_passes_rows_on_and_says_so(plugin, options):
    options = options | ({"replace_first": False} if plugin == "Replace" else {})
    made = transform(plugin, **options)
    assert made.apply([Row("fake", ("x",))]) == [Row("fake", ("x",))]
    assert f"Transform {plugin} is not run by this engine (" in made.note
    assert "++" in made.note


def test_brackets_that_are_escaped_or_quoted_are_no_classes():
    assert JavaPattern(r"\[a[\[b]]\Q[[&&\E").matches("[a[][[&&")
    assert JavaPattern("[]a]+&&").matches("]a&&")


def test_matches_are_those_of_java():
    assert JavaPattern("a|ab").spans("ab") == [(0, 1)]
    assert JavaPattern("a*").spans("baac") == [(0, 0), (1, 3), (3, 3), (4, 4)]
    assert JavaPattern(r"(?i)é\d\w").matches("É1a")
    assert not JavaPattern(r"\d|\w|\s").matches("\u0663")
    assert JavaPattern("(?<x>b)(c)?").replacing("<$1$2>", first_only=False)("abcb") == "a<bc><b>"


def test_lone_surrogate_counts_as_a_question_mark():
    assert JavaPattern(r"a\?").matches("a\ud800")


def test_replacement_that_names_no_group_fails_the_job():
    with pytest.raises(TaskFailed):
        JavaPattern("a").replacing("$1", first_only=True)("a")


def test_one_character_at_the_end_of_a_like_is_any():
    assert [like_pattern(like) for like in ("An_", "A_%", "A_n")] == ["An.", "A..*", "A_n"]
