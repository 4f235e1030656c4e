"""Clients that outside generators make of the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seatunnel_openapi import releases

ROOT = Path(__file__).parents[2]


def judge(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "openapi" / "judges" / "clients.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.mark.slow
def test_unknown_generator_is_answered_with_those_there_are() -> None:
    done = judge("--generator", "swagger-codegen")

    assert done.returncode == 1
    assert done.stderr.startswith("clients: unknown generator 'swagger-codegen'; known: openapi-python-client, ")


@pytest.mark.slow
def test_generator_without_its_tools_is_skipped_with_the_reason(tmp_path: Path) -> None:
    done = judge("--generator", "oapi-codegen", "--markdown", "--work", str(tmp_path), PATH=str(tmp_path))

    assert done.returncode == 0
    assert done.stdout.count("| **skipped** ") == len(releases())
    assert "oapi-codegen, documented: skipped: go not installed" in done.stdout


@pytest.mark.slow
def test_client_made_of_any_release_compiles_and_follows_a_job() -> None:
    if shutil.which("go") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("Go is not installed")

    done = judge("--generator", "oapi-codegen")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count(": ok\n") == len(releases())
