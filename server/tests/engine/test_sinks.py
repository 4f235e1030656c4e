import pytest

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.connectors.sinks import assertion
from seatunnel_server.engine.memory.connectors.sinks.local_file import fill
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.graph import make_sink
from seatunnel_server.engine.memory.pipeline import Row, RowKind, TaskContext
from seatunnel_server.engine.memory.schema import INT, STRING, Column, Table, TablePath
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import PluginUnknown, SaveModeFailed

PEOPLE = Table(TablePath.parse("d.fake"), (Column("name", STRING), Column("age", INT)), ("name",))
THINGS = Table(TablePath.parse("things"), (Column("id", INT),))
ANN, BOB = Row("d.fake", ("ann", 41)), Row("d.fake", ("bob", None), kind=RowKind.DELETE)


def sink(plugin, options=None, *, tables=(PEOPLE,), connectors=Catalogue()):  # noqa: B008 - frozen
    return make_sink(plugin, Options(options or {}), tuple(tables), connectors)


def context(lines=None, *, subtask=0, sandbox=None):
    log = (lambda _: None) if lines is None else lines.append
    return TaskContext(JobId(7), subtask, log, sandbox)


def test_console_numbers_rows_for_each_subtask_and_table_and_each_attempt_anew():
    lines: list[str] = []
    console = sink("Console", tables=(PEOPLE, THINGS))
    console.write([ANN, Row("things", (1,))], context(lines))
    console.write([ANN], context(lines, subtask=1))
    console.close(context(lines))
    console.write([ANN], context(lines))
    assert [line.partition(":")[0] for line in lines if "rowIndex" in line] == [
        "subtaskIndex=0  rowIndex=1",
        "subtaskIndex=0  rowIndex=1",
        "subtaskIndex=1  rowIndex=1",
        "subtaskIndex=0  rowIndex=1",
    ]


def test_console_prints_rows_of_united_sources_as_those_of_its_table():
    lines: list[str] = []
    sink("Console").write([Row("other", ("x", 1))], context(lines))
    assert lines[0].endswith("tableId=other SeaTunnelRow#kind=INSERT : x, 1")


def test_unknown_sink_is_refused_or_stood_in_for():
    with pytest.raises(PluginUnknown, match="pluginType='sink', pluginName='NoSuchSink'"):
        sink("NoSuchSink")
    swallowing = sink("NoSuchSink", connectors=Catalogue(ConnectorMode.ANY))
    swallowing.prepare(context())
    swallowing.write([ANN], context())
    swallowing.close(context())
    assert (swallowing.plugin, swallowing.commits) == ("NoSuchSink", False)


def written(tmp_path, options, rows=(ANN, BOB), tables=(PEOPLE,), subtask=0):
    """Return what a LocalFile sink writes, file by file."""
    file = sink("LocalFile", {"path": "out", **options}, tables=tables)
    where = context(subtask=subtask, sandbox=tmp_path)
    file.prepare(where)
    file.write(rows, where)
    file.close(where)
    return {str(path.relative_to(tmp_path)): path.read_text() for path in sorted(tmp_path.rglob("*")) if path.is_file()}


def test_local_file_writes_one_file_for_each_table_and_subtask(tmp_path):
    written(tmp_path, {"path": "${database_name:none}/${table_name}"}, [ANN, Row("things", (1,))], (PEOPLE, THINGS))
    files = written(tmp_path, {"path": "d/fake"}, [ANN], subtask=1)
    assert list(files) == ["d/fake/T_7_0_0.csv", "d/fake/T_7_1_0.csv", "none/things/T_7_0_0.csv"]


def test_local_file_never_writes_over_what_is_there(tmp_path):
    written(tmp_path, {})
    assert list(written(tmp_path, {})) == ["out/T_7_0_0.csv", "out/T_7_0_1.csv"]


def test_local_file_drops_data_or_refuses_it_as_its_save_mode_says(tmp_path):
    written(tmp_path, {})
    (tmp_path / "out/kept.md").touch()
    assert list(written(tmp_path, {"data_save_mode": "DROP_DATA"})) == ["out/T_7_0_0.csv", "out/kept.md"]
    with pytest.raises(SaveModeFailed):
        written(tmp_path, {"data_save_mode": "ERROR_WHEN_DATA_EXISTS"})
    with pytest.raises(SaveModeFailed):
        written(tmp_path, {"path": "new", "schema_save_mode": "ERROR_WHEN_SCHEMA_NOT_EXIST"})


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("out", "out"),
        ("/data/hive/warehouse", "data/hive/warehouse"),
        ("//etc", "etc"),
        ("../out", "out"),
        ("/..", "."),
        ("out/../../x", "x"),
        ("file:///data/x", "data/x"),
    ],
)
def test_paths_of_local_file_begin_at_the_sandbox(tmp_path, path, folder):
    where = context(sandbox=tmp_path / "sandbox")
    file = sink("LocalFile", {"path": path})
    file.prepare(where)
    file.write([ANN], where)
    assert (tmp_path / "sandbox" / folder / "T_7_0_0.csv").read_text() == "ann,41"
    assert sorted(made.name for made in tmp_path.iterdir()) == ["sandbox"]


