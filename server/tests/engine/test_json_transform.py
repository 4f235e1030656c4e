import json

import pytest

from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import BIGINT, STRING, Column, Table, TablePath, parse_type
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import (
    FieldUnknown,
    JsonPathRefused,
    OptionMismatch,
    OptionRuleBroken,
    TypeUnsupported,
)

KINDS = {
    "doc": "string",
    "age": "int",
    "raw": "bytes",
    "tags": "array<string>",
    "marks": "map<string, int>",
    "home": {"town": "string", "no": "int"},
    "days": {"born": "date"},
}
TABLE = Table(TablePath.parse("fake"), tuple(Column(name, parse_type(kind)) for name, kind in KINDS.items()))
DOC = {"a": {"b": 7, "c": "x"}, "list": [1, 2]}
VALUES = (json.dumps(DOC), 41, b'{"a": 1}', ("u", "v"), {"k": 5}, ("Rome", 3), None)
ROW = Row("fake", VALUES, kind=RowKind.DELETE, size=9)


def column(path, source="doc", target="made", **more):
    return {"path": path, "src_field": source, "dest_field": target, **more}


def transform(*columns, **options):
    return make_transform("JsonPath", Options({"columns": list(columns), **options}), TABLE)


def value(*columns, **options):
    (row,) = transform(*columns, **options).apply([ROW])
    return row.values[-1]


def test_value_becomes_a_column_of_text_and_its_row_is_weighed_anew():
    made = transform(column("$.a.c"), column("$.a.b", target="b", dest_type="bigint"))
    (row,) = made.apply([ROW])
    assert made.produces.names[-2:] == ("made", "b")
    assert made.produces.types[-2:] == (STRING, BIGINT)
    assert (row.values[:-2], row.values[-2:], row.kind) == (VALUES, ("x", 7), RowKind.DELETE)
    assert row.size == len(VALUES[0]) + 4 + 8 + 2 + 5 + 8 + 1 + 8


@pytest.mark.parametrize("text", ["{a: {b: x y}}", "{'a': {'b': 'x y'}}", '{a: {"b": x y }, c: 1}'])
def test_names_and_texts_of_a_document_need_no_double_quotes(text):
    (row,) = transform(column("$.a.b")).apply([Row("fake", (text, *VALUES[1:]))])
    assert row.values[-1] == "x y"


@pytest.mark.parametrize(
    ("path", "more", "wanted"),
    [
        ("$.a", {}, '{"b":7,"c":"x"}'),
        ("$.list", {}, "[1,2]"),
        ("$.list[*]", {"dest_type": "array<int>"}, (1, 2)),
        ("$.a", {"dest_type": '{"b": "int", "z": "string"}'}, (7, None)),
        ("$.a", {"source": "raw"}, "1"),
        ("$[1]", {"source": "tags"}, "v"),
        ("$.k", {"source": "marks"}, "5"),
        ("$[0]", {"source": "home"}, "Rome"),
    ],
)
def test_documents_are_texts_bytes_arrays_maps_and_rows(path, more, wanted):
    assert value(column(path, **more)) == wanted


def test_text_that_is_no_json_is_a_text():
    made = transform(column("$"), column("$.a", target="b", column_error_handle_way="SKIP"))
    assert made.apply([Row("fake", (" plain", *VALUES[1:]))])[0].values[-2:] == ("plain", None)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([column("$.no")], r"ErrorCode:\[JSONPATH_ERROR_CODE-05\]"),
        ([column("$.no", column_error_handle_way="FAIL")], "JsonPath transform error"),
        ([column("$.[", column_error_handle_way="SKIP")], "InvalidPathException"),
        ([column("$.a.c", dest_type="int", column_error_handle_way="SKIP")], 'For input string: "x"'),
        ([column("$", source="age")], r"'JsonPath' unsupported data type 'INT' of 'age'"),
    ],
)
def test_what_is_not_to_be_skipped_fails_the_job(columns, said):
    with pytest.raises(TaskFailed, match=said):
        transform(*columns, row_error_handle_way="FAIL").apply([ROW])


@pytest.mark.parametrize(("text", "said"), [("", "can not be null or empty"), ("{a: ]", "JsonPath transform error")])
def test_document_that_is_none_fails_the_job(text, said):
    with pytest.raises(TaskFailed, match=said):
        transform(column("$.a")).apply([Row("fake", (text, *VALUES[1:]))])


@pytest.mark.parametrize("wanted", [column("$.a.length()"), column("$[0]", source="days")])
def test_path_or_field_that_is_not_run_here_passes_rows_on_and_says_so(wanted):
    made = transform(wanted)
    assert made.apply([ROW]) == [ROW]
    assert made.produces == TABLE
    assert made.note.startswith("Transform JsonPath is not run by this engine (")


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"columns": 5}, OptionMismatch),
        ({"columns": [{"path": {"a": 1}}]}, OptionMismatch),
        ({"columns": [column(" ")]}, JsonPathRefused),
        ({"columns": [{"path": "$", "dest_field": "a"}]}, JsonPathRefused),
        ({"columns": [{"path": "$", "src_field": "doc"}]}, JsonPathRefused),
        ({"columns": [column("$", source="nope")]}, FieldUnknown),
        ({"columns": [column("$", dest_type="nope")]}, TypeUnsupported),
        ({"columns": [column("$", dest_type="{")]}, TypeUnsupported),
        ({"columns": [column("$", column_error_handle_way="skip")]}, IllegalArgument),
        ({"columns": [], "row_error_handle_way": "SKIP_ROW"}, OptionRuleBroken),
        ({"columns": [], "row_error_handle_way": "nope"}, OptionMismatch),
    ],
)
def test_wrong_options_are_refused(options, refusal):
    with pytest.raises(refusal):
        make_transform("JsonPath", Options(options), TABLE)
