"""`seatunnel-v2 doctor` as its users type it."""

import sys
from functools import partial
from importlib.metadata import metadata
from pathlib import Path

import commands
import pytest
from throwaway import Handler, listening

from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions
from seatunnel_v2.messages import say
from seatunnel_v2.reference import reference_cluster

pytestmark = pytest.mark.slow

run = partial(commands.run, None, "doctor")


def test_doctor_tells_what_is_installed_without_a_target():
    result = run()

    assert result.returncode == 0
    assert "contract" in result.stdout
    extras = metadata("seatunnel-v2").get_all("Provides-Extra")
    assert [line.split()[1] for line in result.stdout.splitlines() if line.startswith("extra ")] == sorted(extras)
    assert "--connectors strict refuses them" in result.stdout


def test_doctor_tells_what_a_target_is_and_does_nothing_to_it():
    with FixtureServer(ServerOptions(release="2.3.10"), manual=False) as server:
        result = run(server.url)
        jobs = server.client.get("/finished-jobs").json() + server.client.get("/running-jobs").json()

    assert result.returncode == 0, result.stderr
    assert "release           2.3.10" in result.stdout
    assert "checks would run" in result.stdout
    assert jobs == []


def test_doctor_names_the_other_nodes_of_a_cluster():
    with reference_cluster("2.3.13", 2) as cluster:
        master, worker = cluster.urls
        alone, both = run(master), run(master, "--node", worker)

    assert f"members           2; add --node {worker}\n" in alone.stdout
    assert "members           2\n" in both.stdout
    assert f"reachable         {worker}\n" in both.stdout


def test_doctor_tells_of_log_links_that_can_not_be_fetched():
    class Elsewhere(Handler):
        def do_GET(self) -> None:
            link = {"node": "a", "logName": "a.log", "logLink": "http://127.0.0.1:9/logs/a.log"}
            self.respond([link] if self.path.startswith("/logs") else {"projectVersion": "2.3.13", "workers": "1"})

    with listening(Elsewhere) as url:
        result = run(url)

    assert result.returncode == 0, result.stderr
    assert "http://127.0.0.1:9/logs/a.log can't be fetched from here (logs.reachable-links)" in result.stdout


def test_error_comes_after_what_was_printed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    both = tmp_path / "both"
    with both.open("a", encoding="utf-8") as out, both.open("a", buffering=1, encoding="utf-8") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        say("installed\n")
        say("not reachable\n", err=True)
    assert both.read_text(encoding="utf-8") == "installed\nnot reachable\n"
