"""Our own suite's traffic before an outside judge: what Prism's proxy finds wrong, our report shows, too."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from judges.prism import TOO_MANY, AcceptedViolation, PrismViolation, unshown, violations_in

from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions

ROOT = Path(__file__).parents[2]

WRONG = PrismViolation(
    "GET /overview", "response.body", "required", "Response body must have required property 'works'"
)

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="Prism needs Node.js")


@pytest.fixture(scope="module")
def server() -> Iterator[FixtureServer]:
    with FixtureServer(ServerOptions(speed=20), manual=False) as running:
        yield running


def watched(address: str) -> tuple[int, dict[str, int]]:
    """Return the exit status, and the numbers that the judge prints: by the word before or behind them."""
    command = [sys.executable, "judges/traffic.py", "--profile", "smoke", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    found = re.match(
        r"Prism validated (?P<asked>\d+) different exchanges and could not forward (?P<refused>\d+): "
        r"(?P<violations>\d+) violations, \d+ of them not in our report, with (?P<failed>\d+) failed checks",
        done.stdout,
    )
    assert found, done.stdout + done.stderr
    return done.returncode, {name: int(number) for name, number in found.groupdict().items()}


@pytest.mark.slow
@needs_node
def test_prism_finds_nothing_on_the_reference_server_but_known_false_alarms(server: FixtureServer):
    status, found = watched(server.url)

    assert status == 0
    assert found["failed"] == 0
    assert found["asked"] > 200, "the judge has seen the traffic"
    # It refuses paths and methods that the contract does not have, and bodies that are no JSON, four for each operation
    # that has one: the checks of HTTP send them on purpose.
    assert found["asked"] > 3 * found["refused"], "and has let most of it pass"


@pytest.mark.slow
@needs_node
def test_violation_that_prism_finds_is_in_our_report():
    with FixtureServer(ServerOptions(speed=20, fault="unknown-id-is-404"), manual=False) as broken:
        status, found = watched(broken.url)

    assert status == 0
    assert found["violations"] > len(AcceptedViolation.load())
    assert found["failed"] > 0


@pytest.mark.parametrize(
    ("failed", "place", "left"),
    [
        ([], "request", [WRONG]),
        ([], "response", [WRONG]),
        ([], r"response\.body", []),
        (["GET /overview"], "request", []),
        (["GET /logs"], "request", [WRONG]),
    ],
)
def test_violation_that_no_failing_check_and_no_reason_covers_is_left(
    failed: list[str], place: str, left: list[PrismViolation]
):
    row = AcceptedViolation("GET /overview", place, "Response body must have .*", "It is none.")
    assert unshown([WRONG], failed, [row]) == left


def test_violations_that_prism_cuts_off_leave_those_before_them():
    rows = [{"location": ["response", "body", "0"], "message": f"no {number}, [really]"} for number in range(3)]
    whole = json.dumps(rows, separators=(",", ":"))
    assert violations_in(whole) == rows
    assert violations_in(TOO_MANY + whole[:-8]) == rows[:2]
    assert violations_in("[]") == []


def test_every_known_false_alarm_has_a_reason():
    assert all(len(row.reason.split()) > 5 for row in AcceptedViolation.load())
