from pathlib import Path

import pytest

from seatunnel_openapi import InvalidDocument, UnreadableDocument
from seatunnel_openapi.documents import closed, copied, read_yaml, to_yaml, without_extensions


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
    with pytest.raises(UnreadableDocument, match="line 5: the key 'c' occurs twice"):
        read_yaml(path)


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


def test_text_of_several_lines_is_written_as_its_lines(tmp_path):
    document = {"description": "One.\n\n- Two\n", "short": "One: two", "same": [{"a": "x"}] * 2}
    text = to_yaml(document)
    assert text.startswith("description: |\n  One.\n\n  - Two\n")
    assert "&" not in text
    assert read_yaml(written(tmp_path, text)) == document


def test_extensions_are_left_out_and_names_and_values_are_not():
    header = {"x-trace": {"schema": {"type": "string", "x-evidence": []}}}
    document = {
        "x-clauses": [],
        "properties": {"x-y": {"type": "object", "x-evidence": [], "properties": {"example": {"x-z": 1}}}},
        "headers": header,
        "example": {"x-y": 1},
        "examples": {"x-y": {"value": {"x-y": 1}, "x-z": 1}},
    }
    assert without_extensions(document) == {
        "properties": {"x-y": {"type": "object", "properties": {"example": {}}}},
        "headers": {"x-trace": {"schema": {"type": "string"}}},
        "example": {"x-y": 1},
        "examples": {"x-y": {"value": {"x-y": 1}}},
    }


def test_strict_reading_closes_what_only_responses_have():
    def body(name):
        return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    schemas = {
        "Received": {"properties": {"inner": {"$ref": "#/components/schemas/Inner"}}},
        "Inner": {"properties": {}},
        "Open": {"properties": {}, "additionalProperties": True},
        "Both": {"properties": {"open": {"$ref": "#/components/schemas/Open"}}},
        "Map": {"additionalProperties": {"$ref": "#/components/schemas/Both"}},
        "Unused": {"properties": {}},
    }
    document = {
        "paths": {
            "/jobs": {
                "summary": "Jobs.",
                "post": {
                    "requestBody": body("Both"),
                    "responses": {"200": {"$ref": "#/components/responses/Known"}, "400": body("Map")},
                },
            }
        },
        "components": {"schemas": schemas, "responses": {"Known": body("Received")}},
    }
    before = copied(document)
    strict = closed(document)["components"]["schemas"]
    assert {name for name, schema in strict.items() if schema.get("additionalProperties") is False} == {
        "Received",
        "Inner",
    }
    assert document == before
