import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.config import JobConfig, read_tree
from seatunnel_server.engine.refusals import (
    GraphNotAllowed,
    KeyNotAllowed,
    NumberNotFinite,
    OptionMismatch,
    SettingIsNull,
    SettingMissing,
    WrongSettingType,
)

HARDCODED = "hardcoded value: "
JOB_MODE = "and expected type 'org.apache.seatunnel.common.constants.JobMode'"


def config(env=None, **more):
    return {
        "env": {} if env is None else env,
        "source": [{"plugin_name": "FakeSource"}],
        "sink": [{"plugin_name": "Console"}],
        **more,
    }


@pytest.mark.parametrize("key", ["", " ", "a:b", "a$b", 'a"b', "a{b", "a]b", "a=b", "a,b", "a+b", "a#b", "a`b", "a^b"])
def test_key_that_is_no_path_element_is_refused_at_any_depth(key):
    with pytest.raises(KeyNotAllowed):
        read_tree({"source": [{"schema": {"fields": {key: "string"}}}]})


@pytest.mark.parametrize("key", ["a//b", "a\\b", "a*b", "a&b", "a?b", "a!b", "a@b", "a\nb"])
def test_key_with_a_reserved_token_is_refused(key):
    with pytest.raises(KeyNotAllowed):
        read_tree({key: 1})


@pytest.mark.parametrize("key", ["first name", "a-b", "a/b", "job.mode", "1", "(x)", "名前", "a;b", "a'b"])
def test_key_without_reserved_tokens_is_kept(key):
    assert read_tree({key: 1}) == {key: 1}


def test_arrow_in_a_key_separates_a_path():
    assert read_tree({"a->b": 1, "a->c": 2}) == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"a->": 1}, "Invalid path 'a->': path has a leading, trailing, or two adjacent period"),
        ({"a": 1, "a->b": 2}, "Invalid path 'a->b': Token not allowed in path expression: '->'"),
        ({"a:b": 1}, "Invalid path 'a:b': Token not allowed in path expression: ':'"),
    ],
)
def test_path_that_leads_nowhere_is_refused(body, words):
    with pytest.raises(KeyNotAllowed) as refused:
        read_tree(body)
    assert words in refused.value.message


def test_integers_beyond_64_bits_become_floating_point():
    read = read_tree({"i": 2**63 - 1, "big": 12345678901234567890, "edge": 2**63, "low": -(2**63) - 1})
    assert read == {"i": 2**63 - 1, "big": 1.2345678901234567e19, "edge": 2**63 - 1, "low": -(2**63)}
    assert isinstance(read["edge"], int)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**400])
def test_number_that_is_not_finite_is_refused(number):
    with pytest.raises(NumberNotFinite):
        read_tree({"a": [{"b": number}]})


def test_tree_of_any_depth_is_read():
    value: object = 1
    for _ in range(3000):
        value = {"a": [value]}
    assert read_tree({"deep": value})["deep"]["a"][0]["a"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text("abcXYZ_.", min_size=1), children),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.dictionaries(st.text("abc.", min_size=1), json_values))
@settings(deadline=None)
def test_tree_of_plain_keys_is_read_as_it_is(body):
    assert read_tree(body) == body


@pytest.mark.parametrize(
    ("tree", "refusal", "words"),
    [
        ({}, SettingMissing, "No configuration setting found for key 'env'"),
        ({"env": None}, SettingIsNull, f"{HARDCODED}Configuration key 'env' is set to null but expected OBJECT"),
        ({"env": "x"}, WrongSettingType, f"{HARDCODED}env has type STRING rather than OBJECT"),
        ({"env": []}, WrongSettingType, f"{HARDCODED}env has type LIST rather than OBJECT"),
        ({"env": True}, WrongSettingType, f"{HARDCODED}env has type BOOLEAN rather than OBJECT"),
        ({"env": 1}, WrongSettingType, f"{HARDCODED}env has type NUMBER rather than OBJECT"),
        ({"env": 1.5}, WrongSettingType, f"{HARDCODED}env has type NUMBER rather than OBJECT"),
        (config(transform={"Copy": {}}), WrongSettingType, f"{HARDCODED}transform has type OBJECT rather than LIST"),
        (config(source="x"), WrongSettingType, f"{HARDCODED}source has type STRING rather than LIST"),
        (config(sink=[None]), WrongSettingType, f"{HARDCODED}sink has type list of NULL rather than list of OBJECT"),
        (config(transform=["x"]), WrongSettingType, f"{HARDCODED}transform has type list of STRING rather"),
        (config({"job.mode": "NIGHTLY"}), OptionMismatch, f"Json parsing exception, value 'NIGHTLY', {JOB_MODE}"),
        (config({"job.mode": 5}), OptionMismatch, f"Json parsing exception, value '5', {JOB_MODE}"),
        (config(source=[{}]), GraphNotAllowed, "The 'plugin_name' option is not configured, please configure it."),
        (config(sink=[{"plugin_name": " "}]), GraphNotAllowed, "The 'plugin_name' option is not configured"),
        (config(transform=[{"plugin_name": None}]), GraphNotAllowed, "The 'plugin_name' option is not configured"),
    ],
)
def test_configuration_that_is_none_is_refused_in_the_engines_words(tree, refusal, words):
    with pytest.raises(refusal) as refused:
        JobConfig.parse(tree)
    assert refused.value.message.startswith(words)


@pytest.mark.parametrize(
    ("asked", "own", "running", "finished"),
    [
        (None, None, "SeaTunnel_Job", "SeaTunnel_Job"),
        ("", None, "SeaTunnel_Job", "SeaTunnel_Job"),
        (None, "mine", "mine", "mine"),
        ("asked", "mine", "asked", "asked"),
        ("SeaTunnel", "mine", "mine", "SeaTunnel"),
        ("SeaTunnel_Job", "mine", "mine", "SeaTunnel_Job"),
        ("SeaTunnel", None, "SeaTunnel_Job", "SeaTunnel"),
        (None, 12, "12", "12"),
        (None, "", "", ""),
    ],
)
def test_job_is_named_as_the_engine_names_it(asked, own, running, finished):
    job = JobConfig.parse(config({} if own is None else {"job.name": own}), job_name=asked)
    assert (job.name, job.finished_name) == (running, finished)
