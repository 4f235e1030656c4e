"""Clients that are commands: how they are started, what they are told, and what is left of them."""

import sys
import threading
import time

import psutil
import pytest
from typer.testing import CliRunner

from seatunnel_conformance.clients import programs
from seatunnel_conformance.clients.programs import ClientCommand, CommandNotStarted
from seatunnel_conformance.clients.rules import RULES
from seatunnel_conformance.clients.scenarios import SCENARIOS
from seatunnel_v2.main import app

PLACE = {"SEATUNNEL_URL": "http://127.0.0.1:1/test-try-client", "SEATUNNEL_JOB_ID": "5", "SEATUNNEL_SCENARIO": "none"}


def python(code: str, *words: str) -> ClientCommand:
    return ClientCommand([sys.executable, "-c", code, *words])


def test_command_gets_the_address_in_its_words_and_its_environment() -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['SEATUNNEL_URL']); sys.exit(3)"

    ending = python(code, "{url}/{job_id}").run(PLACE, 10, threading.Event())

    url = PLACE["SEATUNNEL_URL"]
    assert (ending.status, ending.output.strip()) == (3, f"['{url}/5'] {url}")


def test_command_that_hangs_is_killed_with_its_children() -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"

    assert python(code).run(PLACE, 0.3, threading.Event()).status is None
    assert marked() == []


def test_output_without_end_does_not_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_MOST_OUTPUT", 10**6)
    code = (
        "import os, time\nfor _ in range(50): os.write(1, b'x' * 10**6); time.sleep(0.02)\nprint(os.fstat(1).st_size)"
    )

    ending = python(code).run(PLACE, 60, threading.Event())

    assert ending.status == 0
    assert int(ending.output.splitlines()[-1].lstrip("x")) < 25 * 10**6


def test_daemon_is_killed_and_reported() -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '60'], start_new_session=True)"

    ending = python(code).run(PLACE, 10, threading.Event())

    assert (ending.status, ending.left) == (0, 1)
    assert ending.sentence == "ended with exit status 0 and left 1 of its processes running"
    assert marked() == []


def marked() -> list[psutil.Process]:
    """Return the living processes of a command; a killed one may take a moment to go."""
    for _ in range(50):
        found = psutil.process_iter(["environ", "status"])
        left = [each for each in found if (each.info["environ"] or {}).get("SEATUNNEL_URL") == PLACE["SEATUNNEL_URL"]]
        if not (left := [each for each in left if each.info["status"] != psutil.STATUS_ZOMBIE]):
            break
        time.sleep(0.02)
    return left


def test_command_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandNotStarted, match="the command 'no-such-client' can't be started: No such file"):
        ClientCommand(["no-such-client"]).run(PLACE, 1, threading.Event())


def test_command_without_a_request_judges_nothing() -> None:
    words = (
        "try-client",
        "--release",
        "2.3.13",
        "--scenario",
        "stop-error",
        "--",
        sys.executable,
        "-c",
        "print('hello')",
    )

    result = CliRunner().invoke(app, words)

    assert result.exit_code == 4
    assert "stop-error: 0 requests, ended with exit status 0" in result.output
    assert "the command sent no request in stop-error; its output ends with: hello" in result.output
    assert "hint: the command must send its requests to the address in SEATUNNEL_URL" in result.output


def test_list_names_scenarios_and_rules() -> None:
    result = CliRunner().invoke(app, ["try-client", "--list"])

    assert result.exit_code == 0
    assert [name for name in (*SCENARIOS, *RULES) if name not in result.output] == []


def test_missing_command_and_unknown_scenario_are_usage_errors() -> None:
    missing, unknown = (
        CliRunner().invoke(app, ["try-client", *words]) for words in ([], ["--scenario", "slow", "--", "x"])
    )

    assert (missing.exit_code, unknown.exit_code) == (2, 2)
    assert "seatunnel-v2: missing COMMAND" in missing.output
    assert "there is no scenario 'slow'; did you mean slow-answer?" in unknown.output
