"""One measurement: wrk with one URL of one server, and the CPU time of the server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from bench.servers import LOAD_CPU, Running, pin

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Reading:
    """The result of one run of wrk."""

    requests_per_second: float
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    cpu: float
    """CPU time of the server per request, in microseconds."""
    errors: int
    """Number of responses other than 2xx and 3xx."""


def wrk() -> str:
    """Return the path of wrk, or exit with a message that says how to install it."""
    return shutil.which("wrk") or sys.exit("bench needs wrk (Debian: apt-get install wrk)")


def measure(server: Running, path: str, *, seconds: int = 3, connections: int = 16) -> Reading:
    """Send requests to `path` for some seconds; return rate, latency and CPU time."""
    before = server.cpu_seconds()
    command = [wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", server.url + path]
    text = subprocess.run(  # noqa: S603 - wrk of the PATH on loopback
        command, check=True, capture_output=True, text=True, preexec_fn=lambda: pin(LOAD_CPU)
    ).stdout
    spent = server.cpu_seconds() - before
    count = int(found(r"(\d+) requests in", text))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return Reading(
        requests_per_second=float(found(r"Requests/sec:\s+([\d.]+)", text)),
        p50=milliseconds(found(r"50%\s+(\S+)", text)),
        p99=milliseconds(found(r"99%\s+(\S+)", text)),
        cpu=spent / max(count, 1) * 1e6,
        errors=int(bad[1]) if bad else 0,
    )


def found(pattern: str, text: str) -> str:
    """Return the first group of the pattern. Raises `ValueError` with wrk's output if there is no match."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"wrk printed something unexpected:\n{text}")
    return match[1]


def milliseconds(text: str) -> float:
    """Parse a time of wrk, such as `312.00us`, `1.24ms` or `2.00s`."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * UNITS[unit]
