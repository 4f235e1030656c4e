"""Starts the servers that are measured, each in a separate process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx2
import psutil

START_LIMIT = 20.0  # seconds


@dataclass(frozen=True)
class Running:
    """A running server at `url`."""

    name: str
    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Return the user and system time of the process and its children, in seconds."""
        return sum(sum(p.cpu_times()[:2]) for p in [self.process, *self.process.children(recursive=True)])


def free_port() -> int:
    """Return a currently free port of localhost."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(name: str, command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[Running]:
    """Start a server, wait until `/overview` returns 200, and stop it at the end."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process)
        yield Running(name, url, psutil.Process(process.pid))
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server responds. Raises `RuntimeError` if it exits or doesn't respond in time."""
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and process.poll() is None:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"{url}/overview").is_success:
                return
        time.sleep(0.05)
    raise RuntimeError(f"no answer at {url} within {START_LIMIT:.0f} s")


def reference_server(*options: str) -> tuple[str, list[str], int]:
    """Return name, command and port of the reference server, started like a user starts it."""
    port = free_port()
    return "ours", [sys.executable, "-m", "seatunnel_v2", "serve", "--port", str(port), *options], port


def asgi_server(name: str, app: str) -> tuple[str, list[str], int]:
    """Return name, command and port of a uvicorn that serves the app of `module:factory`."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--no-access-log", "--log-level", "error"]
    return name, [*command, "--factory", app], port
