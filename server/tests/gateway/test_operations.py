"""Allowed operations, shared and kept reads, and metrics of a gateway."""

import asyncio
from types import SimpleNamespace

import httpx2
import pytest
from clusters import ONE, TWO, answers, gateway, recorded

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.engine.zeta.sharing import SharedReads
from seatunnel_server.gateway.rules import GatewayRules
from seatunnel_server.serving.process import ExitCode, ServeOptions, serve

pytestmark = pytest.mark.anyio

JOBS = httpx2.Response(200, json=[])


def slow(response):
    """Return the transport of a cluster that responds once an event is set."""

    async def answer(request):
        answer.requests.append(request)
        await answer.told.wait()
        return response

    async def asked(number):
        while len(answer.requests) < number:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)

    answer.requests, answer.told, answer.asked = [], asyncio.Event(), asked
    return answer


@pytest.mark.parametrize("release", ["2.3.13", "2.3.9"])
async def test_identical_reads_in_flight_are_one_request_to_the_cluster(release, api):
    answer = slow(JOBS)
    async with gateway(type(api), answer, release, release="2.3.13") as bridge:
        paths = ("/running-jobs", "/running-jobs", "/running-jobs", "/finished-jobs")
        reads = [asyncio.create_task(bridge.get(path)) for path in paths]
        await answer.asked(2)
        answer.told.set()
        assert [(await read).json for read in reads] == [[]] * 4
        assert len(answer.requests) == 2
        await bridge.get("/running-jobs")
        assert bridge.engine.cluster.metrics.value(Metric.SHARED) == 2
    assert len(answer.requests) == 3


async def test_list_that_has_not_changed_is_read_once(api, monkeypatch):
    read, job_of = [], "seatunnel_server.engine.zeta.reports.job_of"
    monkeypatch.setattr(job_of, lambda raw, **_: read.append(raw))
    lists = [httpx2.Response(200, json=[{"jobId": number}]) for number in (1, 1, 2, 1)]
    async with gateway(type(api), answers(*lists), "2.3.9", release="2.3.13") as bridge:
        engine, ids = bridge.engine, []
        engine._known = Forgetful()
        for _ in lists:
            await engine.running_jobs()
            ids.append([it["jobId"] for it in read])
    assert ids == [[1], [1], [1, 2], [1, 2, 1]]


class Forgetful(dict):
    def get(self, _key):
        return None


async def test_broken_list_is_an_error_each_time(api):
    async with gateway(type(api), recorded(httpx2.Response(200, json=[5])), "2.3.9", release="2.3.13") as bridge:
        assert [(await bridge.get("/running-jobs")).status for _ in range(2)] == [502, 502]


async def test_failure_of_a_shared_read_is_everybodys_and_is_not_kept(api):
    answer = answers(httpx2.ReadError("reset"), JOBS)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13", cache_seconds=60) as bridge:
        found = await asyncio.gather(*(bridge.get("/running-jobs") for _ in range(3)))
        assert [it.status for it in found] == [502] * 3
        assert (await bridge.get("/running-jobs")).status == 200
    assert len(answer.asked) == 2


async def test_response_is_kept_until_something_changes(api, page_job):
    answer = recorded(JOBS)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13", cache_seconds=60) as bridge:
        for _ in range(3):
            await bridge.get("/running-jobs")
        assert len(answer.requests) == 1
        await bridge.post("/submit-job", page_job)
        await bridge.get("/running-jobs")
    assert [it.method for it in answer.requests] == ["GET", "POST", "GET"]


async def test_read_that_began_before_a_change_is_not_shared_after_it(api):
    answer = slow(JOBS)
    async with gateway(type(api), answer, "2.3.9", release="2.3.13") as bridge:
        before = asyncio.create_task(bridge.get("/running-jobs"))
        change = asyncio.create_task(bridge.post("/stop-job", {"jobId": "5"}))
        await answer.asked(2)
        answer.told.set()
        await change
        await bridge.get("/running-jobs")
        await before
    assert len(answer.requests) == 3


