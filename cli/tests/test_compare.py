"""`seatunnel-v2 compare` against reference servers."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from seatunnel_v2.commands import compare
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.reference import reference_server


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(compare.compare)
    return CliRunner().invoke(app, words)


@pytest.mark.slow
def test_two_releases_differ_and_the_smallest_history_tells_in_what() -> None:
    done = run("reference:2.3.9", "reference:2.3.10", "--only", "encrypt-config/*", "--format", "json")
    assert done.exit_code == ExitStatus.DEVIATES, done.stderr
    report = json.loads(done.stdout)
    assert (report["same"], report["decided"], report["unstable"]) == (False, True, [])
    smallest = report["histories"][0]
    assert [step["request"]["path"] for step in smallest["steps"]] == ["/encrypt-config"]
    assert (smallest["repeated"], smallest["a"]["status"], smallest["b"]["status"]) == (True, 200, 500)


@pytest.mark.slow
def test_release_is_the_same_as_itself() -> None:
    with reference_server("2.3.10") as url:
        done = run(url, "reference:2.3.10", "--seed", "1", "--profile", "smoke")
    assert done.exit_code == ExitStatus.OK, done.stdout
    assert "respond alike" in done.stdout


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("http://127.0.0.1:9", "http://127.0.0.1:9"), ExitStatus.UNREACHABLE),
        pytest.param(("reference:9.9", "reference:9.9"), ExitStatus.USAGE, marks=pytest.mark.slow),
    ],
)
def test_what_can_not_be_compared_has_an_exit_status_of_its_own(words: tuple[str, ...], status: ExitStatus) -> None:
    done = run(*words)
    assert done.exit_code == status
    assert done.stderr.startswith("seatunnel-v2: ")


@pytest.mark.slow
def test_pattern_that_selects_nothing_is_told() -> None:
    done = run("reference:2.3.10", "reference:2.3.10", "--only", "none/*")
    assert (done.exit_code, "none/*" in done.stderr) == (ExitStatus.NOTHING_SELECTED, True)
