"""Mistakes in options that the rules of the plugins find, each with its message and its place."""

import json

import pytest

from seatunnel_openapi import load
from seatunnel_openapi.errors import InvalidDocument
from seatunnel_openapi.option_rules import OptionRules, option_rules_of, recorded_releases
from seatunnel_server.checking import Rule, check_job
from seatunnel_server.checking.javatypes import JavaType
from seatunnel_server.engine.refusals import OptionMismatch

DEVELOPMENT = "development-2026-07-01"
RULES = option_rules_of(DEVELOPMENT)
JOB = """env { parallelism = "two", job.mod = "BATCH"
  checkpoint.interval = 3000 }
source {
  Kafka {
    topic = "t"
    bootstrap.server = "b:1"
    formt = json
    start_mode = timestamp
    commit_on_checkpoint = maybe
    kafka.config = { a = { b = 1 } }
    table_list = [{ topic = "x" }]
    schema { feilds { a = int }, columns = [{ nmae = a }] }
  }
}
transform {
  Replace { replace_field = [], patern = "x", replacement = "y" }
}
sink {
  Doris {
    fenodes = "a:1", username = u, password = ""
    sink.enable-2cp = true
    doris.config = 5
    schema_save_mode = "CREATE_SCHEMA"
  }
  LocalFile { path = "/x", file_format_type = text, compress_codec = gzip }
}
"""
MODES = "RECREATE_SCHEMA, CREATE_SCHEMA_WHEN_NOT_EXIST, ERROR_WHEN_SCHEMA_NOT_EXIST, IGNORE"
MISTAKES = [
    (1, 7, '`parallelism` must be a whole number, not "two"', ""),
    (1, 28, "`env` has no option `job.mod`", "did you mean `job.mode`?"),
    (4, 3, "source[0]: Kafka needs `bootstrap.servers`", "is `bootstrap.server` misspelt?"),
    (4, 3, "source[0]: Kafka needs `start_mode.timestamp`, because `start_mode` is timestamp", ""),
    (6, 5, "source[0]: Kafka has no option `bootstrap.server`", "did you mean `bootstrap.servers`?"),
    (7, 5, "source[0]: Kafka has no option `formt`", "did you mean `format`?"),
    (9, 5, 'source[0]: `commit_on_checkpoint` must be true or false, not "maybe"', ""),
    (10, 5, 'source[0]: `kafka.config` must be an object, not {"a": {"b": 1}}', ""),
    (11, 5, "source[0]: only one of `topic`, `table_list` is allowed", ""),
    (12, 14, "source[0]: `schema` has no option `feilds`", "did you mean `fields`?"),
    (12, 47, "source[0]: `schema.columns` has no option `nmae`", "did you mean `name`?"),
    (16, 3, "transform[0]: Replace needs `pattern`", "is `patern` misspelt?"),
    (16, 13, "transform[0]: `replace_field` must not be empty", ""),
    (16, 33, "transform[0]: Replace has no option `patern`", "did you mean `pattern`?"),
    (21, 5, "sink[0]: Doris has no option `sink.enable-2cp`", "did you mean `sink.enable-2pc`?"),
    (22, 5, "sink[0]: `doris.config` must be an object, not 5", ""),
    (
        23,
        5,
        f'sink[0]: `schema_save_mode` must be one of {MODES}, not "CREATE_SCHEMA"',
        "did you mean `CREATE_SCHEMA_WHEN_NOT_EXIST`?",
    ),
    (25, 53, 'sink[1]: `compress_codec` must be one of NONE, LZO, not "gzip"', ""),
]


def options_of(text, name="job.conf", release=DEVELOPMENT):
    return [it for it in check_job(text.encode(), name, load(release)).findings if it.rule is Rule.OPTION]


def test_all_mistakes_in_options_are_found_in_one_run_with_their_places():
    assert [(it.line, it.column, it.message, it.hint) for it in options_of(JOB)] == MISTAKES


@pytest.mark.parametrize("release", recorded_releases())
def test_rules_of_every_recorded_release_find_a_misspelt_option(release):
    job = "env {}\nsource { FakeSource { row_num = 1, schema { fields { a = int } } } }\nsink { Console {} }"
    (finding,) = options_of(job, release=release)
    assert (finding.message, finding.hint, finding.line, finding.column, finding.end_column) == (
        "source[0]: FakeSource has no option `row_num`", "did you mean `row.num`?", 2, 23, 30,
    )  # fmt: skip
    assert len(option_rules_of(release).plugins) > 120


