"""The gateway between equal releases: a pass-through that validates."""

import logging

import httpx2
import orjson
import pytest
from clusters import ONE, TWO, answers, gateway, recorded, streaming
from speaking_releases import contract_of

from seatunnel_server.engine.zeta.bridge import KEPT, Treatment
from seatunnel_server.engine.zeta.bridge import bridge as bridge_plan
from seatunnel_server.engine.zeta.metrics import Metric
from seatunnel_server.gateway.rules import OnViolation

pytestmark = pytest.mark.anyio

COUNTS = {
    "projectVersion": "2.3.13",
    "gitCommitAbbrev": "a",
    **dict.fromkeys(["totalSlot", "unassignedSlot", "workers", "runningJobs"], "0"),
    **dict.fromkeys(["finishedJobs", "failedJobs", "cancelledJobs", "pendingJobs"], "0"),
}
SPACED = b" " + orjson.dumps(COUNTS, option=orjson.OPT_INDENT_2) + b"\n"
JSON = {"content-type": "application/json;charset=utf-8"}
BROKEN = {"projectVersion": {"password": "hunter2"}}


def violations(bridge):
    return bridge.engine.cluster.metrics.value(Metric.VIOLATIONS, operation="get_overview")


def same(api, answer, **rules):
    return gateway(type(api), answer, "2.3.13", release="2.3.13", rules=rules)


async def test_body_and_headers_of_a_valid_response_are_unchanged(api):
    answer = recorded(httpx2.Response(200, content=SPACED, headers={**JSON, "x-engine": "zeta", "server": "Jetty"}))
    async with same(api, answer) as bridge:
        found = await bridge.get("/overview?zone=a%20b&x=%zz", headers={"accept": "application/json"})
        assert violations(bridge) == 0
    assert (found.status, found.body, found.content_type) == (200, SPACED, JSON["content-type"])
    assert (found.headers["x-engine"], found.headers.get("server")) == ("zeta", None)
    (asked,) = answer.requests
    assert asked.extensions["target"] == "/overview?zone=a%20b&x=%zz"
    assert asked.headers["accept"] == "application/json"


async def test_body_of_a_change_reaches_the_cluster_unchanged(api):
    answer = recorded(httpx2.Response(200, json={"jobId": "7", "jobName": "seven"}))
    form = {"content-type": 'multipart/form-data; boundary="b"'}
    part = b'--b\r\ncontent-disposition: form-data; name="config_file"; filename="a.conf"\r\n\r\nenv {}\r\n--b--\r\n'
    async with same(api, answer) as bridge:
        plain = await bridge.post(
            "/submit-job?format=hocon", body=b"env { }  # x", headers={"content-type": "Text/Plain"}
        )
        uploaded = await bridge.post("/submit-job/upload?jobId=7", body=part, headers=form)
    assert (plain.status, uploaded.body) == (200, b'{"jobId":"7","jobName":"seven"}')
    one, two = answer.requests
    assert (one.content, one.headers["content-type"]) == (b"env { }  # x", "Text/Plain")
    assert (two.content, two.headers["content-type"]) == (part, form["content-type"])
    assert two.extensions["target"] == "/submit-job/upload?jobId=7"


@pytest.mark.parametrize(
    ("policy", "status", "marked"),
    [(OnViolation.PASS, 200, False), (OnViolation.MARK, 200, True), (OnViolation.REFUSE, 502, False)],
)
async def test_violation_is_counted_logged_once_and_obeys_the_policy(policy, status, marked, api, caplog):
    answer = recorded(httpx2.Response(200, json=BROKEN))
    with caplog.at_level(logging.WARNING):
        async with same(api, answer, on_violation=policy) as bridge:
            found = [await bridge.get("/overview") for _ in range(2)][1]
            assert violations(bridge) == 2
    assert found.status == status
    assert (
        found.json == BROKEN if status == 200 else found.json["message"].startswith("The response of the node one:8080")
    )
    assert ("x-seatunnel-violation" in found.headers) == marked
    (line,) = [it.getMessage() for it in caplog.records if "violation" in it.getMessage()]
    assert line.startswith("Contract violation 1 of get_overview, by the node one:8080 with status 200: ")
    assert "hunter2" not in line + str(found.headers)


