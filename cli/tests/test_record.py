"""`seatunnel-v2 record` against reference servers."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from seatunnel_conformance.replay import Recording, RecordingPlan, bundled, record
from seatunnel_conformance.replay.normalise import differences
from seatunnel_v2.commands import record as command
from seatunnel_v2.commands import replay as replay_command
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.reference import reference_server


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(command.record)
    return CliRunner().invoke(app, words)


@pytest.mark.slow
def test_recording_of_a_server_that_speaks_as_a_release_equals_the_carried_one(tmp_path: Path) -> None:
    wanted = bundled("2.3.10").only("[ehlmo]*/*")
    take = RecordingPlan("2.3.10", tmp_path / "own.ndjson", wanted, tags={})
    with reference_server("2.3.10", "--speed", "max") as url:
        taken = record(url, take)
    got = Recording.load(take.file)
    pairs = [
        (old.exchange, new.exchange)
        for one, other in zip(wanted, got, strict=True)
        for old, new in zip(one.steps, other.steps, strict=True)
    ]
    assert [list(differences(old, new)) for old, new in pairs if list(differences(old, new))] == []
    assert (taken.withheld, taken.failed, taken.left, taken.steps > 250) == ([], [], [], True)


@pytest.mark.slow
def test_command_names_the_recording_after_its_reference_server(tmp_path: Path) -> None:
    done = run("reference:2.3.10", "--only", "overview/plain", "-o", str(tmp_path / "x.ndjson"))
    assert (done.exit_code, "as 2.3.10" in done.stderr) == (ExitStatus.OK, True)
    assert [scenario.name for scenario in Recording.load(tmp_path / "x.ndjson")] == ["plain"]


@pytest.mark.slow
def test_scenarios_of_two_nodes_are_recorded_on_a_reference_server_of_two(tmp_path: Path) -> None:
    words = ("reference:2.3.13", "--scenarios", "2.3.13+two-nodes", "--only", "two-nodes/members")
    done = run(*words, "-o", str(tmp_path / "x.ndjson"))
    assert (done.exit_code, "recorded 4 steps" in done.stderr) == (ExitStatus.OK, True)


@pytest.mark.slow
def test_recording_of_two_nodes_is_replayed_on_a_reference_server_of_two() -> None:
    app = typer.Typer()
    app.command()(replay_command.replay)
    words = ("reference:2.3.13", "--release", "2.3.13+two-nodes", "--only", "two-nodes/members")
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout.splitlines()[-1].split()[0]) == (ExitStatus.OK, "100.00")


def test_folder_is_no_file_to_record_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would break the line
    refused = run("http://127.0.0.1:9", "--release", "2.3.10", "-o", ".")
    assert (refused.exit_code, "is a directory" in refused.stderr) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--release", "2.3.10"), ExitStatus.UNREACHABLE),
        ((), ExitStatus.UNREACHABLE),
        (("--release", "2.3.10", "--only", "nothing/*"), ExitStatus.NOTHING_SELECTED),
        (("--release", "2.3.10", "--only", "update-tags/*"), ExitStatus.NOTHING_SELECTED),
        (("--release", "2.3.10", "--tag", "no tag"), ExitStatus.USAGE),
    ],
)
def test_what_can_not_be_recorded_has_an_exit_status_of_its_own(
    words: tuple[str, ...], status: ExitStatus, tmp_path: Path
) -> None:
    done = run("http://127.0.0.1:9", *words, "-o", str(tmp_path / "x.ndjson"))
    assert done.exit_code == status
    assert done.stderr.startswith("seatunnel-v2: ")
