"""The members of the target's cluster, and their addresses in the links of the list of log files."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from seatunnel_conformance.errors import Inconclusive, LimitMissed
from seatunnel_conformance.target.deployment import Target

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


def _member(reading: Mapping[str, object]) -> Member:
    return Member(*(str(reading.get(name, "")) for name in ("host", "port", "isMaster")))


def has_several_members(target: Target) -> bool:
    """Return whether the target's node may be another member than the master."""
    return len(members(target)) > 1


_MOST: Final = 10
"""The most nodes whose links are followed."""

_SECONDS: Final = 5.0
"""The longest time for a response."""


def unreachable_links(target: Target) -> list[str]:
    """Return the links that lead nowhere, one for each node. Credentials are sent to the target's own address only."""
    return [link for link in _link_of_each_node(target) if not _is_reachable(target, link)]


def other_nodes(target: Target) -> list[str]:
    """Return the addresses of the other nodes, as the cluster knows them, from the list of log files."""
    addresses = {f"{urlsplit(link)._replace(path='').geturl()}{target.context_path}" for link in _links(target)}
    return sorted(addresses - {target.url})


def _link_of_each_node(target: Target) -> list[str]:
    return list({urlsplit(link).netloc: link for link in _links(target)}.values())[:_MOST]


def _links(target: Target) -> list[str]:
    return [entry["logLink"] for entry in target.get("/logs", query={"format": "json"}).items]


def _is_reachable(target: Target, link: str) -> bool:
    parts = urlsplit(link)
    node = target.follows(f"{parts.scheme}://{parts.netloc}", _SECONDS)
    try:
        # A node that asks for credentials is reachable, and has not got any.
        return node.send("HEAD", parts.path).status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}
    except Inconclusive:
        return False
    finally:
        node.close()
