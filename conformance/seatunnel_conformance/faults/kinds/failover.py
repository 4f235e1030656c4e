"""Faults of a node after the master of its cluster has left. The fault begins when the node lists fewer members."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import FAILOVER, FaultEffect, row
from seatunnel_conformance.faults.changes import each, edited, lists, overview, put, workers
from seatunnel_conformance.faults.exchange import SERVER_ERROR, ProxiedExchange


class _AfterFailover(FaultEffect):
    """Changes responses as soon as a member has left."""

    def __init__(self) -> None:
        self.members = 0
        self.has_begun = False

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Count the members, and change the response if there were more before."""
        if exchange.is_for("get_system_monitoring_information") and exchange.ok and exchange.document:
            self.has_begun = self.has_begun or len(exchange.document) < self.members
            self.members = len(exchange.document)
        return self.afterwards(exchange) if self.has_begun else exchange

    def afterwards(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Return the changed response."""
        return exchange


class _LeavesTwoMasters(_AfterFailover):
    def afterwards(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change the members and the number of workers."""
        if exchange.is_for("get_system_monitoring_information") and lists(exchange):
            return edited(each(put(isMaster="true")))(exchange)
        return overview(workers("1"))(exchange)


class _LosesJobs(_AfterFailover):
    def afterwards(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Answer as for an unknown job, or with an empty list."""
        if doc.lists_jobs(exchange):
            return exchange.with_json([])
        return doc.as_unknown(exchange) if doc.shows_a_job(exchange) else exchange


class _RefusesRequests(_AfterFailover):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Refuse submissions and stops."""
        refused = self.has_begun and exchange.is_for("submit_job", "stop_job")
        return exchange.with_error(SERVER_ERROR, "there is no master") if refused else exchange

    def afterwards(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Refuse unknown ids."""
        return exchange.with_error(SERVER_ERROR, "there is no master") if doc.shows_unknown_job(exchange) else exchange


FAULTS: Final = (
    row("failover-leaves-two-masters",
        "When the master leaves, a node takes every member for a master, and counts itself only.",
        "failover.next-master failover.same-counts", _LeavesTwoMasters, deployment=FAILOVER),
    row("failover-loses-jobs", "When the master leaves, the jobs that it knew are unknown, and the history is empty.",
        "failover.streaming-jobs failover.history-kept failover.ended-jobs-unchanged", _LosesJobs, deployment=FAILOVER),
    row("failover-refuses-requests",
        "When the master leaves, a node answers submissions, stops and unknown ids with 500.",
        "failover.unknown-id failover.stop failover.savepoint-kept failover.new-jobs", _RefusesRequests,
        deployment=FAILOVER),
)  # fmt: skip
