"""The cluster of the target: its members, the links to their log files, and the tags of the target's node.

Checks set tags, and restore them afterwards. Releases before 3.0.0 don't show the tags of a node, so the tags to
restore come from the option `--tag`. The default is the tags that the target shows for its only worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import SplitResult

from seatunnel_conformance.arrange.leftovers import Journal
from seatunnel_conformance.arrange.waiting import Patience
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive, LimitMissed
from seatunnel_conformance.target.connection import parsed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import JSON_TYPES, BodyMismatch, Response

_TRIES: Final = 5


class Member(NamedTuple):
    """A member of the cluster, with the strings of its monitoring entry."""

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
    """Return whether the cluster has several members. In this case, the node of the target may not be the master."""
    return len(members(target)) > 1


_MOST: Final = 10
"""The maximum number of nodes whose links are requested."""

_SECONDS: Final = 5.0
"""The maximum number of seconds for the response to a request for a link."""


def unreachable_links(target: Target) -> list[str]:
    """Return the links to log files that can't be requested, one for each node.

    Only the target's own address gets credentials. Raises `TargetUnreachable` if the target itself is gone.
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
    """Return the URLs of the other nodes of the cluster, from the links in the list of log files."""
    found = {f"{address.scheme}://{address.netloc}" for address in _links(target).values() if address}
    return sorted({f"{node}{target.context_path}" for node in found} - {target.url})


def _links(target: Target) -> dict[str, SplitResult | None]:
    """Return the parsed URLs by link to a log file; None for a link that is not a URL.

    Raises `BodyMismatch` if an item of the list has no link.
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
        # A node that requires credentials can be reached: it gets none from here.
        return node.send("HEAD", address.path).status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}
    except Inconclusive:
        return False
    finally:
        node.close()


_LATENCY = 15.0
"""Seconds to wait until the master knows new tags. Workers report them every five seconds."""

_PAUSE = 0.2
"""Seconds between two requests."""

_TAGGED: Final = "a worker with the new tags"
_UNTAGGED: Final = "no worker with the removed tags"
"""The names of waits for `Patience`: only the first unsuccessful wait for each is long."""


@dataclass(slots=True, repr=False)
class Tags:
    """The tags of the target's node. `own` has the tags to restore, `latency` is the maximum wait for new tags.

    A check looks for its tags again after `lasting` seconds: the earlier response may have come from a cache.
    """

    target: Target
    run: str
    own: Mapping[str, str] = field(default_factory=dict)
    latency: float = _LATENCY
    lasting: float = 0.0
    journal: Journal = field(default_factory=Journal)
    patience: Patience = field(default_factory=Patience)
    _is_held: bool = False
    _response: Response | None = None

    def __repr__(self) -> str:
        return f"<tags of run {self.run}>"

    @property
    def name(self) -> str:
        """The name of a tag that is unique to this run."""
        return f"conformance-{self.run}"

    def hold(self) -> None:
        """Store the tags to restore before the first tags are set."""
        if not self._is_held:
            self._is_held = True
            self.own = self.own or self._shown()
            self.target.own.tags = dict(self.own)
            self.journal.tags(self.own)

    def _shown(self) -> Mapping[str, str]:
        """Return the tags that the target shows for its only worker; empty if it has several or shows none."""
        with suppress(Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            [worker] = self.target.get("/resource/workers").members["workers"]
            return {str(name): str(value) for name, value in dict(worker["tags"]).items() if name != self.name}
        return {}

    def set(self, tags: object) -> Response:
        """Send a body to `/update-tags`, and return the response without assertions."""
        self.hold()
        self._response = self.target.post("/update-tags", body=tags)
        return self._response

    def found(self, workers: Callable[[], int]) -> int:
        """Poll the overview until it counts workers with the new tags, and return their number; 0 after a timeout.

        In a cluster of several members, a timeout raises `LimitMissed`: the target's node may not be a worker.
        """
        if self._response is not None and self._response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"the tags could not be set: {self._response!r}", "update-tags.success")
        number = self.patience.poll(_TAGGED, self.latency, workers, bool, _PAUSE)
        if not number and has_several_members(self.target):
            raise LimitMissed(_TAGGED, self.latency, "none; this node may not be a worker")
        return number

    def lost(self, workers: Callable[[], int]) -> int:
        """Poll the overview until it counts no workers with the removed tags, and return the last count."""
        return self.patience.poll(_UNTAGGED, self.latency, workers, lambda number: not number, _PAUSE)

    def restore(self) -> None:
        """Restore the tags of the node if this worker of the run has changed them."""
        if self._is_held:
            self._is_held = False
            self.put_back()

    def put_back(self) -> None:
        """Restore the tags of the node, if the run has changed them. Errors of the target are ignored."""
        own = self.target.own
        # If the target is gone, its tags are, too: nodes have them only in memory.
        with suppress(Inconclusive), self.target.governor.cleanup():
            if own.tagged:
                self.target.post("/update-tags", body=dict(own.tags))
                own.tagged = False
