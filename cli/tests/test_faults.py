"""`seatunnel-v2 faults`: what it lists, what it refuses, and what it says of a deployment."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from seatunnel_conformance.faults import runner
from seatunnel_conformance.faults.catalogue import GENERATED, Expected
from seatunnel_conformance.faults.results import FaultResult, FaultStatus
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_v2.commands import conform, faults
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.reference import reference_server

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command alone, at eighty columns and without colours."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command(epilog=faults.EPILOG)(faults.faults)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `conform` alone."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(conform.conform)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def reference() -> Iterator[str]:
    with reference_server("documented") as url:
        yield url


def test_list_tells_each_fault_with_its_sentence_and_its_clauses(run: Run):
    done = run("--list", "--only", "unknown-id-is-404")
    assert done.exit_code == 0
    assert "the release is `documented`, the API of the documentation page" in done.stderr
    assert done.stdout.splitlines() == [
        "unknown-id-is-404  semantic",
        "  An unknown job id is answered with 404 instead of 200.",
        "  job-info.unknown-id, running-job.unknown-id",
    ]


def test_list_holds_generated_faults_as_many_as_are_wanted(run: Run):
    done = run("--list", "--only", "schema", "--generated", "3", "--seed", "5")
    assert len(re.findall("^schema:", done.output, re.MULTILINE)) == 3


def test_help_names_every_generated_kind():
    assert re.findall(r"`(\w+)`", next(option.help for option in faults.OWN if option.name == "generated")) == list(
        GENERATED
    )


def test_list_goes_by_kind(run: Run):
    kinds = set(re.findall(r"^\S+  (\S+)$", run("--list", "--only", "stops", "--only", "tags").output, re.MULTILINE))
    assert kinds == {"stops", "tags"}


def test_reference_servers_have_the_release_after_the_colon(run: Run):
    def listed(*arguments: str) -> str:
        return run("--list", "--only", "failover", *arguments).output

    assert "failover-loses-jobs" in listed("reference:2.3.13") == listed("--release", "2.3.13")
    assert run("reference:2.9", "--list").exit_code == 2


def test_list_tells_what_is_due_where_nothing_is_broken(run: Run):
    assert "survived is expected" in run("--list", "--only", "header-names-are-loud").output
    assert "undecided is expected" in run("--list", "--only", "job-info-closes-the-connection").output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--only", "no-such-fault"], ExitStatus.NOTHING_SELECTED, "no-such-fault matches no fault"),
        (["--list", "--only", "no-such-fault"], ExitStatus.NOTHING_SELECTED, "seatunnel-v2 faults --list"),
        (["--release", "0.0.1"], ExitStatus.USAGE, "0.0.1"),
        (["http://127.0.0.1:1"], ExitStatus.UNREACHABLE, "can't be reached"),
        (["--jobs", "0"], ExitStatus.USAGE, "--jobs"),
    ],
)
def test_what_can_not_be_done_is_said_with_a_status(run: Run, arguments: list[str], status: ExitStatus, said: str):
    done = run(*arguments)
    assert done.exit_code == status, done.output
    assert said in " ".join(done.output.split())


@pytest.mark.slow
def test_faults_are_tried_in_several_processes(run: Run):
    done = run(
        "--only", "head-is-405", "--only", "unknown-id-is-404", "--generated", "0", "--profile", "smoke", "--jobs", "2"
    )
    assert done.exit_code == 0, done.output
    assert "2 of 2 (100 %)" in done.output


def test_interrupted_run_shows_its_results_and_how_to_continue(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def interrupted(*_: object) -> Iterator[FaultResult]:
        yield FaultResult("some-fault", "list", FaultStatus.KILLED, Expected.DETECTED, must=True, breaks=("a.b",))
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "clean_runs", lambda *_: {})
    monkeypatch.setattr(runner, "trials", interrupted)
    results = tmp_path / "faults.ndjson"
    done = run("--only", "list", "--report-ndjson", str(results))
    assert "list       1       1" in done.output
    assert "interrupted: 1 faults were tried, not all" in done.output
    assert f"--resume {results} continues" in done.output.replace("\n", "")
    _, kept = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    assert (kept["event"], kept["fault"]) == ("fault-finished", "some-fault")


@pytest.mark.slow
def test_deployment_of_somebody_is_tried_through_a_proxy(run: Run, reference: str, tmp_path: Path):
    report = tmp_path / "faults.ndjson"
    options = ["--only", "unknown-id-is-404", "--only", "head-is-405", "--generated", "0", "--profile", "smoke"]
    done = run(reference, *options, "--report-ndjson", str(report))
    assert done.exit_code == 0, done.output
    assert "2 of 2 (100 %)" in done.output
    events = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert events[0]["target"] == reference
    assert {event["fault"]: event["fate"] for event in events[1:-1]} == {
        "unknown-id-is-404": "killed",
        "head-is-405": "killed",
    }
    again = run(reference, *options, "--resume", str(report))
    assert again.exit_code == 0
    assert "2 of 2 (100 %)" in again.output


@pytest.mark.slow
def test_checks_that_passed_are_put_to_the_proof_on_the_same_deployment(checked: Run, reference: str):
    done = checked(reference, "--only", "encrypt-config.no-algorithm", "--with-faults")
    assert done.exit_code == ExitStatus.OK, done.output
    report, _, proof = done.output.partition("Fault detection: ")
    assert "The target conforms to what was checked." in report
    assert re.match(r"[1-9]\d* faults? tried", proof)
    assert "(100 %)" in proof


@pytest.mark.slow
def test_pass_that_proves_nothing_is_no_pass(checked: Run, reference: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(faults, "tried", lambda _: SimpleNamespace(exit=RunExit.DEVIATES))
    options = [reference, "--only", "overview.members"]
    assert checked(*options).exit_code == ExitStatus.OK
    assert checked(*options, "--with-faults").exit_code == ExitStatus.UNDECIDED


@pytest.mark.parametrize(
    "refused", [("--max-time", "5"), ("--max-requests", "5"), ("--plan",), ("--proxy", "http://h")]
)
def test_what_faults_can_not_have_is_refused_with_a_sentence(checked: Run, refused: tuple[str, ...]):
    done = checked("http://127.0.0.1:1", "--with-faults", *refused)
    assert done.exit_code == ExitStatus.USAGE
    assert f"leave out {refused[0]}" in done.output
