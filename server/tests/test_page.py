"""The page's own examples, on the engine that really runs jobs."""

import re

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(speaking):
    """An API over an engine whose clock only the test moves."""
    async with speaking("documented") as api:
        yield api


async def test_job_of_a_hundred_rows_is_counted_and_logged(api, page_job):
    receipt = (await api.post("/submit-job?jobId=733584788375666689&jobName=rest_api_test", page_job)).json
    assert receipt == {"jobId": "733584788375666689", "jobName": "rest_api_test"}
    assert [job["jobId"] for job in (await api.get("/running-jobs")).json] == ["733584788375666689"]
    await api.engine.clock.advance(10)
    job = (await api.get("/job-info/733584788375666689")).json
    assert (job["jobStatus"], job["errorMsg"]) == ("FINISHED", None)
    assert job["metrics"] == {"sourceReceivedCount": "100", "sinkWriteCount": "100"}
    assert (await api.get("/running-jobs")).json == []
    assert [job["jobName"] for job in (await api.get("/finished-jobs/FINISHED")).json] == ["rest_api_test"]
    overview = (await api.get("/overview")).json
    assert (overview["runningJobs"], overview["finishedJobs"]) == ("0", "1")
    log = (await api.get("/logs/job-733584788375666689.log")).body.decode("iso-8859-1")
    assert len(re.findall(r"SeaTunnelRow#kind=INSERT : \w+, -?\d+, -?\d+", log)) == 100


async def test_streaming_job_runs_until_it_is_stopped_and_starts_again_from_its_savepoint(api, page_job):
    page_job["env"] = {"job.mode": "STREAMING", "checkpoint.interval": 1000}
    await api.post("/submit-job?jobId=7", page_job)
    await api.engine.clock.advance(5)
    assert (await api.get("/job-info/7")).json["jobStatus"] == "RUNNING"
    assert (await api.post("/stop-job", {"jobId": 7, "isStopWithSavePoint": True})).json == {"jobId": "7"}
    await api.engine.clock.advance(5)
    assert (await api.get("/job-info/7")).json["jobStatus"] == "SAVEPOINT_DONE"
    assert (await api.post("/submit-job?jobId=7", page_job)).status == 500
    assert (await api.post("/submit-job?jobId=7&isStartWithSavePoint=true", page_job)).status == 200
    await api.engine.clock.advance(5)
    again = (await api.get("/job-info/7")).json
    assert (again["jobStatus"], again["isStartWithSavePoint"]) == ("RUNNING", True)
    await api.post("/stop-jobs", [{"jobId": 2**31}])
    assert (await api.get("/job-info/7")).json["jobStatus"] == "RUNNING"
