"""Sections, includes and substitutions are read as the published libraries of 2.3.9 and 2.3.10 read them."""

import pytest

from seatunnel_server.engine.config import JobConfig
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.hocon import Refused, parse
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.refusals import (
    NotHocon,
    NotReadable,
    NotResolved,
    OptionMismatch,
    SettingMissing,
    WrongSettingType,
)


@pytest.mark.parametrize("section", ["source", "transform", "sink"])
def test_object_of_a_section_is_a_list_of_plugins(section):
    text = f"{section} {{ One {{ a = 1 }}\n Two {{}}\n One {{ plugin_name = Three }}, Four->b = 2 }}"
    assert parse(text) == {
        section: [
            {"a": 1, "plugin_name": "One"},
            {"plugin_name": "Two"},
            {"plugin_name": "Three"},
            {"b": 2, "plugin_name": "Four"},
        ]
    }


def test_options_of_a_plugin_keep_their_order_and_its_name_is_last():
    (plugin,) = parse("source { F { schema { fields { b = int, a = int } }, row.num = 5 } }")["source"]
    assert [*plugin] == ["schema", "row.num", "plugin_name"]
    assert [*plugin["schema"]["fields"]] == ["b", "a"]


def test_section_that_comes_twice_is_the_later_one():
    assert parse("sink { A {} }\nsink { B {} }") == {"sink": [{"plugin_name": "B"}]}


def test_what_is_no_object_in_a_section_stays_what_it_is():
    assert parse("source { A = 1, B = [x] }") == {"source": [1, ["x"]]}


def test_objects_in_a_list_under_a_section_are_lists_themselves():
    assert parse("source = [{ plugin_name = F, a { b = 1 } }]") == {"source": [["F", {"b": 1, "plugin_name": "a"}]]}


def test_option_of_a_sections_name_is_a_list_too():
    text = "source { F { schema { fields { source { link = string } } } } }"
    (plugin,) = parse(text)["source"]
    assert plugin["schema"] == {"fields": {"source": ["string"]}}


def test_first_name_of_a_path_is_what_makes_a_section():
    assert parse("source->x { a {} }\nx->source { a {} }") == {
        "source": {"x": [{"plugin_name": "a"}]},
        "x": {"source": {"a": {}}},
    }


def test_section_whose_keys_are_numbers_is_a_list():
    assert parse("sink->1->b = 2\nsink->0->a = 1") == {"sink": [{"a": 1}, {"b": 2}]}


@pytest.mark.parametrize(
    "text",
    [
        "include other",
        'include "x" "y"',
        "include = 1",
        'include file ("x")',
        'include files("x")',
        'include file("x"',
        'include file("x") )',
        'include required("x"))',
        "include",
        "include {}",
    ],
)
def test_include_that_is_none_is_refused(text):
    with pytest.raises(NotHocon):
        parse(text)


@pytest.mark.parametrize(
    "statement",
    [
        '"x"',
        '"/etc/passwd"',
        'file("/etc/passwd")',
        'file( "x" )',
        'classpath("x")',
        'url("file:/etc/passwd")',
        '\n"x"',
    ],
)
def test_include_finds_nothing_and_leaves_nothing(statement):
    assert parse(f"a = 1, include {statement}\nb {{ include {statement} }}") == {"a": 1, "b": {}}


@pytest.mark.parametrize(
    "statement",
    [
        'required("x")',
        'required( file( "x" ) )',
        'required(classpath("x"))',
        'url("http://127.0.0.1:9/x")',
        'url("")',
        '"http://127.0.0.1:9/x"',
    ],
)
def test_include_that_must_find_something_fails(statement):
    with pytest.raises(NotHocon, match="nothing to include"):
        parse(f"include {statement}")


def test_environment_is_never_read(monkeypatch):
    monkeypatch.setenv("HOCON_TEST", "secret")
    tree = parse("env { a = ${HOCON_TEST}, b = ${?HOCON_TEST} }")
    assert isinstance(tree["env"], Refused)


@pytest.mark.parametrize(
    "text",
    [
        "a = ${x}",
        "a = ${?x}",
        'a = ${ x y->"z" } b',
        "a { b = [${x}] }",
        "a += 1",
        "a = 1e400",
        "a = ${x}, a { b = 1 }",
    ],
)
def test_settings_with_a_substitution_are_refused_when_they_are_looked_at(text):
    env = parse(f"x = 1\nenv {{ {text} }}")["env"]
    for look in (lambda: env["a"], lambda: len(env), lambda: [*env], lambda: env.get("other"), lambda: "a" in env):
        with pytest.raises(NotReadable):
            look()
    assert issubclass(NotReadable, IllegalArgument)


@pytest.mark.parametrize("text", ["env = ${x}", "env = ${x} {}", "env {}, env = ${x}", "env += {}"])
def test_section_that_is_a_substitution_is_a_failure_when_it_is_looked_at(text):
    env = parse(text)["env"]
    with pytest.raises(NotResolved):
        len(env)
    assert issubclass(NotResolved, EngineFailure)


def test_object_over_a_substitution_is_not_readable():
    with pytest.raises(NotReadable):
        len(parse("env = ${x}, env {}")["env"])


@pytest.mark.parametrize("text", ["source = ${x}", "source {}\nsource { F { a = ${x} } }", "source += {}"])
def test_list_that_waits_for_a_substitution_is_none(text):
    assert not isinstance(parse(text)["source"], list)


@pytest.mark.parametrize("text", ["source { F = ${x} }", "source = [${x}]", "source { F += 1 }"])
def test_plugin_that_is_a_substitution_is_a_failure(text):
    (plugin,) = parse(text)["source"]
    with pytest.raises(NotResolved):
        len(plugin)


def test_substitution_that_is_replaced_is_forgotten():
    assert parse("env { a = ${x}, a = 1 }") == {"env": {"a": 1}}
    assert parse("a = 1, a = [{ b = ${x}, b = [2, 3] }]") == {"a": [{"b": [2, 3]}]}


def test_substitution_that_nobody_looks_at_does_no_harm():
    assert parse("unused = ${x}, other = [${x}], env { a = 1 }")["env"] == {"a": 1}


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("source { F { a = ${x} } }", SettingMissing),
        ("env = 1, source { F { a = ${x} } }", WrongSettingType),
        ("env { job.mode = NIGHTLY }\nsource { F { a = ${x} } }", OptionMismatch),
        ("env {}\nsource { F { a = ${x} } }\nsink = 1", WrongSettingType),
        ("env {}\nsource = [{}]\nsink { F { a = ${x} } }", WrongSettingType),
        ("env { a = ${x} }\nsource = 1", NotReadable),
        ("env {}\nsource { F { a = ${x} } }\nsink { Console {} }", NotReadable),
        ("env = ${x}", NotResolved),
    ],
)
def test_substitution_is_refused_in_its_turn_among_other_refusals(text, refusal):
    tree = parse(text)
    with pytest.raises(refusal):
        JobConfig.parse(tree)


def test_job_with_a_substitution_that_nobody_looks_at_is_planned():
    job = "env {}, source { FakeSource { schema { fields { a = string } } } }, sink { Console {} }, unused = ${x}"
    assert Planner().plan(parse(job)).name == "SeaTunnel_Job"
