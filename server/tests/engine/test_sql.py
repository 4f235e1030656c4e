# Queries are put together from the expression under test.
# ruff: noqa: S608
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_row import FIELDS, ROW, meets, query, value

from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import Column, Table, TablePath, parse_type
from seatunnel_server.engine.options import Options


def test_selected_row_is_new_and_keeps_table_and_kind():
    made = query("select name, age + 1 as age from fake")
    assert made.produces.names == ("name", "age")
    assert made.apply([ROW]) == [Row("fake", ("Ann", 42), kind=RowKind.UPDATE_AFTER, size=7)]


def test_star_stands_for_all_columns():
    made = query("select *, 1 as one from fake")
    assert made.produces.names == (*FIELDS, "one")
    assert made.apply([ROW])[0].values == (*ROW.values, 1)


def test_column_without_alias_is_named_by_its_expression():
    assert query("select fake.age, upper(name), age + 1 from fake").produces.names == ("age", "upper(name)", "age + 1")


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("age + small", "INT"),
        ("age * big", "BIGINT"),
        ("rate - age", "DOUBLE"),
        ("part / part", "DOUBLE"),
        ("price + 1", "Decimal(10, 2)"),
        ("2147483648", "BIGINT"),
        ("1.5", "DOUBLE"),
        ("'x'", "STRING"),
        ("null", "NULL"),
        ("-age", "INT"),
        ("name || age", "STRING"),
        ("age > 1", "BOOLEAN"),
        ("name is not null", "BOOLEAN"),
        ("case when age > 1 then 1 else big end", "BIGINT"),
        ("case when age > 1 then price else 1 end", "Decimal(10, 2)"),
        ("case when age > 1 then null else name end", "STRING"),
        ("case when age > 1 then name end", "STRING"),
        ("cast(age as string)", "STRING"),
        ("cast(age as binary)", "BYTES"),
        ("cast(age as decimal(5,1))", "Decimal(5, 1)"),
        ("cast(big as datetime)", "TIMESTAMP"),
        ("length(name)", "BIGINT"),
        ("abs(rate)", "DOUBLE"),
        ("mod(age, big)", "BIGINT"),
        ("home.town", "STRING"),
        ("tags.a", "INT"),
    ],
)
def test_expression_has_the_engines_type(expression, kind):
    assert str(query(f"select {expression} as v from fake").produces.types[0]) == kind


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("age / 2", 20),
        ("-age / 2", -20),
        ("-age % 3", -2),
        ("age * 100000000", -194967296),
        ("big * 16777216 * 1000", 0),
        ("rate * 2", 5.0),
        ("rate % 2", 0.5),
        ("rate / 0", float("inf")),
        ("price * 2", Decimal("19.98")),
        ("price / 3", Decimal("3.33")),
        ("price % 2", 1),
        ("age + gone2", None),
        ("price % 2.5", 2.49),
        ("true", True),
        ("(age)", 41),
        ("'it''s'", "it's"),
        ("1.5", 1.5),
        ("name || '-' || rate", "Ann-2.5"),
        ("`first name`", "x y"),
        ("home.geo.lat", 41.9),
        ("tags.b", None),
        ("case when age > 50 then 'old' when age > 40 then 'mid' else 'young' end", "mid"),
        ("case age when 40 then 1 when 41 then 2 end", 2),
        ("case age when 40 then 1 end", None),
        ("case when age > 1 then age else big end", 41),
    ],
)
def test_expression_is_evaluated_as_the_engine_does(expression, result):
    assert value(expression.replace("gone2", "cast(gone as int)")) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("cast(age as string)", "41"),
        ("cast(rate as varchar)", "2.5"),
        ("cast(ok as string)", "true"),
        ("cast('12' as int)", 12),
        ("cast('12' as bigint)", 12),
        ("cast('1.5' as double)", 1.5),
        ("cast('0.1' as float)", 0.10000000149011612),
        ("cast(name as binary)", b"Ann"),
        ("cast('1.001' as decimal(5,2))", Decimal("1.01")),
        ("cast(seen as date)", date(2024, 1, 2)),
        ("cast(20240203 as date)", date(2024, 2, 3)),
        ("cast(seen as time)", time(3, 4, 5)),
        ("cast(1 as boolean)", True),
        ("cast('FALSE' as boolean)", False),
        ("try_cast(name as int)", None),
        ("cast(at as time)", time(7, 8, 9)),
        ("cast(10203 as time)", time(1, 2, 3)),
        ("cast(gone as int)", None),
    ],
)
def test_value_is_cast_through_its_text(expression, result):
    assert value(expression) == result