async def test_age_of_a_response_counts_from_the_request_for_it(monkeypatch):
    now = SimpleNamespace(seconds=100.0)
    clock = SimpleNamespace(monotonic=lambda: now.seconds)
    monkeypatch.setattr("seatunnel_server.engine.zeta.sharing.time", clock)
    reads = SharedReads(10.0, len)

    async def read():
        now.seconds += 6
        return b"x"

    found = [await reads.get("a", read) for _ in range(2)]
    now.seconds += 3.9
    found.append(await reads.get("a", read))
    now.seconds += 0.1
    found.append(await reads.get("a", read))
    await reads.aclose()
    assert [is_shared for _, is_shared in found] == [False, True, True, False]
    assert reads._kept == 1025  # the older response is not counted any more


async def test_what_is_kept_has_a_limit(monkeypatch):
    monkeypatch.setattr("seatunnel_server.engine.zeta.sharing._KEPT_BYTES", 2100)
    reads = SharedReads(60.0, len)

    async def read():
        return b"1234"

    async def shared():
        return [(await reads.get(key, read))[1] for key in "abc"]

    assert [await shared(), await shared()] == [[False] * 3, [True, True, False]]
    reads.forget()
    assert [await shared(), await shared()] == [[False] * 3, [True, True, False]]
    await reads.aclose()


async def test_client_that_goes_away_does_not_end_the_read_of_others():
    reads, told = SharedReads(0.0, len), asyncio.Event()

    async def read():
        await told.wait()
        return b"x"

    first, second = [asyncio.create_task(reads.get("a", read)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    told.set()
    assert await second == (b"x", True)


@pytest.mark.parametrize("release", ["2.3.13", "2.3.9"])
async def test_operation_that_is_not_allowed_is_403(release, api, page_job):
    answer = recorded(JOBS)
    rules = {"allowed": frozenset({"get_running_jobs"})}
    async with gateway(type(api), answer, release, release="2.3.13", rules=rules) as bridge:
        allowed, refused = await bridge.get("/running-jobs"), await bridge.post("/submit-job", page_job)
    assert allowed.status == 200
    assert (refused.status, refused.json["message"]) == (403, "The gateway does not allow submit_job.")
    assert len(answer.requests) == 1


def test_unknown_operation_is_a_usage_error_with_a_suggestion():
    lines = []
    plan = ServeOptions(
        port=0,
        cluster=ClusterAddress(("http://127.0.0.1:1",)),
        gateway=GatewayRules(allowed=frozenset({"get_overveiw"})),
    )
    assert serve(plan, say=lines.append, print_error=lines.append) == ExitCode.USAGE
    assert "get_overview" in lines[0]


async def test_metrics_are_a_page_that_hides_no_operation(api, page_job):
    outcomes = (
        httpx2.ConnectError("refused"),
        httpx2.Response(200, text="engine_up 1", headers={"content-type": "text/plain"}),
    )
    async with gateway(
        type(api), answers(*outcomes), "2.3.13", release="2.3.13", urls=(ONE, TWO), read_only=True
    ) as bridge:
        engines = await bridge.get("/metrics")
        await bridge.post("/submit-job", page_job)
        page = await bridge.get("/_gateway/metrics")
    assert engines.body == b"engine_up 1"
    assert page.content_type == GatewayMetrics.CONTENT_TYPE
    lines = page.body.decode().splitlines()
    assert 'seatunnel_gateway_requests_total{operation="get_metrics",status="200"} 1' in lines
    assert 'seatunnel_gateway_requests_total{operation="submit_job",status="403"} 1' in lines
    assert 'seatunnel_gateway_engine_requests_total{node="one:8080",outcome="unavailable"} 1' in lines
    assert 'seatunnel_gateway_engine_requests_total{node="two:8080",outcome="answered"} 1' in lines
    assert all(line.startswith(("# HELP seatunnel_", "# TYPE seatunnel_", "seatunnel_")) for line in lines)


def test_labels_are_escaped():
    metrics = GatewayMetrics()
    metrics.add(Metric.VIOLATIONS, operation='a"b\\c\nd')
    assert 'violations_total{operation="a\\"b\\\\c\\nd"} 1\n' in metrics.exposition()
