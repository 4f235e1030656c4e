from enum import Enum

import pytest

from seatunnel_server.engine.options import Options, as_choice, as_flag
from seatunnel_server.engine.refusals import OptionMismatch


class Colour(Enum):
    RED = 0
    BLUE = 1


@pytest.mark.parametrize("value", [6, "6", " 6 ", 6.9, "6.9", "+6", '"6"'])
def test_integer_is_read_from_numbers_and_their_text(value):
    assert Options({"n": value}).integer("n") == 6


@pytest.mark.parametrize(
    "value", ["many", True, 1e20, 2**31, -(2**31) - 1, [6], {"a": 1}, "", "true", "1e400", float("inf")]
)
def test_integer_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"n": value}).integer("n")


def test_refusal_names_the_value_and_the_java_type():
    with pytest.raises(OptionMismatch) as refused:
        Options({"n": {"a": [1]}}).integer("n")
    assert refused.value.message == "Json parsing exception, value '{a=[1]}', and expected type 'java.lang.Integer'"


def test_long_has_64_bits():
    assert Options({"n": 2**63 - 1}).long("n") == 2**63 - 1
    with pytest.raises(OptionMismatch):
        Options({"n": 2**63}).long("n")


def test_null_counts_as_absent():
    options = Options({"n": None})
    assert options.integer("n", 5) == 5
    assert options.long("n", 6) == 6
    assert options.floating("n") is None
    assert options.flag("n", default=True) is True
    assert options.text("n") is None
    assert options.texts("n") is None
    assert options.items("n") is None
    assert options.texts_by_name("n") is None
    assert options.mapping("n") is None
    assert options.mappings("n") is None
    assert not options.has("n")


def test_dotted_name_is_looked_up_as_it_stands_before_it_is_a_path():
    assert Options({"a.b": 1, "a": {"b": 2}}).integer("a.b") == 1
    assert Options({"a": {"b": 2}}).integer("a.b") == 2
    assert Options({"a": 3}).integer("a.b") is None


def test_first_of_several_names_that_has_a_value_counts():
    assert Options({"new": None, "old": "x"}).text("new", "old") == "x"


def test_text_of_what_is_no_text_is_json():
    assert Options({"t": 12}).text("t") == "12"
    assert Options({"t": {"a": [1.0]}}).text("t") == '{"a":[1.0]}'


@pytest.mark.parametrize(("value", "number"), [("1.5", 1.5), (2, 2.0), ("1e3", 1000.0), ("3d", 3.0)])
def test_floating_is_read_from_numbers_and_their_text(value, number):
    assert Options({"f": value}).floating("f") == number


@pytest.mark.parametrize("value", ["x", True, [], "1" * 500])
def test_floating_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"f": value}).floating("f")


def test_float_beyond_32_bits_is_refused():
    with pytest.raises(OptionMismatch):
        Options({"f": 1e39}).floating("f", java_type="java.lang.Float")


@pytest.mark.parametrize(
    ("value", "truth"), [(True, True), ("TRUE", True), ("False", False), (1, True), (0, False), ("1", True)]
)
def test_flag_is_read_in_any_letter_case_and_from_whole_numbers(value, truth):
    assert as_flag(value) is truth


@pytest.mark.parametrize("value", ["yes", 1.5, [], "{"])
def test_flag_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        as_flag(value)


def test_choice_is_read_by_name_in_any_letter_case_and_by_ordinal():
    assert as_choice("red", Colour, "Colour") is Colour.RED
    assert as_choice(1, Colour, "Colour") is Colour.BLUE
    assert Options({}).choice("c", Colour, Colour.BLUE, "Colour") is Colour.BLUE


@pytest.mark.parametrize("value", ["green", 2, True, -1, []])
def test_choice_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        as_choice(value, Colour, "Colour")


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a, b", ["a", "b"]),
        (["a", 1, True], ["a", "1", "true"]),
        ('["a","b"]', ["a", "b"]),
        (5, ["5"]),
        ([["a"]], ['["a"]']),
        ([], []),
    ],
)
def test_texts_are_read_from_lists_and_text_with_commas(value, texts):
    assert Options({"l": value}).texts("l") == texts


def test_items_are_kept_as_they_are():
    assert Options({"l": [1, "a"]}).items("l") == [1, "a"]
    assert Options({"l": "1,2"}).items("l") == ["1", "2"]


def test_mapping_of_texts_turns_scalars_into_text():
    assert Options({"m": {"a": 1, "b": "x"}}).texts_by_name("m") == {"a": "1", "b": "x"}
    assert Options({"m": '{"a":"b"}'}).texts_by_name("m") == {"a": "b"}


@pytest.mark.parametrize("value", [5, "x", {"a": {}}, []])
def test_mapping_of_texts_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"m": value}).texts_by_name("m")


@pytest.mark.parametrize("value", [5, "x", []])
def test_mapping_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"m": value}).mapping("m")


@pytest.mark.parametrize("value", [5, "x", {}, [1]])
def test_list_of_mappings_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"m": value}).mappings("m")


def test_list_of_mappings_is_read():
    assert Options({"m": [{"a": 1}]}).mappings("m") == [{"a": 1}]


def test_options_iterate_over_their_names():
    assert list(Options({"a": 1, "b": 2})) == ["a", "b"]
