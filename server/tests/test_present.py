"""The response schemas determine the body of a response: to change the response, a changed schema is enough."""

from dataclasses import replace
from datetime import datetime

import pytest

from seatunnel_openapi import from_document, load
from seatunnel_server.engine.domain import JobId, JobMetrics, JobStatus, TableMetrics
from seatunnel_server.errors import MemberUnknown

pytestmark = pytest.mark.anyio

FULL_METRICS = {
    "SourceReceivedCount": "10",
    "SourceReceivedQPS": "33.333333333333336",
    "SourceReceivedBytes": "90",
    "SourceReceivedBytesPerSeconds": "1.2345678E7",
    "SinkWriteCount": "10",
    "SinkWriteQPS": "33.333333333333336",
    "SinkWriteBytes": "90",
    "SinkWriteBytesPerSeconds": "1.2345678E7",
    "TableSourceReceivedCount": {"fake": "10"},
    "TableSourceReceivedQPS": {"fake": "33.333333333333336"},
    "TableSourceReceivedBytes": {"fake": "90"},
    "TableSourceReceivedBytesPerSeconds": {"fake": "1.2345678E7"},
    "TableSinkWriteCount": {"fake": "10"},
    "TableSinkWriteQPS": {"fake": "33.333333333333336"},
    "TableSinkWriteBytes": {"fake": "90"},
    "TableSinkWriteBytesPerSeconds": {"fake": "1.2345678E7"},
}
DAG = {
    "jobId": "5",
    "envOptions": [],
    "vertexInfoMap": [
        {"vertexId": 1, "type": "source", "vertexName": "pipeline-1 [Source[0]-FakeSource]", "tablePaths": ["fake"]},
        {
            "vertexId": 2,
            "type": "sink",
            "vertexName": "pipeline-1 [Sink[0]-Console-MultiTableSink]",
            "tablePaths": ["fake"],
        },
    ],
    "pipelineEdges": {"1": [{"inputVertexId": "1", "targetVertexId": "2"}]},
}


def schemas(document):
    return document["components"]["schemas"]


def behaviour(document, path, method="get"):
    return document["paths"][path][method]["x-behaviour"]


async def test_running_job_has_the_documented_form(api, running_job):
    api.engine.jobs = [running_job]
    expected = {
        "jobId": "5",
        "jobName": "five",
        "jobStatus": "RUNNING",
        "envOptions": {"job.mode": "STREAMING"},
        "createTime": "2024-10-27 12:00:01",
        "jobDag": DAG,
        "pluginJarsUrls": [{"jarPath": "file:/a.jar"}],
        "isStartWithSavePoint": False,
        "metrics": {"sourceReceivedCount": "10", "sinkWriteCount": "10"},
    }
    assert (await api.get("/job-info/5")).json == expected
    assert (await api.get("/running-jobs")).json == [expected]
    assert (await api.get("/running-job/5")).json == expected | {"metrics": FULL_METRICS}


async def test_finished_job_has_the_documented_forms(api, finished_job):
    api.engine.jobs = [finished_job(5, JobStatus.FAILED, error="broken")]
    expected = {
        "jobId": "5",
        "jobName": "five",
        "jobStatus": "FAILED",
        "createTime": "2024-10-27 12:00:01",
        "jobDag": DAG,
        "metrics": {"sourceReceivedCount": "10", "sinkWriteCount": "10"},
        "finishedTime": "2024-10-27 12:00:03",
        "errorMsg": "broken",
    }
    assert (await api.get("/job-info/5")).json == expected
    (entry,) = (await api.get("/finished-jobs")).json
    assert (entry["finishTime"], entry["errorMsg"]) == ("2024-10-27 12:00:03", "broken")
    assert "finishedTime" not in entry
    assert __import__("json").loads(entry["metrics"]) == FULL_METRICS


async def test_ended_job_keeps_the_running_form_until_it_is_archived(api, running_job):
    api.engine.jobs = [replace(running_job, status=JobStatus.FINISHED)]
    answer = (await api.get("/job-info/5")).json
    assert answer["jobStatus"] == "FINISHED"
    assert "envOptions" in answer
    assert "errorMsg" not in answer


async def test_rates_may_be_no_numbers(api, running_job):
    odd = TableMetrics(0, 0, float("nan"), float("inf"))
    api.engine.jobs = [replace(running_job, metrics=JobMetrics(odd, odd))]
    metrics = (await api.get("/running-job/5")).json["metrics"]
    assert (metrics["SourceReceivedQPS"], metrics["SinkWriteBytesPerSeconds"]) == ("NaN", "Infinity")
    assert metrics["TableSinkWriteCount"] == {}


async def test_member_that_a_schema_renames_is_sent_by_its_new_name(make_api, contract_with):
    def rename(document):
        overview = schemas(document)["Overview"]
        del overview["x-means"]
        overview["properties"]["workers"] = overview["properties"].pop("works")
        overview["required"][overview["required"].index("works")] = "workers"

    answer = (await make_api(contract_with(rename)).get("/overview")).json
    assert answer["workers"] == "1"
    assert "works" not in answer


