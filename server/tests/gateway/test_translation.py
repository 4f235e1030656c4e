"""The gateway between different releases; the cluster is an in-memory engine here."""

import re

import httpx2
import pytest
from clusters import ONE, TWO, answers, gateway, streaming
from speaking_releases import contract_of

from seatunnel_server.engine.zeta.bridge import Treatment
from seatunnel_server.engine.zeta.bridge import bridge as bridge_plan

pytestmark = pytest.mark.anyio

PAIRS = [
    *(("2.3.13", "2.3.9"), ("2.3.9", "2.3.13"), ("2.3.13", "documented"), ("2.3.10", "2.3.10"), ("2.3.13", "3.1.0")),
    ("3.0.0", "3.1.0"),
]


@pytest.mark.slow
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
    """Return a response without the values that the release of the cluster does not report."""
    if isinstance(document, list):
        return [without_unknown(item) for item in document]
    if not isinstance(document, dict):
        return document
    unknown = {"startTime", "diagnostics", "totalSlot", "unassignedSlot", "pendingJobs"}
    return {
        name: without_unknown(value)
        for name, value in document.items()
        if name not in unknown and "Committed" not in name and "PerVertex" not in name
    }


async def test_counters_of_flush_signals_are_those_of_the_cluster(api):
    job = contract_of("3.0.0").document["components"]["examples"]["GetJobInfoFinished"]["value"]
    flushed = {
        "FlushSignalTotal": "7",
        "FlushSignalTotalPerVertex": {"Source[0]": "3", "Source[1]": "4"},
        "FlushSignalSinkQPS": "0.5",
        "FlushSignalSinkQPSPerVertex": {"Sink[0]": "0.5"},
    }
    answer = answers(httpx2.Response(200, json=job | {"metrics": job["metrics"] | flushed}))
    async with gateway(type(api), answer, "3.1.0", release="3.0.0") as bridge:
        found = (await bridge.get("/job-info/7")).json["metrics"]
    assert flushed.items() <= found.items()


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


@pytest.mark.parametrize("release", ["2.3.9", "2.3.13"])
async def test_log_that_several_nodes_have_is_listed_once_for_the_first_of_them(release, api):
    held = [
        ("three:8080", "engine.log"),
        ("two:8080", "job-7.log"),
        ("one:8080", "engine.log"),
        ("three:8080", "x.log"),
    ]
    listed = [{"node": node, "logLink": f"http://{node}/logs/{name}", "logName": name} for node, name in held]
    answer = answers(httpx2.Response(200, json=listed))
    async with gateway(type(api), answer, release, release="2.3.13", urls=(ONE, TWO)) as bridge:
        found = (await bridge.get("/logs?format=json")).json
    assert [(it["node"], it["logName"]) for it in found] == [
        ("one:8080", "engine.log"),
        ("two:8080", "job-7.log"),
        ("three:8080", "x.log"),
    ]
    assert len({it["logLink"] for it in found}) == 3


async def test_plan_says_that_a_log_is_listed_once():
    for releases in (("2.3.13", "2.3.13"), ("2.3.9", "2.3.13")):
        details = {it.path: it.detail for it in bridge_plan(*map(contract_of, releases)) if "listed once" in it.detail}
        assert details.keys() == {"/logs", "/logs/{jobIdOrFile}"}


async def test_threads_metrics_and_readings_are_those_of_the_cluster(bridged):
    async with bridged("2.3.13", "2.3.9") as (_, direct, bridge):
        for path in ("/thread-dump", "/running-threads"):
            found, expected = (await bridge.get(path)).json, (await direct.get(path)).json
            assert [it["threadName"] for it in found] == [it["threadName"] for it in expected] != []
        assert (await bridge.get("/openmetrics")).body == (await direct.get("/openmetrics")).body
        found, expected = [(await it.get("/system-monitoring-information")).json for it in (bridge, direct)]
        assert [list(reading) for reading in found] == [list(reading) for reading in expected] != []


@pytest.mark.parametrize(("release", "entries"), [("3.1.0", 1), ("2.3.13", 0)])
async def test_member_that_does_not_respond_is_shown_to_clients_that_know_it(api, release, entries):
    silent = {"host": "10.0.0.1", "port": 5801, "error": "timeout"}
    async with gateway(type(api), answers(httpx2.Response(200, json=[silent])), release, release="3.0.0") as bridge:
        assert (await bridge.get("/system-monitoring-information")).json == [silent] * entries


@pytest.mark.slow
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
            assert found.status != 501 or found.json.keys() == {"status", "message"}


async def test_job_is_read_anew_only_if_it_has_changed(bridged, page_job):
    async with bridged("2.3.13", "2.3.9") as (cluster, direct, bridge):
        job = (await cluster.post("/submit-job", streaming(page_job))).json["jobId"]
        for _ in range(3):
            await cluster.engine.clock.advance(10)
            found, expected = [(await it.get("/running-jobs")).json for it in (bridge, direct)]
            assert [without_unknown(it) for it in (found, expected)] == [without_unknown(expected)] * 2
            engine = bridge.engine
            first, again = [(await engine.running_jobs())[0] for _ in range(2)]
            assert first is again
            assert str(first.id) == job
        assert len(engine._known) > 1
