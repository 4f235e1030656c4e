"""Submitted, waiting and stopped jobs of each release; the expected differences are facts of the contract."""

from urllib.parse import parse_qsl

import pytest
from speaking_releases import (
    BATCH,
    ENGINES,
    FORM,
    HOCON,
    STREAM,
    config_file,
    contract_of,
    submit_facts,
    text_of,
    with_fact,
    with_operation,
)

from seatunnel_openapi import releases

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


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
async def test_file_is_read_before_the_query(speaking, release):
    facts = contract_of(release).operation("submit_job_by_upload").behaviour
    async with speaking(release) as api:
        texts = ("{", '{"env": {}, "source": [], "sink": [{}]}', '{"env": {}, "source": [{}], "sink": [{}]}')
        answers = [
            await api.post("/submit-job/upload?a=%zz", body=config_file("a.json", text), headers=FORM) for text in texts
        ]
        said = ["URI query" in answer.json["message"] for answer in answers]
        assert said == [False, facts.choice("decryption") != "every-format", True]
        statuses = [answer.status for answer in answers]
        assert statuses[1:] == [400 if facts.choice("decryption") == "every-format" else 500, 500]


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


@pytest.mark.parametrize("release", with_operation("submit_job_by_upload"))
async def test_form_of_another_letter_case_has_no_parts(speaking, release):
    async with speaking(release) as api:
        upload = config_file("a.conf", HOCON)
        odd = {"content-type": FORM["content-type"].replace("multipart/form-data", "Multipart/Form-Data")}
        refused = await api.post("/submit-job/upload", body=upload, headers=odd)
        assert refused.status == 500
        assert "Part.getSubmittedFileName()" in refused.json["message"]
        assert (await api.post("/submit-job/upload", body=upload, headers=FORM)).status == 200


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
            unreadable = await api.get(f"/pending-jobs?{query}", headers={"accept": "image/png"})
            assert (unreadable.status, unreadable.body) == (400, b"")


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


@pytest.mark.parametrize("release", with_operation("get_pending_jobs"))
async def test_queue_is_told_within_bounds_however_much_its_jobs_lack(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=3, waits_for_slots=True) as api:
        for number, parallelism, name in [(7, 99_999, "x"), (8, 99_999, "y" * 10**6), (9, 1, "z")]:
            env = {**STREAM["env"], "parallelism": parallelism, "job.name": name}
            await api.post(f"/submit-job?jobId={number}", {**STREAM, "env": env})
        answer = await api.get("/pending-jobs")
        assert (answer.status, len(answer.body) < 10**7) == (200, True)
        first = answer.json["pendingJobs"][0]
        assert (first["totalTaskGroups"], first["lackingTaskGroups"]) == (100_000, 99_997)
        assert 1000 < len(first["lackingTaskGroupDiagnostics"]) < 10_000
        assert answer.json["queueSummary"]["lackingTaskGroups"] == 2 * 99_997


UNSENT = "not sent"
START_OF_WAITING = dict.fromkeys(releases()[releases().index("2.3.13") :], "") | {"2.3.13": None}
"""What the start time of a job is until it has slots, in the releases that send it."""


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
            assert shown.json.get("startTime", UNSENT) == START_OF_WAITING.get(release, UNSENT)
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
        assert (refused.status, text_of(release, refused.json["message"])[:13]) == (400, "No checkpoint")
        for value in ("true", "false", ""):
            dry = await api.post(f"/submit-job?dryRun={value}", STREAM)
            assert (dry.status, text_of(release, dry.json["message"])) == (400, "Dry-run is only supported via CLI")


RESTORES = with_fact("submit_job", "restoreMode", "followed")


