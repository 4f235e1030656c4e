"""The environment of the checks of one process: settings, contract, target, own jobs, tags of the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from seatunnel_conformance.arrange.comparisons import ComparedValues
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.journal import Journal
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_openapi import Contract

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Context:
    """The environment of the checks. `compared` has the values that the current check's assertions compared."""

    settings: Settings
    contract: Contract
    target: Target
    jobs: Jobs
    tags: Tags
    compared: list[ComparedValues] = field(default_factory=list)
    _made: dict[type, Any] = field(default_factory=dict)

    @classmethod
    def set_up(cls, settings: Settings, contract: Contract, own: OwnIds | None = None) -> Self:
        """Return a new context. Connections are made when the first request is sent.

        `own` are the job ids of another context of the same run.
        """
        own = own or OwnIds(settings.run)
        target = Target(settings.url, limits=settings.limits, connection=settings.connection, own=own)
        writing = target.writing(allowed=settings.may_write)
        journal = Journal(settings.url, settings.run, settings.journal, settings.connection.redactor())
        jobs = Jobs(writing, contract, settings.wait, journal)
        return cls(settings, contract, target, jobs, Tags(writing, settings.run, settings.tags, journal=journal))

    def once(self, kind: type[_Made], make: Callable[[], _Made]) -> _Made:
        """Return a value that several checks share; the first caller makes it."""
        if kind not in self._made:
            self._made[kind] = make()
        made: _Made = self._made[kind]
        return made

    def close(self) -> list[str]:
        """Stop own jobs, restore tags, close connections. Returns the ids of the jobs that could not be stopped."""
        with self.target, self.target.governor.tidying():
            self.tags.restore()
            left = [self.target.wire.redactor.text(job_id) for job_id in self.jobs.close()]
        if not left and not isinstance(self.target.governor.ended, TargetUnreachable):
            self.jobs.journal.done()
        return left
