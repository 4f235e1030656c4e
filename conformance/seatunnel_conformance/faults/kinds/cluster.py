"""Cluster faults: a node does not know what the other nodes of its cluster know. They are asked without the fault."""

from __future__ import annotations

import re

from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import FaultEffect, fault
from seatunnel_conformance.faults.exchange import SERVER_ERROR, ProxiedExchange

_MONITORING = "get_system_monitoring_information"
_CLOSED_PORT = 9
"""The port of the service "discard", which nobody runs."""


def _shows_members(exchange: ProxiedExchange) -> bool:
    return exchange.is_for(_MONITORING) and exchange.ok and bool(exchange.document)


@fault("two-masters", breaks=["monitoring.one-master"], when=_shows_members)
def two_masters(exchange: ProxiedExchange) -> ProxiedExchange:
    """A second member says that it is the master."""
    master = {**exchange.document[0], "isMaster": "true", "host": "192.0.2.1"}
    return exchange.with_json([*exchange.document, master] if "isMaster" in exchange.document[0] else [master, master])


@fault("node-is-of-another-cluster", breaks=["nodes.same-members"], when=_shows_members)
def node_is_of_another_cluster(exchange: ProxiedExchange) -> ProxiedExchange:
    """A node lists members that the other nodes don't know."""
    return exchange.with_json([{**member, "host": "192.0.2.1"} for member in exchange.document])


@fault("node-counts-no-workers", breaks=["nodes.same-counts"], when=doc.shows_overview)
def node_counts_no_workers(exchange: ProxiedExchange) -> ProxiedExchange:
    """A node does not know the workers of its cluster."""
    return doc.overview(exchange, **{doc.workers_member(exchange): "0"})


@fault("node-lags", breaks=["nodes.same-jobs"])
def node_lags(exchange: ProxiedExchange) -> ProxiedExchange:
    """A node still misses the last jobs in its history."""
    if not doc.lists_jobs(exchange, *doc.FINISHED) or not exchange.document:
        return exchange
    last = max(job["createTime"] for job in exchange.document)
    return exchange.with_json([job for job in exchange.document if job["createTime"] < last])


class _KnowsItsJobs(FaultEffect):
    """Knows which jobs were submitted at this node."""

    def __init__(self) -> None:
        self.own: set[str] = set()

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Remember the jobs that were submitted here."""
        self.own |= doc.submitted_ids(exchange)
        return exchange


@fault("job-stays-on-its-node", breaks=["nodes.any-node"])
def job_stays_on_its_node(exchange: ProxiedExchange, own: set[str]) -> ProxiedExchange:
    """A node knows no running job that was submitted at another one."""
    own |= doc.submitted_ids(exchange)
    is_foreign = doc.shows_a_job(exchange) and exchange.value not in own
    return doc.as_unknown(exchange) if is_foreign and exchange.document["jobStatus"] == "RUNNING" else exchange


@fault("stop-stays-on-its-node", breaks=["nodes.any-node"])
class StopStaysOnItsNode(_KnowsItsJobs):
    """A node accepts stops of jobs that were submitted at another one, and does not pass them on."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Answer with a receipt."""
        stop = exchange.request_json if exchange.is_for("stop_job") else None
        job_id = str(stop.get("jobId")) if isinstance(stop, dict) else ""
        return exchange.with_reply(200, {"jobId": job_id}) if job_id and job_id not in self.own else exchange


@fault("savepoint-stays-on-its-node", breaks=["nodes.restored-elsewhere"])
class SavepointStaysOnItsNode(_KnowsItsJobs):
    """A node can't start a job from a savepoint that was made at another one."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Refuse the start."""
        starts = exchange.is_for("submit_job") and exchange.parameters.get("isStartWithSavePoint") == "true"
        is_foreign = starts and exchange.parameters.get("jobId") not in self.own
        return exchange.with_error(SERVER_ERROR, "there is no savepoint") if is_foreign else exchange


@fault("master-waits-for-savepoints", breaks=["stop-job.savepoint-at-worker"], deployment="two-nodes")
def master_waits_for_savepoints(exchange: ProxiedExchange) -> ProxiedExchange:
    """The master answers a stop with a savepoint as other members do: with 500 if the job can't be saved."""
    stop = exchange.request_json if exchange.is_for("stop_job") else None
    late = isinstance(stop, dict) and stop.get("isStopWithSavePoint") is True and exchange.ok
    return exchange.with_error(SERVER_ERROR, "SavePointFailedException") if late else exchange


@fault("tags-leak-between-nodes", breaks=["update-tags.this-node"], when=doc.shows_overview, deployment="two-nodes")
def tags_leak_between_nodes(exchange: ProxiedExchange, unfiltered: dict[str, str]) -> ProxiedExchange:
    """A tag of one node is one of every node."""
    workers = doc.workers_member(exchange)
    if not exchange.query:
        unfiltered |= exchange.document
    found = exchange.document[workers]
    return doc.overview(exchange, **{workers: found if found == "0" else unfiltered.get(workers, "2")})


@fault("log-links-lead-nowhere", breaks=["logs.reachable-links"])
def log_links_lead_nowhere(exchange: ProxiedExchange) -> ProxiedExchange:
    """The links of another node have an address that clients can't reach."""
    if not exchange.is_for("list_logs") or not isinstance(exchange.document, list):
        return exchange
    elsewhere = [
        {**entry, "logLink": re.sub(r"//[^/]*", f"//127.0.0.1:{_CLOSED_PORT}", entry["logLink"])}
        for entry in exchange.document
    ]
    return exchange.with_json([*exchange.document, *elsewhere])
