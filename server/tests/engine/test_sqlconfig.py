# These texts are the input of a reader, not queries that anything runs.
# ruff: noqa: S608
import time

import pytest

from seatunnel_server.engine.sqlconfig import NotSql, parse

_INSERT = "INSERT INTO out SELECT fake;"
SQL = """
/* config
env {
  job.mode = "BATCH"
}
*/
-- a comment; with a semicolon
CREATE TABLE fake (name STRING, age INT)
WITH ('connector' = 'FakeSource', 'schema' = '{ fields { name = "string", age = "int" } }', 'type' = 'source');
CREATE TABLE out WITH ('connector' = 'Console', 'type' = 'sink', 'note' = 'it''s; here');
"""


def test_tables_become_plugins_and_an_insert_connects_them():
    tree = parse(SQL + "INSERT INTO out SELECT * FROM fake;")
    assert tree["env"] == {"job.mode": "BATCH"}
    schema = {"fields": {"name": "string", "age": "int"}}
    assert tree["source"] == [{"plugin_name": "FakeSource", "schema": schema, "plugin_output": "fake"}]
    query = {
        "plugin_name": "sql",
        "plugin_input": "fake",
        "plugin_output": "fake__temp1",
        "query": "SELECT * FROM fake",
    }
    assert tree["transform"] == [query]
    assert tree["sink"] == [{"plugin_name": "Console", "note": "it's; here", "plugin_input": "fake__temp1"}]


def test_table_that_is_named_alone_is_read_without_a_transform():
    tree = parse(SQL + "INSERT INTO out SELECT fake;")
    assert (tree["transform"], tree["sink"][0]["plugin_input"]) == ([], "fake")


def test_query_that_changes_rows_becomes_a_transform():
    tree = parse(
        SQL + "create table older as select name, age + 1 as age from fake;\ninsert into out select name from older;"
    )
    assert [(it["plugin_input"], it["plugin_output"]) for it in tree["transform"]] == [
        ("fake", "older"),
        ("older", "older__temp1"),
    ]
    assert tree["sink"][0]["plugin_input"] == "older__temp1"


def test_text_is_cut_at_lines_that_end_with_a_semicolon():
    tree = parse("INSERT INTO out SELECT fake -- why\n;\n" + SQL + "INSERT INTO out SELECT name FROM fake")
    assert len(tree["sink"]) == 1


def test_config_without_its_comment_has_no_environment():
    assert "env" not in parse(SQL.replace("/* config", "/*") + "INSERT INTO out SELECT fake;")


def test_options_are_pairs_of_whole_texts_behind_with():
    tree = parse(
        "CREATE TABLE a (b VARCHAR DEFAULT 'x' = 'y')with ( 'connector' = 'Console', 'type'='source', "
        "'k' = 'it''s = ''so''', /* 'no' = 'option', */ 'broken' 'x' = 'v');\n" + SQL + _INSERT
    )
    options = {"k": "it's = 'so'", "x": "v"}
    assert tree["source"][0] == {"plugin_name": "Console", **options, "plugin_output": "a"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one source table"),
        (SQL, "INSERT INTO"),
        ("select 1;", "Unsupported SQL syntax: select 1"),
        ("CREATE TABLE a WITH ('type' = 'source');", "connector of option is none"),
        (SQL + "CREATE TABLE fake AS SELECT name FROM fake;", "Table name duplicate: fake"),
        (SQL + "INSERT INTO nowhere SELECT * FROM fake;", "nowhere. is not found"),
        (SQL + "INSERT INTO out SELECT * FROM nowhere;", "nowhere. is not found"),
        (SQL + "INSERT INTO out SELECT * FROM fake; INSERT INTO out SELECT * FROM fake;", "Unsupported SQL syntax"),
        (SQL + "INSERT INTO out SELECT 1, 2;", "no table"),
    ],
)
def test_text_that_is_no_job_is_refused_by_name(text, message):
    with pytest.raises(NotSql, match=message):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 200_000,
        "'a" * 200_000,
        "CREATE TABLE a (" + ") WITH (" * 100_000,
        "-" * 10**6,
        "INSERT INTO b SELECT" + "'a'" * 100_000 + "; x FROM a;",
        "CREATE TABLE a WITH (" + "'" * 400_001 + ";",
        "CREATE TABLE a WITH (" + "'a' = " * 100_000 + ";",
        "CREATE TABLE " + "a" * 200_000 + ";",
        "INSERT INTO " + " " * 200_000 + ";",
        "INSERT INTO b SELECT " + "FROM " * 100_000 + ";",
    ],
)
def test_text_of_any_kind_is_read_in_one_pass(text):
    begun = time.process_time()
    with pytest.raises(NotSql):
        parse(text)
    assert time.process_time() - begun < 10, "in one pass it takes a tenth of a second, in many it takes hours"
