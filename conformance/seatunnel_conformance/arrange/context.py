"""`Context` has everything that the checks of a worker need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

from seatunnel_conformance.arrange.failover import responds
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.leftovers import Journal
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.arrange.options import FAILOVER
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.observe.observer import Observer
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import LISTS, OwnIds
from seatunnel_conformance.target.limits import ChangesLeft
from seatunnel_openapi import Contract, in_own_words

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the checks of one worker need. `others` has clients for further nodes of the target's cluster."""

    settings: Settings
    contract: Contract
    target: Target
    others: tuple[Target, ...]
    jobs: Jobs
    tags: Tags
    observer: Observer
    _made: dict[type, Any] = field(default_factory=dict)
    _making: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def set_up(cls, settings: Settings, contract: Contract, own: OwnIds | None = None) -> Self:
        """Return a new context, which opens its connections with its first request.

        `own` has the job ids of another context of the same run, to be shared.
        """
        own = own or OwnIds(settings.run, dedicated=settings.dedicated)
        contract = in_own_words(contract)
        connection = replace(settings.connection, speaks=settings.connection.speaks or contract.release)
        limits = replace(settings.limits, changes=ChangesLeft(settings.most_changes(contract)))
        target = Target(settings.url, limits=limits, connection=connection, own=own)
        target.observer = observer = Observer(contract, own, target.context_path, target.wire.lists)
        target.governor.usage.disturbances.waiting_lists = _waiting_lists(contract)
        writing = _arranging(target, settings)
        journal = Journal(settings.url, settings.run, settings.journal, settings.connection.redactor())
        jobs = Jobs(writing, contract, settings.wait, journal)
        lasting = settings.depth.lasting
        tags = Tags(writing, settings.run, settings.tags, lasting=lasting, journal=journal, patience=jobs.patience)
        others = tuple(map(target.at, settings.nodes))
        return cls(settings, contract, target, others, jobs, tags, observer)

    def for_worker(self) -> Self:
        """Return the context of another worker: with new connections, and the same jobs and shared values."""
        target = self.target.for_worker()
        writing = _arranging(target, self.settings)
        jobs, tags = replace(self.jobs, target=writing), replace(self.tags, target=writing)
        others = tuple(map(target.at, self.settings.nodes))
        return replace(self, target=target, others=others, jobs=jobs, tags=tags)

    @contextmanager
    def connections(self) -> Iterator[None]:
        """Close the connections to all nodes at the end of the block."""
        try:
            yield
        finally:
            for node in (self.target, *self.others):
                node.close()

    @contextmanager
    def stopped(self, workers: Iterable[Self]) -> Iterator[None]:
        """Make all requests of the run fail, except those of the cleanup, and close the connections of `workers`.

        During the block, the workers can't open new connections.
        """
        self.target.governor.stop()
        with ExitStack() as stack:
            # Without this, a thread that waits for a response would go on waiting.
            for node in (node for one in workers for node in (one.target, *one.others)):
                stack.enter_context(node.wire.down())
            yield

    def once(self, kind: type[_Made], make: Callable[[], _Made]) -> _Made:
        """Return the value of this type that all checks share. The first call makes it."""
        if kind not in self._made:
            with self._making:
                if kind not in self._made:
                    self._made[kind] = make()
        made: _Made = self._made[kind]
        return made

    def close(self) -> list[str]:
        """Stop the jobs of the run, restore tags, and close connections. Return the ids of jobs that may still run.

        After a failover, the jobs are stopped at the first node that still responds.
        """
        nodes = (self.target, *self.others)
        with self.connections(), ExitStack() as stack:
            for node in nodes:
                stack.enter_context(node.governor.cleanup())
            if self.settings.profile == FAILOVER:
                self.jobs.target = _arranging(next(filter(responds, nodes), self.target), self.settings)
            self.tags.put_back()  # a worker whose connections were closed could not do that
            left = [self.target.wire.redactor.text(job_id) for job_id in self.jobs.close()]
        if not left and not self.target.own.tagged and not isinstance(self.target.governor.ended, TargetUnreachable):
            self.jobs.journal.done()
        return left


def _arranging(node: Target, settings: Settings) -> Target:
    """Return a client for the requests to a node that prepare something for checks, or that clean up."""
    return replace(node.writing(allowed=settings.may_write), arranges=True)


def _waiting_lists(contract: Contract) -> tuple[str, ...]:
    """Return the paths of lists that respond with an error while a job waits to be scheduled."""
    facts = {
        one.path: (one.behaviour.get("waitingJob"), one.behaviour.get("unscheduledJob")) for one in contract.operations
    }
    return tuple(path for path in LISTS if "server-error" in facts[path])
