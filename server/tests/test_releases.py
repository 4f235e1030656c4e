"""One API, spoken as every release: what differs is read from the contract's facts, never from a release's name."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seatunnel_openapi import Behaviour, Contract, load, releases
from seatunnel_server import create_app
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ENGINES = releases()[1:]
"""Every release but the documented one."""

HOCON = """
env {
  job.mode = "BATCH"
}
source {
  FakeSource {
    plugin_output = "fake"
    row.num = 8
    schema = { fields { name = "string", age = "int" } }
  }
}
sink {
  Console { plugin_input = "fake" }
}
"""
BATCH = {
    "env": {"job.mode": "BATCH"},
    "source": [
        {
            "plugin_name": "FakeSource",
            "result_table_name": "fake",
            "row.num": 5,
            "schema": {"fields": {"name": "string"}},
        }
    ],
    "sink": [{"plugin_name": "Console", "source_table_name": "fake"}],
}
STREAM = BATCH | {"env": {"job.mode": "STREAMING", "checkpoint.interval": 1000}}
FORM = {"content-type": "multipart/form-data; boundary=XyZ"}


@cache
def contract_of(release: str) -> Contract:
    return load(release)


def submit_facts(release: str) -> Behaviour:
    return contract_of(release).operation("submit_job").behaviour


def with_operation(name: str) -> list[str]:
    return [release for release in releases() if any(it.id == name for it in contract_of(release).operations)]


def with_fact(operation: str, fact: str, *values: str) -> list[str]:
    """Name the releases in which a fact of an operation has one of some values."""
    return [
        release
        for release in with_operation(operation)
        if contract_of(release).operation(operation).behaviour.choice(fact) in values
    ]


def config_file(name: str | None, text: str, **fields: str) -> bytes:
    named = "" if name is None else f'; filename="{name}"'
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
    parts.append(f'Content-Disposition: form-data; name="config_file"{named}\r\n\r\n{text}')
    return ("".join(f"--XyZ\r\n{part}\r\n" for part in parts) + "--XyZ--\r\n").encode()


@pytest.fixture
def speaking(api: Any, tmp_path: Path) -> Callable[..., Any]:
    """Serve a contract over an engine that really runs jobs, on a clock that the test moves."""

    @asynccontextmanager
    async def serve(release: str, **settings: Any) -> AsyncIterator[Any]:
        facts = submit_facts(release)
        keys = {"input_keys": facts.names("inputKeys"), "output_keys": facts.names("outputKeys")}
        engine_settings = EngineSettings(log_dir=tmp_path, **keys, **settings)
        async with MemoryEngine(planner=Planner(), clock=ManualClock(), settings=engine_settings) as engine:
            yield type(api)(create_app(contract_of(release), engine), engine)

    return serve


@pytest.mark.parametrize("release", releases())
async def test_every_operation_without_parameters_is_answered_as_its_contract_says(speaking, release):
    async with speaking(release) as api:
        plain = [it for it in contract_of(release).operations if it.method == "GET" and "{" not in it.path]
        answers = {it.path: (await api.get(it.path)).status for it in plain}
        told = {"/option-rules": 400, "/metrics/realtime/jobs": 503}
        assert answers == {it.path: told.get(it.path, 200) for it in plain}


@pytest.mark.parametrize("release", releases())
async def test_job_runs_to_its_end_and_is_shown_in_the_finished_form(speaking, release):
    async with speaking(release) as api:
        submitted = await api.post("/submit-job?jobId=7&jobName=seven", BATCH)
        assert submitted.json == {"jobId": "7", "jobName": "seven"}
        assert (await api.get("/job-info/7")).json["jobStatus"] == "PENDING"
        await api.engine.clock.advance(seconds=0.2)
        assert [job["jobId"] for job in (await api.get("/running-jobs")).json] == ["7"]
        await api.engine.clock.advance(seconds=3)
        job = (await api.get("/job-info/7")).json
        assert job["jobStatus"] == "FINISHED"
        assert [each["jobId"] for each in (await api.get("/finished-jobs/finished")).json] == ["7"]


@pytest.mark.parametrize("release", releases())
async def test_unknown_job_is_answered_as_the_fact_says(speaking, release):
    said = contract_of(release).operation("get_job_info").behaviour.choice("unknownJob")
    async with speaking(release) as api:
        assert (await api.get("/job-info/007")).json == {
            "jobId": {"empty": "", "echo-text": "007", "echo-number": "7"}[said]
        }


@pytest.mark.parametrize("release", ENGINES)
@pytest.mark.parametrize("path", ["/thread-dump", "/running-threads"])
async def test_threads_of_the_node_are_told(speaking, release, path):
    async with speaking(release) as api:
        threads = (await api.get(path)).json
        assert "MainThread" in {thread["threadName"] for thread in threads}


@pytest.mark.parametrize("release", with_fact("get_running_jobs", "listOrder", "newest-first"))
async def test_newest_job_comes_first_and_pages_are_cut_from_there(speaking, release):
    async with speaking(release) as api:
        for number in range(1, 4):
            await api.post(f"/submit-job?jobId={number}", STREAM)
        assert [job["jobId"] for job in (await api.get("/running-jobs?rows=1")).json] == ["3", "2", "1"]
        page = (await api.get("/running-jobs?page=2&rows=2")).json
        assert ([job["jobId"] for job in page["data"]], page["total"]) == (["1"], 3)
        assert (await api.get("/finished-jobs?page=1")).json == {"data": [], "total": 0}


@pytest.mark.parametrize("release", with_fact("get_running_jobs", "paging", "unchecked"))
@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("page=0", 400, "Page number must be greater than 0"),
        ("page=2", 400, "Page number exceeds total pages"),
        ("page=abc", 400, 'For input string: "abc"'),
        ("page=", 400, 'For input string: ""'),
        ("page=1&rows=-5", 400, "fromIndex(0) > toIndex(-5)"),
        ("page=2&rows=-5", 500, "fromIndex = -5"),
    ],
)
async def test_page_that_is_not_there_is_refused_in_the_engines_words(speaking, release, query, status, message):
    async with speaking(release) as api:
        answer = await api.get(f"/running-jobs?{query}")
        assert (answer.status, answer.json["message"]) == (status, message)


@pytest.mark.parametrize("release", with_fact("get_job_info", "unscheduledJob", "server-error"))
async def test_job_without_slots_breaks_its_details(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=0) as api:
        assert (await api.post("/submit-job?jobId=7", BATCH)).status == 200
        assert (await api.get("/job-info/7")).status == 500
        lists = contract_of(release).operation("get_finished_jobs").behaviour.choice("unscheduledJob")
        assert (await api.get("/finished-jobs/FAILED")).status == {"answered": 200, "server-error": 500}[lists]


@pytest.mark.parametrize("release", with_fact("get_job_info", "unscheduledJob", "answered"))
async def test_job_without_slots_is_answered_like_any_other(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=0) as api:
        assert (await api.post("/submit-job?jobId=7", BATCH)).status == 200
        assert (await api.get("/job-info/7")).json["jobStatus"] == "FAILED"


@pytest.mark.parametrize("release", with_operation("submit_job_by_upload"))
async def test_hocon_is_read_from_a_body_and_from_a_file(speaking, release):
    async with speaking(release) as api:
        asked = await api.post("/submit-job?jobId=1&format=HOCON", body=HOCON.encode())
        file = await api.post("/submit-job/upload", body=config_file("a.conf", HOCON, jobId="2"), headers=FORM)
        assert (asked.json["jobId"], file.json["jobId"]) == ("1", "2")
        await api.engine.clock.advance(seconds=3)
        shown = [(await api.get(f"/job-info/{number}")).json for number in (1, 2)]
        assert [job["metrics"]["SinkWriteCount"] for job in shown] == ["8", "8"]


@pytest.mark.parametrize("release", with_operation("submit_job_by_upload"))
async def test_form_without_a_named_file_is_taken_as_the_fact_says(speaking, release):
    async with speaking(release) as api:
        lacking = await api.post("/submit-job/upload", body=b"--XyZ--\r\n", headers=FORM)
        no_form = await api.post("/submit-job/upload", BATCH)
        assert (lacking.status, no_form.status) == (500, 500)
        text = '{"env": {}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"a": "int"}}}], '
        unnamed = config_file(None, text + '"sink": [{"plugin_name": "Console"}]}')
        said = contract_of(release).operation("submit_job_by_upload").behaviour.choice("unnamedFile")
        answer = await api.post("/submit-job/upload", body=unnamed, headers=FORM)
        assert answer.status == {"server-error": 500, "json": 200}[said]


@pytest.mark.parametrize("release", with_operation("get_metrics"))
async def test_samples_are_told_only_while_telemetry_is_on(speaking, release):
    async with speaking(release) as api:
        assert [(await api.get(path)).body for path in ("/metrics", "/openmetrics")] == [b"", b"# EOF\n"]
    async with speaking(release, telemetry=True) as api:
        await api.post("/submit-job", STREAM)
        plain, open_ = [(await api.get(path)).body for path in ("/metrics", "/openmetrics")]
        assert b'job_count{cluster="seatunnel",type="pending",} 1.0\n' in plain
        assert b'job_count{cluster="seatunnel",type="pending"} 1.0\n' in open_
        assert open_.endswith(b"# EOF\n")


@pytest.mark.parametrize("release", releases())
async def test_head_of_text_has_its_charset_as_the_fact_says(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", BATCH)
        await api.engine.clock.advance(seconds=3)
        await asyncio.sleep(0)
        await api.get("/log/job-7.log")
        said = contract_of(release).behaviour
        charset = (
            ""
            if said.choice("headCharset") == "dropped" and said.choice("textCharset") != "utf-8"
            else (f";charset={said.choice('textCharset')}")
        )
        head = await api("HEAD", "/log/job-7.log")
        assert (head.content_type, head.body) == (f"text/plain{charset}", b"")


@pytest.mark.parametrize("release", with_operation("get_checkpoint_overview"))
async def test_checkpoints_of_a_job_are_told_until_it_is_cancelled(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        assert (await api.get("/jobs/checkpoints/7")).json == {"jobId": "7"}
        await api.engine.clock.advance(seconds=4)
        (pipeline,) = (await api.get("/jobs/checkpoints/7")).json["pipelines"]
        assert pipeline["counts"]["completed"] == len(pipeline["history"]) > 1
        newest = (await api.get("/jobs/checkpoints/history/7?limit=1")).json
        assert [it["checkpoint"] for it in newest] == [pipeline["latestCompleted"]]
        assert (await api.get("/jobs/checkpoints/history/7?status=failed")).json == []
        assert (await api.get("/jobs/checkpoints/history/7?status=odd")).status == 400
        assert (await api.get("/jobs/checkpoints/history/7?limit=-1")).json["message"] == "-1"
        await api.post("/stop-job", {"jobId": 7})
        await api.engine.clock.advance(seconds=1)
        assert (await api.get("/jobs/checkpoints/7")).json == {"jobId": "7"}


@pytest.mark.parametrize("release", with_operation("get_checkpoint_overview"))
async def test_committed_rows_are_those_of_the_last_checkpoint(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.engine.clock.advance(seconds=0.5)
        early = (await api.get("/job-info/7")).json["metrics"]
        await api.engine.clock.advance(seconds=3)
        later = (await api.get("/job-info/7")).json["metrics"]
        assert (early["SinkWriteCount"], early["SinkCommittedCount"], later["SinkCommittedCount"]) == ("5", "0", "5")
        assert later["TableSinkCommittedCount"] == {"Sink[0].fake": "5"}
        assert later["TableSourceReceivedCount"] == {"Source[0].fake": "5"}


@pytest.mark.parametrize("release", with_operation("get_pending_jobs"))
async def test_queue_of_waiting_jobs_tells_the_workers(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=2) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        snapshot = (await api.get("/pending-jobs?zone=a")).json["clusterSnapshot"]
        assert (snapshot["totalSlots"], snapshot["workers"][0]["runningJobIds"]) == (0, [7])
        assert snapshot["workers"][0]["totalSlots"] == 2
        pretty = (await api.get("/pending-jobs?pretty=TRUE&limit=3&jobId=7")).json
        assert pretty["queueSummary"]["oldestEnqueueTimestamp"].startswith("19")
        for query in ("jobId=x", "limit=x"):
            refused = await api.get(f"/pending-jobs?{query}", headers={"accept": "application/json"})
            assert (refused.status, refused.json["message"]) == (400, f"Invalid {query[:-2]}")


@pytest.mark.parametrize("release", with_operation("get_pending_jobs"))
async def test_job_that_waits_is_told_with_what_it_lacks(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=3, waits_for_slots=True) as api:
        for number in (7, 8, 9):
            await api.post(f"/submit-job?jobId={number}", STREAM)
        found = (await api.get("/pending-jobs")).json
        assert (found["queueSummary"]["size"], found["queueSummary"]["scheduleStrategy"]) == (2, "WAIT")
        assert [job["jobId"] for job in found["pendingJobs"]] == [8, 9]
        first = found["pendingJobs"][0]
        assert (first["totalTaskGroups"], first["lackingTaskGroups"], first["blockingJobIds"]) == (2, 1, [7])
        assert [group["allocated"] for group in first["pipelines"][0]["taskGroupDiagnostics"]] == [True, False]
        assert [job["jobId"] for job in (await api.get("/pending-jobs?limit=1")).json["pendingJobs"]] == [8]
        (only,) = (await api.get("/pending-jobs?jobId=9&limit=1&pretty=true")).json["pendingJobs"]
        assert (only["jobId"], type(only["enqueueTimestamp"])) == (9, str)


@pytest.mark.parametrize("release", with_fact("get_job_info", "waitingJob", "answered", "server-error"))
async def test_job_that_waits_is_shown_as_the_fact_says(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=2, waits_for_slots=True) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.post("/submit-job?jobId=8", STREAM)
        await api.engine.clock.advance(seconds=1)
        said = contract_of(release).operation("get_job_info").behaviour.choice("waitingJob")
        shown = await api.get("/job-info/8")
        assert shown.status == {"answered": 200, "server-error": 500}[said]
        assert (await api.get("/running-jobs")).status == shown.status
        if said == "answered":
            assert shown.json["jobStatus"] == "PENDING"
            assert shown.json.get("startTime") is None
        await api.post("/stop-job", {"jobId": 7})
        await api.engine.clock.advance(seconds=1)
        assert (await api.get("/job-info/8")).json["jobStatus"] == "RUNNING"


@pytest.mark.parametrize("release", with_fact("submit_job", "rejectedId", "free", "kept"))
async def test_id_that_found_no_slots_is_free_or_kept_as_the_fact_says(speaking, release):
    said = contract_of(release).operation("submit_job").behaviour.choice("rejectedId")
    fixed = {"dynamic_slots": False, "slots": 2}
    async with speaking(release, **fixed, rejected_ids_are_free=said == "free") as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.post("/submit-job?jobId=8", STREAM)
        await api.post("/stop-job", {"jobId": 7})
        await api.engine.clock.advance(seconds=1)
        assert (await api.post("/submit-job?jobId=8", STREAM)).status == 200
        await api.engine.clock.advance(seconds=1)
        assert (
            (await api.get("/running-jobs")).json == []
            if said == "kept"
            else (await api.get("/job-info/8")).json["jobStatus"] == "RUNNING"
        )


@pytest.mark.parametrize("release", with_fact("stop_job", "force", "ends-the-job"))
async def test_forced_stop_takes_no_savepoint(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        await api.post("/stop-job", {"jobId": 7, "isStopWithSavePoint": True, "force": True})
        await api.engine.clock.advance(seconds=1)
        assert (await api.get("/job-info/7")).json["jobStatus"] == "CANCELED"


@pytest.mark.parametrize("release", with_fact("submit_job", "missingCheckpoint", "bad-request"))
async def test_start_from_a_savepoint_that_is_not_there_is_refused(speaking, release):
    async with speaking(release) as api:
        refused = await api.post("/submit-job?jobId=7&isStartWithSavePoint=true", STREAM)
        assert (refused.status, refused.json["message"][:13]) == (400, "No checkpoint")
        assert (await api.post("/submit-job?dryRun=true", STREAM)).status == 400
        await api.post("/submit-job?jobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        await api.post("/stop-job", {"jobId": 7, "isStopWithSavePoint": True})
        await api.engine.clock.advance(seconds=1)
        restored = await api.post("/submit-job?jobId=8&restoreMode=SAVEPOINT&restoreSourceJobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        assert restored.status == 200
        assert (await api.get("/job-info/8")).json["metrics"]["SourceReceivedCount"] == "5"


@pytest.mark.parametrize("release", with_operation("list_loggers"))
async def test_level_of_a_logger_is_overridden_and_given_back(speaking, release):
    async with speaking(release) as api:
        assert (await api.get("/loggers/org.apache")).json["level"] == "INFO"
        change = (await api.post("/loggers/org.apache?level=debug")).json
        assert (change["previousLevel"], change["level"], change["origin"]) == ("INFO", "DEBUG", "runtime-override")
        assert (await api.get("/loggers/org.apache.seatunnel")).json["level"] == "DEBUG"
        assert [it["name"] for it in (await api.get("/loggers")).json["loggers"]] == ["root", "org.apache"]
        assert (await api.get("/loggers?scope=cluster")).json["status"] == "SUCCESS"
        assert (await api.post("/loggers/org.apache", {"level": "LOUD"})).status == 400
        assert (await api("DELETE", "/loggers/org.apache")).json["status"] == "SUCCESS"
        assert (await api("DELETE", "/loggers/org.apache?scope=cluster")).json["status"] == "NO_OVERRIDE"


@pytest.mark.parametrize("release", with_operation("get_realtime_vertices"))
async def test_operations_known_from_documents_only_are_answered(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7&jobName=seven", STREAM)
        (short,) = (await api.get("/running-jobs/summary")).json
        (full,) = (await api.get("/running-jobs/summary?full=true")).json
        assert (short.keys(), full["metrics"]["SinkWriteCount"]) == (
            {"jobId", "jobName", "jobStatus", "createTime"},
            "0",
        )
        assert [(await api.get(f"/metrics/realtime/jobs/7/{of}")).status for of in ("vertices", "edges")] == [503, 503]
        rules = (await api.get("/option-rules?type=source&plugin=FakeSource")).json
        assert rules["optionRule"]["optionalOptions"][0]["key"] == "row.num"
        assert (await api.get("/option-rules?type=sink&plugin=Nothing")).status == 404
        identity = (await api.get("/system-monitoring-information")).json[0]["uuid"]
        mine = {"uuid": identity, "tags": {"zone": "a", "none": None}}
        assert (await api.post("/update-local-member-tags", mine)).status == 200
        assert (await api.get("/resource/workers")).json["workers"][0]["tags"] == {"zone": "a", "none": ""}
        assert (await api.post("/update-local-member-tags", mine | {"uuid": "other"})).status == 400
        assert (await api.post("/update-local-member-tags", {"uuid": identity})).status == 400


@pytest.mark.parametrize("release", with_fact("submit_job", "decryption", "every-format"))
async def test_hocon_is_decrypted_where_every_language_is(speaking, release):
    hidden = HOCON.replace('job.mode = "BATCH"', 'shade.identifier = "base64"').replace(
        "row.num", 'password = "?", row.num'
    )
    async with speaking(release) as api:
        assert (await api.post("/submit-job?format=hocon", body=hidden.encode())).status == 400


@pytest.mark.parametrize(
    "release", [name for name in with_operation("submit_job") if "sql" in submit_facts(name).names("bodyFormats")]
)
async def test_sql_is_read_where_it_is_a_language(speaking, release):
    sql = """
        CREATE TABLE fake (name STRING) WITH ('connector' = 'FakeSource', 'type' = 'source', 'row.num' = '8',
          'schema' = '{ fields { name = "string" } }');
        CREATE TABLE out (name STRING) WITH ('connector' = 'Console', 'type' = 'sink');
        INSERT INTO out SELECT name FROM fake;
    """
    async with speaking(release) as api:
        assert (await api.post("/submit-job?jobId=7&format=sql", body=sql.encode())).json["jobId"] == "7"
        await api.engine.clock.advance(seconds=3)
        assert (await api.get("/job-info/7")).json["metrics"]["SinkWriteCount"] == "8"
        assert (await api.post("/submit-job?format=sql", body=b"")).status == 500
