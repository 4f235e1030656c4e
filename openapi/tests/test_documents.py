from pathlib import Path

import pytest

from seatunnel_openapi import DuplicateKey, InvalidDocument, UnreadableDocument
from seatunnel_openapi.documents import copied, read_yaml


def written(folder: Path, text: str) -> Path:
    path = folder / "document.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "spelling",
    [
        "2024-10-27",
        "2024-10-27 12:30:00",
        "12:30",
        "on",
        "yes",
        "No",
        "True",
        "0x1F",
        "1_000",
        "012",
        "+5",
        ".5",
        "5.",
        ".inf",
    ],
)
def test_scalar_that_json_would_not_take_stays_text(tmp_path, spelling):
    assert read_yaml(written(tmp_path, f"value: {spelling}\n")) == {"value": spelling}


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("9223372036854775807", 2**63 - 1),
        ("1.50", 1.5),
        ("-0.5e3", -500.0),
        ("1e3", 1000.0),
        ('"5"', "5"),
        ("'true'", "true"),
        ("{a: [1, x]}", {"a": [1, "x"]}),
    ],
)
def test_scalar_that_json_has_is_read_as_json(tmp_path, spelling, value):
    read = read_yaml(written(tmp_path, f"value: {spelling}\n"))["value"]
    assert (read, type(read)) == (value, type(value))


def test_key_that_stands_twice_is_named_with_its_line(tmp_path):
    path = written(tmp_path, "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    with pytest.raises(DuplicateKey, match="line 5: the key 'c' occurs twice") as caught:
        read_yaml(path)
    assert (caught.value.path, caught.value.key, caught.value.line) == (path, "c", 5)


def test_key_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(UnreadableDocument, match="line 2: the key 200 is not a string; quote it"):
        read_yaml(written(tmp_path, "responses:\n  200: {}\n"))


@pytest.mark.parametrize(
    "text", ["a: !!binary aGk=", "a: !!set {b: null}", "a: !!python/name:os.system x", "a: !!str [b]"]
)
def test_type_that_json_lacks_is_refused(tmp_path, text):
    with pytest.raises(UnreadableDocument, match=r"line 1: .* does not exist in JSON"):
        read_yaml(written(tmp_path, text))


@pytest.mark.parametrize("text", ["a: [", "a: *b", "a: 1\n---\nb: 2\n", "a: \x01", "a: " + "9" * 5000])
def test_text_that_is_no_yaml_is_refused_with_its_file(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(UnreadableDocument, match=r"document\.yaml can't be read") as caught:
        read_yaml(path)
    assert caught.value.path == path


def test_alias_that_holds_itself_is_refused(tmp_path):
    with pytest.raises(UnreadableDocument, match="an alias contains itself"):
        read_yaml(written(tmp_path, "a: &a {b: *a}\n"))


def test_error_of_the_parser_names_the_line(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"node content, line 2, column 1"):
        read_yaml(written(tmp_path, "a: [\n"))


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    path = tmp_path / "document.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(UnreadableDocument):
        read_yaml(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"nowhere\.yaml can't be read: No such file"):
        read_yaml(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(("text", "kind"), [("", "nothing"), ("- a", "a list"), ("text", "text"), ("1", "a number")])
def test_document_that_is_no_object_is_refused(tmp_path, text, kind):
    with pytest.raises(InvalidDocument, match=f"expected an object, found {kind}"):
        read_yaml(written(tmp_path, text))


def test_copy_shares_nothing_even_where_an_alias_did(tmp_path):
    original = read_yaml(written(tmp_path, "a: &x {n: [1]}\nb: *x\n"))
    copy = copied(original)
    copy["a"]["n"].append(2)
    assert copy == {"a": {"n": [1, 2]}, "b": {"n": [1]}}
    assert original == {"a": {"n": [1]}, "b": {"n": [1]}}
