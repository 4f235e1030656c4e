"""Runs the conformance suite against this server. Operations that are not implemented yet fail."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vendor_seatunnel.contract import RELEASE

PROFILE = "read-only"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the URL of the server, which runs during the tests of this module."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "vendor_seatunnel", "--port", str(port)]) as server:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def verdicts(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Return the final event of each check, by its id."""
    events = tmp_path_factory.mktemp("conformance") / "events.ndjson"
    command = [sys.executable, "-m", "seatunnel_v2", "conform", address, "--release", RELEASE, "--profile", PROFILE]
    subprocess.run([*command, "--report-ndjson", str(events)], check=False)
    lines = [json.loads(line) for line in Path(events).read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line for line in lines if line["event"] == "check-finished"}


def test_no_clause_is_broken(verdicts: dict[str, dict[str, object]]) -> None:
    broken = {name: found["reason"] for name, found in verdicts.items() if found["verdict"] == "fail"}

    assert not broken
    assert any(found["verdict"] == "pass" for found in verdicts.values())


def _wait(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")