async def test_forms_and_pages_have_the_names_of_their_own_schema(make_api, engine, running_job):
    document = load("2.3.13").copy_document()
    renamed = {"UnknownJob": {"id": "jobId"}, "RunningJob": {"label": "jobName"}, "RunningJobPage": {"count": "total"}}
    for schema, means in renamed.items():
        schemas(document)[schema]["x-means"] = means
    engine.jobs = [running_job]
    api = make_api(from_document(document, "acme"))
    assert (await api.get("/job-info/5")).json["label"] == "five"
    assert (await api.get("/job-info/9")).json == {"id": "9"}
    page = (await api.get("/running-jobs?page=1&rows=5")).json
    assert (page["count"], [it["label"] for it in page["data"]]) == (1, ["five"])


async def test_member_that_a_schema_retypes_is_sent_as_that_type(make_api, contract_with, engine, running_job):
    def retype(document):
        schemas(document)["FinishedJobEntry"]["properties"]["metrics"] = {"$ref": "#/components/schemas/JobMetrics"}
        schemas(document)["JobDag"]["properties"]["envOptions"] = {"$ref": "#/components/schemas/EnvOptions"}
        schemas(document)["Edge"]["properties"]["inputVertexId"] = {"type": "integer"}

    engine.jobs = [replace(running_job, archived=True, status=JobStatus.FINISHED, finish_time=datetime(2024, 1, 1))]  # noqa: DTZ001
    (entry,) = (await make_api(contract_with(retype)).get("/finished-jobs")).json
    assert entry["metrics"] == FULL_METRICS
    assert entry["jobDag"]["envOptions"] == {"job.mode": "STREAMING"}
    assert entry["jobDag"]["pipelineEdges"]["1"] == [{"inputVertexId": 1, "targetVertexId": "2"}]


async def test_member_that_a_schema_drops_is_not_sent(make_api, contract_with):
    def drop(document):
        del schemas(document)["TagsUpdated"]["properties"]["message"]
        schemas(document)["TagsUpdated"]["required"].remove("message")

    answer = await make_api(contract_with(drop)).post("/update-tags", {"a": "b"})
    assert answer.json == {"status": "success"}


async def test_start_time_can_be_asked_for(make_api, contract_with, engine, running_job):
    def add(document):
        schemas(document)["RunningJob"]["properties"]["startTime"] = {"type": "string", "nullable": True}

    engine.jobs = [running_job, replace(running_job, id=JobId(6), start_time=datetime(2024, 2, 3, 4, 5, 6))]  # noqa: DTZ001
    answer = (await make_api(contract_with(add)).get("/running-jobs")).json
    assert [job["startTime"] for job in answer] == [None, "2024-02-03 04:05:06"]


def test_member_that_nobody_knows_fails_at_start(make_api, contract_with):
    def add(document):
        schemas(document)["Vertex"]["properties"]["colour"] = {"type": "string"}

    with pytest.raises(MemberUnknown, match=r"RunningJob\.jobDag\.vertexInfoMap.* 'colour'"):
        make_api(contract_with(add))


@pytest.mark.parametrize(("value", "shown"), [("empty", ""), ("echo-text", "+007"), ("echo-number", "7")])
async def test_fact_decides_what_an_unknown_job_is_answered_with(make_api, contract_with, value, shown):
    def change(document):
        behaviour(document, "/job-info/{jobId}")["unknownJob"] = value
        schemas(document)["UnknownJob"]["properties"]["jobId"] = {"type": "string"}

    answer = await make_api(contract_with(change)).get("/job-info/+007")
    assert answer.json == {"jobId": shown}


@pytest.mark.parametrize(
    ("order", "ids"), [("oldest-first", ["1", "2"]), ("newest-first", ["2", "1"]), ("unspecified", ["1", "2"])]
)
async def test_fact_decides_the_order_of_a_list(make_api, contract_with, finished_job, order, ids):
    def change(document):
        behaviour(document, "/finished-jobs")["listOrder"] = order

    api = make_api(contract_with(change))
    api.engine.jobs = [finished_job(1), finished_job(2)]
    for path in ("/finished-jobs", "/finished-jobs/FINISHED"):
        assert [job["jobId"] for job in (await api.get(path)).json] == ids


async def test_fact_decides_whether_the_case_of_a_state_counts(make_api, contract_with, engine, finished_job):
    def change(document):
        behaviour(document, "/finished-jobs/{state}")["stateMatching"] = "exact"

    engine.jobs = [finished_job(6)]
    api = make_api(contract_with(change))
    assert (await api.get("/finished-jobs/finished")).json == []
    assert len((await api.get("/finished-jobs/FINISHED")).json) == 1


@pytest.mark.parametrize(("value", "total"), [("zero", "0"), ("assigned", "3")])
async def test_fact_decides_whether_dynamic_slots_are_counted(make_api, contract_with, engine, value, total):
    def change(document):
        behaviour(document, "/overview")["dynamicTotalSlots"] = value

    api = make_api(contract_with(change))
    assert (await api.get("/overview")).json["totalSlot"] == total
    engine.counts = engine.counts._replace(dynamic_slots=False)
    fixed = (await api.get("/overview")).json
    assert (fixed["totalSlot"], fixed["unassignedSlot"]) == ("3", "1")


async def test_facts_decide_the_charsets(make_api, contract_with, engine):
    def change(document):
        document["x-behaviour"] |= {"jsonCharset": "utf-8", "textCharset": "utf-8"}

    engine.files["a.log"] = "\u6d4b"
    api = make_api(contract_with(change))
    assert (await api.get("/overview")).content_type == "application/json;charset=utf-8"
    text = await api.get("/log/a.log")
    assert (text.content_type, text.body) == ("text/plain;charset=utf-8", "\u6d4b".encode())
