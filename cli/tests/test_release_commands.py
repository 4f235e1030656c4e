"""The commands about releases: what changes between two, what the page says otherwise, what a recording says."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from seatunnel_conformance.replay import ReplayedStep
from seatunnel_openapi import load, overlays
from seatunnel_openapi.comparison import deviations as rows_of
from seatunnel_v2.commands import compare, deviations, faults, learn, record, replay, spec_diff
from seatunnel_v2.exits import ExitStatus


def run(*words: str) -> Result:
    app = typer.Typer()
    commands = (
        compare.compare,
        deviations.deviations,
        faults.faults,
        learn.learn,
        record.record,
        replay.replay,
        spec_diff.spec_diff,
    )
    for command in commands:
        app.command()(command)
    return CliRunner().invoke(app, words)


def test_changes_are_told_with_what_breaks_clients_first() -> None:
    lines = run("spec-diff", "2.3.9", "2.3.10").stdout.splitlines()
    severities = [line.split()[0] for line in lines]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert any("POST /encrypt-config nonTextValue: encoded -> server-error" in line for line in lines)


def test_changes_can_be_read_by_machines() -> None:
    changes = [json.loads(line) for line in run("spec-diff", "2.3.12", "2.3.13", "--json").stdout.splitlines()]
    assert {"id": "endpoint-added", "operation": "GET /pending-jobs"}.items() <= {
        key: value for change in changes if change["operation"] == "GET /pending-jobs" for key, value in change.items()
    }.items()


def test_breaking_changes_alone_decide_the_status() -> None:
    assert run("spec-diff", "2.3.9", "2.3.9", "--breaking").exit_code == ExitStatus.OK
    broken = run("spec-diff", "docs-2024-10", "2.3.13", "--breaking")
    assert broken.exit_code == ExitStatus.DEVIATES
    assert {line.split()[0] for line in broken.stdout.splitlines()} == {"error"}


@pytest.mark.parametrize("words", [("spec-diff", "2.3.9", "9.9"), ("deviations", "--release", "9.9")])
def test_unknown_release_is_a_usage_error_that_names_the_known_ones(words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert refused.exit_code == ExitStatus.USAGE
    assert "2.3.13" in refused.stderr


def test_every_deviation_has_a_row_in_text_and_in_the_table() -> None:
    names = [row.id for row in rows_of(load(), overlays())]
    text, page = run("deviations").stdout, run("deviations", "--format", "markdown").stdout
    assert [line.split()[0] for line in text.splitlines() if line[:1].strip()] == [*names, str(len(names))]
    assert sorted(line.split("`")[1] for line in page.splitlines() if line.startswith("| `")) == sorted(names)
    assert [row["id"] for row in json.loads(run("deviations", "--format", "json").stdout)] == names
    assert len(run("deviations", "--release", "2.3.9").stdout) < len(text)


def test_summary_counts_every_action_by_its_evidence() -> None:
    head, *lines, total = [line.split() for line in run("deviations", "--summary").stdout.splitlines()]
    assert [line[0] for line in lines] == [overlay.name for overlay in overlays()]
    assert [int(line[head.index("actions")]) for line in lines] == [len(overlay.actions) for overlay in overlays()]
    for line in (*lines, total):
        numbers = dict(zip(head, line, strict=True))
        assert int(numbers["actions"]) == sum(int(numbers[how]) for how in ("recorded", "read", "documented"))
    assert int(total[head.index("differences")]) == len(rows_of(load(), overlays()))
    assert run("deviations", "--summary", "--release", "2.3.9").stdout.splitlines()[1].startswith("2.3.9 ")


def test_replay_without_a_recording_names_the_recorded_releases() -> None:
    refused = run("replay", "http://127.0.0.1:9", "--release", "9.9")
    assert refused.exit_code == ExitStatus.USAGE
    assert "2.3.10" in refused.stderr


def test_replay_tells_a_dead_target_and_an_empty_selection_apart(tmp_path: Path) -> None:
    (tmp_path / "1.0.ndjson").write_text("", encoding="utf-8")
    dead = run("replay", "http://127.0.0.1:9", "--release", "2.3.9")
    assert (dead.exit_code, "can't be reached" in dead.stderr) == (ExitStatus.UNREACHABLE, True)
    broken = tmp_path / "2.0.ndjson"
    broken.write_text("{", encoding="utf-8")
    assert run("replay", "http://x", "--release", "2.0", "--recordings", str(tmp_path)).exit_code == ExitStatus.USAGE
    assert run("replay", "http://x", "--recordings", str(broken)).exit_code == ExitStatus.USAGE


def test_step_that_was_left_out_is_not_said_to_differ(capsys: pytest.CaptureFixture[str]) -> None:
    replay._print_difference(ReplayedStep("area", "scenario", "sent", ("/status: recorded 200, got 404",)))
    replay._print_difference(ReplayedStep("area", "scenario", "kept", (), "it has other credentials"))
    assert capsys.readouterr().out == "differs  area/scenario/sent\n  /status: recorded 200, got 404\n"


def test_replay_needs_a_release_or_a_file() -> None:
    refused = run("replay", "http://127.0.0.1:9")
    assert (refused.exit_code, "--recordings" in refused.stderr) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "http://127.0.0.1:9", "--release", "2.3.9"),
        ("compare", "http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("record", "http://127.0.0.1:9", "-o", "x.ndjson"),
        ("learn", "http://127.0.0.1:9", "-o", "x.yaml"),
        ("faults", "http://127.0.0.1:9"),
    ],
    ids=lambda words: words[0],
)
def test_command_that_connects_directly_has_no_proxy_option(words: tuple[str, ...]) -> None:
    refused = run(*words, "--proxy", "http://127.0.0.1:3128")
    assert (refused.exit_code, "No such option: --proxy" in refused.stderr) == (ExitStatus.USAGE, True)
