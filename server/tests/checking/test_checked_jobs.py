"""The checker finds the mistakes in broken job configurations, and none in those of upstream."""

import json
from itertools import permutations
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from seatunnel_openapi import load, newest_recorded
from seatunnel_server.checking import FindingSeverity, Rule, check_job, mermaid, plan_text, summary, svg

UPSTREAM = Path(__file__).parents[1] / "upstream"
JOBS = sorted(path for path in UPSTREAM.iterdir() if path.suffix in {".conf", ".sql"} or path.name == "upload.json")
FAKE = 'FakeSource { plugin_output = "a", schema = { fields { name = "string" } } }'
JOB = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "a", "schema": {"fields": {"name": "string"}}}],
    "sink": [{"plugin_name": "Console", "plugin_input": "a"}],
}


def hocon(source=FAKE, sink='Console { plugin_input = "a" }', transform="", env="") -> str:
    return f"env {{ {env} }}\nsource {{\n{source}\n}}\ntransform {{\n{transform}\n}}\nsink {{\n{sink}\n}}\n"


def checked(text: str | bytes, name="job.conf", release="2.3.13", **options):
    return check_job(text if isinstance(text, bytes) else text.encode(), name, load(release), **options)


class Broken(NamedTuple):
    name: str
    text: str
    rule: Rule
    message: str
    hint: str = ""
    place: tuple[int | None, int | None] = (None, None)
    release: str = "2.3.13"


