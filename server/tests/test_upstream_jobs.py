"""Jobs of upstream's documentation, examples and tests run as they are."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

HERE = Path(__file__).parent / "upstream"
FORMATS = {".conf": "hocon", ".sql": "sql", ".json": "json"}
PLANS = json.loads((HERE / "plans.json").read_text(encoding="utf-8"))
NOT_CREATED = (
    "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - "
    "Unable to create a {kind} for identifier '{name}'."
)
FRAGMENT = "oracle-cdc-placeholders.conf"
"""The documentation leaves the required options of its source out."""
JOBS = sorted(path for path in HERE.iterdir() if path.suffix in FORMATS and path.name not in {"plans.json", FRAGMENT})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    files = tmp_path_factory.mktemp("files")
    with EmbeddedServer(ServeOptions(release="2.3.13", clock=ManualClock(), files=files)) as running:
        yield running


def submitted(client: httpx2.Client, path: Path) -> str:
    """Submit a job and return its id."""
    kind = "application/json" if path.suffix == ".json" else "text/plain; charset=utf-8"
    response = client.post(
        "/submit-job",
        params={"format": FORMATS[path.suffix]},
        content=path.read_bytes(),
        headers={"Content-Type": kind},
    )
    assert response.status_code == 200, response.text
    return str(response.json()["jobId"])


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_job_of_upstream_is_planned_and_runs(server, path):
    with httpx2.Client(base_url=server.url, transport=server.transport) as client:
        job_id = submitted(client, path)
        server.advance(30)
        job = client.get(f"/job-info/{job_id}").json()
        streams = job["jobDag"]["envOptions"].get("job.mode", "").upper() == "STREAMING"
        assert job["jobStatus"] == ("RUNNING" if streams else "FINISHED"), job.get("errorMsg")
        assert int(job["metrics"]["SinkWriteCount"]) > 0
        client.post("/stop-job", json={"jobId": job_id})
        server.advance(5)
        assert client.get(f"/job-info/{job_id}").json()["jobStatus"] in {"CANCELED", "FINISHED"}


@pytest.mark.parametrize("name", PLANS)
def test_plan_is_that_of_an_engine(server, name):
    with httpx2.Client(base_url=server.url, transport=server.transport) as client:
        dag = client.get(f"/job-info/{submitted(client, HERE / name)}").json()["jobDag"]
    edges = {
        number: [[str(edge["inputVertexId"]), str(edge["targetVertexId"])] for edge in pipeline]
        for number, pipeline in dag["pipelineEdges"].items()
    }
    vertices = [[each["vertexId"], each["vertexName"], each["tablePaths"]] for each in dag["vertexInfoMap"]]
    assert {"edges": edges, "vertices": vertices} == PLANS[name]


def test_files_of_upstreams_integration_test_are_below_the_folder_of_the_server(server):
    with httpx2.Client(base_url=server.url, transport=server.transport) as client:
        submitted(client, HERE / "rest-api-it-batch-to-files.conf")
        server.advance(30)
    files = list((server.options.files / "tmp/hive/warehouse/test1").iterdir())
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) >= 10


@pytest.mark.parametrize(
    ("release", "said"),
    [
        (
            "2.3.9",
            "Plugin PluginIdentifier{{engineType='seatunnel', pluginType='{kind}', pluginName='{name}'}} not found.",
        ),
        ("2.3.13", NOT_CREATED),
        ("development-2026-07-01", "org.apache.seatunnel.api.table.factory.FactoryException: " + NOT_CREATED),
    ],
)
def test_strict_server_refuses_what_is_not_installed_in_the_words_of_the_release(release, said):
    """Seen on engines of 2.3.9 and 2.3.13 without the jars of Jdbc and Kafka."""
    fake, console = {"plugin_name": "FakeSource", "schema": {"fields": {"a": "string"}}}, {"plugin_name": "Console"}
    with (
        EmbeddedServer(ServeOptions(release=release, connectors=ConnectorMode.STRICT)) as strict,
        httpx2.Client(base_url=strict.url, transport=strict.transport) as client,
    ):
        for name in ("Jdbc", "Kafka"):
            for kind, plugins in (
                ("source", ({"plugin_name": name}, console)),
                ("sink", (fake, {"plugin_name": name})),
            ):
                job = {"env": {}, "source": [plugins[0]], "sink": [plugins[1]]}
                response = client.post("/submit-job", json=job)
                message = response.json()["message"].partition("\n")[0]
                assert (response.status_code, message) == (500, said.format(kind=kind, name=name))
        assert client.get("/_reference").json()["connectors"] == "strict"


def test_job_log_says_what_is_simulated(server):
    with httpx2.Client(base_url=server.url, transport=server.transport) as client:
        job_id = submitted(client, HERE / "mysql-cdc-to-doris.conf")
        log = client.get(f"/logs/job-{job_id}.log").text
    assert "Source MySQL-CDC is simulated" in log
    assert "Sink Doris is simulated" in log
