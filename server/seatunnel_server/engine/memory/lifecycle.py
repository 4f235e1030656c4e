"""The states of a job and the transitions between them, as data.

Source: the engines' own logs of some 3,900 jobs (research, 16.4). A job that is queued before it is marked as pending
takes the detour `SCHEDULED`, `RUNNING`, `PENDING`, `RUNNING`; otherwise states only go forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from seatunnel_server.engine.domain import JobStatus

_S = JobStatus

TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = MappingProxyType(
    {
        _S.INITIALIZING: frozenset({_S.CREATED}),
        _S.CREATED: frozenset({_S.PENDING, _S.SCHEDULED}),
        _S.PENDING: frozenset({_S.RUNNING, _S.CANCELING, _S.FAILED}),
        _S.SCHEDULED: frozenset({_S.RUNNING, _S.CANCELING, _S.FAILED}),
        _S.RUNNING: frozenset({_S.PENDING, _S.FINISHED, _S.FAILING, _S.CANCELING, _S.DOING_SAVEPOINT}),
        _S.FAILING: frozenset({_S.FAILED}),
        _S.CANCELING: frozenset({_S.CANCELED}),
        _S.DOING_SAVEPOINT: frozenset({_S.SAVEPOINT_DONE, _S.CANCELING, _S.FAILING}),
        _S.FAILED: frozenset(),
        _S.CANCELED: frozenset(),
        _S.SAVEPOINT_DONE: frozenset(),
        _S.FINISHED: frozenset(),
        _S.UNKNOWABLE: frozenset(),
    }
)
"""The states that may follow each state."""

STOPPABLE = frozenset(status for status, after in TRANSITIONS.items() if _S.CANCELING in after)

RESTORED = frozenset({_S.PENDING, _S.SCHEDULED, _S.RUNNING})
"""The states of jobs that continue when a node leaves; jobs in other states are about to end."""


class IllegalTransition(RuntimeError):
    """A job was about to change to a state that may not follow its current one: a bug in this program."""

    def __init__(self, before: JobStatus, after: JobStatus) -> None:
        super().__init__(f"a job does not go from {before} to {after}")
        self.before = before
        self.after = after


def advance(before: JobStatus, after: JobStatus) -> JobStatus:
    """Return `after`, if this state may follow `before`. Raises `IllegalTransition`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(before, after)
    return after
