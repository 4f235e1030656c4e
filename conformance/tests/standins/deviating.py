"""Servers that deviate in one respect, as effects of the proxy of faults before a reference server."""

import time
from collections.abc import Callable
from typing import Any

from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange

DETAILS = ("get_job_info", "get_running_job")
LISTS = ("get_running_jobs", "get_finished_jobs", "get_finished_jobs_by_state")

Change = Callable[[dict[str, Any]], dict[str, Any]]


def each_object(document: Any, change: Change) -> Any:
    """Return a document with a function applied to each object in it."""
    if isinstance(document, list):
        return [each_object(item, change) for item in document]
    if isinstance(document, dict):
        return change({name: each_object(value, change) for name, value in document.items()})
    return document


def is_id(value: Any) -> bool:
    """Return whether a value is an id that the engine accepts."""
    text = str(value)
    return not isinstance(value, bool) and text.isdecimal() and int(text) < 2**63


class Renamed(FaultEffect):
    """The end time has another name everywhere, jobs have one member more, and the version is unknown."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.document is None:
            return exchange

        def change(members: dict[str, Any]) -> dict[str, Any]:
            renamed = {"endedAt" if name == "finishTime" else name: value for name, value in members.items()}
            version = {"projectVersion": "9.9.9"} if "projectVersion" in renamed else {}
            more = {"vendorNote": "x"} if "jobStatus" in renamed else {}
            return {**renamed, **version, **more}

        return exchange.with_json(each_object(exchange.document, change))


class Extended(FaultEffect):
    """Every object of a response with status 200 has a member more, as a vendor's extension would."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        found = exchange.document
        if not exchange.ok or exchange.is_for("encrypt_config") or found is None:
            return exchange
        if isinstance(found, dict) and found.keys() <= {"jobId"} and exchange.is_for(*DETAILS):
            return exchange  # the clauses say that an unknown job has a single member
        if isinstance(found, list):
            return exchange.with_json([{**item, "vendorNote": "x"} for item in found if isinstance(item, dict)])
        return exchange.with_json({**found, "vendorNote": "x"}) if isinstance(found, dict) else exchange


class LateForm(FaultEffect):
    """As a development engine of 3.0: an ended job is shown in the running form for `seconds` seconds."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds
        self.ends: dict[str, float] = {}
        self.options: dict[str, Any] = {}

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        job_id = exchange.parameters.get("jobId", "")
        if exchange.is_for("submit_job") and self._is_recent(job_id):
            return exchange.with_error(500, f"{job_id} is waiting for terminal state cleanup, please retry later.")
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        job = exchange.document
        if not exchange.is_for(*DETAILS) or not isinstance(job, dict) or "jobStatus" not in job:
            return exchange
        if "envOptions" in job:
            self.options[job["jobId"]] = job["envOptions"]
            return exchange
        self.ends.setdefault(job["jobId"], time.monotonic())
        if not self._is_recent(job["jobId"]):
            return exchange
        shown = {name: value for name, value in job.items() if name not in {"errorMsg", "finishTime"}}
        more = {"envOptions": self.options.get(job["jobId"], {}), "pluginJarsUrls": [], "isStartWithSavePoint": False}
        return exchange.with_json({**shown, **more})

    def _is_recent(self, job_id: str) -> bool:
        return job_id in self.ends and time.monotonic() - self.ends[job_id] < self.seconds


class Recounted(FaultEffect):
    """The counts of jobs are those that `count` returns, from one response to the next."""

    def __init__(self, count: Callable[[int], int]) -> None:
        self.count = count
        self.asked = 0

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.document is None or not exchange.is_for(*DETAILS, *LISTS):
            return exchange
        self.asked += 1
        text = str(self.count(self.asked))

        def change(members: dict[str, Any]) -> dict[str, Any]:
            texts = {name for name, value in members.items() if isinstance(value, str)}
            is_count = {name for name in texts if name.lower().endswith("count")}
            return {name: text if name in is_count else value for name, value in members.items()}

        return exchange.with_json(each_object(exchange.document, change))


class StopIgnored(FaultEffect):
    """Stops are accepted, and not done."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        body = exchange.request_json
        if exchange.is_for("stop_job") and isinstance(body, dict) and is_id(body.get("jobId")):
            return exchange.with_reply(200, {"jobId": str(body["jobId"])})
        if exchange.is_for("stop_jobs") and isinstance(body, list) and all(is_id(item.get("jobId")) for item in body):
            return exchange.with_reply(200, [{"jobId": item["jobId"]} for item in body])
        return exchange


class StaleLists(FaultEffect):
    """Lists stay as they were at the first request."""

    def __init__(self) -> None:
        self.first: dict[str, Any] = {}

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.document is None or exchange.method != "GET" or not exchange.is_for(*LISTS):
            return exchange
        return exchange.with_json(self.first.setdefault(exchange.target, exchange.document))


class EverRunning(FaultEffect):
    """Every job is shown as running."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        job = exchange.document
        if not exchange.is_for(*DETAILS) or not isinstance(job, dict) or "jobStatus" not in job:
            return exchange
        shown = {name: value for name, value in job.items() if name not in {"errorMsg", "finishTime"}}
        more = {"envOptions": {"job.mode": "BATCH"}, "pluginJarsUrls": [], "isStartWithSavePoint": False}
        return exchange.with_json({**more, **shown, "jobStatus": "RUNNING"})
