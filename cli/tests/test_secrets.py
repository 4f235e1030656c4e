"""A planted secret is looked for in everything that a run leaves, and is in nothing."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from throwaway import Handler, listening

from seatunnel_conformance.report.formats import FORMATS

pytestmark = pytest.mark.slow

USER, PASSWORD, KEY = "ann", 'pl4nted/s3cret+"word', "pl4nted-k3y-of-some-length"
PAIR = f"{USER}:{PASSWORD}"
ENCODED = base64.b64encode(PAIR.encode()).decode()

PLANTED = (PASSWORD, KEY, ENCODED.rstrip("="), quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD))
PLANTED += (json.dumps(PASSWORD)[1:-1], "pl4nted/", "pl4nted-", ENCODED[:12], "\\nted")

CHECKS = ("job-info.unknown-id", "http.head", "logs.json-list", "GET /log", "stop-job.unknown-id")


@dataclass
class Echo:
    """A server that answers with all that it was asked, and keeps it."""

    url: str
    heard: list[dict[str, str]]


@pytest.fixture
def echo() -> Iterator[Echo]:
    class Echoing(Handler):
        def echo(self) -> None:
            self.content()
            fields = dict(self.headers.items())
            heard.append(fields)
            decoded = base64.b64decode(fields.get("Authorization", "").removeprefix("Basic ")).decode()
            document = {"projectVersion": decoded, "jobId": self.path, **fields, "x" * 500: decoded}
            self.respond(document, X_Echo=fields.get("X-Api-Key", ""))

        do_GET = do_POST = do_HEAD = do_OPTIONS = echo

    heard: list[dict[str, str]] = []
    with listening(Echoing) as url:
        yield Echo(url, heard)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEATUNNEL_PASSWORD": PASSWORD, "COLUMNS": "100"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def left_by(folder: Path, done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    files = {
        path.name: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()
    }
    return {**files, "stdout": done.stdout, "stderr": done.stderr}


def require_clean(artefacts: dict[str, str]) -> None:
    assert [(name, secret) for name, text in artefacts.items() for secret in PLANTED if secret in text] == []


@pytest.fixture
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of headers outside of the folder that is searched."""
    path = tmp_path_factory.mktemp("given") / "headers"
    path.write_text(f"X-Api-Key: {KEY}\n", encoding="utf-8")
    return path


def test_secrets_are_in_no_artefact_of_the_command(echo: Echo, headers: Path, tmp_path: Path):
    reports = [f"--report-{name}={tmp_path / name}" for name in FORMATS]
    only = [f"--only={name}" for name in CHECKS]
    given = ["--basic-auth", USER, "--header-file", str(headers), "--seed", "1", "--wait", "1"]
    done = run(tmp_path, "seatunnel_v2", "conform", echo.url, *given, *only, *reports)
    artefacts = left_by(tmp_path, done)
    assert done.returncode == 1, done.stderr
    assert {"Authorization": f"Basic {ENCODED}", "X-Api-Key": KEY}.items() <= echo.heard[-1].items()
    assert set(FORMATS) <= artefacts.keys()
    assert "[hidden]" in artefacts["ndjson"]
    assert '-u "ann:$SEATUNNEL_PASSWORD"' in done.stdout
    require_clean(artefacts)


def test_every_request_of_schemathesis_has_the_credentials(echo: Echo, headers: Path, tmp_path: Path):
    address = echo.url.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")
    given = ["--header-file", str(headers), "--seed", "1", "--only", "GET /log", "--only", "POST /update-tags"]
    done = run(tmp_path, "seatunnel_v2", "conform", address, *given)
    assert done.returncode == 1, done.stderr
    wanted = {"Authorization": f"Basic {ENCODED}", "X-Api-Key": KEY}.items()
    assert [heard for heard in echo.heard if not wanted <= heard.items()] == []
    require_clean(left_by(tmp_path, done))


def test_secrets_are_in_nothing_that_pytest_says(echo: Echo, headers: Path, tmp_path: Path):
    (tmp_path / "conftest.py").write_text("", encoding="utf-8")
    given = [f"--seatunnel-url={echo.url}", f"--seatunnel-basic-auth={USER}", f"--seatunnel-header-file={headers}"]
    only = [f"--seatunnel-only={name}" for name in CHECKS]
    plugins = [
        "-p",
        "seatunnel_conformance.run.plugin",
        "-p",
        "no:cacheprovider",
        "-vv",
        "--showlocals",
        "--full-trace",
    ]
    done = run(tmp_path, "pytest", *plugins, *given, *only, f"--junit-xml={tmp_path / 'own.xml'}")
    assert "FAILED" in done.stdout, done.stderr
    require_clean(left_by(tmp_path, done))


@pytest.mark.parametrize("arguments", [["--ca-file", "no-such"], ["--only", "nothing-at-all"], ["--header", f"{KEY}"]])
def test_secrets_are_in_no_message(echo: Echo, tmp_path: Path, arguments: list[str]):
    done = run(tmp_path, "seatunnel_v2", "conform", echo.url, "--basic-auth", USER, *arguments)
    assert done.returncode in {2, 4}
    require_clean(left_by(tmp_path, done))


def test_dead_target_says_nothing_of_its_secrets(tmp_path: Path):
    address = f"http://{quote(PAIR, safe=':')}@127.0.0.1:1"
    done = run(tmp_path, "seatunnel_v2", "conform", address)
    assert done.returncode == 3, done.stderr
    require_clean(left_by(tmp_path, done))
