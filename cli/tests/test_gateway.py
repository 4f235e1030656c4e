"""The suite against a gateway: whatever fails there is in `gateway plan`."""

import json
import subprocess
from pathlib import Path

import httpx2
import pytest
import yaml
from commands import command, run
from typer.testing import CliRunner

from seatunnel_server.engine.zeta.address import ClusterAddress
from seatunnel_server.http.auth import Credentials
from seatunnel_server.serving.embedded import EmbeddedServer
from seatunnel_server.serving.process import ServeOptions
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

ROOT = Path(__file__).parents[2]
GROUPS = (
    "overview",
    "running-jobs",
    "job-info",
    "running-job",
    "finished-jobs",
    "monitoring",
    "submit-job",
    "submit-jobs",
)
GROUPS += ("stop-job", "stop-jobs", "encrypt-config", "update-tags", "logs", "log", "thread-dump", "running-threads")
ANNOUNCED = {("2.3.9", "2.3.9"): set(), ("2.3.9", "2.3.13"): {"submit-job.transform-optional"}}
"""The MUST checks that fail, by the releases of clients and cluster: 2.3.13 searches `transform` for credentials."""


JOB = {
    "env": {"job.mode": "batch"},
    "source": [{"plugin_name": "FakeSource", "plugin_output": "a", "schema": {"fields": {"name": "string"}}}],
    "transform": [],
    "sink": [{"plugin_name": "Console", "plugin_input": ["a"]}],
}


@pytest.mark.slow
@pytest.mark.parametrize(("release", "cluster_release"), ANNOUNCED)
def test_gateway_conforms_to_the_clients_release_but_for_what_the_plan_lists(
    release: str, cluster_release: str, tmp_path: Path
):
    with EmbeddedServer(ServeOptions(release=cluster_release)) as cluster:
        address = ClusterAddress((cluster.url,))
        with EmbeddedServer(ServeOptions(release=release, cluster=address)) as gateway:
            events = tmp_path / "run.ndjson"
            only = [word for group in GROUPS for word in ("--only", group)]
            words = [
                "conform",
                gateway.url,
                "--release",
                release,
                "--allow-writes",
                *only,
                "--report-ndjson",
                str(events),
            ]
            done = run(None, *words, timeout=280)
    found = [json.loads(line) for line in events.read_text().splitlines()]
    failed = {it["id"] for it in found if it.get("verdict") == "fail" and it.get("level") == "MUST"}
    assert failed == ANNOUNCED[release, cluster_release], done.stdout
    assert sum(it.get("verdict") == "pass" for it in found) > 100


@pytest.mark.slow
def test_reads_go_on_while_a_node_is_down():
    with EmbeddedServer(ServeOptions(release="2.3.13", nodes=2)) as cluster:
        address = ClusterAddress((cluster.node(1).url, cluster.node(2).url))
        with EmbeddedServer(ServeOptions(release="2.3.9", cluster=address)) as gateway, httpx2.Client() as client:
            both = client.get(f"{gateway.url}/system-monitoring-information").json()
            cluster.node(1).stop()
            left = client.get(f"{gateway.url}/system-monitoring-information").json()
            assert client.get(f"{gateway.url}/running-jobs").json() == []
            submitted = client.post(f"{gateway.url}/submit-job?jobName=late", json=JOB)
    assert (len(both), len(left)) == (2, 1)
    assert submitted.json()["jobName"] == "late"


@pytest.mark.slow
def test_password_of_the_cluster_comes_from_a_file(tmp_path: Path):
    (tmp_path / "password").write_text("secret\n")
    with EmbeddedServer(ServeOptions(release="2.3.13", credentials=Credentials("admin", "secret"))) as cluster:
        words = [
            "--engine",
            cluster.url,
            "--engine-user",
            "admin",
            "--engine-password-file",
            str(tmp_path / "password"),
        ]
        with subprocess.Popen(command("serve", "--port", "0", *words), stdout=subprocess.PIPE, text=True) as gateway:
            assert gateway.stdout is not None
            url = gateway.stdout.readline().split()[-1]
            assert httpx2.get(f"{url}/overview").json()["works"] == "1"
            about = httpx2.get(f"{url}/_reference").json()
            assert (about["release"], about["clusterRelease"]) == ("documented", "2.3.13")
            assert "secret" not in str(about)
            gateway.terminate()
    assert gateway.returncode == ExitStatus.OK


def test_plan_names_what_fails_in_the_suite():
    shown = CliRunner().invoke(app, ["gateway", "plan", "--release", "2.3.9", "--engine-release", "2.3.13"])
    assert "the fact `sections` is the cluster's: `source, sink, transform`, not `source, sink`" in shown.output
    assert "translated    GET /overview\n" in shown.output


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_plan_is_written_in_other_formats(form: str):
    words = ["gateway", "plan", "--release", "2.3.13", "--engine-release", "2.3.9", "--format", form]
    shown = CliRunner().invoke(app, words).output
    if form == "json":
        assert {"missing", "translated", "passed on"} <= {item["treatment"] for item in json.loads(shown)}
    else:
        assert "| `GET /pending-jobs` | missing | 2.3.9 has no get_pending_jobs |\n" in shown


@pytest.mark.parametrize(
    "words",
    [
        ["--engine", "localhost:8080"],
        ["--engine", "http://localhost:1", "--nodes", "2"],
        ["--engine-release", "2.3.9"],
        ["--engine-timeout", "5"],
        ["--on-violation", "refuse"],
        ["--read-only"],
        ["--allow", "get_overview"],
        ["--tls-cert", "cert.pem"],
        ["--engine", "http://localhost:1", "--port", "0", "--allow", "get_overveiw"],
        ["--engine", "http://localhost:1", "--engine-user", "admin"],
        ["--engine", "http://localhost:1", "--engine-user", "admin", "--engine-password-file", "missing"],
    ],
)
def test_options_that_do_not_fit_are_usage_errors(words: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SEATUNNEL_PASSWORD", raising=False)
    ended = CliRunner().invoke(app, ["serve", *words])
    assert ended.exit_code == ExitStatus.USAGE
    assert "--" in ended.output or "Did you mean" in ended.output


def test_command_of_the_compose_example_is_one_of_serve():
    compose = yaml.safe_load((ROOT / "examples" / "gateway" / "compose.yaml").read_text())
    words = compose["services"]["gateway"]["command"]
    ended = CliRunner().invoke(app, [*words, "--nodes", "2"])  # the last check before it would serve
    assert (ended.exit_code, "--nodes" in ended.output) == (ExitStatus.USAGE, True)
