import pytest

from seatunnel_server.engine.domain import JobStatus

pytestmark = pytest.mark.anyio


async def test_unknown_job_is_no_error(api):
    for target in ("/job-info/123", "/running-job/123", "/job-info/-3", "/job-info/9223372036854775807"):
        answer = await api.get(target)
        assert (answer.status, answer.json) == (200, {"jobId": ""})


async def test_id_may_have_a_sign_and_leading_zeros(api, running_job):
    api.engine.jobs = [running_job]
    for written in ("5", "+5", "005", "%35", "5;x=1", "5?jobId=7"):
        assert (await api.get(f"/job-info/{written}")).json["jobId"] == "5"


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809"])
async def test_id_beyond_64_bits_is_refused(api, text):
    answer = await api.get(f"/job-info/{text}")
    assert (answer.status, answer.json["message"]) == (400, f'For input string: "{text}"')


async def test_lists_hold_the_jobs_of_their_kind(api, running_job, finished_job):
    api.engine.jobs = [running_job, finished_job(6), finished_job(7, JobStatus.CANCELED)]
    assert [job["jobId"] for job in (await api.get("/running-jobs")).json] == ["5"]
    assert [job["jobId"] for job in (await api.get("/finished-jobs")).json] == ["6", "7"]
    assert [job["jobId"] for job in (await api.get("/finished-jobs/")).json] == ["6", "7"]


@pytest.mark.parametrize(
    ("state", "ids"),
    [("CANCELED", ["7"]), ("canceled", ["7"]), ("CANCELLED", []), ("FINISHED/", []), ("RUNNING", []), ("%00x"[3:], [])],
)
async def test_state_is_compared_without_letter_case(api, finished_job, state, ids):
    api.engine.jobs = [finished_job(6), finished_job(7, JobStatus.CANCELED)]
    assert [job["jobId"] for job in (await api.get(f"/finished-jobs/{state}")).json] == ids


async def test_fact_decides_whether_the_case_of_a_state_counts(make_api, contract_with, engine, finished_job):
    def change(document):
        document["paths"]["/finished-jobs/{state}"]["get"]["x-behaviour"]["stateMatching"] = "exact"

    engine.jobs = [finished_job(6)]
    api = make_api(contract_with(change))
    assert (await api.get("/finished-jobs/finished")).json == []
    assert len((await api.get("/finished-jobs/FINISHED")).json) == 1
