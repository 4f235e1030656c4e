"""Start and stop reference servers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from seatunnel_v2.exits import ExitStatus

if TYPE_CHECKING:
    from seatunnel_conformance.faults.plan import Deployment

OWN: Final = "reference:"
"""The prefix of `reference:RELEASE`, which commands accept in place of an address."""

SPEED: Final = "20"
"""The option `--speed` of reference servers: jobs run twenty times faster than on a real engine."""

_STOPPING: Final = 15
"""Seconds that a server has to stop; then it is killed."""


class ServerDidNotStart(Exception):
    """A reference server exited with `status` before it listened. The message is its output."""

    def __init__(self, status: ExitStatus, said: str) -> None:
        super().__init__(said or "the reference server did not start")
        self.status = status


def own_release(address: str) -> str | None:
    """Return the release in `reference:2.3.10`, None for the address of a deployment."""
    return address.removeprefix(OWN) if address.startswith(OWN) else None


@dataclass(frozen=True, slots=True)
class ReferenceCluster:
    """The URLs of the nodes, the master first, and a shell command that stops the master.

    `kill_command` is empty for a deployment that this process has not started.
    """

    urls: tuple[str, ...]
    kill_command: str = ""


@contextmanager
def deployment(address: str, *options: str) -> Iterator[str]:
    """Yield an address unchanged; for `reference:2.3.10`, start a server and yield its address.

    The server stops at the end of the block. `options` are further options of `serve`. Raises `ServerDidNotStart`.
    """
    with deployed_nodes(address, 1, *options) as cluster:
        yield cluster.urls[0]


def deployed_nodes(address: str, nodes: int, *options: str) -> AbstractContextManager[ReferenceCluster]:
    """Return an address as a cluster of one node; for `reference:2.3.10`, start a cluster with this number of nodes.

    The cluster stops at the end of the block. `options` are further options of `serve`. Raises `ServerDidNotStart`.
    """
    release = own_release(address)
    return nullcontext(ReferenceCluster((address,))) if release is None else reference_cluster(release, nodes, *options)


@contextmanager
def reference_server(release: str, *options: str, nodes: int = 1, number: int = 1) -> Iterator[str]:
    """Run a reference server with `nodes` nodes in a subprocess, and yield the URL of the node with this number.

    It listens on free ports. `options` are further options of `serve`. Raises `ServerDidNotStart`.
    """
    with reference_cluster(release, nodes, *options) as cluster:
        yield cluster.urls[number - 1]


@contextmanager
def reference_cluster(
    release: str, nodes: int, *options: str, meanwhile: Callable[[], None] = lambda: None
) -> Iterator[ReferenceCluster]:
    """Run a reference server like `reference_server`, and yield all its nodes. Calls `meanwhile` while it starts."""
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--port", "0", "--speed", SPEED, "--release", release]
    command += ["--nodes", str(nodes), "--until-eof", *options]
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        # The server stops when this pipe closes, even if this process is killed.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # In its own process group, the server ignores Ctrl-C and stays available during cleanup.
        process_group=0,
    ) as process:
        try:
            meanwhile()
            yield ReferenceCluster(_addresses(process, nodes), f"kill -USR1 {process.pid}")
        finally:
            process.terminate()
            try:
                process.wait(_STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()


def for_faults(release: str, folder: Path) -> dict[str, Deployment]:
    """Return functions that start the reference servers for faults, by their keys in `DEPLOYMENTS` of the catalogue.

    Configuration files are written to `folder`.
    """
    fixed = folder / "seatunnel.yaml"
    slots = "seatunnel:\n  engine:\n    slot-service:\n      dynamic-slot: false\n      slot-num: 8\n"
    fixed.write_text(slots, encoding="utf-8")
    return {
        "plain": partial(reference_server, release),
        "context-path": partial(reference_server, release, "--context-path", "/seatunnel"),
        "fixed-slots": partial(reference_server, release, "--config", str(fixed)),
        "two-nodes": partial(reference_server, release, nodes=2),
        "failover": partial(reference_server, release, nodes=3, number=2),
    }


def _addresses(process: subprocess.Popen[str], nodes: int) -> tuple[str, ...]:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    lines, urls = [], []
    for line in iter(process.stdout.readline, ""):
        lines.append(line)
        urls += re.findall(r"https?://\S+", line)
        if len(urls) == nodes:
            return tuple(urls)
    said = "".join(lines).strip().removeprefix("seatunnel-v2: ")
    status = process.wait()
    raise ServerDidNotStart(ExitStatus(status) if status in set(ExitStatus) else ExitStatus.SERVER_FAILED, said)
