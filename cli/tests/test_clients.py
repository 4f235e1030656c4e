"""Clients that outside generators make of the contract."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from judges import clients

from seatunnel_openapi import releases

pytestmark = pytest.mark.slow


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Return a function that calls the program with arguments, and returns its exit status."""

    def called(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["clients.py", *arguments])
        try:
            return clients.main()
        except SystemExit as end:
            return end.code

    return called


def test_unknown_generator_is_answered_with_those_there_are(judge: Callable[..., object]) -> None:
    said = str(judge("--generator", "swagger-codegen"))

    assert said.startswith("clients: unknown generator 'swagger-codegen'; known: openapi-python-client, ")


def test_generator_without_its_tools_is_skipped_with_the_reason(
    judge: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert judge("--generator", "oapi-codegen", "--work", str(tmp_path)) == 0

    said = capsys.readouterr().out
    assert said.count("| **skipped** ") == len(releases())
    assert "oapi-codegen, documented: skipped: go not installed" in said


def test_client_made_of_the_oldest_and_newest_release_compiles_and_follows_a_job(
    judge: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("go") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("Go is not installed")

    # All releases, with all generators: `make clients`.
    status = judge("--generator", "oapi-codegen", "--release", releases()[0], "--release", releases()[-1])

    said = capsys.readouterr()
    assert status == 0, said
    assert said.err.count(": ok\n") == 2
