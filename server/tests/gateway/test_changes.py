"""Submissions, stops and tags through the gateway."""

import httpx2
import orjson
import pytest
from clusters import ONE, TWO, answers, gateway, recorded, streaming

pytestmark = pytest.mark.anyio

SUBMITTED = httpx2.Response(200, json={"jobId": "7", "jobName": "seven"})
HOCON = b"env { job.mode = batch }  # a comment"


@pytest.mark.parametrize(
    ("cluster_release", "release"), [("2.3.13", "2.3.9"), ("2.3.9", "2.3.13"), ("2.3.13", "documented")]
)
async def test_jobs_are_submitted_and_stopped_in_the_cluster(cluster_release, release, bridged, page_job):
    async with bridged(cluster_release, release) as (_, direct, bridge):
        given = await bridge.post("/submit-job?jobId=5&jobName=five", streaming(page_job))
        assert given.json == {"jobId": "5", "jobName": "five"}
        batch = [streaming(page_job) | {"params": {"jobId": str(number), "jobName": "b"}} for number in (6, 7)]
        assert [it["jobId"] for it in (await bridge.post("/submit-jobs", batch)).json] == ["6", "7"]
        await direct.engine.clock.advance(20)
        assert {it["jobId"] for it in (await direct.get("/running-jobs")).json} == {"5", "6", "7"}
        assert (await bridge.post("/stop-job", {"jobId": 5, "isStopWithSavePoint": True})).json == {"jobId": "5"}
        assert (await bridge.post("/stop-jobs", [{"jobId": 2**40}])).json == [{"jobId": 2**40}]
        await direct.engine.clock.advance(20)
        assert (await bridge.get("/job-info/5")).json["jobStatus"] == "SAVEPOINT_DONE"
        again = await bridge.post("/submit-job?jobId=5&isStartWithSavePoint=true", streaming(page_job))
        assert (again.status, again.json["jobId"]) == (200, "5")


async def test_tags_are_those_of_the_first_node(bridged):
    async with bridged("2.3.13", "2.3.9") as (_, direct, bridge):
        assert (await bridge.post("/update-tags", {"zone": "a", "n": 1})).json["status"] == "success"
        assert [(await it.get("/overview?zone=a&n=1")).json["workers"] for it in (direct, bridge)] == ["1", "1"]
        assert (await bridge.get("/overview?zone=b")).json["workers"] == "0"


async def test_error_of_the_cluster_has_the_status_and_the_message_of_the_clients_release(bridged, page_job):
    async with bridged("3.0.0", "2.3.9") as (_, direct, bridge):
        for body in (b"{", b"", orjson.dumps(page_job | {"source": []})):
            found, expected = [await it.post("/submit-job", body=body) for it in (bridge, direct)]
            assert (found.status, found.json) == (expected.status, expected.json), body


async def test_configuration_reaches_the_cluster_unchanged(api):
    answer = recorded(SUBMITTED)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13") as bridge:
        kind = {"content-type": "text/plain; charset=utf-8"}
        assert (await bridge.post("/submit-job?format=hocon&jobName=x", body=HOCON, headers=kind)).status == 200
        form = {"content-type": "multipart/form-data; boundary=b"}
        part = (
            b'--b\r\ncontent-disposition: form-data; name="config_file"; filename="a.conf"\r\n\r\n'
            + HOCON
            + b"\r\n--b--\r\n"
        )
        assert (await bridge.post("/submit-job/upload?jobId=7", body=part, headers=form)).status == 200
    body, file = answer.requests
    assert (body.content, body.headers["content-type"]) == (HOCON, "text/plain; charset=utf-8")
    assert str(body.url) == f"{ONE}/submit-job?jobName=x&format=hocon"
    assert HOCON in file.content
    assert str(file.url) == f"{ONE}/submit-job/upload?jobId=7"


async def test_start_from_a_savepoint_keeps_its_empty_id(api, page_job):
    answer = recorded(SUBMITTED)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13") as bridge:
        assert (await bridge.post("/submit-job?isStartWithSavePoint=true&jobId=", page_job)).status == 200
    (sent,) = answer.requests
    assert {**sent.url.params} == {"jobId": "", "isStartWithSavePoint": "true", "format": "json"}


@pytest.mark.parametrize(
    ("outcome", "status", "asked"),
    [
        (httpx2.ConnectError("refused"), 503, 2),
        (httpx2.ReadTimeout("silent"), 504, 1),
        (httpx2.ReadError("reset"), 502, 1),
        (httpx2.RemoteProtocolError("cut off"), 502, 1),
        (httpx2.Response(500, text="Internal Server Error"), 502, 1),
    ],
    ids=str,
)
async def test_change_is_sent_once_unless_nothing_was_sent(outcome, status, asked, api, page_job):
    answer = answers(outcome)
    async with gateway(type(api), answer, "2.3.9", urls=(ONE, TWO), release="2.3.13") as bridge:
        found = await bridge.post("/submit-job", page_job)
    assert (found.status, len(answer.asked)) == (status, asked)
    assert ("may have been made" in found.json["message"]) == (status == 504 or "broke" in found.json["message"])


async def test_what_the_cluster_lacks_is_not_implemented(api):
    answer = recorded(SUBMITTED)
    async with gateway(type(api), answer, "2.3.13", release="2.3.9") as bridge:
        refused = await bridge.post("/submit-job?format=sql", body=b"select 1")
    assert (refused.status, refused.json["message"]) == (
        501,
        "The cluster's release 2.3.9 has no configurations in sql, only in json, hocon.",
    )
    assert answer.requests == []


async def test_credentials_are_sent_to_the_cluster_alone(api, page_job):
    answer = recorded(SUBMITTED)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13", credentials=("admin", "secret")) as bridge:
        found = [
            await bridge.get("/overview"),
            await bridge.post("/submit-job", page_job),
            await bridge.get("/_reference"),
        ]
    assert [it.headers["authorization"] for it in answer.requests] == ["Basic YWRtaW46c2VjcmV0"] * 2
    assert not any(b"secret" in it.body for it in found)
    assert "secret" not in repr(bridge.engine.cluster.address)


async def test_read_only_gateway_sends_no_change(api, page_job):
    answer = recorded(SUBMITTED)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13", read_only=True) as bridge:
        changes = [
            await bridge.post("/submit-job", page_job),
            await bridge.post("/submit-jobs", []),
            await bridge.post("/stop-job", {"jobId": "5"}),
            await bridge.post("/update-tags", {}),
        ]
    assert [(it.status, it.json["message"]) for it in changes] == [(403, "The gateway is read-only.")] * 4
    assert answer.requests == []
