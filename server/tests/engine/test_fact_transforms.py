import pytest

from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import INT, STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import BadPattern

PATH = "shop.public.People"
PEOPLE = Table(TablePath.parse(PATH), (Column("name", STRING), Column("age", INT)))
ANN = Row(PATH, ("ann", 41), size=99)
GONE = Row(PATH, ("bob", 7), kind=RowKind.DELETE, size=99)


def transform(plugin, **options):
    return make_transform(plugin, Options(options), PEOPLE)


def renamed(**options):
    return str(transform("TableRename", **options).produces.path)


def test_row_kind_becomes_a_column_and_every_row_an_insert():
    made = transform("RowKindExtractor", custom_field_name="op")
    kept, gone = made.apply([ANN, GONE])
    assert made.produces.columns[2] == Column("op", STRING, length=13, default="+I")
    assert (kept.values, kept.kind, kept.size) == (("ann", 41, "+I"), RowKind.INSERT, 9)
    assert (gone.values, gone.kind) == (("bob", 7, "-D"), RowKind.INSERT)


def test_metadata_become_columns():
    made = transform("Metadata", metadata_fields={"Database": "db", "Table": "t", "RowKind": "op"})
    (row,) = made.apply([GONE])
    assert made.produces.names == ("name", "age", "db", "t", "op")
    assert made.produces.types == (STRING, INT, STRING, STRING, STRING)
    assert row.values == ("bob", 7, "shop", "People", "-D")
    assert (row.kind, row.size) == (RowKind.DELETE, 3 + 4 + 4 + 6 + 2)


def test_table_is_renamed_with_its_rows_which_are_weighed_anew():
    made = transform("TableRename", convert_case="LOWER", prefix=" a_ ", suffix="_z")
    (row,) = made.apply([GONE])
    assert str(made.produces.path) == row.table == "shop.public.a_people_z"
    assert (row.values, row.kind, row.size) == (("bob", 7), RowKind.DELETE, 7)
    assert made.produces.columns == PEOPLE.columns


def test_pattern_that_is_none_is_told_without_the_class_of_the_trouble():
    with pytest.raises(BadPattern, match=r"^missing \]"):
        renamed(replacements_with_regex=[{"replace_from": "["}])
