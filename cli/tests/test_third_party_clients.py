"""Clients that others wrote, unmodified: server and gateway answer them as an engine of 2.3.10 does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

from seatunnel_conformance.replay import bundled
from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions

HERE = Path(__file__).parent / "third_party"
PROFILES: dict[str, Any] = yaml.safe_load((HERE / "profiles.yaml").read_text("utf-8"))
RECORDED = {
    f"{scenario.area}/{scenario.name}/{step.id}": step.exchange
    for scenario in bundled("2.3.10")
    for step in scenario.steps
}
HOCON = """
env { job.mode = "BATCH" }
source { FakeSource { plugin_output = "fake", row.num = 8, schema = { fields { name = "string" } } } }
sink { Console { plugin_input = "fake" } }
"""
CONFIG = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "row.num": 8, "schema": {"fields": {"name": "string"}}}],
    "sink": [{"plugin_name": "Console"}],
}


@pytest.fixture(params=["2.3.10", "2.3.13"])
def engine_release(request: pytest.FixtureRequest) -> str:
    """The release of the engine that answers."""
    return str(request.param)


@pytest.fixture
def server(engine_release: str) -> Iterator[FixtureServer]:
    """Serve 2.3.10, as a gateway if the engine has another release."""
    with ExitStack() as stack:
        cluster = None
        if engine_release != "2.3.10":
            cluster = stack.enter_context(FixtureServer(ServerOptions(release=engine_release), manual=False)).url
        options = ServerOptions(release="2.3.10", engine=cluster, jobs=["FINISHED", "RUNNING"])
        yield stack.enter_context(FixtureServer(options, manual=False))


def members(value: Any) -> Any:
    """Return what a client can rely on: the members of an object or of an array's first item, else the value's type."""
    if isinstance(value, list):
        return [members(item) for item in value[:1]]
    return sorted(value) if isinstance(value, dict) else type(value).__name__


def filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def asked(
    client: httpx2.Client, step: dict[str, Any], headers: dict[str, str], names: dict[str, str]
) -> httpx2.Response:
    method, _, target = filled(step["ask"], names).partition(" ")
    headers = {**headers, **step.get("headers", {})}
    if "file" in step:
        headers.pop("Content-Type")
        files = {"config_file": (step["file"]["name"], step["file"]["text"].encode())}
        return client.request(method, target, headers=headers, files=files)
    text = step.get("text")
    return client.request(method, target, headers=headers, content=text and filled(text, names))


def told(answer: httpx2.Response, *, as_json: bool) -> dict[str, Any]:
    media_type = answer.headers.get("Content-Type")
    return {"status": answer.status_code, "type": media_type, "members": as_json and members(answer.json())}


def recorded(exchange: dict[str, Any]) -> dict[str, Any]:
    body = exchange["body"]
    told_by_engine = body["kind"] == "json" and members(body["value"])
    return {"status": exchange["status"], "type": exchange["headers"].get("Content-Type"), "members": told_by_engine}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_client_is_answered_as_by_the_engine(name: str, server: FixtureServer) -> None:
    profile = PROFILES[name]
    with httpx2.Client(base_url=server.url) as client:
        names = dict(zip(["finished", "running"], server.jobs, strict=True))
        for step in profile["steps"]:
            exchange = RECORDED[step["recorded"]]
            assert exchange is not None
            answer = asked(client, step, profile["headers"], names)

            assert told(answer, as_json=exchange["body"]["kind"] == "json") == recorded(exchange), step["ask"]
            if kept := step.get("keeps"):
                names[kept] = urlsplit(answer.json()[0][kept]).path


@pytest.fixture(scope="module")
def mcp_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment that holds the client and nothing of ours."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv is None:
        pytest.skip("there is no uv to install the client with")
    folder = tmp_path_factory.mktemp("client")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
    installing = [uv, "pip", "install", "--quiet", "--python", python, "--requirement", HERE / "requirements.txt"]
    done = subprocess.run(installing, capture_output=True, text=True, check=False)
    if done.returncode and re.search("Failed to fetch|network was disabled", done.stderr):
        pytest.skip(f"no package index can be reached: {done.stderr.strip().splitlines()[-1].strip()}")
    assert done.returncode == 0, done.stderr
    return python


def called(python: Path, calls: list[tuple[str, dict[str, Any]]], folder: Path) -> list[dict[str, Any]]:
    """Call tools of the MCP server one after the other; return what each said, after the list of tools."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, HERE / "call_tools.py"],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.mark.slow
def test_mcp_server_submits_follows_and_stops_jobs(
    mcp_python: Path, server: FixtureServer, engine_release: str, tmp_path: Path
) -> None:
    upload = tmp_path / "job.json"
    upload.write_text(json.dumps(CONFIG), encoding="utf-8")
    finished, running = server.jobs
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "nowhere": ("get-overview", {}),
        "moved": ("update-connection-settings", {"url": server.url, "api_key": "key"}),
        "overview": ("get-overview", {"tags": {"zone": "b"}}),
        "nodes": ("get-system-monitoring-information", {}),
        "hocon": ("submit-job", {"job_content": HOCON, "jobName": "nightly", "jobId": "7001"}),
        "upload": ("submit-job-upload", {"config_file": str(upload), "jobName": "sent", "jobId": 7002}),
        "several": ("submit-jobs", {"request_body": [{"params": {"jobId": "7003", "jobName": "one"}, **CONFIG}]}),
        "listed": ("get-running-jobs", {}),
        "alive": ("get-running-job", {"jobId": running}),
        "stopped": ("stop-job", {"jobId": running, "isStartWithSavePoint": True}),
        "ended": ("get-finished-jobs", {"state": "FINISHED"}),
        "info": ("get-job-info", {"jobId": finished}),
        "letters": ("get-job-info", {"jobId": "batch_test_1"}),
        "settings": ("get-connection-settings", {}),
    }
    tools, *answers = called(mcp_python, list(calls.values()), tmp_path)
    said = dict(zip(calls, answers, strict=True))

    def result(name: str) -> list[Any]:
        assert said[name]["error"] is False, said[name]
        return [json.loads(part) for part in said[name]["said"]]

    assert {tool for tool, _ in calls.values()} == set(tools["said"])
    assert (said["nowhere"]["error"], said["letters"]["error"]) == (True, True)
    assert "Client error '400 Bad Request'" in said["letters"]["said"][0]
    assert result("moved") == result("settings") == [{"url": server.url, "has_api_key": True}]
    assert (result("overview")[0]["projectVersion"], result("overview")[0]["workers"]) == (engine_release, "0")
    assert [node["isMaster"] for node in result("nodes")] == ["true"]
    assert result("hocon") == [{"jobId": "7001", "jobName": "nightly"}]
    assert result("upload") == [{"jobId": "7002", "jobName": "sent"}]
    assert result("several") == [{"jobId": "7003", "jobName": "one"}]
    assert running in [job["jobId"] for job in result("listed")]
    assert (result("alive")[0]["jobId"], result("alive")[0]["jobStatus"]) == (running, "RUNNING")
    assert result("stopped") == [{"jobId": running}]
    assert finished in [job["jobId"] for job in result("ended")]
    assert result("info")[0]["jobStatus"] == "FINISHED"
    assert server.wait_for(running, "SAVEPOINT_DONE", "CANCELED", "FAILED") == "SAVEPOINT_DONE"
    assert [server.wait_for(job, "FINISHED") for job in ("7001", "7002", "7003")] == ["FINISHED"] * 3
