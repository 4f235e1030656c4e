"""The API of each release; the expected differences are facts of the contract, never names of releases."""

import asyncio
import base64
import re
from urllib.parse import quote

import pytest
from speaking_releases import BATCH, ENGINES, STREAM, UNRECORDED, contract_of, text_of, with_fact, with_operation

from seatunnel_openapi import releases
from seatunnel_server.api.members import milliseconds

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("release", releases())
async def test_every_operation_without_parameters_is_answered_as_its_contract_says(speaking, release):
    async with speaking(release) as api:
        plain = [it for it in contract_of(release).operations if it.method == "GET" and "{" not in it.path]
        answers = {it.path: (await api.get(it.path)).status for it in plain}
        told = {"/option-rules": 400}
        assert answers == {it.path: told.get(it.path, 200) for it in plain}


@pytest.mark.parametrize("release", UNRECORDED)
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


@pytest.mark.parametrize("release", UNRECORDED)
async def test_unknown_job_is_answered_as_the_fact_says(speaking, release):
    said = contract_of(release).operation("get_job_info").behaviour.choice("unknownJob")
    async with speaking(release) as api:
        assert (await api.get("/job-info/007")).json == {
            "jobId": {"empty": "", "echo-text": "007", "echo-number": "7"}[said]
        }


@pytest.mark.parametrize("path", ["/thread-dump", "/running-threads"])
async def test_threads_of_the_node_are_told(speaking, path):
    async with speaking(ENGINES[-1]) as api:
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
async def test_page_that_is_not_there_is_refused_in_the_engines_words(speaking, release):
    refused = {
        "page=0": (400, "Page number must be greater than 0"),
        "page=2": (400, "Page number exceeds total pages"),
        "page=abc": (400, 'For input string: "abc"'),
        "page=": (400, 'For input string: ""'),
        "page=1&rows=-5": (400, "fromIndex(0) > toIndex(-5)"),
        "page=2&rows=-5": (500, "fromIndex = -5"),
    }
    async with speaking(release) as api:
        answers = {query: await api.get(f"/running-jobs?{query}") for query in refused}
        assert {query: (it.status, text_of(release, it.json["message"])) for query, it in answers.items()} == refused


@pytest.mark.parametrize("release", with_fact("get_running_jobs", "paging", "checked"))
@pytest.mark.parametrize("path", ["/running-jobs", "/running-jobs/summary", "/finished-jobs", "/finished-jobs/FAILED"])
async def test_checked_page_is_refused_with_the_name_of_the_parameter(speaking, release, path):
    refused = {
        "page=0": "Parameter 'page' must be greater than 0",
        "page=abc": "Parameter 'page' must be an integer, but was: abc",
        "page=1&rows=0": "Parameter 'rows' must be greater than 0",
        "page=1&rows=": "Parameter 'rows' must be an integer, but was: ",
        "page=2": "Page number exceeds total pages",
        "page=1073741825&rows=4": "Page number exceeds total pages",
    }
    async with speaking(release) as api:
        for query, message in refused.items():
            answer = await api.get(f"{path}?{query}")
            assert (answer.status, answer.json["message"]) == (400, f"IllegalArgumentException: {message}")
        for query in ("page=%201%20&rows=+5", "rows=abc"):
            assert (await api.get(f"{path}?{query}")).status == 200


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
        dropped = said.choice("headCharset") == "dropped" and said.choice("textCharset") != "utf-8"
        charset = "" if dropped else f";charset={said.choice('textCharset')}"
        head = await api("HEAD", "/log/job-7.log")
        assert (head.content_type, head.body) == (f"text/plain{charset}", b"")


