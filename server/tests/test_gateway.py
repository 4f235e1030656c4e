"""The gateway: the API of one release in front of a cluster of another, which is an in-memory engine here."""

import asyncio
import re
from contextlib import asynccontextmanager, suppress

import httpx
import orjson
import pytest
from speaking_releases import contract_of

from seatunnel_server import create_app
from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.bridge import Treatment
from seatunnel_server.engine.zeta.bridge import bridge as bridge_plan
from seatunnel_server.engine.zeta.cluster import Cluster
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.errors import ClusterNotIdentified
from seatunnel_server.serving.process import ExitCode, ServePlan, serve

pytestmark = pytest.mark.anyio

ONE, TWO = "http://one:8080", "http://two:8080"
PAIRS = [("2.3.13", "2.3.9"), ("2.3.9", "2.3.13"), ("2.3.13", "documented"), ("2.3.10", "2.3.10"), ("2.3.13", "3.1.0")]


class Elsewhere(httpx.ASGITransport):
    """Calls an app in a context of its own, as another process does."""

    async def handle_async_request(self, request):
        return await asyncio.create_task(super().handle_async_request(request))


@asynccontextmanager
async def gateway(make, answer, client_release, **address):
    """Serve a release in front of a cluster, which is an ASGI app or a function of requests."""
    transport = httpx.MockTransport(answer) if asyncio.iscoroutinefunction(answer) else Elsewhere(answer)
    cluster = Cluster(ClusterAddress(**{"urls": (ONE,), **address}), transport=transport)
    try:
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        yield make(create_app(contract_of(client_release), engine.node), engine)
    finally:
        await cluster.aclose()


@pytest.fixture
def bridged(speaking, api):
    """Serve one release in front of a cluster of another, and the same engine directly in the former for comparison."""

    @asynccontextmanager
    async def serve_both(cluster_release, release):
        async with speaking(cluster_release) as cluster:
            direct = type(api)(create_app(contract_of(release), cluster.engine.nodes[0]), cluster.engine)
            async with gateway(type(api), cluster.app, release, release=cluster_release) as bridge:
                yield cluster, direct, bridge

    return serve_both


def streaming(page_job):
    return page_job | {"env": {"job.mode": "streaming"}}


@pytest.mark.parametrize(("cluster_release", "release"), PAIRS)
async def test_gateway_answers_as_a_node_of_the_clients_release(cluster_release, release, bridged, page_job):
    async with bridged(cluster_release, release) as (cluster, direct, bridge):
        ended = (await cluster.post("/submit-job", page_job)).json["jobId"]
        runs = (await cluster.post("/submit-job", streaming(page_job))).json["jobId"]
        await cluster.engine.clock.advance(60)
        for path in (
            "/overview",
            "/running-jobs",
            "/finished-jobs",
            "/finished-jobs/FINISHED",
            "/finished-jobs/FAILED",
            f"/job-info/{ended}",
            f"/running-job/{runs}",
            "/job-info/5",
            "/job-info/x",
        ):
            expected, found = await direct.get(path), await bridge.get(path)
            assert (found.status, found.content_type) == (expected.status, expected.content_type), path
            assert without_unknown(found.json) == without_unknown(expected.json), path


def without_unknown(document):
    """Return a response without what the release of the cluster does not report."""
    if isinstance(document, list):
        return [without_unknown(item) for item in document]
    if not isinstance(document, dict):
        return document
    unknown = {"startTime", "diagnostics", "totalSlot", "unassignedSlot", "pendingJobs"}
    return {
        name: without_unknown(value)
        for name, value in document.items()
        if name not in unknown and "Committed" not in name
    }


async def test_logs_are_read_through_the_gateway(bridged, page_job):
    async with bridged("2.3.13", "2.3.9") as (cluster, direct, bridge):
        await cluster.post("/submit-job", page_job)
        await cluster.engine.clock.advance(60)
        listed = (await bridge.get("/logs?format=json")).json
        assert listed != []
        assert all(file["logLink"].startswith("http://gateway:8090/logs/") for file in listed)
        seen = {"host": "api.example.org", "x-forwarded-proto": "https"}
        linked = (await bridge.get("/logs?format=json", headers=seen)).json[0]["logLink"]
        assert linked.startswith("https://api.example.org/logs/")
        assert b"//gateway:8090/logs/" in (await bridge.get("/logs", headers={"host": '"><script>'})).body
        name = listed[0]["logName"]
        assert (await bridge.get(f"/logs/{name}")).body == (await cluster.get(f"/logs/{name}")).body != b""
        assert name in (await bridge.get("/get-all-log-name")).json
        for missing in ("/logs/none.log", "/log/none", "/log/..%5cconfig", "/log/.", "/log/%2e"):
            assert ((await bridge.get(missing)).status, (await direct.get(missing)).status) == (400, 400), missing


async def test_threads_metrics_and_readings_are_those_of_the_cluster(bridged):
    async with bridged("2.3.13", "2.3.9") as (_, direct, bridge):
        for path in ("/thread-dump", "/running-threads"):
            found, expected = (await bridge.get(path)).json, (await direct.get(path)).json
            assert [it["threadName"] for it in found] == [it["threadName"] for it in expected] != []
        assert (await bridge.get("/openmetrics")).body == (await direct.get("/openmetrics")).body
        found, expected = [(await it.get("/system-monitoring-information")).json for it in (bridge, direct)]
        assert [list(reading) for reading in found] == [list(reading) for reading in expected] != []


