"""The scripts for runs on real engines, tested without one: the list of runs, their ports, and their exit status."""

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import typer
from bench import engines
from bench.engine_host import CLUSTER_PORT, RELEASES, EngineHost, Trial, UnusableEngine, trials, with_ports
from bench.engines import KNOWN, ROOT, TrialRun, lost, main, pattern_of, problems_of, stages
from bench.foreign_jobs import ForeignJobs

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.scoring import baseline_for
from seatunnel_openapi import load
from seatunnel_v2.reference import reference_server

ENGINE = """
import os, pathlib, sys
for name in [name for name in sys.argv[2:] if name == "new"]:
    home = pathlib.Path(os.environ["ENGINES"], name)
    (home / "starter").mkdir(parents=True, exist_ok=True)
    (home / "config").mkdir(exist_ok=True)
    (home / "config/seatunnel.yaml").write_text("seatunnel: {engine: {}}")
sys.exit("node-1 ended" if sys.argv[1] == "start" else 0)
"""
"""An `engine.py` whose engines do not start."""


def run(folder: Path | None, **options: object) -> None:
    defaults = {"only": None, "profile": "standard", "seeds": (1, 2), "nodes": None, "port": None, "parallel": 2}
    main(**{**defaults, "most": 60, "tools": folder, **options})


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an `engine.py`."""
    monkeypatch.setattr(engines, "REPORTS", tmp_path / "reports")
    monkeypatch.setenv("ENGINES", str(tmp_path / "unpacked"))
    (tmp_path / "engine.py").write_text(ENGINE)
    return tmp_path


def test_every_engine_runs_empty_and_busy_with_its_release_and_2_3_13_as_a_cluster_too():
    found = trials(RELEASES, None, (3, 4))
    assert [(one.engine, one.nodes) for one in found[:2]] == [("2.3.13", 2)] * 2
    assert {(one.engine, one.release, one.nodes) for one in found[2:]} == {
        ("2.3.9", "2.3.9", 1),
        ("2.3.13", "2.3.13", 1),
        ("H", "development-2026-07-01", 1),
    }
    assert {(one.busy, one.seed) for one in found} == {(False, 3), (True, 4)}
    assert len(found) == 8


def test_further_engine_has_the_release_that_is_given():
    assert {one.release for one in trials(["new=development-2026-07-01"], 1, (1, 2))} == {"development-2026-07-01"}
    assert {one.release for one in trials(["2.3.10"], 1, (1, 2))} == {"2.3.10"}
    assert {one.release for one in trials(["new"], 1, (1, 2))} == {""}
    with pytest.raises(UnusableEngine, match=r"there is no release 9\.9"):
        trials(["new=9.9"], 1, (1, 2))


def test_second_run_on_an_engine_may_not_skip_more():
    names = [list(stages(one)) for one in trials(["2.3.13", "H"], 1, (1, 2))]
    assert sorted(names) == [["foreign", "waiting"]] * 2 + [["none"], ["none", "ended"]]
    report = Report.read(ROOT / "results/2.3.13/one-node.ndjson")
    first, second = (TrialRun(Trial("2.3.13", "2.3.13", 1, busy=False, seed=1), jobs, "standard") for jobs in "ab")
    first.outcomes = second.outcomes = {one.id: one for one in report.outcomes}
    assert lost(first, second) == []
    second.outcomes = {name: replace(one, verdict=Verdict.SKIPPED) for name, one in first.outcomes.items()}
    assert len(lost(first, second)) == 1


def test_port_in_use_is_named():
    plan = [Trial("one", "", 2, busy=True, seed=1), Trial("two", "", 1, busy=True, seed=1)]
    free = with_ports(plan, None)
    first = free[0].port
    assert [one.port for one in with_ports(plan, first)] == [first, first + 2]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", first + 1 + CLUSTER_PORT))
        listener.listen()
        with pytest.raises(UnusableEngine, match=f"port {first + 1 + CLUSTER_PORT} is in use; hint: .*--port"):
            with_ports(plan, first)


def test_check_of_a_whole_run_is_repeated_with_its_operation():
    assert pattern_of("GET /running-jobs, whole run") == "GET /running-jobs"
    assert pattern_of("GET /running-jobs, with jobs") == "GET /running-jobs, with jobs"


def test_wrong_release_is_a_problem():
    report = Report.read(ROOT / "results/2.3.13/one-node.ndjson")
    assert problems_of(report, "2.3.13") == problems_of(report, "") == []
    assert problems_of(report, "2.3.12") == ["detected as 2.3.13 instead of 2.3.12"]


@pytest.mark.parametrize(
    ("nodes", "release", "known"),
    [(1, "2.3.9", "life-cycle.restart, random histories"), (2, "2.3.13", "logs.json-list")],
)
def test_known_deviations_are_a_baseline(nodes, release, known):
    settings = Settings("http://localhost", baseline=ROOT / KNOWN.format(nodes=nodes))
    assert known in baseline_for(settings, load(release)).entries


def test_runs_are_left_out_without_engines(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(engines, "DEFAULT", tmp_path)
    run(None)
    assert capsys.readouterr().out.count("left out") == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"only": ["new=9.9"]}, "there is no release 9.9"),
        ({"profile": "huge"}, "there is no profile 'huge'"),
        ({"only": ["old"]}, "there is no engine old"),
    ],
)
def test_unusable_command_line_is_one_line(tools, capsys, options, problem):
    with pytest.raises(typer.Exit) as ended:
        run(tools, **options)
    assert ended.value.exit_code == 2
    assert problem in capsys.readouterr().err.strip().splitlines()[0]


def test_folder_without_engine_py_is_refused_where_it_is_named(tmp_path, capsys):
    with pytest.raises(typer.Exit) as ended:
        run(tmp_path)
    assert ended.value.exit_code == 2
    assert f"there is no engine.py in {tmp_path}" in capsys.readouterr().err


def test_engine_that_does_not_start_fails_the_run(tools, capsys):
    with pytest.raises(typer.Exit) as ended:
        run(tools, only=["new=2.3.13"], nodes=1)
    assert ended.value.exit_code == 1
    shown = capsys.readouterr().out
    assert "new-1-empty: it does not start: node-1 ended" in shown
    assert shown.count("FAILED") == 2


@pytest.mark.slow
def test_foreign_job_that_is_no_longer_what_it_was_is_counted():
    states = {"RUNNING": 2, "FINISHED": 1, "FAILED": 1, "CANCELED": 1, "SAVEPOINT_DONE": 1}
    with reference_server("2.3.13") as url:
        foreign = ForeignJobs(url, load("2.3.13"))
        foreign.add(states, within=30)
        assert (foreign.alive(), foreign.strays()) == (6, [])
        first, second = (job for job, state in foreign.expected.items() if state == "RUNNING")
        httpx2.post(f"{url}/stop-job", json={"jobId": first})
        assert foreign.alive() == 5
        del foreign.expected[second]
        assert foreign.strays() == [second]


def test_end_of_the_runs_leaves_other_processes_alone(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        EngineHost(tmp_path, tmp_path).abandon()
        assert other.poll() is None
        other.kill()