@pytest.mark.parametrize("release", with_operation("get_checkpoint_overview"))
async def test_checkpoints_of_a_job_are_told_until_it_is_cancelled(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", STREAM)
        assert (await api.get("/jobs/checkpoints/7")).json.keys() - {"generatedAt"} == {"jobId"}
        await api.engine.clock.advance(seconds=4)
        (pipeline,) = (await api.get("/jobs/checkpoints/7")).json["pipelines"]
        assert pipeline["counts"]["completed"] == len(pipeline["history"]) > 1
        newest = (await api.get("/jobs/checkpoints/history/7?limit=1")).json
        assert [it["checkpoint"] for it in newest] == [pipeline["latestCompleted"]]
        assert (await api.get("/jobs/checkpoints/history/7?status=failed")).json == []
        assert (await api.get("/jobs/checkpoints/history/7?status=odd")).status == 400
        negative = (await api.get("/jobs/checkpoints/history/7?limit=-1")).json
        assert text_of(release, negative["message"]) == "-1"
        await api.post("/stop-job", {"jobId": 7})
        await api.engine.clock.advance(seconds=1)
        assert (await api.get("/jobs/checkpoints/7")).json.keys() - {"generatedAt"} == {"jobId"}


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


@pytest.mark.parametrize("release", with_operation("list_loggers"))
async def test_level_of_a_logger_is_overridden_and_given_back(speaking, release):
    async with speaking(release) as api:
        assert (await api.get("/loggers/org.apache")).json["level"] == "INFO"
        change = (await api.post("/loggers/org.apache?level=debug")).json
        assert (change["previousLevel"], change["level"], change["origin"]) == ("INFO", "DEBUG", "runtime-override")
        assert "fileLevel" not in change
        assert (await api.get("/loggers/org.apache.seatunnel")).json["level"] == "DEBUG"
        names = [it["name"] for it in (await api.get("/loggers")).json["loggers"]]
        assert names == ["root", "io.debezium.connector", "org.apache.seatunnel.engine", "org.apache"]
        root = (await api.post("/loggers/root?scope=node", {"level": "info"})).json
        assert (root["origin"], root["fileLevel"]) == ("runtime-override", "INFO")
        assert (await api.get("/loggers?scope=Cluster")).json["status"] == "SUCCESS"
        assert (await api("DELETE", "/loggers/org.apache")).json["status"] == "SUCCESS"
        again = (await api("DELETE", "/loggers/org.apache?scope=cluster")).json
        assert (again["status"], again["name"], "level" in again) == ("SUCCESS", "org.apache", False)
        assert [(it["status"], it["previousLevel"]) for it in again["nodes"]] == [("NO_OVERRIDE", "INFO")]


@pytest.mark.parametrize("release", with_operation("list_loggers"))
async def test_loggers_refuse_name_scope_and_level_in_this_order(speaking, release):
    no_name = "The logger name must not be empty, use /loggers/{name}."
    no_level = 'The level is required, send it as ?level=DEBUG or as {"level":"DEBUG"}.'
    levels = "OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, ALL"
    async with speaking(release) as api:
        for method, path, body, message in (
            ("POST", "/loggers?scope=all&level=LOUD", b"", no_name),
            ("DELETE", "/loggers/", b"", no_name),
            ("POST", "/loggers/a?scope=all&level=LOUD", b"", "Unknown scope 'all', valid scopes are: node, cluster"),
            ("GET", "/loggers/a?scope=", b"", "Unknown scope '', valid scopes are: node, cluster"),
            ("POST", "/loggers/a", b"{", no_level),
            ("POST", "/loggers/a", b'{"level": 1}', no_level),
            ("POST", "/loggers/a", b'{"level": "LOUD"}', f"Unknown logger level 'LOUD', valid levels are: {levels}"),
        ):
            refused = await api(method, path, body=body)
            assert (refused.status, refused.json) == (400, {"status": "fail", "message": message})


@pytest.mark.parametrize("release", with_operation("get_realtime_vertices"))
async def test_operations_of_the_development_build_are_answered(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7&jobName=seven", STREAM)
        (short,) = (await api.get("/running-jobs/summary")).json
        (full,) = (await api.get("/running-jobs/summary?full=true")).json
        assert (short.keys(), full["metrics"]["SinkWriteCount"]) == (
            {"jobId", "jobName", "jobStatus", "createTime"},
            "0",
        )
        assert [job["jobId"] for job in (await api.get("/metrics/realtime/jobs")).json["jobs"]] == [7]
        for of in ("vertices", "edges"):
            measured = (await api.get(f"/metrics/realtime/jobs/7/{of}?windowMs=1000")).json
            assert (measured["enabled"], measured["toMs"] - measured["fromMs"], measured[of]) == (False, 1000, [])
            assert measured["toMs"] == milliseconds(api.engine.clock.now())
            assert (await api.get(f"/metrics/realtime/jobs/8/{of}")).json == {}
            assert (await api.get(f"/metrics/realtime/jobs/x/{of}")).status == 400
        below = {"": 200, "/": 404, "/5": 404, "/x": 400, "/5/other": 404}
        assert {rest: (await api.get(f"/metrics/realtime/jobs{rest}")).status for rest in below} == below
        rules = (await api.get("/option-rules?type=source&plugin=FakeSource")).json
        assert "row.num" in {option["key"] for option in rules["optionRule"]["optionalOptions"]}
        unknown = await api.get("/option-rules?type=%20SINK&plugin=Nothing")
        assert (unknown.status, unknown.json["message"]) == (404, "Plugin 'Nothing' not found for type 'sink'.")
        for query, said in {"type=0": "Unsupported plugin type '0'.", "type=%20": "Parameter 'type' cannot"}.items():
            assert (await api.get(f"/option-rules?{query}&plugin=%20")).json["message"].startswith(said)
        stated = {one["name"]: one["schema"] for one in contract_of(release).operation("get_option_rules").parameters}
        blank = "\x1d \t"  # the engine answers 400, so that the contract must not call it valid
        assert (await api.get(f"/option-rules?type=sink&plugin={quote(blank)}")).status == 400
        assert not re.search(stated["plugin"]["pattern"], blank)


async def test_tags_are_replaced_by_the_identity_of_the_node(speaking):
    async with speaking("proposal:11613") as api:
        identity = (await api.get("/system-monitoring-information")).json[0]["uuid"]
        mine = {"uuid": identity, "tags": {"zone": "a", "none": None}}
        assert (await api.post("/update-local-member-tags", mine)).status == 200
        assert (await api.get("/resource/workers")).json["workers"][0]["tags"] == {"zone": "a", "none": ""}
        assert (await api.post("/update-local-member-tags", mine | {"uuid": "other"})).status == 400
        assert (await api.post("/update-local-member-tags", {"uuid": identity})).status == 400
        assert (await api.get("/system-monitoring-information")).json[0]["localMember"] == "true"


async def test_running_job_is_restored_by_no_other_in_the_proposal(speaking):
    again = "/submit-job?jobId=8&restoreMode=CHECKPOINT&restoreSourceJobId=7"
    async with speaking("proposal:11613") as api:
        await api.post("/submit-job?jobId=7", STREAM)
        await api.engine.clock.advance(seconds=1)
        refused = await api.post(again, BATCH)
        assert refused.status == 400
        assert "restoreSourceJobId=7 is still RUNNING; stop or cancel" in refused.json["message"]


async def test_feed_of_a_proposal_goes_on_behind_its_cursor_and_says_what_is_forgotten(speaking):
    async with speaking("proposal:11570", history_limit=3) as api:
        for number in range(1, 6):
            await api.post(f"/submit-job?jobId={number}", BATCH)
            await api.engine.clock.advance(seconds=5)
        head = (await api.get("/jobs?start=beginning&limit=2")).json
        assert [job["jobId"] for job in head["data"]] == ["3", "4"]
        assert (head["hasMore"], head["cursorReset"], head["scanned"]) == (True, False, 2)
        assert head["headSequence"] <= head["data"][0]["sequence"] < head["data"][1]["sequence"]
        rest = (await api.get(f"/jobs?cursor={head['nextCursor']}")).json
        assert ([job["jobId"] for job in rest["data"]], rest["hasMore"]) == (["5"], False)
        failed = (await api.get("/jobs?start=beginning&status=failed")).json
        assert (failed["data"], failed["scanned"]) == ([], 3)
        kept = await api.get(f"/jobs?cursor={failed['nextCursor']}&status=FINISHED")
        assert (kept.status, "status does not match the cursor." in kept.json["message"]) == (400, True)
        forgotten = base64.urlsafe_b64encode(b"2|0|*").decode()
        assert (await api.get(f"/jobs?cursor={forgotten}")).json["cursorReset"] is True
        beyond = base64.urlsafe_b64encode(b"2|999999|*").decode()
        assert (await api.get(f"/jobs?cursor={beyond}")).status == 400
        assert (await api.get("/jobs?start=latest")).json["data"] == []


async def test_slots_of_a_proposal_are_those_that_jobs_hold(speaking):
    async with speaking("proposal:11597", dynamic_slots=False, slots=2, waits_for_slots=True) as api:
        for number in (8, 7):
            await api.post(f"/submit-job?jobId={number}", STREAM)
        held, waiting = reversed((await api.get("/running-jobs/slot-usage")).json)
        assert (held["jobId"], held["slotCount"], sum(held["workerSlotCounts"].values())) == ("8", 2, 2)
        assert (waiting["jobId"], waiting["slotCount"], waiting["pipelineSlotCounts"]) == ("7", 0, {})


async def test_unknown_job_is_answered_as_not_found_in_the_proposal(speaking):
    async with speaking("proposal:12904") as api:
        assert (await api.get("/job-info/7")).json == {"jobId": "7", "found": False}


@pytest.mark.parametrize(("release", "listed"), [("3.1.0", ["1"]), ("proposal:12922", [])])
async def test_jobs_before_a_wrong_one_of_a_batch_run_unless_all_are_checked_before(speaking, release, listed):
    wrong = STREAM | {"source": [{"plugin_name": "Nothing"}], "params": {"jobId": "2"}}
    async with speaking(release) as api:
        assert (await api.post("/submit-jobs", [STREAM | {"params": {"jobId": "1"}}, wrong])).status == 500
        assert [job["jobId"] for job in (await api.get("/running-jobs")).json] == listed


@pytest.mark.parametrize(
    ("path", "time"),
    [
        ("/jobs/checkpoints/7", lambda it: it["generatedAt"]),
        ("/jobs/checkpoints/8", lambda it: it["generatedAt"]),
        ("/resource/workers", lambda it: it["collectedAt"]),
        ("/job-info/7", lambda it: it["diagnostics"]["generatedAt"]),
    ],
)
async def test_time_of_a_response_is_that_of_the_engine_at_each_read(speaking, path, time):
    async with speaking("3.1.0") as api:
        await api.post("/submit-job?jobId=7", STREAM)
        for _ in range(2):
            await api.engine.clock.advance(seconds=0.5)
            assert time((await api.get(path)).json) == milliseconds(api.engine.clock.now())


@pytest.mark.parametrize("release", with_fact("get_job_info", "afterEnd", "running-form-at-first"))
async def test_ended_job_keeps_the_running_form_until_its_state_is_cleaned_up(speaking, release):
    async with speaking(release, cleanup_delay=60) as api:
        await api.post("/submit-job?jobId=7", BATCH)
        await api.engine.clock.advance(seconds=5)
        early = (await api.get("/job-info/7")).json
        assert (early["jobStatus"], early["envOptions"]) == ("FINISHED", {"job.mode": "BATCH"})
        assert "finishTime" not in early
        assert [job["jobId"] for job in (await api.get("/finished-jobs")).json] == ["7"]
        assert (await api.get("/running-jobs")).json == []
        again = await api.post("/submit-job?jobId=7", BATCH)
        assert (again.status, "please retry later" in again.json["message"]) == (500, True)
        await api.engine.clock.advance(seconds=60)
        assert (await api.get("/job-info/7")).json["finishTime"]
        assert "already been submitted" in (await api.post("/submit-job?jobId=7", BATCH)).json["message"]


@pytest.mark.parametrize("release", with_operation("get_worker_resources"))
async def test_counters_of_flush_signals_are_there_and_name_vertices_once_a_job_runs(speaking, release):
    async with speaking(release, dynamic_slots=False, slots=2, waits_for_slots=True) as api:
        for number in (7, 8):
            await api.post(f"/submit-job?jobId={number}", STREAM)
        await api.engine.clock.advance(seconds=3)
        runs, waits = [(await api.get(f"/job-info/{number}")).json["metrics"] for number in (7, 8)]
    assert (waits["FlushSignalTotal"], waits["FlushSignalSinkQPS"]) == ("0", "0.0")
    assert [name for name in waits if name.endswith("PerVertex")] == []
    assert runs["FlushSignalQPSPerVertex"] == {"Source[0]": "0.0"}
    assert runs["FlushSignalSinkFailureTotalPerVertex"] == {"Sink[0]": "0"}


async def test_errors_name_the_exception_as_the_fact_says(speaking):
    said = {}
    for release in ("2.3.13", "development-2026-07-01", "3.0.0"):
        async with speaking(release) as api:
            said[release] = (await api.get("/job-info")).json["message"]
    text = "IllegalArgumentException: The jobId must not be empty."
    assert said["2.3.13"] == "The jobId must not be empty."
    assert said["development-2026-07-01"].startswith(f"java.lang.{text}\n\tat ")
    assert said["3.0.0"] == text


@pytest.mark.parametrize("release", ["2.3.13", "development-2026-07-01"])
async def test_job_that_the_master_refuses_has_a_stack_trace_in_every_release(speaking, release):
    async with speaking(release) as api:
        await api.post("/submit-job?jobId=7", BATCH)
        await api.engine.clock.advance(seconds=90)
        refused = (await api.post("/submit-job?jobId=7", BATCH)).json["message"]
    assert "The job id 7 has already been submitted and is not starting with a savepoint.\n\tat " in refused


@pytest.mark.parametrize("release", with_operation("encrypt_config"))
async def test_marks_in_keys_of_a_config_are_handled_as_the_fact_says(speaking, release):
    said = contract_of(release).operation("encrypt_config").behaviour.choice("keyMarks")
    status = {"refused": 500, "allowed": 200}[said]
    async with speaking(release) as api:
        for mark in '!"&*?@\\^`':
            sent = BATCH | {"env": {f"a{mark}b": 1}}
            assert (await api.post("/encrypt-config", sent)).status == status
        for mark in ("#", "$", "+", ",", "//", ":", "=", "{", "\n"):
            assert (await api.post("/encrypt-config", BATCH | {"env": {f"a{mark}b": 1}})).status == 500
