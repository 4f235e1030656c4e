"""Failing and hostile clusters: no request hangs, and each failure has its status code."""

import asyncio
import gc
import re
import tracemalloc
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from clusters import ONE, TWO, answers, gateway, gateway_app, recorded
from hostile_servers import BEHAVIOURS, listening

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.cluster import ClusterClient
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.engine.zeta.wire import SocketWire
from seatunnel_server.gateway.rules import OnViolation

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (httpx2.ConnectError("refused"), 503),
        (httpx2.ConnectTimeout("no route"), 503),
        (httpx2.ReadTimeout("silent"), 504),
        (5.0, 504),
        (httpx2.ReadError("reset"), 502),
        (httpx2.RemoteProtocolError("cut off"), 502),
        (httpx2.Response(200, text="<html>"), 502),
        (httpx2.Response(200, json=[1]), 502),
        (httpx2.Response(200, json={"projectVersion": "2.3.13"}), 502),
        (httpx2.Response(500, text="Internal Server Error"), 502),
        (httpx2.Response(404, text="nothing here"), 502),
        (httpx2.Response(401), 502),
        (httpx2.Response(500, json={"status": "fail", "message": "broken"}), 500),
        (httpx2.Response(400, json={"status": "fail", "message": "wrong"}), 502),
    ],
    ids=str,
)
async def test_failure_of_the_cluster_is_an_error_of_the_clients_release(outcome, status, api):
    async with gateway(type(api), answers(outcome), "2.3.9", release="2.3.13", timeout=0.1) as bridge:
        found = await bridge.get("/overview")
    assert (found.status, found.json.keys()) == (status, {"status", "message"})


@pytest.mark.parametrize("path", ["/overview", "/logs/job-1.log"])
@pytest.mark.parametrize("failed", [(), (ONE,), (TWO,)])
async def test_node_that_does_not_answer_is_named_before_one_that_accepts_no_connection(failed, path, api):
    async def answer(request):
        raise httpx2.ConnectError("dead") if request.url.host == "two" else httpx2.ReadTimeout("slow")

    address = {"urls": (ONE, TWO), "release": "2.3.13"}
    async with gateway(type(api), answer, "2.3.13", **address) as bridge:
        for url in failed:
            bridge.engine.cluster._has_failed(url)
        found = await bridge.get(path)
    assert (found.status, found.json["message"]) == (504, "The node one:8080 did not answer within 10 seconds.")


async def test_values_that_are_not_valid_are_an_error_of_the_cluster(api):
    """An engine whose nodes were read at the same time sent one metric under the name of another."""
    members = httpx2.Response(200, json=[{"isMaster": "true", "swap.space.total": "29.65%"}])
    async with gateway(type(api), answers(members), "2.3.9", release="2.3.13") as bridge:
        found = await bridge.get("/system-monitoring-information")
    assert (found.status, found.json["message"]) == (
        502,
        "What the cluster answered to get_system_monitoring_information is not valid.",
    )


async def test_read_fails_over_and_goes_on_with_that_node(api):
    counts = {"projectVersion": "2.3.13", "gitCommitAbbrev": "a", "workers": "1"}
    counts |= dict.fromkeys(
        ["totalSlot", "unassignedSlot", "runningJobs", "finishedJobs", "failedJobs", "cancelledJobs"], "0"
    )
    answer = answers(httpx2.ConnectError("refused"), httpx2.Response(200, json=counts))
    async with gateway(type(api), answer, "2.3.9", urls=(ONE, TWO), release="2.3.13") as bridge:
        assert [(await bridge.get("/overview")).status for _ in range(2)] == [200, 200]
    assert answer.asked == [f"GET {ONE}/overview", f"GET {TWO}/overview", f"GET {TWO}/overview"]


