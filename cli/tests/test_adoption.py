"""What others take from this repository by reference: the action and the hooks, run as their hosts would run them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def conform_step(tmp_path: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """Run the action's script, and return its exit status, its outputs and its summary."""
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "conform")
    values = {name.replace("-", "_").upper(): str(row["default"]) for name, row in ACTION["inputs"].items()}
    names = {"RUNNER_TEMP": tmp_path, "GITHUB_OUTPUT": tmp_path / "out", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    command = tmp_path / "bin" / "seatunnel-v2"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m seatunnel_v2 "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        **{name: values[name] for name in step["env"]},
        **inputs,
        **{name: str(path) for name, path in names.items()},
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
    }
    # As the host runs it: stop at the first command that fails.
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], env=environment, check=False)  # noqa: S607
    outputs = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    summary = tmp_path / "summary"
    return done.returncode, outputs, summary.read_text() if summary.exists() else ""


def test_action_checks_the_reference_server_and_writes_a_summary(tmp_path: Path):
    status, outputs, summary = conform_step(tmp_path, PROFILE="smoke")

    assert (status, outputs["verdict"]) == (0, "0")
    assert "conform" in summary.lower()
    assert (Path(outputs["reports"]) / "report.sarif").is_file()


def test_action_passes_a_verdict_on_and_takes_no_code_from_its_inputs(tmp_path: Path):
    canary = tmp_path / "canary"

    status, outputs, _ = conform_step(
        tmp_path, URL="http://127.0.0.1:1", ARGUMENTS=f"$(touch {canary}) ; touch {canary}"
    )

    assert (status, outputs["verdict"]) == (0, "2")
    assert not canary.exists()


def test_every_variable_of_the_script_comes_from_an_input():
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "conform")

    assert {f"${{{{ inputs.{name.lower().replace('_', '-')} }}}}" for name in step["env"]} == set(step["env"].values())


def test_hook_notices_drift(tmp_path: Path):
    hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]
    words = hook["entry"].split()
    assert words[0] == "seatunnel-v2"
    run(None, "stubs", "-o", str(tmp_path / "acme"))
    (tmp_path / "acme" / "acme" / "handlers" / "jobs.py").write_text("")

    done = run(None, *words[1:], "-o", str(tmp_path / "acme"))

    assert done.returncode == 1
    assert "the function get_job_info is missing" in done.stdout
