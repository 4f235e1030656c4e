from enum import Enum

import pytest

from seatunnel_server.engine.options import Options, as_choice, as_flag, as_floating
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


@pytest.mark.parametrize(("value", "number"), [("1.5", 1.5), (2, 2.0), ("1e3", 1000.0), ("3d", 3.0)])
def test_floating_is_read_from_numbers_and_their_text(value, number):
    assert Options({"f": value}).floating("f") == number


@pytest.mark.parametrize("value", ["x", True, [], "1" * 500])
def test_floating_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"f": value}).floating("f")


def test_float_beyond_32_bits_is_refused():
    with pytest.raises(OptionMismatch):
        as_floating(1e39, "java.lang.Float")


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


@pytest.mark.parametrize("value", [5, "x", {}, [1]])
def test_list_of_mappings_that_is_none_is_refused(value):
    with pytest.raises(OptionMismatch):
        Options({"m": value}).mappings("m")


def test_list_of_mappings_is_read():
    assert Options({"m": [{"a": 1}]}).mappings("m") == [{"a": 1}]
