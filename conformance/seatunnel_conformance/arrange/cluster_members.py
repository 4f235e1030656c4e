"""The members of the target's cluster, their addresses in the links to log files, and how the master is stopped."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult

from seatunnel_conformance.errors import Inconclusive, LimitMissed
from seatunnel_conformance.target.connection import parsed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import JSON_TYPES, BodyMismatch
from seatunnel_conformance.text.visible import visible

_TRIES: Final = 5


class Member(NamedTuple):
    """A member of the cluster; its parts are texts as in the response."""

    host: str
    port: str
    is_master: str


def members(target: Target) -> list[Member]:
    """Return the members of the cluster, in the order of the response. Raises `LimitMissed` if they can't be read."""
    for _ in range(_TRIES):
        response = target.get("/system-monitoring-information")
        # Engines answer concurrent requests, also at several nodes, with 500 or without members.
        if response.status == HTTPStatus.OK and response.items:
            return [_member(reading) for reading in response.items]
    raise LimitMissed("the list of the members", 0, repr(response), "monitoring.one-per-member")


def _member(reading: object) -> Member:
    if not isinstance(reading, Mapping):
        raise BodyMismatch("an object for each member", JSON_TYPES[type(reading).__name__])
    return Member(*(str(reading.get(name, "")) for name in ("host", "port", "isMaster")))


def has_several_members(target: Target) -> bool:
    """Return whether the target's node may be another member than the master."""
    return len(members(target)) > 1


_MOST: Final = 10
"""The most nodes whose links are followed."""

_SECONDS: Final = 5.0
"""The longest time for a response."""


def unreachable_links(target: Target) -> list[str]:
    """Return the links that lead nowhere, one for each node. Credentials are sent to the target's own address only.

    Raises `TargetUnreachable` if the target is gone: this says nothing about its links.
    """
    of_each_node = {address.netloc if address else "": (link, address) for link, address in _links(target).items()}
    found = [
        link
        for link, address in list(of_each_node.values())[:_MOST]
        if address is None or not _is_reachable(target, address)
    ]
    if found:
        _links(target)
    return found


def other_nodes(target: Target) -> list[str]:
    """Return the addresses of the other nodes, as the cluster knows them, from the list of log files."""
    found = {f"{address.scheme}://{address.netloc}" for address in _links(target).values() if address}
    return sorted({f"{node}{target.context_path}" for node in found} - {target.url})


def _links(target: Target) -> dict[str, SplitResult | None]:
    """Return the links to log files with their addresses, None for a link that is no address.

    Raises `BodyMismatch` if the response lists anything else.
    """
    entries = target.get("/logs", query={"format": "json"}).items
    found = [entry.get("logLink") if isinstance(entry, Mapping) else None for entry in entries]
    links = [link for link in found if isinstance(link, str)]
    if len(links) < len(found):
        raise BodyMismatch("a link for each log file", "another value")
    return {link: parsed(link) if "://" in link else None for link in links}


def _is_reachable(target: Target, address: SplitResult) -> bool:
    node = target.follows(f"{address.scheme}://{address.netloc}", _SECONDS)
    try:
        # A node that asks for credentials is reachable, and has not got any.
        return node.send("HEAD", address.path).status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}
    except Inconclusive:
        return False
    finally:
        node.close()


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


_HOST: Final = re.compile(r"(?=.{1,253}:)\w([\w-]*\w)?(\.\w([\w-]*\w)?)*:[0-9]{1,5}", re.ASCII)
_IPV6: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*):[0-9]{1,5}")


def run_kill_command(command: str, master: str, seconds: float = COMMAND_LIMIT) -> None:
    """Run a shell command that stops the master. Raises `MasterNotStopped` if it fails or takes too long.

    Also raises it for an address that is none: the target has chosen it, and a command could read it as an option.
    """
    if not (_HOST.fullmatch(master) or _IPV6.fullmatch(master)):
        raise MasterNotStopped(f"the master has no address that --kill-command could get: {master[:_SHOWN]}")
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
