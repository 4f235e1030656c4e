"""Every option of a run is declared once: the command and pytest have the same ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatunnel_conformance.arrange import options
from seatunnel_v2.main import app


def help_of(*command: str, option: str = "--help") -> str:
    return CliRunner().invoke(app, [*command, option], env={"COLUMNS": "80", "NO_COLOR": "1"}).stdout


@pytest.mark.slow
def test_conform_and_pytest_have_all_options_of_a_run():
    command = [sys.executable, "-m", "pytest", "-p", "seatunnel_conformance.run.plugin", "--help"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    plugin = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    shown = help_of("conform", option="--help-all")
    assert len(options.RUN) > 30
    assert [one.name for one in options.RUN if f" --{one.name} " not in shown] == []
    assert [one.name for one in options.RUN if not re.search(f" --seatunnel-{one.name}[ =\n]", plugin)] == []


def test_help_of_conform_shows_few_options_before_its_panels():
    shown = [
        "--help-all",
        "--serve",
        "--node",
        "--release",
        "--profile",
        "--only",
        "--allow-writes",
        "--plan",
        "--help",
    ]
    assert re.findall(r"^│ (--[\w-]+)", help_of("conform"), re.MULTILINE) == shown
    first = help_of("conform", option="--help-all").partition("─ Selection of checks ─")[0]
    assert re.findall(r"^│ (--[\w-]+)", first, re.MULTILINE) == shown


NEW_FORMAT = """
from seatunnel_conformance.report.formats import register

register("csv", "a row for each check", "own_format:as_csv")
from seatunnel_v2.main import main

main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "asked", "option"), [("conform", "--help-all", "--report-csv"), ("report", "--help", "--csv")]
)
def test_registered_format_is_an_option_of_the_commands(tmp_path: Path, command: str, asked: str, option: str):
    (tmp_path / "own_format.py").write_text("def as_csv(report):\n    return 'id,verdict'\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", NEW_FORMAT, command, asked],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "80"},
        check=True,
    )
    assert re.search(rf"{option} +FILE +Write a row for each check\.", done.stdout)