OTHER = "\n" + FAKE.replace(' "a"', ' "b"')
ONLY_A_SOURCE = "CREATE TABLE a (id INT) WITH ('connector' = 'FakeSource', 'type' = 'source');"
SQL = (UPSTREAM / "sql-rest-api-page.sql").read_text()
SOURCE = {"source": JOB["source"]}
KAFKA = 'Kafka { bootstrap.server = "k:9092", topic = "t", plugin_output = "a" }'
TWO = 'Console { plugin_input = "a" }\nConsole { plugin_input = "b" }'
BROKEN = [
    Broken("job.conf", "env {\n  job.mode = BATCH\nsource { }\n", Rule.SYNTAX, "`{` is not closed", place=(1, 5)),
    Broken("job.conf", "a {\n  b {\n    c {\n      d = 1\n  }\n}\n", Rule.SYNTAX, "`{` is not closed", place=(3, 7)),
    Broken("job.json", '{"env": {},\n "source": [\n  {"a": 1', Rule.SYNTAX, "`{` is not closed", place=(3, 3)),
    Broken("job.conf", 'env {\n  job.name = "no end\n}\n', Rule.SYNTAX, "does not end on its line", place=(2, 14)),
    Broken("job.conf", "env { a = 1\n  c ] }", Rule.SYNTAX, "expected '='", place=(2, 5)),
    Broken("job.json", '{"env": {},\n "source": [,]}', Rule.SYNTAX, "Expecting value", place=(2, 13)),
    Broken("job.json", '{"env": {},\n "source": [1,],}', Rule.SYNTAX, "trailing comma before `]`", place=(2, 15)),
    Broken("job.json", '{"env": {}, }', Rule.SYNTAX, "trailing comma before `}`", place=(1, 13)),
    Broken("job.json", "{env: {}}", Rule.SYNTAX, "expected a key in double quotes", place=(1, 2)),
    Broken("job.json", "null", Rule.SYNTAX, "a job is a JSON object"),
    Broken("job.json", "[]", Rule.SYNTAX, "a job is a JSON object"),
    Broken("job.json", "env { job.mode = BATCH }", Rule.SYNTAX, "Expecting", hint="--language hocon", place=(1, 1)),
    Broken("job.sql", ONLY_A_SOURCE, Rule.SYNTAX, "INSERT INTO"),
    Broken("job.conf", json.dumps(JOB), Rule.REFUSED, "source has type list of LIST", hint="--language json"),
    Broken("job.json", json.dumps(JOB | {"source": {"FakeSource": {}}}), Rule.REFUSED, "be cast", hint="list"),
    Broken("job.json", json.dumps(JOB | {"sink": [{"Console": {}}]}), Rule.PLUGIN, "no `plugin_name`", hint="Console"),
    Broken("job.json", json.dumps({**JOB, "env": None}), Rule.REFUSED, "'env' is set to null", hint="empty"),
    Broken("job.json", json.dumps({"env": {}, **SOURCE}), Rule.REFUSED, "sinks", hint="a source and a sink"),
    Broken(
        "job.conf",
        hocon(source="FakeSourc { }"),
        Rule.PLUGIN,
        "no source `FakeSourc`",
        hint="`FakeSource`",
        place=(3, 1),
    ),
    Broken("job.conf", hocon(sink="FakeSource { }"), Rule.PLUGIN, "only a source"),
    Broken("job.conf", hocon(transform="Filtr { }"), Rule.PLUGIN, "transform `Filtr`", hint="`Filter`", place=(6, 1)),
    Broken("job.conf", hocon(source=KAFKA), Rule.OPTION, "Kafka needs `bootstrap.servers`", hint="`bootstrap.server`"),
    Broken(
        "job.conf",
        hocon(source="FakeSource { row.num = 5 }"),
        Rule.OPTION,
        "source[0]: FakeSource needs `tables_configs` or `schema`",
        place=(3, 1),
    ),
    Broken("job.conf", hocon(sink=TWO), Rule.LINK, "sink[1]: no plugin has the output `b`", place=(10, 11)),
    Broken("job.conf", hocon(source=FAKE + OTHER), Rule.LINK, "nothing reads `b`"),
    Broken("job.conf", hocon(source=f"{FAKE}\n{FAKE}"), Rule.LINK, "another plugin has the output `a`"),
    Broken(
        "job.conf",
        hocon(source=FAKE + "\nFakeSource { schema { fields { a = int } } }"),
        Rule.LINK,
        "source[1]: `plugin_output` is missing",
    ),
    Broken("job.conf", hocon(env="job.name = ${name}"), Rule.VARIABLE, "not substituted", hint="quotes", place=(1, 18)),
    Broken(
        "job.conf",
        hocon(env="job.mode = BATHC"),
        Rule.OPTION,
        '`job.mode` must be one of BATCH, STREAMING, not "BATHC"',
        hint="did you mean `BATCH`?",
        place=(1, 7),
    ),
    Broken(
        "job.conf",
        hocon(env="parallelism = many"),
        Rule.OPTION,
        '`parallelism` must be a whole number, not "many"',
        place=(1, 7),
    ),
    Broken("job.conf", hocon(), Rule.LANGUAGE, "reads no HOCON", hint="--convert json", release="documented"),
    Broken("job.sql", SQL, Rule.LANGUAGE, "reads no SQL", release="2.3.11"),
    Broken("job.json", json.dumps(JOB | {"x": {"a:b": 1}}), Rule.KEY, "`a:b` is refused", hint="--convert hocon"),
    Broken("job.json", json.dumps(JOB | {"x": {"^t.*": 1}}), Rule.KEY, "`^t.*` is refused", release="2.3.11"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda it: f"{it.name}-{it.message[:30]}")
def test_broken_configuration_is_found_with_its_reason(broken):
    found = [
        it for it in checked(broken.text, broken.name, broken.release).findings if it.severity is FindingSeverity.ERROR
    ]
    assert [it.rule for it in found] == [broken.rule]
    assert broken.message in found[0].message
    assert broken.hint in found[0].hint
    if broken.place != (None, None):
        assert (found[0].line, found[0].column) == broken.place


MISTAKES_OF_UPSTREAM = {
    "kafka-metadata-to-hive.conf": ["`env` has no option `execution.parallelism`"],
    "kafka-topics-to-jdbc.conf": ["`env` has no option `execution.parallelism`"],
    "opengauss-cdc.conf": [
        "`env` has no option `execution.parallelism`",
        "source[0]: Opengauss-CDC has no option `schema-names`",
    ],
    "postgres-cdc.conf": [
        "`env` has no option `execution.parallelism`",
        "source[0]: Postgres-CDC has no option `schema-names`",
    ],
    "rest-api-it-batch-to-files.conf": ["sink[0]: LocalFile has no option `save_mode`"],
    "rest-api-it-stream-to-files.conf": ["sink[0]: LocalFile has no option `save_mode`"],
}
"""Options that nothing reads in 2.3.13, in jobs of upstream."""
FRAGMENT = "oracle-cdc-placeholders.conf"
"""The documentation leaves the options of its source out."""


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_upstream_job_has_no_errors_and_only_credentials_to_warn_of(path):
    found = checked(path.read_bytes(), path.name, newest_recorded())
    others = [it for it in found.findings if it.rule is not Rule.CREDENTIALS]
    if path.name == FRAGMENT:
        assert {it.severity for it in others} == {FindingSeverity.ERROR}
        assert next(it.message for it in others) == "source[0]: Oracle-CDC needs `username`"
    else:
        assert {it.severity for it in found.findings} <= {FindingSeverity.WARNING}
        assert [it.message for it in others] == MISTAKES_OF_UPSTREAM.get(path.name, [])
        assert found.job is not None


@pytest.mark.parametrize(
    ("text", "rule", "message", "release"),
    [
        (hocon(sink='Console { source_table_name = "a" }'), Rule.LINK, "`source_table_name` is the old name", "2.3.9"),
        (
            hocon(sink='Console { source_table_name = "b", plugin_input = "a" }'),
            Rule.LINK,
            "`source_table_name` is ignored, because `plugin_input` is set",
            "2.3.9",
        ),
        (hocon(sink='Console { plugin_inputs = "a" }'), Rule.OPTION, "Console has no option `plugin_inputs`", "2.3.9"),
        (hocon(sink='Console { plugin_input = "b" }'), Rule.LINK, "this is ignored", "2.3.9"),
        (hocon(env="checkpoint { interval = 5 }"), Rule.KEY, "not read from an object in `env`", "2.3.9"),
        (
            hocon(source=FAKE.replace("{ p", "{ row_num = 7, p")),
            Rule.OPTION,
            "FakeSource has no option `row_num`",
            "2.3.9",
        ),
        (hocon(sink="console { log-print-data = false }"), Rule.OPTION, "no option `log-print-data`", "2.3.9"),
        (hocon(env="job.mod = BATCH"), Rule.OPTION, "`env` has no option `job.mod`", "2.3.9"),
        (hocon() + 'include "other.conf"\n', Rule.INCLUDE, "adds nothing", "2.3.9"),
        (hocon() + "unused = ${x}\n", Rule.VARIABLE, "not substituted", "2.3.9"),
        (hocon(env='job.name = "n-${day}"'), Rule.VARIABLE, "`${day}` stays in the text", "2.3.9"),
        (hocon(env='db.password = "x"'), (Rule.CREDENTIALS, Rule.OPTION), "responses of /job-info show `env`", "2.3.9"),
        (
            hocon(sink='Console { url = "jdbc:x://u:p@h/d" }'),
            (Rule.OPTION, Rule.CREDENTIALS),
            "`url` in clear text",
            "2.3.9",
        ),
        (
            hocon(sink='Console { secret_key = "x" }'),
            (Rule.OPTION, Rule.CREDENTIALS),
            "`secret_key` in clear text",
            "2.3.9",
        ),
        (hocon(env="shade.identifier = base64"), Rule.CREDENTIALS, "decrypts credentials in JSON only", "2.3.13"),
    ],
)
def test_doubtful_configuration_is_warned_of(text, rule, message, release):
    found = checked(text, release=release)
    rules = rule if isinstance(rule, tuple) else (rule,)
    assert [(it.severity, it.rule) for it in found.findings] == [(FindingSeverity.WARNING, each) for each in rules]
    assert any(message in it.message for it in found.findings)


def test_missing_option_points_to_its_plugin_and_a_misspelt_one_of_a_schema_to_itself():
    source = 'FakeSource { plugin_output = "a"\nschema { feilds { id = int } } }\nKafka { plugin_output = "b" }'
    job = checked(hocon(source=source, sink='Console { plugin_input = ["a", "b"] }'))
    assert {(it.line, it.message) for it in job.findings} >= {
        (4, "source[0]: `schema` has no option `feilds`"),
        (5, "source[1]: Kafka needs `bootstrap.servers`"),
    }
    assert job.unchecked == ()


def test_findings_are_in_the_order_of_lines_and_those_without_a_line_follow():
    source = 'Kafka { topic = "${t}", plugin_outputs = "${t}" }' + OTHER
    found = checked(hocon(env="job.mod = BATCH", source=source, sink='Consol { plugin_input = "b" }')).findings
    lines = [it.line for it in found]
    assert lines == [1, 3, 3, 3, 10, None]
    assert (found[0].severity, found[-1].severity) == (FindingSeverity.WARNING, FindingSeverity.WARNING)


def test_new_option_names_are_not_known_to_the_oldest_release():
    found = checked(json.dumps(JOB), "job.json", "docs-2024-10").findings
    assert {it.message.partition(": ")[2] for it in found} == {
        "docs-2024-10 does not know `plugin_output`",
        "docs-2024-10 does not know `plugin_input`",
    }


def test_connector_of_a_later_release_is_named():
    found = checked(json.dumps(JOB | {"sink": [{"plugin_name": "Aerospike"}]}), "job.json", "2.3.9").findings
    assert "has it. If it is your own, pass --plugin." in found[0].hint


def test_conversion_is_a_hint_for_a_key_only_where_the_other_language_takes_it():
    job = json.dumps(JOB | {"x": {"a:b": 1}})
    hints = {release: checked(job, "job.json", release).findings[0].hint for release in ("2.3.13", "3.0.0")}
    assert hints == {
        "2.3.13": "HOCON takes any key in quotes: --convert hocon, and submit with format=hocon",
        "3.0.0": "",
    }


def test_own_plugins_are_accepted():
    text = hocon(source='Mine { plugin_output = "a" }', transform='AlsoMine { plugin_input = "a" }')
    assert checked(text).is_refused
    assert not checked(text, own_plugins={"mine", "AlsoMine"}).findings


def test_key_twice_and_text_behind_the_json_value_are_warned_of():
    twice = json.dumps(JOB).replace('"env": {', '"env": {"job.mode": "STREAMING", ', 1)
    assert [it.rule for it in checked(twice, "job.json").findings] == [Rule.KEY]
    behind = checked(json.dumps(JOB) + "\n}", "job.json").findings
    assert [(it.rule, it.line) for it in behind] == [(Rule.SYNTAX, 2)]


def test_encrypted_credentials_are_not_warned_of():
    sink = {"plugin_name": "Console", "password": "c2VjcmV0"}
    job = JOB | {"env": {"shade.identifier": "base64"}, "sink": [sink]}
    warned = [Rule.CREDENTIALS in {it.rule for it in checked(json.dumps(it), "job.json").findings} for it in (job, JOB)]
    assert warned == [False, False]
    clear = checked(json.dumps(JOB | {"sink": [sink]}), "job.json").findings
    assert Rule.CREDENTIALS in {it.rule for it in clear}


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (b"", "empty", (None, None)),
        (b" \n\t", "empty", (None, None)),
        (b"\x7fELF\0\0", "binary", (None, None)),
        (b"a" * (2**20 + 1), "the reference server takes at most 1,048,576 bytes of HOCON", (None, None)),
        (b"\xc3\xa9" * (2**22 + 1), "the reference server takes at most 8,388,608 bytes", (None, None)),
        ("env {}\n# é\xe9".encode("latin-1"), "not UTF-8", (2, 3)),
    ],
)
def test_content_that_is_no_text_is_one_short_error(content, message, place):
    (found,) = checked(content).findings
    assert message in found.message
    assert (found.line, found.column) == place


