"""Stops the master of a cluster, with the command that the user gives for that."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.text.visible import visible

MASTER: Final = "SEATUNNEL_MASTER"
"""The environment variable with `host:port` of the master, as the list of members shows it."""

COMMAND_LIMIT: Final = 60.0
"""Seconds for the command."""

_SHOWN: Final = 300


class MasterNotStopped(Inconclusive):
    """The master was not stopped, so what happens afterwards can't be seen."""


def master_of(members: Any) -> str:
    """Return `host:port` of the master in a list of members. Raises `MasterNotStopped` if there is none, or several."""
    listed = members if isinstance(members, Sequence) else []
    found = [each for each in listed if isinstance(each, Mapping) and str(each.get("isMaster")).lower() == "true"]
    if len(found) != 1:
        raise MasterNotStopped(f"the list of members has {len(found)} masters")
    return f"{found[0].get('host')}:{found[0].get('port')}"


def stopping_by(command: str | None) -> Callable[[str], None] | None:
    """Return a function that stops the master at `host:port` by a shell command; None without a command."""
    return partial(run_kill_command, command) if command else None


def run_kill_command(command: str, master: str, seconds: float = COMMAND_LIMIT) -> None:
    """Run a shell command that stops the master. Raises `MasterNotStopped` if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S602 - the user's own command, and a shell is what it is written for
            command,
            shell=True,
            env={**os.environ, MASTER: master},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MasterNotStopped(f"--kill-command did not end within {seconds:g} s") from None
    if done.returncode != 0:
        said = visible(done.stdout.decode(errors="replace").strip())[-_SHOWN:]
        raise MasterNotStopped(f"--kill-command ended with status {done.returncode}: {said or 'it printed nothing'}")
