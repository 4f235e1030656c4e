"""A cluster over HTTP: the responses of each node, and nodes that leave and come back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import httpx2
import pytest
from speaking_releases import STREAM

from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.errors import LastNode, NoSuchNode
from seatunnel_server.http.listening import listen
from seatunnel_server.serving.embedded import DidNotStart, EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

pytestmark = pytest.mark.slow


@pytest.fixture
def serve(tmp_path):
    """Start servers on clocks that tests advance."""
    started = []

    def start(**plan):
        plan = {"nodes": 3, "release": "2.3.13", "clock": ManualClock(), "log_dir": tmp_path, **plan}
        started.append(EmbeddedServer(ServeOptions(**plan)).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def three(serve):
    return serve()


def get(server, number, path):
    response = httpx2.get(server.node(number).url + path)
    assert response.status_code == 200, response.text
    return response.json()


def post(server, number, path, body):
    return httpx2.post(server.node(number).url + path, json=body).json()


def members(server, number):
    return [(each["port"], each["isMaster"]) for each in get(server, number, "/system-monitoring-information")]


@pytest.mark.parametrize("framework", ["async", "flask"])
def test_job_is_submitted_watched_and_stopped_at_three_nodes(serve, framework):
    server = serve(framework=framework)
    job_id = post(server, 2, "/submit-job", STREAM)["jobId"]
    server.advance(3)
    assert get(server, 3, f"/job-info/{job_id}")["jobStatus"] == "RUNNING"
    assert [get(server, number, "/overview")["workers"] for number in (1, 2, 3)] == ["3"] * 3
    assert [members(server, number) for number in (1, 2, 3)] == [
        [("5801", "true"), ("5802", "false"), ("5803", "false")]
    ] * 3
    post(server, 1, "/stop-job", {"jobId": job_id})
    server.advance(3)
    assert get(server, 2, f"/job-info/{job_id}")["jobStatus"] == "CANCELED"


def test_savepoint_is_the_one_thing_that_a_worker_answers_otherwise(three):
    job_id = post(three, 1, "/submit-job", STREAM)["jobId"]
    three.advance(5)
    stop = {"jobId": job_id, "isStopWithSavePoint": True}
    with ThreadPoolExecutor(1) as thread:
        saving = thread.submit(post, three, 2, "/stop-job", stop)
        while get(three, 1, f"/job-info/{job_id}")["jobStatus"] != "DOING_SAVEPOINT":
            assert not saving.done()
        three.advance(1)
        assert saving.result(10) == {"jobId": job_id}
    assert get(three, 1, f"/job-info/{job_id}")["jobStatus"] == "SAVEPOINT_DONE"
    assert post(three, 1, "/stop-job", stop) == {"jobId": job_id}
    failed = post(three, 2, "/stop-job", stop)
    assert failed["message"].endswith(f"The job with id '{job_id}' not running, save point failed")
    assert post(three, 3, "/stop-jobs", [stop])["status"] == "fail"


def test_links_lead_to_the_node_whose_log_it_is(three):
    job_id = post(three, 3, "/submit-job", STREAM)["jobId"]
    three.advance(3)
    links = [get(three, number, "/logs?format=json") for number in (1, 2, 3)]
    assert links[0] == links[1] == links[2]
    for link in links[0]:
        node = next(number for number in (1, 2, 3) if three.node(number).url == f"http://{link['node']}")
        assert link["logLink"] == f"{three.node(node).url}/logs/{link['logName']}"
        assert httpx2.get(link["logLink"]).status_code == 200
        assert link["logName"] in get(three, node, "/get-all-log-name")
    assert {link["node"] for link in links[0] if job_id in link["logName"]} < {link["node"] for link in links[0]}


def test_tags_are_those_of_one_node(three):
    post(three, 1, "/update-tags", {"team": "alpha"})
    post(three, 2, "/update-tags", {"team": "beta"})
    three.advance(5)
    found = [get(three, number, f"/overview?team={team}")["workers"] for team in ("alpha", "beta") for number in (1, 3)]
    assert found == ["1", "1", "1", "1"]


def test_loggers_are_those_of_the_node_or_of_all(serve):
    server = serve(release="3.0.0")
    httpx2.post(f"{server.node(2).url}/loggers/org.apache?level=debug")
    assert [get(server, number, "/loggers/org.apache")["level"] for number in (1, 2, 3)] == ["INFO", "DEBUG", "INFO"]
    changed = httpx2.post(f"{server.node(1).url}/loggers/org.apache?level=warn&scope=cluster").json()
    assert changed["status"] == "SUCCESS"
    assert [each["previousLevel"] for each in changed["nodes"]] == ["INFO", "DEBUG", "INFO"]
    listed = get(server, 3, "/loggers?scope=cluster")
    assert [each["node"] for each in listed["nodes"]] == [server.node(number).url[7:] for number in (1, 2, 3)]
    assert [get(server, number, "/loggers/org.apache")["level"] for number in (1, 2, 3)] == ["WARN"] * 3


def test_node_that_leaves_refuses_connections_until_it_comes_back(three):
    node = three.node(2)
    node.stop()
    node.stop()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{node.url}/overview")
    with httpx2.Client(transport=node.transport, base_url=node.url) as client, pytest.raises(httpx2.ConnectError):
        client.get("/overview")
    assert [get(three, number, "/overview")["workers"] for number in (1, 3)] == ["2", "2"]
    node.start()
    node.start()
    assert [get(three, number, "/overview")["workers"] for number in (1, 2, 3)] == ["3"] * 3
    assert members(three, 2) == [("5801", "true"), ("5803", "false"), ("5802", "false")]


def test_master_leaves_and_its_jobs_are_restored(three):
    job_id = post(three, 1, "/submit-job", STREAM)["jobId"]
    three.advance(5)
    three.node(1).stop()
    assert members(three, 3) == [("5802", "true"), ("5803", "false")]
    assert get(three, 2, f"/job-info/{job_id}")["jobStatus"] == "UNKNOWABLE"
    lost = httpx2.get(f"{three.node(2).url}/overview")
    assert (lost.status_code, "MemberLeftException" in lost.json()["message"]) == (500, True)
    three.advance(5)
    assert get(three, 2, f"/job-info/{job_id}")["jobStatus"] == "RUNNING"
    assert get(three, 3, "/overview")["runningJobs"] == "1"
    (pipeline,) = get(three, 3, f"/jobs/checkpoints/{job_id}")["pipelines"]
    assert pipeline["counts"]["restored"] == 1
    with httpx2.Client(transport=three.transport, base_url=three.url) as client:
        assert client.get("/overview").json()["workers"] == "2"


def test_node_that_is_stopped_from_the_start_can_be_started(serve):
    server = serve(stopped_nodes=frozenset({1}))
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{server.node(1).url}/overview")
    assert members(server, 2) == [("5802", "true"), ("5803", "false")]
    server.node(1).start()
    assert members(server, 1) == [("5802", "true"), ("5803", "false"), ("5801", "false")]


def test_nodes_take_the_free_ports_of_the_range_in_the_configuration(tmp_path):
    with closing(listen("127.0.0.1", [0])) as taken:
        port = taken.getsockname()[1]
        http = f"{{enable-http: true, enable-dynamic-port: true, port: {port}, port-range: 50}}"
        file = tmp_path / "seatunnel.yaml"
        file.write_text(f"seatunnel: {{engine: {{http: {http}}}}}")
        server = EmbeddedServer(ServeOptions(nodes=2, config=file))
        server.options = replace(server.options, port=None)
        with server:
            ports = [int(server.node(number).url.rpartition(":")[2]) for number in (1, 2)]
    assert port < ports[0] < ports[1] <= port + 50


def test_last_node_can_not_be_stopped(serve):
    server = serve(nodes=1)
    with pytest.raises(LastNode):
        server.node(1).stop()
    assert get(server, 1, "/overview")["workers"] == "1"
    with pytest.raises(NoSuchNode, match="There is no node 2, the cluster has only node 1"):
        server.node(2)


def test_cluster_without_a_running_node_does_not_start(serve):
    with pytest.raises(DidNotStart, match="at least one node of a cluster has to run"):
        serve(nodes=2, stopped_nodes=frozenset({1, 2}))
