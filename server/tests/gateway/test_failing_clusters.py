"""Clusters that fail, and hostile ones: nothing hangs, and each failure has its status."""

import asyncio
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from clusters import ONE, TWO, answers, gateway, gateway_app, recorded

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.cluster import Cluster
from seatunnel_server.engine.zeta.engine import ZetaEngine

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (httpx.ConnectError("refused"), 503),
        (httpx.ConnectTimeout("no route"), 503),
        (httpx.ReadTimeout("silent"), 504),
        (5.0, 504),
        (httpx.ReadError("reset"), 502),
        (httpx.RemoteProtocolError("cut off"), 502),
        (httpx.Response(200, text="<html>"), 502),
        (httpx.Response(200, json=[1]), 502),
        (httpx.Response(200, json={"projectVersion": "2.3.13"}), 502),
        (httpx.Response(500, text="Internal Server Error"), 502),
        (httpx.Response(404, text="nothing here"), 502),
        (httpx.Response(401), 502),
        (httpx.Response(500, json={"status": "fail", "message": "broken"}), 500),
        (httpx.Response(400, json={"status": "fail", "message": "wrong"}), 502),
    ],
    ids=str,
)
async def test_failure_of_the_cluster_is_an_error_of_the_clients_release(outcome, status, api):
    async with gateway(type(api), answers(outcome), "2.3.9", release="2.3.13", timeout=0.1) as bridge:
        found = await bridge.get("/overview")
    assert (found.status, found.json.keys()) == (status, {"status", "message"})


async def test_read_fails_over_and_returns_to_the_first_node_later(api):
    counts = {"projectVersion": "2.3.13", "gitCommitAbbrev": "a", "workers": "1"}
    counts |= dict.fromkeys(
        ["totalSlot", "unassignedSlot", "runningJobs", "finishedJobs", "failedJobs", "cancelledJobs"], "0"
    )
    answer = answers(httpx.ConnectError("refused"), httpx.Response(200, json=counts))
    async with gateway(type(api), answer, "2.3.9", urls=(ONE, TWO), release="2.3.13") as bridge:
        assert [(await bridge.get("/overview")).status for _ in range(2)] == [200, 200]
    assert answer.asked == [f"GET {ONE}/overview", f"GET {TWO}/overview", f"GET {TWO}/overview"]


def lines_of(caplog):
    return [it.getMessage() for it in caplog.records if it.name.startswith("seatunnel_server")]


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
async def test_node_that_does_not_respond_is_logged_once_and_when_it_is_back(release, api, caplog):
    refused, back = httpx.ConnectError("refused"), httpx.Response(200, json=[])
    answer = answers(refused, refused, httpx.ReadTimeout("silent"), back, back, refused)
    async with gateway(type(api), answer, release, release="2.3.13") as bridge:
        found = [(await bridge.get("/running-jobs")).status for _ in range(6)]
    assert found == [503, 503, 504, 200, 200, 503]
    # The last failure follows too soon after the first for another line.
    assert lines_of(caplog) == [
        "The node one:8080 does not respond: it does not accept connections.",
        "The node one:8080 responds again.",
    ]


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
@pytest.mark.parametrize("configured", ["2.3.13", None])
async def test_other_version_of_the_cluster_is_logged_once(release, configured, api, caplog):
    def overview(version):
        return httpx.Response(200, json={"projectVersion": version})

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
    async with gateway(type(api), recorded(httpx.Response(200, json=jobs)), "2.3.9", release="2.3.13") as bridge:
        listed = await bridge.get("/finished-jobs")
    assert [it["jobId"] for it in listed.json] == [str(number) for number in reversed(range(1000))]


@asynccontextmanager
async def listening(speak):
    """Listen on a port, and have `speak` write to each connection until the block ends."""
    talks = []

    async def accept(_, writer):
        talks.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.CancelledError):
            await speak(writer)
        writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for talk in talks:
            talk.cancel()


async def silent(_):
    await asyncio.sleep(60)


async def trickling(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while True:
        writer.write(b"{")
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 2**16)
        await writer.drain()


async def no_http(writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()


async def cut_off(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
    await writer.drain()


@pytest.mark.parametrize(
    ("speak", "status", "release"),
    [
        (silent, 504, "2.3.9"),
        (trickling, 504, "2.3.13"),
        (endless, 502, "2.3.9"),
        (endless, 502, "2.3.13"),
        (no_http, 502, "2.3.9"),
        (cut_off, 502, "2.3.13"),
    ],
)
async def test_hostile_node_makes_nothing_hang(speak, status, release, api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._RESPONSE_LIMIT", 2**20)
    async with listening(speak) as url:
        cluster = Cluster(ClusterAddress((url,), 0.5, release="2.3.13"))
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        bridge = type(api)(gateway_app(release, engine), engine)
        async with asyncio.timeout(10):
            found = [await bridge.get("/overview"), await bridge.post("/submit-job", {})]
        await cluster.aclose()
    assert [(it.status, it.json["status"]) for it in found] == [(status, "fail")] * 2


async def test_request_without_a_free_connection_is_refused_soon(api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.wire._CONNECTIONS", 1)
    async with listening(silent) as url, asyncio.timeout(5):
        cluster = Cluster(ClusterAddress((url,), 1.0, release="2.3.13"))
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        bridge = type(api)(gateway_app("2.3.9", engine), engine)
        found = await asyncio.gather(bridge.get("/overview"), bridge.get("/running-jobs"))
        await cluster.aclose()
    assert sorted(it.status for it in found) == [503, 504]
    assert {it.json["message"] for it in found} >= {"The gateway has no free connection to the cluster."}
