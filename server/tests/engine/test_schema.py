import pytest

from seatunnel_server.engine.memory.schema import INT, BadSchema, BadType, Column, Table, TablePath, parse_table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import ColumnsNotApart, OptionMismatch

KEYS = ("result_table_name", "plugin_output")


def table(schema, **more):
    return parse_table(Options({"schema": schema, **more}), KEYS)


def test_path_is_the_schemas_own_name_before_that_of_the_output():
    fields = {"a": "int"}
    assert str(table({"table": "d.s.t", "fields": fields}, result_table_name="out").path) == "d.s.t"
    assert str(table({"fields": fields}, plugin_output="out").path) == "out"
    assert str(table({"fields": fields}).path) == "default.default.default"
    assert table({"table": "s.t", "schema_first": True, "fields": fields}).path == TablePath(None, "s", "t")


def test_column_without_length_has_length_zero():
    assert table({"columns": [{"name": "a", "type": "string"}]}).columns[0].length == 0


@pytest.mark.parametrize(("schema", "refusal"), [("x", OptionMismatch), ({"fields": {"a": "no"}}, BadType)])
def test_schema_with_a_wrong_part_is_refused(schema, refusal):
    with pytest.raises(refusal):
        table(schema)


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
