"""The action, run as its host runs it: the words that its scripts make of inputs, and what it takes from others."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

ACTION_FILE = Path(__file__).parents[2] / "action.yml"
ACTION: dict[str, Any] = yaml.safe_load(ACTION_FILE.read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

Words: TypeAlias = Callable[..., list[str]]


def called(folder: Path, program: str, script: str, **inputs: str) -> int:
    """Run the script of the action that calls a program, which is a script here, and return its exit status."""
    step = next(step for step in STEPS if re.search(rf"^\s*{program} ", step.get("run", ""), re.MULTILINE))
    values = {name.replace("-", "_").upper(): str(row["default"]) for name, row in ACTION["inputs"].items()}
    stand_in = folder / "bin" / program
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(f"#!/bin/sh\n{script}\n")
    stand_in.chmod(0o755)
    environment = {
        **os.environ,
        **{name: values[name] for name in step["env"]},
        **inputs,
        "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "out"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    # As the host runs it: stop at the first command that fails.
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    return subprocess.run(command, env=environment, check=False).returncode


@pytest.fixture
def words(tmp_path: Path) -> Words:
    """Return a function that runs the script which calls a program, and returns the words that the program gets."""

    def taken(program: str, **inputs: str) -> list[str]:
        assert called(tmp_path, program, f'printf "%s\\0" "$@" > {tmp_path}/words', **inputs) == 0
        return (tmp_path / "words").read_text(encoding="utf-8").split("\0")[:-1]

    return taken


def conform(folder: Path, **inputs: str) -> tuple[int, dict[str, str]]:
    """Run the script that calls our command, and return its exit status and its outputs."""
    status = called(folder, "seatunnel-v2", f'exec {sys.executable} -m seatunnel_v2 "$@"', **inputs)
    return status, dict(line.split("=", 1) for line in (folder / "out").read_text().splitlines())


@pytest.mark.slow
def test_action_checks_the_reference_server_and_writes_a_summary(tmp_path: Path):
    status, outputs = conform(tmp_path, PROFILE="smoke")
    assert (status, outputs["verdict"]) == (0, "0")
    assert "conform" in (tmp_path / "summary").read_text().lower()
    assert (Path(outputs["reports"]) / "report.sarif").is_file()


@pytest.mark.slow
def test_action_passes_a_verdict_on_and_takes_no_code_from_its_inputs(tmp_path: Path):
    canary = tmp_path / "canary"
    inputs = {"URL": "http://127.0.0.1:1", "ARGUMENTS": f"$(touch {canary}) ; touch {canary}"}
    status, outputs = conform(tmp_path, **inputs)
    assert (status, outputs["verdict"]) == (0, "2")
    assert not canary.exists()


def test_run_without_reports_does_not_show_those_of_an_earlier_use_in_the_job(tmp_path: Path):
    write = 'while [ "$1" != --report-markdown ]; do shift; done; echo conforms > "$2"'
    assert called(tmp_path, "seatunnel-v2", write) == called(tmp_path, "seatunnel-v2", "exit 3") == 0
    assert (tmp_path / "summary").read_text() == "conforms\n"


def test_every_variable_of_the_script_comes_from_an_input():
    step = next(step for step in STEPS if step.get("id") == "conform")
    assert {f"${{{{ inputs.{name.lower().replace('_', '-')} }}}}" for name in step["env"]} == set(step["env"].values())


def test_address_is_never_an_option(words: Words):
    assert words("seatunnel-v2", URL="--help")[-2:] == ["--", "--help"]


def test_without_an_address_the_reference_server_is_started(words: Words):
    assert words("seatunnel-v2")[-1] == "--serve"


@pytest.mark.parametrize("name", ["release", "profile"])
def test_value_of_an_option_is_never_another_option(words: Words, name: str):
    assert f"--{name}=--serve" in words("seatunnel-v2", **{name.upper(): "--serve"})


@pytest.mark.parametrize("written", ["--only a --only b*", "--only a\n--only b*\n"])
def test_further_options_are_taken_from_every_line_as_they_are(words: Words, written: str):
    taken = words("seatunnel-v2", URL="http://a", ARGUMENTS=written)
    assert "--only a --only b* -- http://a" in " ".join(taken)


def test_package_is_never_an_option_of_pip(words: Words):
    assert words("python", PACKAGE="--index-url=http://a")[-2:] == ["--", "--index-url=http://a"]


def test_package_is_by_default_the_checkout_of_the_action(words: Words):
    assert words("python", GITHUB_ACTION_PATH="/actions/here")[-1] == "/actions/here"


def test_no_expression_is_part_of_a_script():
    assert [step for step in STEPS if "${{" in step.get("run", "")] == []


def test_actions_of_others_are_pinned_by_commit():
    uses = re.findall(r"uses: (.*)", ACTION_FILE.read_text(encoding="utf-8"))
    assert len(uses) == sum("uses" in step for step in STEPS)
    assert [line for line in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)] == []
