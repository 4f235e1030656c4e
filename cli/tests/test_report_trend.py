"""`seatunnel-v2 report trend`, on the results that the repository has."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatunnel_v2.main import app

RUNS = sorted(map(str, (Path(__file__).parents[2] / "results" / "2.3.13").glob("*.ndjson")))


def test_results_are_in_the_order_of_their_starts():
    done = CliRunner().invoke(app, ["report", "trend", *reversed(RUNS)])
    rows = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith("2026-11-27T")]
    assert rows[:2] == [["2026-11-27T21:59", "2.3.13"], ["2026-11-27T22:01", "2.3.13"]]
    assert "  new failure: MUST  " in done.stdout
    assert done.exit_code == 1


def test_programs_read_it():
    plain = json.loads(CliRunner().invoke(app, ["report", "trend", *RUNS, "--format", "json"]).stdout)
    assert [run["counts"]["fail"] + run["counts"]["not kept"] for run in plain["runs"]] == [0, 3]


def test_page_and_picture_are_written_beside_the_text(tmp_path: Path):
    pages = [(["diff", *RUNS], "--html", "<!doctype html>"), (["trend", *RUNS], "--svg", "<svg")]
    for command, option, beginning in pages:
        file = tmp_path / "made"
        done = CliRunner().invoke(app, ["report", *command, option, str(file)])
        assert (done.exit_code, "new failure" in done.stdout or "broke (3)" in done.stdout) == (1, True)
        assert file.read_text(encoding="utf-8").startswith(beginning)
        assert CliRunner().invoke(app, ["report", *command, option, str(tmp_path)]).exit_code == 2


@pytest.mark.parametrize("arguments", [[], ["missing.ndjson"], [*RUNS, "--format", "xml"]])
def test_wrong_command_lines_are_usage(arguments: list[str]):
    assert CliRunner().invoke(app, ["report", "trend", *arguments]).exit_code == 2
