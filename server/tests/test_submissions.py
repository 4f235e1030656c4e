"""Submissions that no recording has; the replay of `submit-job` and `submit-jobs` tests the others."""

import pytest

from seatunnel_openapi import load
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import EngineFailure

pytestmark = pytest.mark.anyio


async def test_parameters_reach_the_engine(api, page_job):
    answer = await api.post("/submit-job?jobId=%2B77&jobName=a+b&isStartWithSavePoint=TRUE&force=x", page_job)
    assert answer.json == {"jobId": "77", "jobName": "a b"}
    (job,) = api.engine.submitted
    assert (job["job_id"], job["job_name"], job["from_savepoint"]) == (JobId(77), "a b", True)
    assert job["config"] == page_job


async def test_form_has_been_read_before_the_engine_could(api):
    form = {"content-type": "application/x-www-form-urlencoded"}
    small = await api.post("/submit-job", body=b"a=1", headers=form)
    large = await api.post("/submit-job", body=b"a=" + b"x" * 300_000, headers=form)
    empty = await api.post("/submit-job", headers=form)
    assert (small.status, small.json["message"]) == (500, "STREAMED")
    assert (large.status, large.json["message"]) == (500, "Form is larger than its limit.")
    assert (empty.status, empty.json["message"]) == (400, "Request body is empty.")


async def test_fact_decides_whether_a_form_is_read(make_api, contract_with):
    def change(document):
        document["paths"]["/submit-job"]["post"]["x-behaviour"]["formBody"] = "read"

    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await make_api(contract_with(change)).post("/submit-job", body=b"{", headers=form)
    assert answer.json["message"] == "Invalid JSON format in request body."


async def test_encrypted_options_reach_the_engine_in_the_clear(api, page_job):
    page_job["env"]["shade.identifier"] = "base64"
    page_job["source"][0]["password"] = "cGFzcw=="  # noqa: S105 - "pass", encoded
    assert (await api.post("/submit-job", page_job)).status == 200
    assert api.engine.submitted[0]["config"]["source"][0]["password"] == "pass"  # noqa: S105 - as above


async def test_engines_refusal_is_the_answer(api, page_job):
    api.engine.error = EngineFailure("Plugin not found.")
    answer = await api.post("/submit-job", page_job)
    assert (answer.status, answer.json) == (500, {"status": "fail", "message": "Plugin not found."})


async def test_parameter_that_a_contract_types_is_read_as_that_type(make_api, contract_with, page_job):
    def change(document):
        document["components"]["parameters"]["SubmittedId"]["schema"] = {"type": "integer", "maximum": 9}

    api = make_api(contract_with(change))
    assert (await api.post("/submit-job?jobId=9", page_job)).json["jobId"] == "9"
    for refused in ("10", "x", "[" * 100_000):
        assert (await api.post(f"/submit-job?jobId={refused}", page_job)).status == 400


async def test_request_of_too_many_jobs_starts_none(api, page_job):
    answer = await api.post("/submit-jobs", [page_job | {"params": {}}] * 1001)
    assert (answer.status, answer.json["message"]) == (400, "The request has more than 1,000 jobs.")
    assert api.engine.submitted == []


@pytest.mark.parametrize("path", ["/submit-job", "/submit-jobs", "/encrypt-config", "/update-tags", "/stop-jobs"])
async def test_body_of_too_many_values_is_refused(api, path):
    answer = await api.post(path, body=b"[" + b"1," * 100_001 + b"1]")
    assert (answer.status, answer.json["message"]) == (400, "The request body has more than 100,000 values.")


@pytest.mark.parametrize("language", ["hocon", "sql"])
async def test_long_text_of_a_configuration_is_refused(make_api, language):
    api = make_api(load("2.3.13"))
    answer = await api.post(f"/submit-job?format={language}", body=b"#" * (2**20 + 1))
    assert (answer.status, answer.json["message"]) == (400, "The configuration has more than 1,048,576 characters.")


async def test_large_body_is_read_in_a_thread(api, page_job):
    large = page_job | {"note": "x" * 100_000}
    assert (await api.post("/submit-job", large)).status == 200
    assert api.engine.submitted[0]["config"] == large
