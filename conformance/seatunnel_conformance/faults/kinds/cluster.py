"""Faults of one node of a cluster: its responses differ from those of the other nodes."""

from __future__ import annotations

import re
from typing import Any, Final

from seatunnel_conformance.faults.changes import *

_MONITORING: Final = "get_system_monitoring_information"
_CLOSED_PORT: Final = 9
"""The port of the service "discard", which nobody runs."""


def _with_second_master(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    master = {**found[0], "isMaster": "true", "host": "192.0.2.1"}
    return [*found, master] if "isMaster" in found[0] else [master, master]


def _without_the_last(items: list[doc.Job]) -> list[doc.Job]:
    last = max((job["createTime"] for job in items), default="")
    return [job for job in items if job["createTime"] < last]


def _stay_on_their_node(it: ProxiedExchange, own: set[str]) -> ProxiedExchange:
    own |= doc.submitted_ids(it)
    is_foreign = doc.shows_a_job(it) and it.value not in own
    return doc.as_unknown(it) if is_foreign and it.document["jobStatus"] == "RUNNING" else it


def _stop_stays(it: ProxiedExchange, own: set[str]) -> ProxiedExchange:
    if it.response:
        own |= doc.submitted_ids(it)
        return it
    stop = it.request_json if it.is_for("stop_job") else None
    job_id = str(stop.get("jobId")) if isinstance(stop, dict) else ""
    return it.with_reply(200, {"jobId": job_id}) if job_id and job_id not in own else it


def _savepoint_stays(it: ProxiedExchange, own: set[str]) -> ProxiedExchange:
    if it.response:
        own |= doc.submitted_ids(it)
        return it
    starts = it.is_for("submit_job") and it.parameters.get("isStartWithSavePoint") == "true"
    is_foreign = starts and it.parameters.get("jobId") not in own
    return it.with_error(SERVER_ERROR, "there is no savepoint") if is_foreign else it


def _stops_with_savepoint(it: ProxiedExchange) -> bool:
    return it.ok and isinstance(it.request_json, dict) and it.request_json.get("isStopWithSavePoint") is True


def _leaking_tags(it: ProxiedExchange, unfiltered: dict[str, str]) -> ProxiedExchange:
    if not it.query:
        unfiltered |= it.document
    return it if it.document["workers"] == "0" else overview(put(workers=unfiltered.get("workers", "2")))(it)


def _with_dead_links(found: list[dict[str, str]]) -> list[dict[str, str]]:
    dead = f"//127.0.0.1:{_CLOSED_PORT}"
    return [*found, *({**entry, "logLink": re.sub(r"//[^/]*", dead, entry["logLink"])} for entry in found)]


FAULTS: Final = (
    row("two-masters", "Two monitoring entries say that their member is the master.", "monitoring.one-master",
        edited(_with_second_master), on=_MONITORING, when=lambda it: lists(it) and it.document),
    row("node-is-of-another-cluster",
        "One node names other hosts in its monitoring entries than the other nodes do.", "nodes.same-members",
        edited(each(put(host="192.0.2.1"))), on=_MONITORING, when=lists),
    row("node-counts-no-workers", "The overview of a node counts no workers, while the other nodes count them.",
        "nodes.same-counts", overview(put(workers="0"))),
    row("node-lags", "At one node, the lists of ended jobs lack the newest jobs.", "nodes.same-jobs",
        edited(_without_the_last), on=doc.FINISHED, when=doc.lists_jobs),
    row("job-stays-on-its-node", "A node shows a running job as unknown if it was submitted to another node.",
        "nodes.any-node", _stay_on_their_node),
    row("stop-stays-on-its-node",
        "A node answers the stop of a job that was submitted to another node with 200, but does not stop it.",
        "nodes.any-node", _stop_stays, before=None),
    row("savepoint-stays-on-its-node",
        "A node answers a start from a savepoint with 500 if the job was submitted to another node.",
        "nodes.restored-elsewhere", _savepoint_stays, before=None),
    row("master-waits-for-savepoints",
        "At the master, a stop with a savepoint is answered with 500, as if the savepoint had failed.",
        "stop-job.savepoint-at-worker", error(SERVER_ERROR, "SavePointFailedException"),
        on="stop_job", when=_stops_with_savepoint, deployment="two-nodes"),
    row("tags-leak-between-nodes",
        "Tags that are set at one node apply to all nodes, so a tag filter counts all workers.",
        "update-tags.this-node", _leaking_tags, when=doc.shows_overview, deployment="two-nodes"),
    row("log-links-lead-nowhere",
        "The list of log files has additional links with an address that clients can't reach.",
        "logs.reachable-links", edited(_with_dead_links), on="list_logs", when=lists),
)  # fmt: skip