def test_options_in_sql_without_an_end_are_warned_of_at_their_line():
    lines = (UPSTREAM / "sql-rest-api-page.sql").read_text()
    assert lines.count(");") > 1
    found = checked(lines.replace(");", ";", 1), "job.sql").findings
    (unclosed,) = [it for it in found if it.rule is Rule.SYNTAX]
    assert (unclosed.severity, "is not closed" in unclosed.message) == (FindingSeverity.WARNING, True)
    assert "WITH" in lines.splitlines()[unclosed.line - 1]


def test_limits_of_the_reference_server_are_no_refusals():
    large = checked(json.dumps(JOB | {"x": "a" * 2 * 2**20}), "job.json")
    assert not large.findings
    assert large.job is not None
    for name, text in (("job.json", json.dumps(JOB | {"x": [0] * 100_001})), ("job.conf", hocon() + "#" * 2**20)):
        (found,) = checked(text, name).findings
        assert (found.severity, found.rule) == (FindingSeverity.WARNING, Rule.FILE)
        assert "the reference server takes" in found.message


@pytest.mark.parametrize("name", ["-", "job", "job.txt"])
def test_language_is_recognised_by_the_text(name):
    for text, language in ((hocon(), "hocon"), (json.dumps(JOB), "json"), (SQL, "sql")):
        assert checked(text, name).language == language


