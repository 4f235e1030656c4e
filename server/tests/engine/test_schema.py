import pytest

from seatunnel_server.engine.memory.schema import INT, STRING, BadSchema, BadType, Column, Table, TablePath, parse_table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import BadTableName, ColumnsNotApart, OptionMismatch

KEYS = ("result_table_name", "plugin_output")


def table(schema, **more):
    return parse_table(Options({"schema": schema, **more}), KEYS)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("t", TablePath(None, None, "t")),
        ("d.t", TablePath("d", None, "t")),
        ("d.s.t", TablePath("d", "s", "t")),
        ("t.", TablePath(None, None, "t")),
    ],
)
def test_table_name_of_up_to_three_parts_is_read(text, path):
    assert TablePath.parse(text) == path


def test_first_of_two_parts_may_be_the_schema():
    assert TablePath.parse("s.t", schema_first=True) == TablePath(None, "s", "t")


@pytest.mark.parametrize("text", ["", ".", "a.b.c.d"])
def test_table_name_of_no_or_too_many_parts_is_refused(text):
    with pytest.raises(BadTableName):
        TablePath.parse(text)


def test_path_is_the_schemas_own_name_before_that_of_the_output():
    fields = {"a": "int"}
    assert str(table({"table": "d.s.t", "fields": fields}, result_table_name="out").path) == "d.s.t"
    assert str(table({"fields": fields}, plugin_output="out").path) == "out"
    assert str(table({"fields": fields}).path) == "default.default.default"
    assert table({"table": "s.t", "schema_first": True, "fields": fields}).path == TablePath(None, "s", "t")


def test_columns_are_read_with_what_steers_their_values():
    read = table(
        {
            "columns": [{"name": "a", "type": "string", "columnLength": 3, "columnScale": 2, "defaultValue": 7}],
            "primaryKey": {"name": "pk", "columnNames": ["a"]},
        }
    )
    assert read.columns == (Column("a", STRING, length=3, scale=2, default="7"),)
    assert read.primary_key == ("a",)


def test_column_without_length_has_length_zero():
    assert table({"columns": [{"name": "a", "type": "string"}]}).columns[0].length == 0


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"fields": {"a": "int"}, "columns": [{"name": "a", "type": "int"}]},
        {"columns": [{"type": "int"}]},
        {"columns": [{"name": "a"}]},
        {"fields": {}, "primaryKey": {"columnNames": ["a"]}},
        {"fields": {}, "primaryKey": {"name": "a"}},
    ],
)
def test_schema_that_describes_no_table_is_refused(schema):
    with pytest.raises(BadSchema):
        table(schema)


@pytest.mark.parametrize(("schema", "refusal"), [("x", OptionMismatch), ({"fields": {"a": "no"}}, BadType)])
def test_schema_with_a_wrong_part_is_refused(schema, refusal):
    with pytest.raises(refusal):
        table(schema)


def test_first_of_two_columns_with_one_name_is_found():
    found = Table(TablePath.parse("t"), (Column("a", INT), Column("a", STRING)))
    assert found.index("a") == 0
    assert found.index("b") is None
    assert found.with_columns([]).columns == ()


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ({"constraintName": "k", "constraintType": "UNIQUE_KEY", "constraintColumns": [{"columnName": "a"}]}, True),
        ({"constraintName": "k", "constraintType": "UNIQUE_KEY", "constraintColumns": [{"sortType": "ASC"}]}, False),
        ({"constraintName": "k", "constraintType": "UNIQUE_KEY"}, False),
        ({"constraintName": "k", "constraintColumns": []}, False),
        ({"constraintType": "INDEX_KEY", "constraintColumns": []}, False),
        ({"constraintName": "k", "constraintType": "FOO", "constraintColumns": []}, False),
    ],
)
def test_constraint_key_that_is_none_is_refused(key, is_one):
    schema = {"fields": {"a": "int"}, "constraintKeys": [key]}
    if is_one:
        assert table(schema) == table({"fields": {"a": "int"}})
        return
    with pytest.raises((BadSchema, OptionMismatch)):
        table(schema)


@pytest.mark.parametrize(("names", "said"), [(("a", "b", "a"), "field a duplicate"), (("a", " "), "cannot be empty")])
def test_columns_have_to_be_told_apart_by_those_who_read_them(names, said):
    columns = tuple(Column(name, INT) for name in names)
    with pytest.raises(ColumnsNotApart, match=f"Table t .*{said}"):
        Table(TablePath.parse("t"), columns).require_columns_apart()