@pytest.mark.parametrize("release", RESTORES)
@pytest.mark.parametrize(("mode", "job"), [("savepoint", "7"), ("CHECKPOINT", "8")])
async def test_job_is_restored_under_the_id_of_its_source_or_under_its_own(speaking, release, mode, job):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        await api.post("/stop-job", {"jobId": 7, "isStopWithSavePoint": True})
        await api.engine.clock.advance(seconds=1)
        restored = await api.post(f"/submit-job?jobId=8&restoreMode={mode}&restoreSourceJobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        assert (restored.status, restored.json["jobId"]) == (200, job)
        shown = (await api.get(f"/job-info/{job}")).json
        assert (shown["jobStatus"], shown["metrics"]["SourceReceivedCount"]) == ("RUNNING", "5")
        assert shown["isStartWithSavePoint"] is True


@pytest.mark.parametrize("release", RESTORES)
async def test_restore_is_refused_in_the_engines_words(speaking, release):
    required, none = "restoreSourceJobId is required when restoreMode=", "No checkpoint found for jobId="
    refused = {
        "restoreMode=x": "No enum constant org.apache.seatunnel.engine.core.job.RestoreMode.X",
        "restoreMode=SAVEPOINT&jobId=7": f"{required}SAVEPOINT",
        "restoreMode=checkpoint": f"{required}CHECKPOINT",
        "restoreMode=SAVEPOINT&restoreSourceJobId=x": "restoreSourceJobId must be a numeric job id, got: x",
        "restoreMode=SAVEPOINT&restoreSourceJobId=9&jobId=7": f"{none}9, restoreMode=SAVEPOINT, restoreSourceJobId=9",
        "restoreMode=CHECKPOINT&restoreSourceJobId=9&jobId=7": f"{none}7, restoreMode=CHECKPOINT, restoreSourceJobId=9",
        "isStartWithSavePoint=true&jobId=7": f"{none}7, restoreMode=SAVEPOINT, restoreSourceJobId=7",
    }
    async with speaking(release) as api:
        for query, message in refused.items():
            several = [STREAM | {"params": dict(parse_qsl(query))}]
            for answer in (await api.post(f"/submit-job?{query}", STREAM), await api.post("/submit-jobs", several)):
                assert (answer.status, answer.json["message"]) == (400, f"IllegalArgumentException: {message}")


@pytest.mark.parametrize("release", RESTORES)
@pytest.mark.parametrize("query", ["restoreMode=none&isStartWithSavePoint=true&jobId=7", "restoreMode=%20&jobId=7"])
async def test_job_that_asks_for_no_restore_starts_afresh(speaking, release, query):
    async with speaking(release) as api:
        assert (await api.post(f"/submit-job?{query}", STREAM)).status == 200


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
    sql = """/* config
        env { job.mode = "BATCH" }
        */
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


@pytest.mark.parametrize("release", [ENGINES[0], ENGINES[-1]])
async def test_job_with_a_null_option_runs_and_breaks_every_answer_that_it_is_part_of(speaking, release):
    null_option = {"env": {"job.mode": "BATCH", "any": None}}
    async with speaking(release) as api:
        assert (await api.post("/submit-job?jobId=7", BATCH | null_option)).status == 200
        shown = [(await api.get(path)).status for path in ("/job-info/7", "/running-jobs", "/overview")]
        assert shown == [500, 500, 200]
        await api.engine.clock.advance(seconds=4)
        shown = [(await api.get(path)).status for path in ("/job-info/7", "/running-jobs", "/overview")]
        assert shown == [500, 200, 200]
        lists = ("/finished-jobs", "/finished-jobs/FINISHED", "/finished-jobs/CANCELED")
        assert [(await api.get(path)).status for path in lists] == [500, 500, 200]
        assert (await api.get("/overview")).json["finishedJobs"] == "1"


@pytest.mark.parametrize(("release", "option"), [("docs-2024-10", "result_table_name"), ("2.3.9", "plugin_output")])
async def test_messages_name_the_table_options_that_the_release_prefers(speaking, release, option):
    (source,) = BATCH["source"]
    unnamed = {name: value for name, value in source.items() if name != "result_table_name"}
    async with speaking(release) as api:
        refused = await api.post("/submit-job", BATCH | {"source": [unnamed, unnamed]})
        assert refused.json["message"] == f"The source/transform(FakeSource) is not configured with '{option}' option"


async def test_job_runs_only_where_its_tags_are(speaking):
    filtered = BATCH | {"env": {"job.mode": "BATCH", "tag_filter": {"zone": "a"}}}
    unlimited = BATCH | {"env": {"job.mode": "BATCH", "job.retry.times": 0, "read_limit.rows_per_second": 0}}
    async with speaking(ENGINES[0]) as api:
        await api.post("/submit-job?jobId=7", filtered)
        await api.post("/submit-job?jobId=8", unlimited)
        await api.post("/update-tags", {"zone": "a"})
        await api.post("/submit-job?jobId=9", filtered)
        await api.engine.clock.advance(seconds=4)
        failed = {job["jobId"]: job["errorMsg"] for job in (await api.get("/finished-jobs/FAILED")).json}
        assert "NoEnoughResource" in failed["7"]
        assert failed["8"].startswith("java.lang.IllegalArgumentException: bytesPerSecond and countPerSecond")
        assert (await api.get("/job-info/9")).json["jobStatus"] == "FINISHED"
