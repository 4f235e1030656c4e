"""The tags of the target's node: set by checks, restored afterwards.

Releases before 3.0.0 do not show the tags of a node, so the tags to restore come from the option `--tag`; by default
they are those that the target shows of its only worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from seatunnel_conformance.arrange.cluster_members import has_several_members
from seatunnel_conformance.arrange.journal import Journal
from seatunnel_conformance.arrange.waiting import Patience
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive, LimitMissed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response

LATENCY = 15.0
"""Seconds until the master knows new tags; its heartbeat takes five."""

PAUSE = 0.2
"""Seconds between two requests."""

TAGGED: Final = "a worker with the new tags"
UNTAGGED: Final = "no worker with the removed tags"
"""Things that a run waits for. Only the first unsuccessful wait for each is long (`Patience`)."""


@dataclass(slots=True, repr=False)
class Tags:
    """The tags of the target's node; `own` are the tags to restore.

    After `lasting` seconds, tags that were set are looked for again: a cache of some seconds is not taken for the node.
    """

    target: Target
    run: str
    own: Mapping[str, str] = field(default_factory=dict)
    latency: float = LATENCY
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
        """Take note of the tags of the node before they are set, unless that was done already."""
        if not self._is_held:
            self._is_held = True
            self.own = self.own or self._shown()
            self.target.own.tags = dict(self.own)
            self.journal.tags(self.own)

    def _shown(self) -> Mapping[str, str]:
        """Return the tags of the only worker; empty if they are not shown, or another worker can be meant."""
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
        """Poll the number of workers that have the new tags until there is one, and return it; 0 after a time-out.

        In a cluster of several members, the target's node may not be a worker: then a time-out raises `LimitMissed`.
        """
        if self._response is not None and self._response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"the tags could not be set: {self._response!r}", "update-tags.success")
        number = self.patience.poll(TAGGED, self.latency, workers, bool, PAUSE)
        if not number and has_several_members(self.target):
            raise LimitMissed(TAGGED, self.latency, "none; this node may not be a worker")
        return number

    def lost(self, workers: Callable[[], int]) -> int:
        """Poll the number of workers that have the removed tags until there is none, and return it."""
        return self.patience.poll(UNTAGGED, self.latency, workers, lambda number: not number, PAUSE)

    def restore(self) -> None:
        """Restore the tags of the node, if this worker has changed them."""
        if self._is_held:
            self._is_held = False
            self.put_back()

    def put_back(self) -> None:
        """Restore the tags of the node, if the run has changed them. Errors of the target are ignored."""
        own = self.target.own
        # If the target is gone, so are its tags, which are only in memory.
        with suppress(Inconclusive), self.target.governor.cleanup():
            if own.tagged:
                self.target.post("/update-tags", body=dict(own.tags))
                own.tagged = False