@pytest.mark.parametrize(
    "text", ["[" * 400, "a = " + "[" * 400, '{"a": ' * 400, "${" * 9000, "a{" * 5000, "\n" * 10**5 + "x"]
)
def test_hostile_text_is_an_error(text):
    for name in ("job.json", "job.conf", "job.sql", "-"):
        assert checked(text, name).is_refused


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("job.conf", "x = ${y}\n" * 5_000),
        ("job.json", '{"env": {' + ", ".join(f'"job.mod{n}": 1' for n in range(5_000)) + ', "job.mod0": 2}}'),
        ("job.conf", hocon(sink="\n".join(f'Console {{ plugin_input = "b{n}" }}' for n in range(1_000)))),
    ],
)
def test_findings_of_a_large_file_are_limited(name, text):
    assert 0 < len(checked(text, name).findings) <= 101


def test_text_with_many_beginnings_of_variables_is_read_in_one_go():
    found = checked(json.dumps(JOB | {"env": {"a": "${a" * 300_000}}), "job.json").findings
    assert Rule.VARIABLE not in {it.rule for it in found}


def test_plan_is_shown_as_text_and_as_a_diagram():
    job = checked((UPSTREAM / "sql-to-two-consoles.conf").read_text()).job
    assert summary(job) == "batch job, 1 pipeline, 4 vertices, 2 slots"
    assert plan_text(job).splitlines()[0] == "pipeline 1"
    lines = mermaid(job).splitlines()
    assert lines[0] == "flowchart LR"
    assert sum(" --> " in line for line in lines) == 3
    assert sum("[" in line for line in lines) == 5