async def test_queue_and_checkpoints_are_read_where_the_cluster_has_them(bridged, page_job):
    async with bridged("2.3.13", "2.3.13") as (cluster, direct, bridge):
        job = (await cluster.post("/submit-job", streaming(page_job))).json["jobId"]
        await cluster.engine.clock.advance(60)
        for path in (
            "/pending-jobs",
            f"/jobs/checkpoints/{job}",
            f"/jobs/checkpoints/history/{job}",
            "/jobs/checkpoints/5",
        ):
            assert (await bridge.get(path)).json == (await direct.get(path)).json, path
    async with bridged("2.3.9", "2.3.13") as (_, _, bridge):
        refused = await bridge.get("/pending-jobs")
        assert (refused.status, refused.json["status"]) == (501, "fail")


@pytest.mark.parametrize(("cluster_release", "release"), [("2.3.9", "2.3.13"), ("2.3.13", "3.1.0")])
async def test_what_the_plan_calls_missing_is_not_implemented(cluster_release, release, bridged):
    plan = bridge_plan(contract_of(release), contract_of(cluster_release))
    async with bridged(cluster_release, release) as (_, _, bridge):
        for item in {item.operation: item for item in reversed(list(plan)) if item.method == "GET"}.values():
            found = await bridge.get(re.sub(r"\{\w+\}", "5", item.path))
            assert (found.status == 501) == (item.treatment is Treatment.MISSING), item


def answers(*outcomes):
    """Return the transport of a cluster that answers, or fails, in turn; the last outcome stays."""
    left, asked = list(outcomes), []

    async def answer(request):
        asked.append(f"{request.method} {request.url}")
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
            return httpx.Response(200, json={})
        return outcome

    answer.asked = asked
    return answer


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
    ("speak", "status"), [(silent, 504), (trickling, 504), (endless, 502), (no_http, 502), (cut_off, 502)]
)
async def test_hostile_node_makes_nothing_hang(speak, status, api, page_job, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.cluster._BODY_LIMIT", 2**20)
    async with listening(speak) as url:
        cluster = Cluster(ClusterAddress((url,), 0.5, release="2.3.13"))
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        bridge = type(api)(create_app(contract_of("2.3.9"), engine.node), engine)
        async with asyncio.timeout(10):
            found = [await bridge.get("/overview"), await bridge.post("/submit-job", page_job)]
        await cluster.aclose()
    assert [(it.status, it.json["status"]) for it in found] == [(status, "fail")] * 2


async def test_request_without_a_free_connection_is_refused_soon(api, monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.cluster._CONNECTIONS", 1)
    async with listening(silent) as url, asyncio.timeout(5):
        cluster = Cluster(ClusterAddress((url,), 1.0, release="2.3.13"))
        engine = await ZetaEngine.connect(cluster, "gateway:8090")
        bridge = type(api)(create_app(contract_of("2.3.9"), engine.node), engine)
        found = await asyncio.gather(bridge.get("/overview"), bridge.get("/running-jobs"))
        await cluster.aclose()
    assert sorted(it.status for it in found) == [503, 504]
    assert {it.json["message"] for it in found} >= {"The gateway has no free connection to the cluster."}


SUBMITTED = httpx.Response(200, json={"jobId": "7", "jobName": "seven"})
HOCON = b"env { job.mode = batch }  # a comment"


def recorded(response):
    """Return the transport of a cluster that gives one response to everything, and keeps the requests."""

    async def answer(request):
        answer.requests.append(request)
        return response

    answer.requests = []
    return answer


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


@pytest.mark.parametrize(
    ("outcome", "status", "asked"),
    [
        (httpx.ConnectError("refused"), 503, 2),
        (httpx.ReadTimeout("silent"), 504, 1),
        (httpx.ReadError("reset"), 502, 1),
        (httpx.RemoteProtocolError("cut off"), 502, 1),
        (httpx.Response(500, text="Internal Server Error"), 502, 1),
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


@pytest.mark.parametrize(
    "outcome",
    [
        httpx.ConnectError("refused"),
        httpx.Response(200, json={"projectVersion": "3.0.0-SNAPSHOT"}),
        httpx.Response(200, json={"projectVersion": "7"}),
        httpx.Response(200, json=[]),
    ],
)
async def test_release_that_is_not_known_is_an_error(outcome, api):
    with pytest.raises(ClusterNotIdentified):
        async with gateway(type(api), answers(outcome), "2.3.9"):
            pass


@pytest.mark.parametrize("version", ["2.3.9", "2.3.13"])
async def test_release_is_found_by_the_version_of_the_cluster(version, api):
    async with gateway(type(api), answers(httpx.Response(200, json={"projectVersion": version})), "2.3.9") as bridge:
        assert bridge.engine.contract.release == version


def test_serve_ends_when_the_cluster_can_not_be_identified():
    lines = []
    plan = ServePlan(port=0, cluster=ClusterAddress(("http://127.0.0.1:1",)))
    assert serve(plan, say=lines.append, print_error=lines.append) == ExitCode.NO_CLUSTER
    assert lines == ["The cluster can't be identified: The node 127.0.0.1:1 does not accept connections."]


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x", "http://", "http://a:b@x:8080", "http://x:8080?a"])
def test_address_of_a_node_is_checked(url):
    with pytest.raises(ValueError, match="node"):
        ClusterAddress((url,))