async def test_undocumented_status_is_a_violation_and_is_sent(api):
    async with same(api, recorded(httpx2.Response(418, text="short and stout"))) as bridge:
        found = await bridge.get("/overview")
        assert violations(bridge) == 1
    assert (found.status, found.body) == (418, b"short and stout")


async def test_refused_response_to_a_change_says_that_the_change_may_have_been_made(api, page_job):
    async with same(api, recorded(httpx2.Response(200, json={})), on_violation=OnViolation.REFUSE) as bridge:
        found = await bridge.post("/submit-job", page_job)
    assert found.status == 502
    assert found.json["message"].endswith("The change may have been made.")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (httpx2.ConnectError("refused"), 503),
        (httpx2.ReadTimeout("silent"), 504),
        (httpx2.RemoteProtocolError("cut off"), 502),
        (httpx2.Response(500, text="Internal Server Error"), 502),
        (httpx2.Response(401, headers={"www-authenticate": "Basic"}), 502),
    ],
    ids=str,
)
async def test_failing_cluster_is_an_error_of_the_clients_release(outcome, status, api):
    async with same(api, answers(outcome)) as bridge:
        found = await bridge.get("/overview")
    assert (found.status, found.json.keys(), "www-authenticate" in found.headers) == (
        status,
        {"status", "message"},
        False,
    )


async def test_error_of_the_engine_is_passed_on(api):
    message = {"status": "fail", "message": "java.lang.RuntimeException: x\n\tat y"}
    async with same(api, recorded(httpx2.Response(500, json=message, headers=JSON))) as bridge:
        found = await bridge.get("/overview")
    assert (found.status, found.json) == (500, message)


async def test_read_fails_over_but_what_is_about_a_node_goes_to_the_first(api):
    answer = answers(httpx2.ConnectError("refused"), httpx2.Response(200, content=SPACED, headers=JSON))
    async with gateway(type(api), answer, "2.3.13", release="2.3.13", urls=(ONE, TWO)) as bridge:
        assert (await bridge.get("/overview")).status == 200
        await bridge.post("/update-tags", {"zone": "a"})
        await bridge.post("/encrypt-config", {})
    assert answer.asked[1:] == [f"GET {TWO}/overview", f"POST {ONE}/update-tags", f"POST {TWO}/encrypt-config"]


async def test_read_only_gateway_still_encrypts(api, page_job):
    answer = recorded(httpx2.Response(200, json=page_job))
    async with gateway(type(api), answer, "2.3.13", release="2.3.13", read_only=True) as bridge:
        refused, encrypted = [await bridge.post(path, page_job) for path in ("/submit-job", "/encrypt-config")]
    assert (refused.status, encrypted.json) == (403, page_job)
    assert len(answer.requests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/overview", "/overview/more", "/%6fverview", "/job-info/5", "/job-info/a%2fb", "/nowhere"]
)
async def test_path_means_the_same_at_the_gateway_and_at_the_cluster(path, bridged):
    async with bridged("2.3.13", "2.3.13") as (_, direct, bridge):
        expected, found = await direct.get(path), await bridge.get(path)
    assert (found.status, found.body) == (expected.status, expected.body)


async def test_jobs_run_and_logs_are_linked_to_the_gateway(bridged, page_job):
    async with bridged("2.3.13", "2.3.13") as (cluster, direct, bridge):
        job = (await bridge.post("/submit-job", streaming(page_job))).json["jobId"]
        await cluster.engine.clock.advance(10)
        for path in (f"/job-info/{job}", "/running-jobs", "/metrics"):
            assert (await bridge.get(path)).body == (await direct.get(path)).body, path
        assert (await bridge.get("/logs?format=json")).json[0]["logLink"].startswith("http://gateway:8090/logs/")
        assert (await bridge("HEAD", "/overview")).headers == (await direct("HEAD", "/overview")).headers
        assert (await bridge.post("/stop-jobs", [{"jobId": int(job)}])).json == [{"jobId": int(job)}]
        assert bridge.engine.cluster.metrics.exposition().count("seatunnel_gateway_violations_total{") == 0


async def test_plan_between_equal_releases_passes_on_all_but_logs():
    items = list(bridge_plan(contract_of("2.3.13"), contract_of("2.3.13")))
    assert {it.operation for it in items if it.treatment is not Treatment.PASSED_ON} == KEPT
