"""The published workflows, lived through by an outside judge on the reference server, sound and broken."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from seatunnel_openapi import load
from seatunnel_v2.fixtures.server import FixtureServer, ServerOptions

ROOT = Path(__file__).parents[2]
WORKFLOWS = yaml.safe_load((ROOT / "openapi" / "workflows.arazzo.yaml").read_text())

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="Redocly Respect needs Node.js")


@pytest.fixture(scope="module")
def server() -> Iterator[FixtureServer]:
    with FixtureServer(ServerOptions(speed=20), manual=False) as running:
        yield running


def respect(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "judges/workflows.py", address]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_every_step_names_an_operation_of_the_contract():
    steps = [step for workflow in WORKFLOWS["workflows"] for step in workflow["steps"]]

    assert {step["operationId"] for step in steps} <= {operation.id for operation in load().operations}


@pytest.mark.slow
@needs_node
def test_every_workflow_succeeds_on_the_reference_server(server: FixtureServer):
    result = respect(server.url)

    assert result.returncode == 0, result.stdout
    assert f"Workflows: {len(WORKFLOWS['workflows'])} passed" in result.stdout


@pytest.mark.slow
@needs_node
def test_workflow_notices_a_server_whose_running_list_is_empty():
    with FixtureServer(ServerOptions(speed=20, fault="running-list-is-empty"), manual=False) as broken:
        result = respect(broken.url)

    assert result.returncode != 0
    assert "GET /running-jobs - step listed" in result.stdout