def test_places_in_json_and_sql_are_those_of_the_option():
    source = {"plugin_name": "FakeSource", "schema": {"fields": {"a": "int"}}, "row.nmu": 5}
    job = {"env": {}, "source": [source], "sink": [{"plugin_name": "Console"}]}
    (finding,) = options_of(json.dumps(job, indent=1), "job.json")
    assert (finding.line, finding.column) == (11, 4)
    sql = "CREATE TABLE a (id INT) WITH ('connector' = 'FakeSource', 'type' = 'source',\n"
    sql += " 'row.nmu' = '5', 'schema' = '{ fields { id = int } }');\n"
    sql += "CREATE TABLE b (id INT) WITH ('connector' = 'Console', 'type' = 'sink');\nINSERT INTO b SELECT id FROM a;\n"
    (finding,) = options_of(sql, "job.sql")
    assert (finding.line, finding.column, finding.hint) == (2, 2, "did you mean `row.num`?")


def test_option_of_another_release_and_one_that_is_not_declared_are_said_so():
    source = "FakeSource { schema { fields { a = int } }, int.min = 1 }"
    replace = 'Replace { replace_fields = ["a"], pattern = x, replacement = y }'
    job = f"env {{}}\nsource {{ {source} }}\ntransform {{ {replace} }}\nsink {{ Console {{}} }}"
    (undeclared,) = options_of(job)
    assert "FakeSource reads `int.min` but does not declare it" in undeclared.message
    (later,) = options_of(job, release="2.3.13")
    assert later.message == "transform[0]: Replace has no option `replace_fields` in 2.3.13; since 3.0.0-SNAPSHOT"
    assert undeclared.hint == ""


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        ("java.lang.Integer", "12", 12),
        ("java.lang.Integer", 1.5, 1),
        ("java.lang.Integer", 2**31, OptionMismatch),
        ("java.lang.Integer", "", OptionMismatch),
        ("java.lang.Boolean", "TRUE", True),
        ("java.lang.Boolean", "yes", OptionMismatch),
        ("java.lang.Double", "1e3", 1000.0),
        ("java.time.Duration", "10 s", "10 s"),
        ("java.time.Duration", "PT1M", "PT1M"),
        ("java.time.Duration", "soon", OptionMismatch),
        ("java.util.List<java.lang.String>", "a, b", ["a", "b"]),
        ("java.util.List<java.lang.String>", [{"a": 1}], ['{"a":1}']),
        ("java.util.List<java.lang.Integer>", "1,x", OptionMismatch),
        ("java.util.List<java.util.Map<java.lang.String, java.lang.Object>>", [{"a": [1]}], [{"a": [1]}]),
        ("java.util.List<java.util.Map<java.lang.String, java.lang.Object>>", {"a": 1}, OptionMismatch),
        ("java.util.Map<java.lang.String, java.lang.String>", {"a": 1}, {"a": "1"}),
        ("java.util.Map<java.lang.String, java.lang.String>", {"a": {}}, OptionMismatch),
        ("java.util.Map<java.lang.String, java.lang.String>", "a", OptionMismatch),
        ("org.apache.seatunnel.common.constants.JobMode", "batch", "BATCH"),
        ("org.apache.seatunnel.common.constants.JobMode", "1", "STREAMING"),
        ("org.apache.seatunnel.common.constants.JobMode", "BATHC", OptionMismatch),
        ("a.class.that.is.not.Known", {"a": 1}, {"a": 1}),
    ],
)
def test_values_are_converted_as_by_the_engine(kind, value, converted):
    if converted is OptionMismatch:
        with pytest.raises(OptionMismatch):
            JavaType.parse(kind).convert(value, RULES)
    else:
        assert JavaType.parse(kind).convert(value, RULES) == converted


@pytest.mark.parametrize(
    "document", [None, {}, {"release": "x"}, {"release": "x", "plugins": [{"pluginType": "sink"}]}]
)
def test_file_without_rules_is_refused(document):
    with pytest.raises(InvalidDocument, match="no option rules"):
        OptionRules.parse(document, "rules.json")


