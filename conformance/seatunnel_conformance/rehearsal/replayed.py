"""The requests of a log, played to a server of either release: where their answers differ.

The servers are ours, and empty. So a job that the log asks for without having submitted it is stood in for by a small
one under an id of its own, which has ended, or runs if the log's answers show it running. Every id of the log becomes
one that is made up anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.compare.histories import rest
from seatunnel_conformance.compare.pair import Compared, Pair, words_of
from seatunnel_conformance.rehearsal.traffic import Routed, Traffic
from seatunnel_conformance.replay import RecordedStep, Scenario
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

_MOST: Final = 300
"""Different requests that are played at most."""
_ID: Final = re.compile(r"(?<![\w.])\d{12,19}(?![\w.])")
"""What can be a job id in a path, a query or a body: long enough to be no count, no time in seconds."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it. `differing` are the steps answered differently; `unplayable` requests had no body in the log."""

    played: int
    differing: tuple[Compared, ...]
    unplayable: int = 0
    left_out: int = 0


@dataclass(slots=True)
class _Script:
    """The history under construction: `names` maps ids of the log to the names of variables."""

    jobs: Jobs
    steps: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    unplayable: int = 0

    def add(self, routed: Routed, running: frozenset[str]) -> None:
        """Add a request, unless it is there already or its body is not known."""
        seen = routed.seen
        if seen.method not in _READING and seen.body is None:
            self.unplayable += 1
            return
        submits = routed.operation.path.startswith("/submit-job")
        text = f"{routed.path}?{seen.query}" if seen.query else routed.path
        for job_id in dict.fromkeys(_ID.findall(f"{text} {seen.body or ''}")):
            self._meet(job_id, stands_in=not submits, runs=job_id in running)
        request = {"method": seen.method, "path": self._renamed(text), "headers": dict(seen.headers)}
        request |= {} if seen.body is None else {"body": self._renamed(seen.body)}
        key = json.dumps(request, sort_keys=True)
        if key not in self.asked:
            self.asked.add(key)
            self.steps.append({"id": text, "request": request, **({} if not submits else self._told(routed))})
            self.steps += (
                [step for name in self._submitted(routed) for step in rest(name, "RUNNING")] if submits else []
            )

    def _meet(self, job_id: str, *, stands_in: bool, runs: bool) -> None:
        if job_id in self.names:
            return
        name = self.names[job_id] = f"log{len(self.names) + 1}"
        if stands_in:
            variable = f"{{{{fresh.id.{name}}}}}"
            config = self.jobs.endless() if runs else self.jobs.batch()
            request = {"method": "POST", "path": f"/submit-job?jobId={variable}&jobName=stand-in", "json": config}
            self.steps.append({"id": f"stand-in {name}", "request": request, "record": False})
            self.steps += rest(name, "RUNNING") if runs else rest(name)

    def _told(self, routed: Routed) -> dict[str, Any]:
        """Return how the id that the engine has given is learned, where the log has the answer that told it."""
        answer = routed.seen.answer
        if (
            isinstance(answer, dict)
            and _ID.fullmatch(str(answer.get("jobId")))
            and str(answer["jobId"]) not in self.names
        ):
            self.names[str(answer["jobId"])] = f"log{len(self.names) + 1}"
            return {"capture": {f"fresh.id.{self.names[str(answer['jobId'])]}": "/jobId"}}
        return {}

    def _submitted(self, routed: Routed) -> Iterator[str]:
        told = routed.seen.answer if isinstance(routed.seen.answer, dict) else {}
        for job_id in {*_ID.findall(f"{routed.seen.query} {routed.seen.body or ''}"), str(told.get("jobId"))}:
            if job_id in self.names:
                yield self.names[job_id]

    def _renamed(self, text: str) -> str:
        return _ID.sub(lambda found: f"{{{{fresh.id.{self.names[found[0]]}}}}}", text)


def replayed(urls: tuple[str, str], contracts: tuple[Contract, Contract], traffic: Traffic) -> Replayed:
    """Play the requests of a log to a server of the old and one of the new release. Raises `SideLost`."""
    script = _Script(Jobs(Target(urls[0]), contracts[0]))
    routed = list(traffic.routed(contracts))
    running = _running(routed)
    for each in routed[:_MOST]:
        script.add(each, running)
    steps = tuple(RecordedStep(step, None) for step in script.steps)
    played = Pair(urls, (words_of(contracts[0]), words_of(contracts[1]))).play(
        Scenario("log", traffic.source, keeps_connection=False, steps=steps)
    )
    told = [each for each in played if not each.prepares]
    return Replayed(
        played=len(told),
        differing=tuple(each for each in told if each.differences),
        unplayable=script.unplayable,
        left_out=max(0, len(routed) - _MOST),
    )


def _running(routed: Sequence[Routed]) -> frozenset[str]:
    """Return the ids of the jobs that the log's answers show running, and never ended."""
    states: dict[str, str] = {}
    for each in routed:
        for job in _jobs(each.seen.answer):
            states[str(job["jobId"])] = str(job["jobStatus"])
    return frozenset(job_id for job_id, state in states.items() if state == "RUNNING")


def _jobs(answer: Any) -> Iterator[Mapping[str, Any]]:
    for item in answer if isinstance(answer, list) else [answer]:
        if isinstance(item, dict) and {"jobId", "jobStatus"} <= item.keys():
            yield item
