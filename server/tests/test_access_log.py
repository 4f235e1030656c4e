"""The access log, and HTTPS in front of a server."""

import json
import logging.config
import ssl
from threading import Thread

import httpx2
import orjson
import pytest
import trustme

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.serving.configuration import ExitCode, ServeOptions, TlsFiles
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import serve

pytestmark = pytest.mark.anyio


@pytest.fixture
def logged(make_api):
    """Return an API, and the lines of its access log."""
    lines = []
    return make_api(fresh=True, access_log=lines.append), lines


async def test_line_has_no_value_of_query_header_or_body(logged, page_job):
    api, lines = logged
    body = page_job | {"env": {"password": "hunter2"}}
    await api.post("/submit-job?jobName=hunter2&hunter", body, headers={"authorization": "Basic hunter2"})
    (line,) = map(orjson.loads, lines)
    assert "hunter2" not in str(line)
    assert line.pop("time").endswith("+00:00")
    assert 0 <= line.pop("seconds") < 10
    found = {"client": "127.0.0.1", "method": "POST", "path": "/submit-job", "query": ["jobName", "hunter"]}
    assert line.pop("bytes") > 0
    assert line == {**found, "status": 200}
    assert lines[0].endswith("}\n")


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/_reference", 200), ("/a%0ab", 404)])
async def test_every_request_has_a_line(path, status, logged):
    api, lines = logged
    await api.get(path)
    assert [(it["path"], it["status"]) for it in map(orjson.loads, lines)] == [(path, status)]
    assert lines[0].count("\n") == 1


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def papers(authority, tmp_path):
    """Return the files of a certificate for the host of the tests."""
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    return TlsFiles(tmp_path / "cert.pem", tmp_path / "key.pem")


@pytest.mark.slow
def test_gateway_serves_https_and_writes_an_access_log(authority, papers, tmp_path):
    trust, log = ssl.create_default_context(), tmp_path / "access.ndjson"
    authority.configure_trust(trust)
    with EmbeddedServer(ServeOptions(release="2.3.13")) as cluster:
        plan = ServeOptions(release="2.3.13", cluster=ClusterAddress((cluster.url,)), tls=papers, access_log=str(log))
        with EmbeddedServer(plan) as gateway, httpx2.Client(base_url=gateway.url, verify=trust) as client:
            assert gateway.url.startswith("https://127.0.0.1:")
            assert client.get("/overview").json()["projectVersion"] == "2.3.13"
            assert client.get("/_reference/openapi.json").json()["openapi"] == "3.0.3"  # longer than a buffer
            links = [it["logLink"] for it in client.get("/logs?format=json").json()]
            assert all(link.startswith(gateway.url) for link in links)
    assert [json.loads(line)["path"] for line in log.read_text().splitlines()] == [
        "/overview",
        "/_reference/openapi.json",
        "/logs",
    ]


def test_files_that_are_no_certificate_and_key_are_an_error(papers, authority, tmp_path):
    other = tmp_path / "other.pem"
    authority.issue_cert("other").private_key_pem.write_to_path(other)
    (tmp_path / "text.pem").write_text("hello")
    wrong = [
        TlsFiles(papers.certificate, other),
        TlsFiles(tmp_path / "text.pem", other),
        TlsFiles(tmp_path / "none", other),
    ]
    lines = []
    ended = [serve(ServeOptions(port=0, tls=files), say=lines.append, print_error=lines.append) for files in wrong]
    assert ended == [ExitCode.BAD_CONFIG] * 3
    assert all("no certificate and key: " in line for line in lines)


def test_access_log_that_can_not_be_written_is_an_error(tmp_path):
    lines = []
    plan = ServeOptions(port=0, access_log=str(tmp_path / "none" / "log"))
    assert serve(plan, say=lines.append, print_error=lines.append) == ExitCode.BAD_CONFIG
    assert "can't be written" in lines[0]


def test_full_disk_is_reported_once_and_requests_are_answered():
    statuses, lines = [], []

    def use(server):
        try:
            statuses.extend(httpx2.get(f"{server.nodes[0].url}/overview").status_code for _ in range(2))
        finally:
            server.stop()

    plan = ServeOptions(port=0, access_log="/dev/full")
    serve(
        plan,
        say=lambda _: None,
        print_error=lines.append,
        started=lambda server: Thread(target=use, args=[server]).start(),
    )
    assert statuses == [200, 200]
    assert lines == ["the access log /dev/full can't be written: No space left on device"]


def test_uvicorn_logs_no_requests_while_another_server_of_the_process_starts(monkeypatch):
    enabled, configure = [], logging.config.dictConfig

    def configured(config):
        configure(config)
        enabled.append([name for name in ("access", "error") if logging.getLogger(f"uvicorn.{name}").isEnabledFor(20)])

    monkeypatch.setattr("logging.config.dictConfig", configured)
    with EmbeddedServer(ServeOptions(release="2.3.13")):
        assert enabled
    assert not any(enabled)
