"""Servers with one deviation in many responses: the check of one clause has to fail, no check that depends on it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import Maker, effect_of
from seatunnel_conformance.faults.changes import (
    Change,
    Edit,
    as_at_first,
    each,
    edited,
    everywhere,
    numbered,
    put,
    shown,
    uses,
)
from seatunnel_conformance.faults.documents import DETAILS, LISTS, is_job, shows_unknown_job
from seatunnel_conformance.faults.exchange import ProxiedExchange, without


def each_object(edit: Edit) -> Edit:
    """Edit each object in a document, from the innermost on."""
    return everywhere(lambda found: edit(found) if isinstance(found, dict) else found)


def is_id(value: Any) -> bool:
    """Return whether a value is an id that the engine accepts."""
    text = str(value).removeprefix("+")  # as in `Long.parseLong`
    return not isinstance(value, bool) and text.isdecimal() and int(text) < 2**63


def is_long(value: Any) -> bool:
    """Return whether a value is an id that does not fit into 32 bits, as a number."""
    return isinstance(value, int) and is_id(value) and value >= 2**31


def _renamed(members: dict[str, Any]) -> dict[str, Any]:
    found = {"endedAt" if name == "finishTime" else name: value for name, value in members.items()}
    version = {"projectVersion": "9.9.9"} if "projectVersion" in found else {}
    more = {"vendorNote": "x"} if "jobStatus" in found else {}
    return {**found, **version, **more}


def _may_have_more(it: ProxiedExchange) -> bool:
    # The clauses say that an unknown job has a single member.
    return it.ok and not it.is_for("encrypt_config") and not shows_unknown_job(it)


def _with_note(found: Any) -> Any:
    more = put(vendorNote="x")
    return each(more)(found) if isinstance(found, list) else more(found)


def late_form(seconds: float = 60.0) -> Maker:
    """As a development engine of 3.0: an ended job is shown in the running form for some seconds."""

    def change(it: ProxiedExchange, ends: dict[str, float], options: dict[str, Any]) -> ProxiedExchange:
        now = time.monotonic()
        if not it.response:
            job_id = it.parameters.get("jobId", "")
            refused = it.is_for("submit_job") and now - ends.get(job_id, -math.inf) < seconds
            message = f"{job_id} is waiting for terminal state cleanup, please retry later."
            return it.with_error(500, message) if refused else it
        job = it.document
        if not it.is_for(*DETAILS) or not is_job(job):
            return it
        if "envOptions" in job:
            options[job["jobId"]] = job["envOptions"]
            return it
        is_recent = now - ends.setdefault(job["jobId"], now) < seconds
        return it.with_json(_as_running(job, options.get(job["jobId"], {}))) if is_recent else it

    return effect_of(change, before=None)


def _as_running(job: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    more = {"envOptions": options, "pluginJarsUrls": [], "isStartWithSavePoint": False}
    return {**more, **without(job, "errorMsg", "finishTime")}


def _is_count(name: str) -> bool:
    return name.lower().endswith("count")


def recounted(count: Callable[[int], int]) -> Maker:
    """Return the maker of an effect: counts of jobs are what `count` returns for the number of the response."""

    def change(number: int) -> Change:
        text = str(count(number))
        return edited(
            each_object(
                lambda members: {
                    name: text if isinstance(value, str) and _is_count(name) else value
                    for name, value in members.items()
                }
            )
        )

    return effect_of(numbered(change), *DETAILS, *LISTS, when=lambda it: it.document is not None)


def _stop_ignored(it: ProxiedExchange) -> ProxiedExchange:
    found = it.request_json
    if it.is_for("stop_job") and isinstance(found, dict) and is_id(found.get("jobId")):
        return it.with_reply(200, {"jobId": str(found["jobId"])})
    if it.is_for("stop_jobs") and isinstance(found, list) and all(is_long(item.get("jobId")) for item in found):
        return it.with_reply(200, [{"jobId": item["jobId"]} for item in found])
    return it


RENAMED: Final = effect_of(edited(each_object(_renamed)))
"""The end time has another name everywhere, jobs have one member more, and the version is unknown."""

EXTENDED: Final = effect_of(edited(_with_note), when=_may_have_more)
"""Every object of a response with status 200 has a member more, as a vendor's extension would."""

STOP_IGNORED: Final = effect_of(_stop_ignored, before=True)
"""Stops are accepted, and not done."""

STALE_LISTS: Final = effect_of(as_at_first(lambda it: it.target), *LISTS, when=uses("GET"))
"""Lists stay as they were at the first request."""

EVER_RUNNING: Final = effect_of(shown(lambda job: {**_as_running(job, {"job.mode": "BATCH"}), "jobStatus": "RUNNING"}))
"""Every job is shown as running."""
