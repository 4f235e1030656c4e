"""Sends the requests of a log to reference servers of both releases, and compares the responses.

The servers have no jobs. The log can show jobs that none of its requests submits. A small job replaces each of them: it
is submitted before a list or a request that names the job, and runs or has ended, like the job in the last response of
the log. Jobs that were always unknown are not submitted. Every id of the log is replaced by a new one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.compare.pair import ComparedStep, Pair
from seatunnel_conformance.faults.documents import DETAILS
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.observe.schemas import property_names
from seatunnel_conformance.rehearsal.request_log import RequestLog, Routed
from seatunnel_conformance.rehearsal.rows import Names
from seatunnel_conformance.replay import RecordedStep, Scenario
from seatunnel_conformance.replay.normalise import ABSENT, ExchangeDifference
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

_MOST: Final = 300
"""The maximum number of requests of the log that are sent."""
_LISTED: Final = 3
"""The maximum number of jobs of a list for which jobs are submitted."""
_SETTLED: Final = 0.5
"""Seconds until all responses show the new state of a job."""
_STATUS: Final = "/status"
_BODY: Final = "/body"
_OPERATION: Final = "asks"
"""The member of a step that has the name of its operation."""
_ID: Final = re.compile(r"(?<![\w.])\d{12,19}(?![\w.])")
"""Matches a possible job id in a path, a query or a body: it is longer than a count or a time in seconds."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result: numbers of requests, and the steps with different responses.

    `played` requests were compared, `unplayable` ones are incomplete in the log, `left_out` ones exceed a limit. `lost`
    has, by operation, the paths of members that are missing in the new response or have another type. An empty path
    stands for an error instead of a success.
    """

    played: int
    differing: tuple[ComparedStep, ...]
    unplayable: int = 0
    left_out: int = 0
    lost: Mapping[str, frozenset[Names]] = field(default_factory=dict)


@dataclass(slots=True)
class _Script:
    """Builds the history to play. `names` has the names of variables by ids of the log."""

    jobs: Jobs
    steps: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    unplayable: int = 0

    def add(self, routed: Routed, states: Mapping[str, str]) -> None:
        """Add a request of the log, unless it was already added, or its body or query is not in the log.

        `states` has the states of jobs by id.
        """
        seen = routed.seen
        if not seen.has_values or (seen.method not in READING and seen.body is None):
            self.unplayable += 1
            return
        submits = routed.operation.path.startswith("/submit-job")
        text = f"{routed.path}?{seen.query}" if seen.query else routed.path
        listed = (
            [str(job["jobId"]) for job in islice(_jobs(routed), _LISTED)] if isinstance(seen.response, list) else []
        )
        for job_id in dict.fromkeys([*_ID.findall(f"{text} {seen.body or ''}"), *listed]):
            state = states.get(job_id, "FINISHED")
            self._add_job(job_id, is_replaced=not submits and bool(state), runs=state == "RUNNING")
        request = {"method": seen.method, "path": self._renamed(text), "headers": dict(seen.headers)}
        request |= {} if seen.body is None else {"body": self._renamed(seen.body)}
        key = json.dumps(request, sort_keys=True)
        if key not in self.asked:
            self.asked.add(key)
            captured = self._capture(routed) if submits else {}
            self.steps.append({"id": text, "request": request, _OPERATION: label(routed.operation), **captured})
            for name in self._submitted(routed) if submits else ():
                self.steps += _rest(name, "RUNNING")

    def _add_job(self, job_id: str, *, is_replaced: bool, runs: bool) -> None:
        if job_id in self.names:
            return
        name = self.names[job_id] = f"log{len(self.names) + 1}"
        if is_replaced:
            variable = f"{{{{fresh.id.{name}}}}}"
            config = self.jobs.endless() if runs else self.jobs.batch()
            request = {"method": "POST", "path": f"/submit-job?jobId={variable}&jobName=stand-in", "json": config}
            self.steps.append({"id": f"stand-in {name}", "request": request, "record": False})
            self.steps += _rest(name, "RUNNING") if runs else _rest(name)

    def _capture(self, routed: Routed) -> dict[str, Any]:
        """Return the option of a step that captures a generated id, if the log has the receipt with this id."""
        job_id = _receipt(routed)
        if not _ID.fullmatch(job_id) or job_id in self.names:
            return {}
        name = self.names[job_id] = f"log{len(self.names) + 1}"
        return {"capture": {f"fresh.id.{name}": "/jobId"}}

    def _submitted(self, routed: Routed) -> Iterator[str]:
        for job_id in {*_ID.findall(f"{routed.seen.query} {routed.seen.body or ''}"), _receipt(routed)}:
            if job_id in self.names:
                yield self.names[job_id]

    def _renamed(self, text: str) -> str:
        return _ID.sub(lambda found: f"{{{{fresh.id.{self.names[found[0]]}}}}}", text)


def _rest(job: str, *states: str) -> Iterator[dict[str, Any]]:
    """Yield steps that wait until a job has ended or, with `states`, also until it has read rows in one of them."""
    request = {"method": "GET", "path": f"/job-info/{{{{fresh.id.{job}}}}}"}
    goals = {"rest": {"pointer": "/jobStatus", "in": [*states, *END_STATES, None]}}
    # The letter case of the counter differs between releases. A poll for the name of the other release ends at once.
    names = ("sourceReceivedCount", "SourceReceivedCount") if states else ()
    goals |= {name: {"pointer": f"/metrics/{name}", "notIn": ["0"]} for name in names}
    for name, until in goals.items():
        poll = {"until": until, "timeoutSeconds": 10}
        yield {"id": f"{name} {job}", "request": request, "poll": poll, "record": False, "wait": 0.1}
    yield {"id": f"settled {job}", "request": request, "record": False, "wait": _SETTLED}


def _receipt(routed: Routed) -> str:
    """Return the job id in the receipt of a submission; empty if the log has no receipt."""
    return str(routed.seen.response.get("jobId")) if isinstance(routed.seen.response, dict) else ""


def replayed(urls: tuple[str, str], contracts: tuple[Contract, Contract], traffic: RequestLog) -> Replayed:
    """Send the requests of a log to servers of the old and the new release. Raises `DeploymentLost`."""
    script = _Script(Jobs.on(urls[0], contracts[0]))
    routed = list(traffic.routed(contracts))
    states = _states(routed)
    for each in routed[:_MOST]:
        script.add(each, states)
    steps = tuple(RecordedStep(step, None) for step in script.steps)
    played = Pair(urls).play(Scenario("log", traffic.source, keeps_connection=False, steps=steps))
    compared = [each for each in played if not each.prepares]
    lost = defaultdict[str, set[Names]](set)
    declared = frozenset[str]().union(*map(property_names, contracts))
    for one in compared:
        ways = {_names(found.pointer) for found in one.differences if loses(found)}
        # Names of tables and vertices are keys of maps, not members of a contract: other keys are not a loss.
        lost[one.step[_OPERATION]] |= {way for way in ways if declared.issuperset(way)}
    return Replayed(
        played=len(compared),
        differing=tuple(each for each in compared if each.differences),
        unplayable=script.unplayable,
        left_out=max(0, len(routed) - _MOST),
        lost={operation: frozenset(found) for operation, found in lost.items()},
    )


def _names(pointer: str) -> Names:
    """Return the path to a member of a body, without the indexes of lists; empty for the status."""
    found = pointer.removeprefix("/body/value").split("/") if pointer != _STATUS else []
    return tuple(name for name in found if name and not name.isdecimal())


def loses(difference: ExchangeDifference) -> bool:
    """Return whether a client of the old response can fail with the new one.

    It can fail with an error instead of a success, or if a member is missing or has another type.
    """
    if difference.pointer == _STATUS:
        return bool(difference.old < HTTPStatus.BAD_REQUEST <= difference.new)
    return difference.pointer.startswith(_BODY) and (
        difference.old is not ABSENT and difference.old is not None and type(difference.old) is not type(difference.new)
    )


def _states(routed: Sequence[Routed]) -> dict[str, str]:
    """Return the last state of each job in the responses of the log by id; an empty string if it was always unknown."""
    states: dict[str, str] = {}
    for each in routed:
        for job in _jobs(each):
            job_id = str(job["jobId"])
            states[job_id] = str(job.get("jobStatus") or states.get(job_id, ""))
    return states


def _jobs(routed: Routed) -> Iterator[Mapping[str, Any]]:
    """Yield the jobs in a response. The response for an unknown job counts as a job without a state."""
    response = routed.seen.response
    for item in response if isinstance(response, list) else [response]:
        if isinstance(item, dict) and "jobId" in item and ("jobStatus" in item or routed.operation.id in DETAILS):
            yield item