SHOP = [{"schema": {"table": f"shop.<{name}>&", "fields": {"id": "bigint"}}} for name in "abcdefgh"]
PIPELINES = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "shop", "tables_configs": SHOP}, JOB["source"][0]],
    "transform": [
        {"plugin_name": "Sql", "plugin_input": "a", "plugin_output": "b", "query": "select name from a"},
        {"plugin_name": "Sql", "plugin_input": "b", "plugin_output": "c", "query": "select name from b"},
    ],
    "sink": [{"plugin_name": "Console", "plugin_input": given} for given in ("shop", "a", "b", "c")],
}


def test_plan_is_drawn_with_a_frame_for_each_pipeline():
    job = checked(json.dumps(PIPELINES), "job.json").job
    drawing = ET.fromstring(svg(job))  # noqa: S314 - it is our own
    found = {kind: drawing.findall(f".//{{*}}*[@class='{kind}']") for kind in ("frame", "box", "edge", "name", "small")}

    assert drawing.findtext("{*}title") == f"Plan of a {summary(job)}"
    assert drawing.findtext("{*}desc") == plan_text(job)
    assert [len(found[kind]) for kind in ("frame", "box", "edge")] == [2, 8, 6]
    assert {each.text for each in found["name"]} >= {"Source[0]-FakeSource", "Sink[3]-Console-MultiTableSink"}
    assert {each.text for each in found["small"]} >= {"shop.<a>&", "shop.<e>&", "and 3 more tables"}


def test_boxes_and_frames_of_a_drawing_do_not_overlap():
    drawing = ET.fromstring(svg(checked(json.dumps(PIPELINES), "job.json").job))  # noqa: S314 - as above
    for kind in ("frame", "box"):
        sides = [
            [float(each.get(name)) for name in ("x", "y", "width", "height")]
            for each in drawing.findall(f".//{{*}}rect[@class='{kind}']")
        ]
        for (x, y, width, height), (left, top, *_) in permutations(sides, 2):
            assert not (x <= left < x + width and y <= top < y + height)
        assert all(x + width <= float(drawing.get("width")) for x, _, width, _ in sides)