LISTS = """env {}
source {
  Jdbc {
    url = "jdbc:x", driver = d, username = u
    table_list = [{ table_path = a, qurey = q }, { table_path = b, partition_num = ten }]
  }
  Kafka {
    bootstrap.servers = "b:1"
    table_list = [{ topics = t, format = jsn, schema { fields { a = intt, b = "map<int>" } } }]
    start_mode.offsets { a-0 = x }
  }
  MySQL-CDC {
    url = "jdbc:x", username = u, password = p, table-names = ["a.b"]
    table-names-config = [{ table = "a.b", primaryKey = [id] }]
  }
}
transform {
  FieldRename { specific = [{ field_nme = a, target_name = b }] }
}
sink {
  S3File {
    path = "/x", bucket = b, fs.s3a.endpoint = e, file_format = text
    fs.s3a.aws.credentials.provider = SimpleAWSCredentialsProvider
  }
}
"""
TYPES = "types are string, int, bigint, double, decimal(p, s), timestamp and others, array<t>, map<k, v>, {…}"
PROVIDERS = (
    "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
    "com.amazonaws.auth.InstanceProfileCredentialsProvider",
)
PROVIDER = f'must be one of {", ".join(PROVIDERS)}, not "SimpleAWSCredentialsProvider"'
FORMATS = "JSON, TEXT, CANAL_JSON, DEBEZIUM_JSON, COMPATIBLE_DEBEZIUM_JSON, COMPATIBLE_KAFKA_CONNECT_JSON, "
FORMATS += "OGG_JSON, AVRO, MAXWELL_JSON, PROTOBUF, NATIVE"
CDC = "source[2]: `table-names-config[0]`"


@pytest.mark.parametrize("release", [DEVELOPMENT, "2.3.13"])
def test_objects_in_lists_and_types_of_columns_are_checked_with_their_places(release):
    found = [(str(it.severity), it.line, it.column, it.message, it.hint) for it in options_of(LISTS, release=release)]
    assert found == [
        ("warning", 5, 37, "source[0]: `table_list[0]` has no option `qurey`", "did you mean `query`?"),
        ("error", 5, 68, 'source[0]: `partition_num` must be a whole number, not "ten"', ""),
        ("warning", 9, 21, "source[1]: `table_list[0]` has no option `topics`", "did you mean `topic`?"),
        ("error", 9, 33, f'source[1]: `format` must be one of {FORMATS}, not "jsn"', "did you mean `JSON`?"),
        ("error", 9, 65, 'source[1]: the column `a` can\'t have the type "intt"', "did you mean `int`?"),
        ("error", 9, 75, 'source[1]: the column `b` can\'t have the type "map<int>"', TYPES),
        ("error", 10, 5, 'source[1]: `start_mode.offsets` must be an object of whole numbers, not {"a-0": "x"}', ""),
        ("error", 14, 44, f"{CDC} has no option `primaryKey`", "did you mean `primaryKeys`?"),
        ("error", 18, 31, "transform[0]: `specific[0]` has no option `field_nme`", "did you mean `field_name`?"),
        ("warning", 22, 51, "sink[0]: S3File has no option `file_format`", "did you mean `file_format_type`?"),
        ("error", 23, 5, f"sink[0]: `fs.s3a.aws.credentials.provider` {PROVIDER}", f"did you mean `{PROVIDERS[0]}`?"),
    ]  # fmt: skip


def test_missing_option_and_unknown_table_of_sql_have_places():
    table = (
        "CREATE TABLE {} (id INT) WITH (\n  'connector' = 'Jdbc', 'type' = '{}', 'driver' = 'd',\n  'user' = 'u'{});\n"
    )
    sql = table.format("a", "source", ", 'url' = 'u', 'query' = 'a;b'") + table.format("b", "sink", ", 'query' = 'q'")
    found = check_job(sql.encode() + b"INSERT INTO b SELECT id FROM a;", "job.sql", load(DEVELOPMENT)).findings
    assert [(it.line, it.column, it.message) for it in found] == [(5, 3, "sink[0]: Jdbc needs `url`")]
    (wrong,) = check_job(sql.encode() + b"INSERT INTO bb SELECT id FROM a;", "job.sql", load(DEVELOPMENT)).findings
    assert (wrong.line, wrong.column, wrong.hint) == (7, 13, "did you mean `b`?")
