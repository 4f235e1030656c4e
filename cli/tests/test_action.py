"""The words that the action's scripts make of its inputs, and what the action takes from others."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

ACTION_FILE = Path(__file__).parents[2] / "action.yml"
ACTION: dict[str, Any] = yaml.safe_load(ACTION_FILE.read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

Words: TypeAlias = Callable[..., list[str]]


@pytest.fixture
def words(tmp_path: Path) -> Words:
    """Return a function that runs the script which calls a program, and returns the words that the program gets."""

    def called(program: str, **inputs: str) -> list[str]:
        step = next(step for step in STEPS if re.search(rf"^\s*{program} ", step.get("run", ""), re.MULTILINE))
        values = {name.replace("-", "_").upper(): str(row["default"]) for name, row in ACTION["inputs"].items()}
        stand_in = tmp_path / "bin" / program
        stand_in.parent.mkdir()
        stand_in.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" > {tmp_path}/words\n')
        stand_in.chmod(0o755)
        environment = {
            **{name: values[name] for name in step["env"]},
            **inputs,
            "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "out"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
        # As the host runs it: stop at the first command that fails.
        subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], env=environment, check=True)  # noqa: S607
        return (tmp_path / "words").read_text(encoding="utf-8").split("\0")[:-1]

    return called


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


def test_no_expression_is_part_of_a_script():
    assert [step for step in STEPS if "${{" in step.get("run", "")] == []


def test_actions_of_others_are_pinned_by_commit():
    uses = re.findall(r"uses: (.*)", ACTION_FILE.read_text(encoding="utf-8"))
    assert len(uses) == sum("uses" in step for step in STEPS)
    assert [line for line in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)] == []
