"""The page's own examples, on the engine that really runs jobs."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatunnel_server import create_app
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.planning import Planner
from seatunnel_server.engine.memory.settings import EngineSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(contract, api, tmp_path: Path) -> AsyncIterator[Any]:
    """An API over an engine whose clock only the test moves."""
    clock = ManualClock()
    async with MemoryEngine(planner=Planner(), clock=clock, settings=EngineSettings(log_dir=tmp_path)) as engine:
        yield SimpleNamespace(api=type(api)(create_app(contract, engine.nodes[0]), engine), clock=clock)


async def test_job_of_a_hundred_rows_is_counted_and_logged(running, page_job):
    api = running.api
    receipt = (await api.post("/submit-job?jobId=733584788375666689&jobName=rest_api_test", page_job)).json
    assert receipt == {"jobId": "733584788375666689", "jobName": "rest_api_test"}
    assert [job["jobId"] for job in (await api.get("/running-jobs")).json] == ["733584788375666689"]
    await running.clock.advance(10)
    job = (await api.get("/job-info/733584788375666689")).json
    assert (job["jobStatus"], job["errorMsg"]) == ("FINISHED", None)
    assert job["metrics"] == {"sourceReceivedCount": "100", "sinkWriteCount": "100"}
    assert (await api.get("/running-jobs")).json == []
    assert [job["jobName"] for job in (await api.get("/finished-jobs/FINISHED")).json] == ["rest_api_test"]
    overview = (await api.get("/overview")).json
    assert (overview["runningJobs"], overview["finishedJobs"]) == ("0", "1")
    log = (await api.get("/logs/job-733584788375666689.log")).body.decode("iso-8859-1")
    assert len(re.findall(r"SeaTunnelRow#kind=INSERT : \w+, -?\d+, -?\d+", log)) == 100


async def test_streaming_job_runs_until_it_is_stopped_and_starts_again_from_its_savepoint(running, page_job):
    api = running.api
    page_job["env"] = {"job.mode": "STREAMING", "checkpoint.interval": 1000}
    await api.post("/submit-job?jobId=7", page_job)
    await running.clock.advance(5)
    assert (await api.get("/job-info/7")).json["jobStatus"] == "RUNNING"
    assert (await api.post("/stop-job", {"jobId": 7, "isStopWithSavePoint": True})).json == {"jobId": "7"}
    await running.clock.advance(5)
    assert (await api.get("/job-info/7")).json["jobStatus"] == "SAVEPOINT_DONE"
    assert (await api.post("/submit-job?jobId=7", page_job)).status == 500
    assert (await api.post("/submit-job?jobId=7&isStartWithSavePoint=true", page_job)).status == 200
    await running.clock.advance(5)
    again = (await api.get("/job-info/7")).json
    assert (again["jobStatus"], again["isStartWithSavePoint"]) == ("RUNNING", True)
    await api.post("/stop-jobs", [{"jobId": 2**31}])
    assert (await api.get("/job-info/7")).json["jobStatus"] == "RUNNING"


async def test_tags_choose_the_workers_that_are_counted(running):
    api = running.api
    await api.post("/update-tags", {"tag1": "dev_1", "tag2": "dev_2"})
    assert (await api.get("/overview?tag1=dev_1&tag2=dev_2")).json["works"] == "1"
    assert (await api.get("/overview?tag1=dev_2")).json["works"] == "0"
    await api.post("/update-tags", {})
    assert (await api.get("/overview?tag1=dev_1")).json["works"] == "0"


async def test_monitoring_has_every_documented_key(running, contract):
    (reading,) = (await running.api.get("/system-monitoring-information")).json
    assert list(reading) == list(contract.schema("MemberReading")["properties"])
