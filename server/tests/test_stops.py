"""Stops that no recording has; the replay of `stop-job` and `stop-jobs` tests the others."""

import pytest

from seatunnel_server.engine.domain import JobId

pytestmark = pytest.mark.anyio

LARGE = 881432421482889220


@pytest.mark.parametrize(("flag", "savepoint"), [("true", True), ('"TRUE"', True), ("1", False)])
async def test_savepoint_is_asked_for_by_the_text_true(api, flag, savepoint):
    await api.post("/stop-job", body=f'{{"jobId":7,"isStopWithSavePoint":{flag}}}'.encode())
    await api.post("/stop-jobs", body=f'[{{"jobId":{LARGE},"isStopWithSavePoint":{flag}}}]'.encode())
    assert api.engine.stopped == [(JobId(7), savepoint), (JobId(LARGE), savepoint)]


async def test_jobs_before_a_wrong_one_are_stopped(api):
    answer = await api.post("/stop-jobs", [{"jobId": LARGE}, {"jobId": "x"}, {"jobId": LARGE}])
    assert (answer.status, answer.json["message"]) == (400, 'For input string: "x"')
    assert api.engine.stopped == [(JobId(LARGE), False)]


async def test_fact_decides_whether_a_small_number_is_accepted(make_api, contract_with):
    def change(document):
        document["paths"]["/stop-jobs"]["post"]["x-behaviour"]["smallNumber"] = "accepted"
        document["components"]["schemas"]["JobNumber"].pop("anyOf")

    answer = await make_api(contract_with(change)).post("/stop-jobs", [{"jobId": 123}])
    assert (answer.status, answer.json) == (200, [{"jobId": 123}])
