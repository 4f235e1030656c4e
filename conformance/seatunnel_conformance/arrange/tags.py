"""The tags of the node that is asked: set by a check, put back afterwards.

The API tells nobody which tags a node has, so "back" is what the operator names (`--tag`), by default none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seatunnel_conformance.arrange.journal import Journal
from seatunnel_conformance.arrange.locking import Lock
from seatunnel_conformance.errors import Inconclusive, LimitMissed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Answer

LATENCY = 15.0
"""Seconds within which the master learns of tags; its heartbeat takes five."""

PAUSE = 0.2
"""Seconds between two questions."""


@dataclass(slots=True, repr=False)
class Tags:
    """The tags of one target's node; `own` are those it has at the end of every check that changed them."""

    target: Target
    run: str
    own: Mapping[str, str] = field(default_factory=dict)
    latency: float = LATENCY
    journal: Journal = field(default_factory=Journal)
    _lock: Lock | None = None

    def __repr__(self) -> str:
        return f"<tags of run {self.run}>"

    @property
    def name(self) -> str:
        """The name of a tag that nobody else has."""
        return f"conformance-{self.run}"

    def hold(self) -> None:
        """Keep other runs on this machine away from the tags of the node until they are put back."""
        if self._lock is None:
            self._lock = Lock(f"tags of {self.target.url}")
            self._lock.acquire()
            self.journal.tags(self.own)

    def set(self, tags: object) -> Answer:
        """Send a body to `/update-tags` and return the answer unjudged."""
        self.hold()
        return self.target.post("/update-tags", body=tags)

    def found(self, workers: Callable[[], int]) -> int:
        """Ask for the number of workers that carry tags just set until there is one, and return it.

        The master may learn of tags some seconds late. Where it never does, that is told apart from a node that is no
        worker: only in a cluster of several members can the node that is asked be none (`LimitMissed`).
        """
        deadline = time.monotonic() + self.latency
        while not (number := workers()):
            if time.monotonic() > deadline:
                self._require_single_member()
                return 0
            time.sleep(PAUSE)
        return number

    def lost(self, workers: Callable[[], int]) -> int:
        """Ask for the number of workers that carry tags just removed until there is none, and return it."""
        deadline = time.monotonic() + self.latency
        while (number := workers()) and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return number

    def _require_single_member(self) -> None:
        if len(self.target.get("/system-monitoring-information").items) > 1:
            raise LimitMissed("a worker with the tags that were set", self.latency, "none; is this node a worker?")

    def restore(self) -> None:
        """Give the node its own tags again, if they were held; nothing that happens here is judged."""
        if self._lock is None:
            return
        try:
            with self.target.governor.tidying():
                self.target.post("/update-tags", body=dict(self.own))
        except Inconclusive:
            # The target is gone, and its tags, which live in memory only, with it.
            pass
        finally:
            self._lock.release()
            self._lock = None
