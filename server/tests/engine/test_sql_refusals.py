# Queries are put together from the expression under test.
# ruff: noqa: S608

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_row import ROW, TABLE, query

from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import ColumnUnknown, OptionRuleBroken, SqlRefused


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("selec x", "SQL parse failed: selec x"),
        ("", "SQL validate failed: , cause: Only supported DQL(select) SQL"),
        ("select", "SQL parse failed"),
        ("select from fake", "SQL parse failed"),
        ("select name, from fake", "SQL parse failed"),
        ("select name from", "SQL parse failed"),
        ("select name frm fake", "SQL parse failed"),
        ("select name from fake; select 1 from fake", "SQL parse failed"),
        ("select '" + "x" * 30_000 + "' from fake", "SQL parse failed"),
        ("select " + "(" * 5000 + "1" + ")" * 5000 + " from fake", "SQL parse failed"),
        ("insert into fake values (1)", "Only supported DQL(select) SQL"),
        ("select a from fake union select b from fake", "Unsupported SQL syntax"),
        ("select 1", "Unsupported sub table syntax"),
        ("select a from (select 1)", "Unsupported sub table syntax"),
        ("select name from s.fake", "Unsupported schema syntax"),
        ("select name from fake f", "Unsupported table alias name syntax"),
        ("select name from fake, other", "Unsupported table join syntax"),
        ("select name from fake order by name", "Unsupported ORDER BY syntax"),
        ("select name from fake group by name", "Unsupported GROUP BY syntax"),
        ("select name from fake limit 1", "Unsupported LIMIT,OFFSET syntax"),
        ("select foo(name) from fake", "Unsupported function: foo"),
        ("select count(*) from fake", "Unsupported function: count"),
        ("select name + 1 from fake", "Unsupported SQL Expression: name + 1"),
        ("select not ok from fake", "Unsupported SQL Expression"),
        ("select cast(born as boolean) from fake", "Unsupported CAST FROM DATE AS type: boolean"),
        ("select cast(rate as int) from fake", "Unsupported CAST FROM DOUBLE AS type: int"),
        ("select cast(name as date) from fake", "Unsupported CAST FROM STRING AS type: date"),
        ("select cast(age as text) from fake", "Unsupported CAST FROM INT AS type: text"),
        ("select cast(age as decimal) from fake", "Unsupported CAST AS type"),
        ("select case when ok then 1 else name end from fake", "type not compatible"),
        ("select abs() from fake", "abs function requires at least one parameter"),
    ],
)
def test_query_that_the_engine_does_not_take_is_refused(sql, words):
    with pytest.raises(SqlRefused) as refused:
        query(sql)
    assert refused.value.message.startswith("ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - ")
    assert words in refused.value.message


@pytest.mark.parametrize("column", ["nope", "home.nope", "home.town.x", "nope.town", "tags.a.b", '"name"'])
def test_unknown_column_is_refused_in_the_engines_words(column):
    with pytest.raises(ColumnUnknown) as refused:
        query(f"select {column} from fake")
    assert refused.value.message == f"can't find field [{column}]"


@pytest.mark.parametrize(
    "sql",
    [
        "select soundex(name) from fake",
        "select name from fake where name regexp 'A'",
        "select dateadd(born, 1) from fake",
        "select to_char(born, name) from fake",
        "select formatdatetime(born, 'EEEE') from fake",
        "select formatdatetime(born, '[yyyy]') from fake",
        "select formatdatetime(born, 'yyyy''T''') from fake",
        "select formatdatetime(born, 'ddd') from fake",
        "select formatdatetime() from fake",
        "select a from fake where 1 = 1",
    ],
)
def test_query_that_is_not_run_here_passes_rows_on_and_says_so(sql):
    made = query(sql.replace("select a", "select extract(century from born)"))
    assert made.apply([ROW]) == [ROW]
    assert made.produces == TABLE
    assert made.note.startswith("Transform Sql is not run by this engine (")


def test_query_is_required_and_the_engine_known():
    with pytest.raises(OptionRuleBroken):
        make_transform("Sql", Options({}), TABLE)
    with pytest.raises(IllegalArgument):
        query("select name from fake", engine="nope")
    assert query("select name from fake", engine="internal").produces.names == ("name",)


@given(st.text(alphabet="selctfrom wh*,()'`\"1a=<>%.-+", max_size=40))
@settings(deadline=None)
def test_any_text_is_a_query_or_refused(text):
    try:
        made = query(text)
    except (SqlRefused, IllegalArgument):
        return
    assert made.produces is not None
