"""Configurations mean the same in the language that they are converted to."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhocon import ConfigFactory

from seatunnel_openapi import load
from seatunnel_server.checking import Language, NotConvertible, check_job, convert
from seatunnel_server.engine.config import read_tree
from seatunnel_server.engine.hocon import parse

UPSTREAM = Path(__file__).parents[1] / "upstream"
JOBS = sorted(path for path in UPSTREAM.iterdir() if path.suffix in {".conf", ".sql"} or path.name == "upload.json")
SECTIONS = ("source", "transform", "sink")

KEYS = st.sampled_from(["job.mode", "a b", "include", "true", "12", "plugin_input", "é", "x-y", "-1", "a..b"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e6, 1e6) | st.text(max_size=6)
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=3), max_leaves=8
)
PLUGINS = st.builds(
    lambda name, options: {"plugin_name": name} | options,
    st.text(min_size=1, max_size=6) | st.just("->") | st.just("FakeSource"),
    st.dictionaries(KEYS, VALUES, max_size=4),
)
TREES = st.builds(
    lambda env, sections: {"env": env} | sections,
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.dictionaries(st.sampled_from(SECTIONS), st.lists(PLUGINS, max_size=3), max_size=3),
)


def without_half_characters(tree):
    return json.loads(json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace"))


@pytest.mark.slow
@given(TREES.map(without_half_characters))
@settings(max_examples=100, deadline=None)
def test_tree_is_read_again_from_both_languages(tree):
    assert parse(convert(tree, Language.HOCON)) == tree
    assert read_tree(json.loads(convert(tree, Language.JSON)), marks_in_keys=True) == tree


ORDINARY = st.recursive(
    st.integers(-1000, 1000) | st.booleans() | st.from_regex(r"[g-l]{1,6}", fullmatch=True),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["k", "key", "a b"]), each, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["env", "k", "x y"]), ORDINARY, max_size=3))
@settings(max_examples=30, deadline=None)
def test_written_hocon_means_the_same_to_another_reader(tree):
    text = convert(tree, Language.HOCON)
    assert json.loads(json.dumps(ConfigFactory.parse_string(text).as_plain_ordered_dict())) == tree


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_upstream_job_is_the_same_in_the_other_languages(path):
    contract = load("2.3.13")
    job = check_job(path.read_bytes(), path.name, contract)
    for language in (Language.JSON, Language.HOCON):
        again = check_job(job.converted(language).encode(), "-", contract, language=language)
        assert again.tree == job.tree
        assert (again.job and again.job.plan) == (job.job and job.job.plan)


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ('{"env": {}, "source": {"FakeSource": {}}}', Language.HOCON, "source"),
        ('{"env": {"source": {"a": 1}}}', Language.HOCON, "env.source"),
        ('{"env": {"a:b": 1}}', Language.HOCON, "Token not allowed"),
        ('env { "a:b" = 1 }', Language.JSON, "Token not allowed"),
        ('env { "a->b" = 1 }', Language.JSON, "env.a->b"),
        ("env { a = ${x} }", Language.JSON, "variable"),
        ("env {", Language.JSON, "can't be read"),
    ],
)
def test_what_the_other_language_cannot_say_is_refused(text, language, reason):
    job = check_job(text.encode(), "-", load("2.3.13"))
    with pytest.raises(NotConvertible, match=reason):
        job.converted(language)