@pytest.mark.parametrize(
    "expression",
    [
        "cast(name as int)",
        "cast(age as boolean)",
        "-cast(gone as int)",
        "cast('300' as byte)",
        "cast(name as double)",
        "cast(name as decimal(5,2))",
        "cast('1e9999' as decimal(5,2))",
        "cast(99 as date)",
        "age / 0",
        "age % 0",
        "mod(age, 0)",
        "age > 1",
        "upper(age)",
        "abs(name)",
        "ln(0)",
        "upper()",
        "repeat(name, 10000000)",
        "lpad(name, 10000000)",
        "upper(nope)",
        "name in ('a')",
    ],
)
def test_expression_that_fails_on_a_row_fails_the_job(expression):
    with pytest.raises(TaskFailed):
        value(expression)


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("upper(name)", "ANN"),
        ("lcase(name)", "ann"),
        ("length(name)", 3),
        ("octet_length('é')", 2),
        ("bit_length('a')", 8),
        ("ascii(name)", 65),
        ("concat(name, gone, age)", "Ann41"),
        ("concat_ws('-', name, gone, age)", "Ann-41"),
        ("concat_ws(gone, name, age)", "Ann41"),
        ("trim('  a ')", "a"),
        ("ltrim('xxax', 'x')", "ax"),
        ("rtrim('xxax', 'x')", "xxa"),
        ("trim(gone)", None),
        ("left(name, 2)", "An"),
        ("right(name, 2)", "nn"),
        ("substring(name, 2)", "nn"),
        ("substr(name, 0, 1)", "A"),
        ("substring(name, -2, 1)", "n"),
        ("substring(name, 9)", None),
        ("substring(gone, 1)", None),
        ("replace(name, 'n', 'm')", "Amm"),
        ("replace(name, 'n')", "A"),
        ("replace(gone, 'n', 'm')", None),
        ("repeat(name, 2)", "AnnAnn"),
        ("lpad(name, 5, '*')", "**Ann"),
        ("rpad(name, 5)", "Ann  "),
        ("rpad(name, 2)", "An"),
        ("rpad(gone, 2)", None),
        ("instr(name, 'n')", 2),
        ("locate('n', gone)", 0),
        ("abs(-age)", 41),
        ("ceil(rate)", 3),
        ("floor(-rate)", -3),
        ("round(rate)", 3.0),
        ("round(2.345, 2)", 2.35),
        ("round(age, -1)", 40),
        ("round(price, 1)", Decimal("10.0")),
        ("round(gone, 1)", None),
        ("trunc(2.789, 1)", 2.7),
        ("sign(-age)", -1),
        ("mod(age, 10)", 1),
        ("mod(age, price)", Decimal("1.04")),
        ("mod(gone, 1)", None),
        ("sqrt(4)", 2.0),
        ("exp(0)", 1.0),
        ("ln(1)", 0.0),
        ("log10(100)", 2.0),
        ("power(2, 10)", 1024.0),
        ("power(10, 400)", float("inf")),
        ("power(gone, 2)", None),
        ("floor(pi())", 3),
        ("coalesce(gone, name)", "Ann"),
        ("ifnull(gone, gone)", None),
        ("nullif(name, 'Ann')", None),
        ("nullif(name, 'Bob')", "Ann"),
    ],
)
def test_function_is_run(call, result):
    assert value(call) == pytest.approx(result) if isinstance(result, Decimal | float) else value(call) == result


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("age = 41", True),
        ("age = 41.0", True),
        ("age <> 41", False),
        ("gone <> 'a'", True),
        ("gone <> gone", False),
        ("gone = gone", False),
        ("name = 41", False),
        ("name > 'Al'", True),
        ("rate <= 2.5", True),
        ("age < gone", False),
        ("born < cast(20240101 as date)", True),
        ("seen >= seen", True),
        ("gone is null", True),
        ("name is not null", True),
        ("age in (1, 41)", True),
        ("age not in (1, 41)", False),
        ("gone in ('a')", False),
        ("gone not in ('a')", False),
        ("gone in (gone)", True),
        ("name like 'A%'", True),
        ("name like '%n'", True),
        ("name like '_nn'", True),
        ("name like 'An_'", True),
        ("name like 'A_%'", True),
        ("name like 'Bob'", False),
        ("name not like 'B%'", True),
        ("gone like 'a'", False),
        ("age > 1 and (name = 'x' or rate = 2.5)", True),
        ("age > 1 and name = 'x'", False),
    ],
)
def test_condition_is_met_as_the_engine_sees_it(condition, met):
    assert meets(condition) is met


@pytest.mark.parametrize(
    "condition",
    [
        "name",
        "gone",
        "age between 1 and 2",
        "not (age = 1)",
        "name > 1",
        "nope = 1",
        "upper(name)",
        "age is true",
        "name like age",
        "age in (select 1)",
        "abs(name) = 1",
    ],
)
def test_condition_that_the_engine_cannot_evaluate_fails_the_job(condition):
    made = query(f"select name from fake where {condition}")
    with pytest.raises(TaskFailed):
        made.apply([ROW])


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
@settings(deadline=None)
def test_whole_numbers_wrap_around_at_32_bits(a, b):
    table = Table(TablePath.parse("t"), (Column("a", parse_type("int")), Column("b", parse_type("int"))))
    made = make_transform("Sql", Options({"query": "select a + b, a - b, a * b from t"}), table)
    results = made.apply([Row("t", (a, b))])[0].values
    assert all(-(2**31) <= result < 2**31 for result in results)
    assert [(exact - result) % 2**32 for exact, result in zip((a + b, a - b, a * b), results, strict=True)] == [0, 0, 0]