def test_local_file_tells_in_the_log_of_its_job_where_its_files_are(tmp_path):
    lines = []
    sink("LocalFile", {"path": "/data/${table_name}"}).open(context(lines, sandbox=tmp_path))
    assert lines == [f"Files of /data/fake are written to {tmp_path.resolve()}/data/fake"]


@pytest.mark.parametrize("path", ["/dev/null/x", "/proc/1/x", "x/../../sys/x", "a\0b", "link/x"])
def test_local_file_outside_the_sandbox_fails_like_a_path_that_cannot_be_made(tmp_path, path):
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    (sandbox / "link").symlink_to(tmp_path)
    with pytest.raises(SaveModeFailed) as refused:
        sink("LocalFile", {"path": path}).prepare(context(sandbox=sandbox))
    assert refused.value.message.startswith("org.apache.seatunnel.engine.common.exception.JobException: ")
    assert "ErrorCode:[API-09], ErrorDescription:[Handle save mode failed]" in refused.value.message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sandbox"]


def test_local_file_without_a_sandbox_or_with_a_file_in_its_way_is_refused(tmp_path):
    with pytest.raises(SaveModeFailed):
        sink("LocalFile", {"path": "out"}).prepare(context())
    (tmp_path / "out").touch()
    with pytest.raises(SaveModeFailed):
        sink("LocalFile", {"path": "out"}).prepare(context(sandbox=tmp_path))


@pytest.mark.parametrize(
    "path", ["a/" * 201, "a/" * 2_000, "${table_name}/" * 50_000, "x" * 4_097, "${table_name}" + "x" * 100_000]
)
def test_local_file_takes_no_path_that_is_deep_or_long(path, tmp_path):
    file = sink("LocalFile", {"path": path})
    with pytest.raises(SaveModeFailed):
        file.prepare(context(sandbox=tmp_path))
    assert max(map(len, file._folders.values())) < 9_000


def test_local_file_makes_two_hundred_folders(tmp_path):
    sink("LocalFile", {"path": "a/" * 200}).prepare(context(sandbox=tmp_path))
    assert (tmp_path / ("a/" * 200)).is_dir()


def test_value_that_a_rule_wants_is_read_once(monkeypatch):
    read = []
    monkeypatch.setattr(assertion, "from_json", lambda kind, value: read.append(kind) or str(value))
    checking = sink("Assert", {"rules": field_rule("name", "string", {"equals_to": "ann"})})
    checking.write([ANN] * 9, context())
    assert len(read) == 1


def test_local_file_fails_its_job_when_its_folder_is_gone_or_full(tmp_path):
    file = sink("LocalFile", {"path": "out"})
    where = context(sandbox=tmp_path)
    with pytest.raises(TaskFailed):
        file.write([ANN], where)
    file.prepare(where)
    with pytest.raises(TaskFailed, match="No space left on device"):
        file.write([Row("d.fake", ("x" * 2**26, 1))], where)
    file.close(where)


def test_placeholders_stand_for_parts_of_the_table():
    text = (
        "${database_name}/${schema_name:none}/${table_full_name}/${schema_full_name}/${primary_key}/${field_names}/${x}"
    )
    assert fill(text, PEOPLE) == "d/none/d.fake/d/name/name,age/${x}"


def field_rule(field, kind, *rules):
    return {"field_rules": [{"field_name": field, "field_type": kind, "field_value": list(rules)}]}


def test_rows_are_counted_over_all_attempts_and_jobs():
    rules, where = {"rules": {"row_rules": [{"rule_type": "MAX_ROW", "rule_value": 2}]}}, context()
    for _ in range(2):
        counting = sink("Assert", rules)
        counting.write([ANN], where)
        counting.close(where)
    counting.write([ANN], where)
    with pytest.raises(TaskFailed, match="row num :3 fail rule"):
        counting.close(where)
