"""Known clients of other projects: their descriptions, and how one is run."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import create_autospec

import psutil
import pytest
from bench import callers
from bench.engine_callers import EngineDeployment, EngineNode, engine_of, played_on
from typer.testing import CliRunner

from seatunnel_conformance.clients.known import (
    ClientNotBuilt,
    KnownClient,
    KnownCommand,
    UnknownClient,
    known_client,
    known_clients,
)
from seatunnel_conformance.clients.programs import ADDRESS
from seatunnel_conformance.clients.rules import RULES
from seatunnel_conformance.clients.run import ClientPlan, try_client
from seatunnel_conformance.clients.scenarios import SCENARIOS, chosen
from seatunnel_conformance.rehearsal import read_log
from seatunnel_conformance.report.har import as_archive
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_openapi import load
from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions, servers_of
from seatunnel_v2.main import app

PROGRAM = """
import pathlib, sys, urllib.request
from follow import JOB_ID, URL
sys.path.insert(0, sys.argv[1])
import theirs
print(URL, theirs.__file__, __file__)
print(urllib.request.urlopen(f"{URL}/job-info/{JOB_ID}").read().decode()[:1])
"""


def description(**more: object) -> KnownClient:
    words = f"{sys.executable} {{ours}}/program.py {{source}}"
    known = {"command": words, "programs": {"program.py": PROGRAM}, "undecided": ["client.unknown-job"], **more}
    return KnownClient(
        "mine", "Mine", "Python", "https://example.org/me/mine", "c0ffee", ["theirs.py"], "Nothing.", **known
    )


@pytest.mark.parametrize("client", known_clients().values(), ids=lambda client: client.name)
def test_description_names_rules_scenarios_and_a_commit(client: KnownClient) -> None:
    assert set(client.undecided) <= RULES.keys()
    assert set(client.leaves) <= SCENARIOS.keys()
    assert len(client.commit) == 40
    assert client.uses
    assert "{source}" in client.command


@pytest.mark.slow
def test_known_client_calls_the_source_and_shows_no_folder(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").touch()
    command = KnownCommand(description(), tmp_path)
    scenarios = chosen(["unknown-id", "healthy-job"])

    run = try_client(
        ClientPlan(command, load("2.3.13"), scenarios, servers_of("2.3.13"), undecided=command.client.undecided)
    )

    assert run.trials[0].ending.output == "$SEATUNNEL_URL {source}/theirs.py {ours}/program.py\n{\n"
    verdicts = {outcome.id: outcome for outcome in run.report.outcomes}
    assert verdicts["client.unknown-job"].verdict is Verdict.SKIPPED
    assert verdicts["client.unknown-job"].reason.startswith("not judged")
    assert verdicts["client.finished-job"].verdict is Verdict.PASS
    assert verdicts["client.known-path"].only.endswith("--known mine --source DIR")
    archive = tmp_path / "traffic.har"
    archive.write_text(as_archive(run.exchanges))
    assert [seen.path.rpartition("/")[0] for seen in read_log(archive).requests] == ["/job-info", "/job-info"]


def test_client_is_built_once_for_as_long_as_its_source_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    (tmp_path / "theirs.py").touch()
    build = f"sh -c 'mkdir {{built}} && date +%N > {{built}}/made && echo built >> {tmp_path}/log'"
    client = description(build=build, command="cat {built}/made")
    environment = {ADDRESS: "http://127.0.0.1:1", "SEATUNNEL_JOB_ID": "1", "SEATUNNEL_SCENARIO": "healthy-job"}

    def run() -> str:
        return KnownCommand(client, tmp_path).run(environment, 10, threading.Event()).output

    assert run() == run()
    assert (tmp_path / "log").read_text() == "built\n"
    (tmp_path / "theirs.py").write_text("changed")
    run()
    assert (tmp_path / "log").read_text() == "built\n" * 2


def test_client_that_cannot_be_built_is_an_error_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    client = description(build="sh -c 'echo no compiler; exit 1'", command="cat {built}")
    with pytest.raises(ClientNotBuilt, match="the client mine can't be built: no compiler"):
        KnownCommand(client, tmp_path).run({ADDRESS: "http://127.0.0.1:1"}, 10, threading.Event())
    assert not list((tmp_path / "cache" / "clients").iterdir())


def test_rule_that_is_broken_has_the_exchange(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").touch()
    command = KnownCommand(description(undecided=()), tmp_path)

    run = try_client(ClientPlan(command, load("2.3.13"), chosen(["unknown-id"]), servers_of("2.3.13")))

    (outcome,) = (one for one in run.report.outcomes if one.verdict is Verdict.FAIL)
    (exchange,) = outcome.exchanges
    assert (exchange.status, outcome.id) == (200, "client.unknown-job")
    assert exchange.url.startswith("http://127.0.0.1:8080/job-info/")


@pytest.mark.slow
def test_on_an_engine_rules_judge_what_the_engine_answers(tmp_path: Path, seatunnel_server: FixtureServer) -> None:
    stops = (
        "import os, urllib.request\n"
        "body = '{\"jobId\": \"%s\"}' % os.environ['SEATUNNEL_JOB_ID']\n"
        "urllib.request.urlopen(os.environ['SEATUNNEL_URL'] + '/stop-job', body.encode())\n"
    )
    contract, process = load("documented"), create_autospec(psutil.Process, instance=True)
    engine = EngineDeployment([EngineNode(seatunnel_server.url, process)], contract)
    played = played_on(["stop-error", "long-list"])
    command = KnownCommand(description(programs={"program.py": stops}), tmp_path)

    run = try_client(ClientPlan(command, contract, played, engine_of(engine), note="On a real engine"))

    assert [trial.scenario for trial in run.trials] == ["stop-error", "long-list"]
    assert [call.status for call in run.trials[0].calls] == [200]
    assert "client.stop-error" not in run.broken
    assert "client.content-type" in run.broken
    assert run.report.header.note == "On a real engine"
    assert seatunnel_server.client.get("/running-jobs").json() == []
    process.resume.assert_called_with()


@pytest.mark.slow
def test_on_an_engine_an_error_page_is_that_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").touch()
    polls = (
        "import os, time, urllib.request\n"
        "try:\n    urllib.request.urlopen(os.environ['SEATUNNEL_URL'] + '/overview')\n"
        "except OSError:\n    time.sleep(60)\n"
    )
    contract, process = load("2.3.13"), create_autospec(psutil.Process, instance=True)
    command = KnownCommand(description(programs={"program.py": polls}), tmp_path)

    with FixtureServer(ServerOptions(release="2.3.13"), manual=False) as server:
        engine = EngineDeployment([EngineNode(server.url, process)], contract)
        run = try_client(ClientPlan(command, contract, played_on(["html-error"]), engine_of(engine), timeout=5))

    assert run.broken["client.error-page"].endswith("although it was answered 404")
    assert [call.name for call in run.trials[0].calls] == ["GET /overview"]


@pytest.mark.slow
def test_on_an_engine_the_master_is_killed_at_the_first_read(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").touch()
    killed = create_autospec(psutil.Process, instance=True)

    @contextmanager
    def cluster(nodes: int) -> Iterator[EngineDeployment]:
        with FixtureServer(ServerOptions(release="2.3.13", nodes=nodes), manual=False) as server:
            killed.kill.side_effect = server.node(1).stop
            processes = [killed, create_autospec(psutil.Process, instance=True)]
            urls = [server.node(number).url for number in (1, 2)]
            yield EngineDeployment([EngineNode(*node) for node in zip(urls, processes, strict=True)], load("2.3.13"))

    start = engine_of(EngineDeployment([], load("2.3.13")), cluster)
    command = KnownCommand(description(), tmp_path)
    run = try_client(ClientPlan(command, load("2.3.13"), played_on(["master-change"]), start))

    killed.kill.assert_called_once_with()
    assert [call.operation_id for call in run.trials[0].calls] == ["get_job_info"]


@pytest.mark.slow
def test_client_that_is_not_built_is_one_line_and_keeps_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "RESULTS", tmp_path / "results")
    client = known_client("seatunnel-ui-hook")
    (tmp_path / "Seatunnel-UI").mkdir()
    published = tmp_path / "results" / "2.3.13" / "seatunnel-ui-hook.ndjson"
    published.parent.mkdir(parents=True)
    published.write_text("published", encoding="utf-8")

    line, tried = callers.tried(client, "2.3.13", tmp_path, None)

    assert not tried
    assert line.startswith("seatunnel-ui-hook on 2.3.13: not tried: the command ")
    assert "\n" not in line
    assert published.read_text(encoding="utf-8") == "published"


def test_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownClient, match="there are python-sdk"):
        known_client("python-sd")


@pytest.mark.parametrize("words", [["--known", "python-sdk"], ["--known", "python-sdk", "--source", ".", "--", "x"]])
def test_known_client_needs_a_source_and_no_command(words: list[str]) -> None:
    assert CliRunner().invoke(app, ["try-client", *words]).exit_code == 2
