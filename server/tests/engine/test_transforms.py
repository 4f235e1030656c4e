import pytest

from seatunnel_server.engine.memory.connectors.transforms.registry import KNOWN, make_transform
from seatunnel_server.engine.memory.pipeline import Row
from seatunnel_server.engine.memory.schema import INT, STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import TransformUnknown

PEOPLE = Table(TablePath.parse("fake"), (Column("name", STRING), Column("age", INT)))
ANN = Row("fake", ("ann-lee", 41), size=11)


def transform(plugin, **options):
    return make_transform(plugin, Options(options), PEOPLE)


def applied(plugin, **options):
    (row,) = transform(plugin, **options).apply([ANN])
    return row


def test_copied_field_is_added_and_weighed():
    made = transform("Copy", fields={"n2": "name"})
    (row,) = made.apply([ANN])
    assert made.produces.names == ("name", "age", "n2")
    assert (row.values, row.size, row.table) == (("ann-lee", 41, "ann-lee"), 18, "fake")


def test_copy_onto_a_field_changes_the_row_in_place_and_its_type():
    made = transform("Copy", fields={"name": "age"})
    (row,) = made.apply([ANN])
    assert (row.values, row.size) == ((41, 41), 11)
    assert made.produces.types == (INT, INT)


def test_filter_keeps_included_fields_or_leaves_excluded_ones_out():
    assert applied("Filter", include_fields=["age"]).size == 4
    assert applied("Filter", exclude_fields="age").values == ("ann-lee",)
    assert applied("Filter", fields=["name"]).values == ("ann-lee",)


def test_replaced_text_keeps_the_size_of_the_row():
    row = applied("Replace", replace_field="name", pattern="-", replacement=" and ")
    assert (row.values[0], row.size) == ("ann and lee", 11)


def test_split_text_fills_new_fields_the_last_with_the_rest():
    made = transform("Split", split_field="name", separator="[-e]", output_fields=["a", "b"])
    assert made.produces.names == ("name", "age", "a", "b")
    (row,) = made.apply([ANN])
    assert (row.values, row.size) == (("ann-lee", 41, "ann", "lee"), 17)


def test_split_into_known_fields_changes_the_row_in_place():
    row = applied("Split", split_field="name", separator="-", output_fields=["name"])
    assert (row.values, row.size) == (("ann-lee", 41), 11)


def test_unknown_transform_is_told_what_there_is():
    with pytest.raises(TransformUnknown) as refused:
        transform("NoSuch")
    assert refused.value.message.startswith("ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - ")
    assert refused.value.message.endswith("\n".join(sorted(KNOWN)))


MODEL = {"model_provider": "OPENAI", "model": "m", "prompt": "p"}


@pytest.mark.parametrize(("plugin", "options"), [("LLM", MODEL), ("llm", MODEL)])
def test_transform_that_is_not_run_passes_rows_on_and_says_so(plugin, options):
    made = transform(plugin, **options)
    assert made.apply([ANN]) == [ANN]
    assert made.note == f"Transform {plugin} is not run by this engine: it passes rows on unchanged."
