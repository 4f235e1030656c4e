"""The container: what its image is made of, and how its health is found out."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatunnel_openapi import load
from seatunnel_stubs import Project, write
from seatunnel_v2 import health

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
WELL, ILL = 0, 1


def instructions(name: str, text: str = CONTAINERFILE) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(name)]


def test_base_image_is_pinned_by_digest():
    [base] = [value for value in instructions("ARG") if value.startswith("BASE=")]
    assert re.fullmatch(r"BASE=docker\.io/library/python:[\w.-]+@sha256:[0-9a-f]{64}", base)
    assert {line.split()[0] for line in instructions("FROM")} == {"${BASE}"}


def test_packages_are_installed_with_hashes_or_without_dependencies():
    steps = [step for line in instructions("RUN") for step in line.split("&&")]
    installs = [step for step in steps if re.search(r"pip\b.* (install|wheel) ", step)]
    assert installs
    assert all("--require-hashes" in step or "--no-deps" in step for step in installs)
    for lock in re.findall(r"requirements-\w+\.lock", CONTAINERFILE):
        assert (ROOT / lock).is_file()


def test_process_is_not_root():
    assert int(instructions("USER")[-1]) > 0


@pytest.mark.parametrize(
    "text",
    [
        Project(load("2.3.10"), "acme_seatunnel").once["Containerfile"],
        (ROOT / "examples" / "vendor" / "Containerfile").read_text(encoding="utf-8"),
    ],
    ids=["generated", "example"],
)
def test_servers_of_stubs_have_the_same_health_check_and_are_not_root(text: str):
    for name in ("HEALTHCHECK", "USER"):
        assert instructions(name, text) == instructions(name)


def status(pid: int) -> int:
    return subprocess.run([sys.executable, "-m", "seatunnel_v2.health", str(pid)], check=False).returncode


@contextmanager
def serving(folder: Path, *options: str, module: str = "seatunnel_v2") -> Iterator[int]:
    words = [sys.executable, "-m", module, *options]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                if process.poll() is not None or health.is_healthy(process.pid):
                    break
                time.sleep(0.1)
            yield process.pid
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [(), ("--release", "2.3.12", "--basic-auth", "admin:secret", "--context-path", "/seatunnel", "--host", "0.0.0.0")],  # noqa: S104 - as in the container
)
def test_server_is_healthy_whatever_its_port_path_and_credentials(tmp_path: Path, options: tuple[str, ...]):
    with serving(tmp_path, "serve", "--port", "0", *options) as pid:
        assert status(pid) == WELL
    assert status(pid) == ILL


@pytest.mark.slow
def test_server_of_stubs_is_healthy_on_any_port_before_an_operation_is_implemented(tmp_path: Path):
    write(Project(load("2.3.10"), "acme_seatunnel"), tmp_path / "acme")
    with serving(tmp_path / "acme", "--port", "0", module="acme_seatunnel") as pid:
        assert status(pid) == WELL
    assert status(pid) == ILL


def test_server_that_never_responds_is_not_healthy():
    with socket.create_server(("127.0.0.1", 0)):
        assert not health.is_healthy(health.psutil.Process().pid, timeout=0.1)


def test_process_that_does_not_listen_is_not_healthy():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not health.is_healthy(process.pid)
        process.kill()
