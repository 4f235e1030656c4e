"""A reference server of one's own, for as long as something needs it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from seatunnel_v2.exits import ExitStatus

if TYPE_CHECKING:
    from seatunnel_conformance.faults.plan import Deployment

OWN: Final = "reference:"
"""What stands before a release where an address is due, for a reference server that is started and ended with it."""

SPEED: Final = "20"
"""Twenty times faster than real: jobs pass through their states, and nobody waits for them."""

_STOPPING: Final = 15
"""Seconds within which the server has to be gone."""


class ServerDidNotStart(Exception):
    """The reference server ended before it served, with `status`; the message is what it had to say."""

    def __init__(self, status: ExitStatus, said: str) -> None:
        super().__init__(said or "the reference server did not start")
        self.status = status


def own_release(address: str) -> str | None:
    """Return the release in `reference:2.3.10`, None for the address of a deployment."""
    return address.removeprefix(OWN) if address.startswith(OWN) else None


@contextmanager
def deployment(address: str, *options: str) -> Iterator[str]:
    """Yield an address as it is, or for `reference:2.3.10` that of a server of our own, which ends with the block.

    `options` are further ones of `serve`.

    Jobs there may write files, into a folder that ends with it, too. Raises `ServerDidNotStart`.
    """
    release = own_release(address)
    if release is None:
        yield address
        return
    with (
        tempfile.TemporaryDirectory(prefix="seatunnel-") as folder,
        reference_server(release, "--sandbox", folder, *options) as url,
    ):
        yield url


@contextmanager
def reference_server(release: str, *options: str) -> Iterator[str]:
    """Run a reference server on a free port in a process of its own, and yield its address.

    `options` are further ones of `serve`. Raises `ServerDidNotStart`.
    """
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--port", "0", "--speed", SPEED, "--release", release]
    command += ["--until-eof", *options]
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        # Its end is the sign for the server that we were killed.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A Ctrl-C is for whoever uses the server: in a group of its own it is still there while they clean up.
        process_group=0,
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            try:
                process.wait(_STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()


def for_faults(release: str, folder: Path) -> dict[str, Deployment]:
    """Return the reference servers that faults need, each by the name under which the catalogue knows it.

    `folder` is where their configuration goes; nothing is started yet.
    """
    fixed = folder / "seatunnel.yaml"
    slots = "seatunnel:\n  engine:\n    slot-service:\n      dynamic-slot: false\n      slot-num: 8\n"
    fixed.write_text(slots, encoding="utf-8")
    return {
        "plain": partial(reference_server, release),
        "context-path": partial(reference_server, release, "--context-path", "/seatunnel"),
        "fixed-slots": partial(reference_server, release, "--config", str(fixed)),
    }


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    lines = []
    for line in _lines(process.stdout):
        lines.append(line)
        if found := re.search(r"https?://\S+", line):
            return found[0]
    said = "".join(lines).strip().removeprefix("seatunnel-v2: ")
    status = process.wait()
    raise ServerDidNotStart(ExitStatus(status) if status in set(ExitStatus) else ExitStatus.SERVER_FAILED, said)


def _lines(stream: IO[str]) -> Iterator[str]:
    while line := stream.readline():
        yield line