async def test_node_is_asked_again_when_it_responds_well_several_times(api, monkeypatch, page_job):
    monkeypatch.setattr("seatunnel_server.engine.zeta.cluster._PAUSE_SECONDS", 0.01)
    asked, responses = asyncio.Queue(), asyncio.Queue()

    async def answer(request):
        if request.url.host == "two":
            return httpx2.Response(200, json=[])
        if request.url.path != "/overview":
            raise httpx2.ReadTimeout("silent")
        asked.put_nowait(request)
        return await responses.get()

    async with gateway(type(api), answer, "2.3.9", urls=(ONE, TWO), release="2.3.13") as bridge:
        cluster = bridge.engine.cluster
        assert (await bridge.post("/submit-job", page_job)).status == 504
        assert [(await bridge.get(path)).status for path in ("/running-jobs", "/finished-jobs")] == [200, 200]
        for status in (200, 200, 500, 200, 200, 200):
            await asked.get()
            assert cluster.by_health() == [TWO, ONE]
            responses.put_nowait(httpx2.Response(status, json={"status": "fail", "message": "not a member"}))
        for _ in range(100):
            await asyncio.sleep(0)
        assert cluster.by_health() == [ONE, TWO]


def lines_of(caplog):
    return [it.getMessage() for it in caplog.records if it.name.startswith("seatunnel_server")]


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
async def test_node_that_does_not_respond_is_logged_once_and_when_it_is_back(release, api, caplog):
    refused, back = httpx2.ConnectError("refused"), httpx2.Response(200, json=[])
    answer = answers(refused, refused, httpx2.ReadTimeout("silent"), back, back, refused)
    async with gateway(type(api), answer, release, release="2.3.13") as bridge:
        found = [(await bridge.get("/running-jobs")).status for _ in range(6)]
    assert found == [503, 503, 504, 200, 200, 503]
    # The last failure comes too soon after the first to be logged.
    assert lines_of(caplog) == [
        "The node one:8080 does not respond: it does not accept connections.",
        "The node one:8080 responds again.",
    ]


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
@pytest.mark.parametrize("configured", ["2.3.13", None])
async def test_other_version_of_the_cluster_is_logged_once(release, configured, api, caplog):
    def overview(version):
        return httpx2.Response(200, json={"projectVersion": version})

    versions = ["2.3.13", "2.3.13", "2.3.9", "2.3.9", "x\ny", 7, "2.3.9"]
    async with gateway(type(api), answers(*map(overview, versions)), release, release=configured) as bridge:
        for _ in versions:
            await bridge.get("/overview?zone=a")
    (line,) = [line for line in lines_of(caplog) if "version" in line]
    assert line == (
        "The node one:8080 reports the version 2.3.9, and the cluster's version was 2.3.13. The gateway goes on with "
        "the release that it started with; hint: restart the gateway"
    )


async def test_long_lists_are_read_beside_other_requests(api):
    job = {"jobId": "1", "jobName": "x" * 1000, "jobStatus": "FINISHED", "createTime": "2026-01-01 00:00:00"}
    jobs = [job | {"jobId": str(number), "finishTime": "2026-01-01 00:00:01"} for number in range(1000)]
    async with gateway(type(api), recorded(httpx2.Response(200, json=jobs)), "2.3.9", release="2.3.13") as bridge:
        listed = await bridge.get("/finished-jobs")
    assert [it["jobId"] for it in listed.json] == [str(number) for number in reversed(range(1000))]


LATE = {
    *("byte_a_second", "byte_of_a_body_a_second", "nothing_at_all"),
    *("length_that_never_comes", "chunk_without_an_end"),
}


class Everywhere(SocketWire):
    """Sends each request to the node with the id in the target of the request; 100 is the first."""

    def __init__(self, urls, connecting):
        super().__init__(connecting)
        self._urls = urls

    async def send(self, request):
        number = int(re.search(r"\b1(\d\d)\b", request.target)[1])
        return await super().send(replace(request, url=self._urls[number]))


