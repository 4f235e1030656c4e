"""Decryption, and cases of encryption that no recording has; the replay of `encrypt-config` tests the others."""

# Made-up secrets are what is tested here.
# ruff: noqa: S105, S106
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_server.engine.config import ShadeRules, decrypt, encrypt
from seatunnel_server.engine.refusals import IllegalBase64, NullPointer, SectionEmpty, WrongCast, WrongSettingType

DOCUMENTED = ShadeRules()
STRICT = ShadeRules(
    keys=frozenset({"username", "password", "auth", "token", "access_key", "secret_key"}),
    text_only=True,
    keys_option="shade.options",
)


def body(**source):
    return {
        "env": {"shade.identifier": "base64"},
        "source": [{"plugin_name": "FakeSource", **source}],
        "sink": [{"plugin_name": "Console"}],
    }


def test_other_keys_and_nested_ones_are_left_alone():
    sent = body(user="u", Password="P", secret_key="s", nested={"password": "in"})
    sent["env"]["password"] = "pw"
    sent["transform"] = [{"password": "pw"}]
    assert encrypt(sent, DOCUMENTED) == sent


def test_order_of_keys_is_kept():
    sent = body(b=1, password="a", a=2)
    assert list(encrypt(sent, DOCUMENTED)["source"][0]) == ["plugin_name", "b", "password", "a"]


@pytest.mark.parametrize("value", [5, True, {"a": "b"}, 2**40, 1.5, [1], ["a", "t"]])
def test_value_that_is_no_text_fails_where_only_text_is_taken(value):
    with pytest.raises(WrongCast):
        encrypt(body(token=value), STRICT)


def test_list_of_texts_is_encrypted_item_by_item_where_lists_are():
    by_item = replace(STRICT, lists_by_item=True)
    assert encrypt(body(token=["a", "t"]), by_item)["source"][0]["token"] == ["YQ==", "dA=="]
    with pytest.raises(WrongCast):
        encrypt(body(token=["a", 1]), by_item)


def test_null_in_a_list_is_left_where_nothing_is_encrypted_and_fails_where_something_is():
    by_item = replace(STRICT, lists_by_item=True)
    unnamed = {"env": None, "source": [{"token": ["a", None]}], "sink": [{}]}
    assert encrypt(unnamed, by_item) == unnamed
    with pytest.raises(NullPointer):
        encrypt(body(token=["a", None]), by_item)


def test_further_keys_come_from_the_environment_where_there_is_such_an_option():
    sent = body(secret="x", user="y")
    sent["env"]["shade.options"] = ["secret", "user"]
    assert encrypt(sent, STRICT)["source"][0]["secret"] == "eA=="
    assert encrypt(sent, DOCUMENTED) == sent


@pytest.mark.parametrize("keys", ["secret", {"secret": 1}, [5], ["secret", True]])
def test_option_of_further_keys_that_is_no_list_of_names_is_refused(keys):
    sent = body()
    sent["env"]["shade.options"] = keys
    with pytest.raises(WrongCast):
        encrypt(sent, STRICT)


def test_transform_is_shaded_and_added_where_the_rules_say_so():
    rules = ShadeRules(sections=("source", "sink", "transform"), adds_transform=True)
    assert encrypt(body(), rules)["transform"] == []
    sent = body()
    sent["transform"] = [{"token": "t"}]
    assert encrypt(sent, rules)["transform"] == [{"token": "dA=="}]
    sent["transform"] = None
    with pytest.raises(NullPointer):
        encrypt(sent, rules)
    with pytest.raises(SectionEmpty):
        encrypt({**sent, "source": []}, rules)
    with pytest.raises(WrongCast):
        encrypt({"transform": {}}, rules)


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"source": None, "sink": [{}]}, NullPointer),
        ({"source": [], "sink": None}, SectionEmpty),
        ({"source": None, "sink": {}}, WrongCast),
        ({"source": [None], "sink": [{}]}, NullPointer),
        ({"source": "FakeSource", "sink": [{}]}, WrongCast),
        ({"source": 5, "sink": [{}]}, WrongCast),
        ({"env": {"shade.identifier": {}}, "source": [{}], "sink": [{}]}, WrongSettingType),
    ],
)
def test_configuration_of_the_wrong_shape_is_refused(sent, refusal):
    with pytest.raises(refusal):
        encrypt(sent, DOCUMENTED)


@pytest.mark.parametrize("value", ["***", "Y", "a b"])
def test_value_that_is_no_base64_is_refused(value):
    with pytest.raises(IllegalBase64):
        decrypt(body(password=value), DOCUMENTED)


def test_unpadded_base64_is_decrypted():
    assert decrypt(body(password="YQ"), DOCUMENTED)["source"][0]["password"] == "a"


@given(st.dictionaries(st.sampled_from(sorted(DOCUMENTED.keys)), st.text()))
@settings(deadline=None)
def test_decryption_undoes_encryption(secrets):
    sent = body(**secrets)
    assert decrypt(encrypt(sent, DOCUMENTED), DOCUMENTED) == sent


def test_body_that_was_sent_is_not_changed():
    sent = body(password="pw")
    encrypt(sent, DOCUMENTED)
    assert sent == body(password="pw")
