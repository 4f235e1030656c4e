# Queries are put together from the expression under test.

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_row import TABLE, query

from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import OptionRuleBroken, SqlRefused


@pytest.mark.parametrize(
    "sql", ["select '" + "x" * 30_000 + "' from fake", "select " + "(" * 5000 + "1" + ")" * 5000 + " from fake"]
)
def test_query_that_is_long_or_deep_is_refused(sql):
    with pytest.raises(SqlRefused, match="SQL parse failed"):
        query(sql)


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
