"""The members of the target's cluster: what a response is depends on the member that is asked, in a few cases."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from seatunnel_conformance.errors import LimitMissed
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