@asynccontextmanager
async def bridged_to(api, release, *behaviours, seconds=0.5, connecting=4.0):
    """Serve a gateway to a node for each behaviour; `seconds` are for a response, half of `connecting` to connect."""
    with ExitStack() as nodes:
        wire = Everywhere([nodes.enter_context(listening(it)) for it in behaviours], connecting)
        async with aclosing(ClusterClient(ClusterAddress((ONE,), seconds, release="2.3.13"), wire=wire)) as cluster:
            engine = await ZetaEngine.connect(cluster, "gateway:8090")
            yield type(api)(gateway_app(release, engine, on_violation=OnViolation.REFUSE), engine)


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
async def test_hostile_node_makes_nothing_hang(release, api, monkeypatch):
    """An unreadable response is an error; between equal releases, by the policy here, so is an invalid one."""
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._RESPONSE_LIMIT", 2**20)
    async with bridged_to(api, release, *BEHAVIOURS.values()) as bridge, asyncio.timeout(15):
        reads = [bridge.get(f"/job-info/{100 + number}") for number in range(len(BEHAVIOURS))]
        changes = [bridge.post(f"/submit-job?jobId={100 + number}", {}) for number in range(len(BEHAVIOURS))]
        found = await asyncio.gather(*reads, *changes)
    answers = dict(zip([*BEHAVIOURS] * 2, found, strict=False))
    late = {name for name, it in answers.items() if it.status == 504}
    assert late >= LATE
    assert {it.json["status"] for it in found if it.status in {502, 504}} == {"fail"}
    assert {name: it.json for name, it in answers.items() if it.status not in {502, 504}} == {}


@pytest.mark.parametrize(
    ("limit", "behaviour", "message"),
    [
        ("_IN_ALL", "endless_body", "those that are being read have 300000 bytes in all"),
        ("_HEAD_LIMIT", "header_of_ten_megabytes", "has more than 300000 bytes of headers"),
        ("_HEAD_LIMIT", "endless_trailers", "has more than 300000 bytes of headers"),
    ],
)
async def test_length_of_what_is_read_has_limits(limit, behaviour, message, api, monkeypatch):
    monkeypatch.setattr(f"seatunnel_server.engine.zeta.wire.{limit}", 300_000)
    async with bridged_to(api, "2.3.9", *[BEHAVIOURS[behaviour]] * 5, seconds=20.0) as bridge:
        found = await asyncio.gather(*(bridge.get(f"/job-info/{100 + number}") for number in range(5)))
    assert {it.status for it in found} == {502}
    assert all(message in it.json["message"] for it in found)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
async def test_json_of_too_many_values_is_not_parsed(release, status, api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._VALUES", 5)
    answer = recorded(httpx2.Response(status, json=[[]] * 6))
    rules = {"on_violation": OnViolation.REFUSE}
    async with gateway(type(api), answer, release, release="2.3.13", rules=rules) as bridge:
        found = [await bridge.get(path) for path in ("/overview", "/running-jobs")]
    assert {it.status for it in found} == {502}
    assert status == 500 or all("has more than 5 values" in it.json["message"] for it in found)


@pytest.mark.parametrize("behaviour", ["endless_body", "endless_trailers"])
async def test_response_that_was_given_up_is_not_kept(behaviour, api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._RESPONSE_LIMIT", 2**24)
    async with bridged_to(api, "2.3.9", BEHAVIOURS[behaviour], seconds=20.0) as bridge:
        gc.disable()
        tracemalloc.start()
        try:
            assert (await bridge.get("/job-info/100")).status == 502
            assert tracemalloc.get_traced_memory()[0] < 2**21
        finally:
            tracemalloc.stop()
            gc.enable()


async def test_request_without_a_free_connection_is_refused_soon(api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._CONNECTIONS", 1)
    async with bridged_to(api, "2.3.9", *[BEHAVIOURS["nothing_at_all"]] * 2, connecting=0.5) as bridge:
        found = await asyncio.gather(*(bridge.get(f"/job-info/{100 + number}") for number in range(2)))
    assert sorted(it.status for it in found) == [503, 504]
    assert {it.json["message"] for it in found} >= {"The gateway has no free connection to the cluster."}
