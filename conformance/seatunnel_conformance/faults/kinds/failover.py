"""Faults of a node after the master has left its cluster: they begin when the node lists fewer members than before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from seatunnel_conformance.faults.changes import *

_MONITORING: Final = "get_system_monitoring_information"


def _afterwards(then: Change) -> Callable[..., ProxiedExchange]:
    """Start a change at the first list of members that is shorter than an earlier one."""

    def change(it: ProxiedExchange, sizes: list[int]) -> ProxiedExchange:
        if it.response and it.is_for(_MONITORING) and it.ok and it.document:
            sizes.append(len(it.document))
        return it if sizes == sorted(sizes) else then(it)

    return change


def _two_masters(it: ProxiedExchange) -> ProxiedExchange:
    shows_members = it.is_for(_MONITORING) and lists(it)
    return edited(each(put(isMaster="true")))(it) if shows_members else overview(put(workers="1"))(it)


def _without_jobs(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_json([]) if doc.lists_jobs(it) else doc.as_unknown(it) if doc.shows_a_job(it) else it


def _without_master(it: ProxiedExchange) -> ProxiedExchange:
    is_refused = doc.shows_unknown_job(it) if it.response else it.is_for("submit_job", "stop_job")
    return it.with_error(SERVER_ERROR, "there is no master") if is_refused else it


FAULTS: Final = (
    row("failover-leaves-two-masters",
        "After the master has left, a node lists every member as master, and its overview counts one worker.",
        "failover.next-master failover.same-counts", _afterwards(_two_masters), deployment=FAILOVER),
    row("failover-loses-jobs",
        "After the master has left, a node shows known jobs as unknown, and its lists of jobs are empty.",
        "failover.streaming-jobs failover.history-kept failover.ended-jobs-unchanged", _afterwards(_without_jobs),
        deployment=FAILOVER),
    row("failover-refuses-requests",
        "After the master has left, a node answers submissions, stops and unknown ids with 500.",
        "failover.unknown-id failover.stop failover.savepoint-kept failover.new-jobs", _afterwards(_without_master),
        before=None, deployment=FAILOVER),
)  # fmt: skip
