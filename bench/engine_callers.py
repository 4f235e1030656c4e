"""Scenarios for clients on a real engine: those that need no changed response.

Most scenarios run on one node with basic auth and few slots, so that jobs wait for slots; a failover runs on two nodes.
A proxy between client and engine adds the credentials to each request, except in the scenario `credentials`. It can
also change the path of a request, its job, or the submitted configuration. Every response is the engine's.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from random import randrange
from typing import Any, Final, TypeAlias, cast

import httpx2
import psutil

from seatunnel_conformance.clients.run import Start
from seatunnel_conformance.clients.scenarios import LARGE_ID, SCENARIOS, ClientScenario, Stage, always
from seatunnel_conformance.clients.traffic import SUBMITS
from seatunnel_conformance.faults.catalogue import CombinedEffect, Condition, FaultEffect, effect_of
from seatunnel_conformance.faults.changes import Change, numbered, path, unchanged, uses, with_parameter
from seatunnel_conformance.faults.documents import DETAILS, LISTS
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_openapi import Contract

Effect: TypeAlias = Callable[[Stage], FaultEffect]
"""Makes the effect of a scenario on the traffic with an engine."""

USER: Final = "admin:secret"
SLOTS: Final = 6
"""Slots of the node: more than two jobs need."""

_WAITS: Final = 2
"""Reads at which a job waits for slots."""
_MOST: Final = 20
"""Maximum number of jobs that are submitted to take all slots."""
_PATIENCE: Final = 20
"""Maximum number of reads until a new job runs or waits for slots."""


def _large_id() -> str:
    """Return a new id above 2^53 that loses its last digit as a number."""
    return str(LARGE_ID + 2 * randrange(2**51))  # noqa: S311 - no secret


@dataclass
class EngineNode:
    """A node of the engine."""

    url: str
    process: psutil.Process

    def stop(self) -> None:
        """Kill the process of the node, as in a crash."""
        self.process.kill()


@dataclass
class EngineDeployment:
    """The engine during one scenario. All its jobs are those of the scenario, and are stopped at the end."""

    nodes: Sequence[EngineNode]
    contract: Contract

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        """Send a request with the credentials, and return the JSON of the response."""
        user, password = USER.split(":")
        response = httpx2.request(method, f"{self.nodes[-1].url}{path}", auth=(user, password), timeout=60, **more)
        response.raise_for_status()
        return response.json()

    def node(self, number: int) -> EngineNode:
        """Return the node with this number. The master is node 1."""
        return self.nodes[number - 1]

    def submit(self, config: dict[str, Any] | None = None, **parameters: str) -> str:
        """Submit a job and return its id."""
        if "jobId" in parameters:  # the engine remembers the ids of all scenarios
            parameters["jobId"] = _large_id()
        config = config or Stage(self, self.contract).batch()
        return str(self._asked("POST", "/submit-job", params=parameters, json=config)["jobId"])

    def state_of(self, job_id: str) -> str:
        """Poll a job until it runs, waits or has ended, and return its state."""
        state = ""
        for _ in range(_PATIENCE):
            state = str(self._asked("GET", f"/job-info/{job_id}").get("jobStatus"))
            if state in {"RUNNING", "PENDING", "FINISHED", "FAILED"}:
                break
        return state

    def stop_job(self, job_id: str) -> None:
        """Stop a job."""
        self._asked("POST", "/stop-job", json={"jobId": job_id, "isStopWithSavePoint": False})

    def stop_jobs(self) -> None:
        """Stop all jobs. Those that wait for slots are stopped when they run."""
        while running := self._asked("GET", "/running-jobs"):
            for job in running:
                if self.state_of(job["jobId"]) == "RUNNING":
                    self.stop_job(job["jobId"])

    @property
    def name(self) -> str:
        """The name and the version that the engine reports."""
        found = self._asked("GET", "/overview")
        return f"SeaTunnel {found['projectVersion']} (gitCommitAbbrev {found['gitCommitAbbrev']})"


@dataclass
class _Full(FaultEffect):
    """Endless jobs take all slots before the client submits a job. At the second read of it, they are stopped.

    The last endless job waits for slots, too. It is stopped only when it runs: in some releases, `/finished-jobs`
    responds with 500 after a job was stopped before it ran.
    """

    stage: Stage
    fillers: list[str] = field(default_factory=list)
    reads: int = 0

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for(*SUBMITS) and not self.fillers:
            while len(self.fillers) < _MOST:
                self.fillers.append(self.stage.submitted("endless"))
                if _engine(self.stage).state_of(self.fillers[-1]) == "PENDING":
                    break
        return exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for(*DETAILS) and self.fillers:
            self.reads += 1
            if self.reads == _WAITS:
                for job_id in self.fillers[:-1]:
                    _engine(self.stage).stop_job(job_id)
        return exchange


def _engine(stage: Stage) -> EngineDeployment:
    return cast("EngineDeployment", stage.deployment)


def _first(act: Callable[[EngineNode], object], *on: str, when: Condition = lambda _: True) -> Effect:
    """Return a function that makes the effect of calling `act` with the master at the first of some requests."""

    def effect(stage: Stage) -> FaultEffect:
        def change(number: int) -> Change:
            if number == 1:
                act(_engine(stage).node(1))
            return unchanged

        return effect_of(numbered(change), *on, when=when, before=True)()

    return effect


_OWN: Final[dict[str, Effect]] = {
    "waiting-job": _Full,
    "slow-answer": _first(lambda node: node.process.suspend(), when=uses("GET")),
    **dict.fromkeys(("stop-error", "credentials", "long-list"), always(unchanged)),
    "large-ids": always(
        with_parameter("jobId", lambda _: _large_id()),
        "submit_job",
        "submit_job_by_upload",
        when=lambda it: "jobId" not in it.parameters,
        before=True,
    ),
    # The engine responds with its page for unknown paths.
    "html-error": always(path(lambda it: f"/elsewhere{it.path}"), when=uses("GET"), before=True),
    "master-change": _first(EngineNode.stop, *DETAILS, *LISTS),
}
"""The effects of scenarios in which the proxy makes responses if the deployment is a reference server."""

_SAME: Final = frozenset({"healthy-job", "failing-job", "unknown-id", "expired-history", "lost-submission"})
"""Scenarios whose effects change no responses on a reference server, either."""

PLAYED: Final = tuple(name for name in SCENARIOS if name in _SAME or name in _OWN)
"""The scenarios that can run on an engine."""


def _authorized(it: ProxiedExchange) -> ProxiedExchange:
    """Add the credentials to a request."""
    return it.with_request_header("Authorization", f"Basic {base64.b64encode(USER.encode()).decode()}")


def played_on(names: list[str]) -> tuple[ClientScenario, ...]:
    """Return the scenarios with these names that can run on an engine, with their effects there."""

    def effect_on(scenario: ClientScenario) -> Effect:
        own = _OWN.get(scenario.name, scenario.effect)
        if scenario.name == "credentials":
            return own
        return lambda stage: CombinedEffect((effect_of(_authorized, before=True)(), own(stage)))

    chosen = [SCENARIOS[name] for name in PLAYED if name in names]
    return tuple(replace(scenario, effect=effect_on(scenario)) for scenario in chosen)


def engine_of(
    engine: EngineDeployment, cluster: Callable[[int], AbstractContextManager[EngineDeployment]] | None = None
) -> Start:
    """Return a function that provides the engine for a scenario, or a cluster if one node is not enough."""

    @contextmanager
    def start(scenario: ClientScenario) -> Iterator[EngineDeployment]:
        if scenario.nodes > 1 and cluster:
            with cluster(scenario.nodes) as nodes:
                yield nodes
            return
        try:
            yield engine
        finally:
            engine.node(1).process.resume()
            engine.stop_jobs()

    return start
