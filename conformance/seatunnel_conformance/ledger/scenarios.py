"""The recorded scenarios that show a clause, and the others that use its operation.

A scenario shows a clause whose evidence names one of its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import seatunnel_openapi
from seatunnel_conformance.replay import selection as choice
from seatunnel_conformance.replay.recording import Scenario
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Clause


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A recorded scenario, by area and name (`job-info/unknown`), with the releases that recorded it.

    `shows` tells whether it is evidence of the clause. `left_out` is the reason why no run plays it; None if one does.
    """

    name: str
    shows: bool
    releases: tuple[str, ...]
    left_out: str | None

    @property
    def pattern(self) -> str:
        """The pattern for its check: `*recorded as job-info/unknown`."""
        return f"*recorded as {self.name}"


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A scenario in the recording of one release: its steps as evidence names them, and their operations."""

    release: str
    scenario: Scenario = field(repr=False)
    steps: frozenset[str]
    operations: frozenset[str]


def scenario_rows(clause: Clause, contract: Contract) -> tuple[ScenarioRow, ...]:
    """Return the recorded scenarios for a clause, those that show it first, in the order of the recordings."""
    cited = frozenset(piece.ref.partition("#")[2] for piece in clause.evidence if piece.how == "recorded")
    found: dict[str, list[_Recorded]] = {}
    for recorded in _recorded(contract):
        if cited & recorded.steps or clause.operation_id in recorded.operations:
            found.setdefault(choice.full_name(recorded.scenario), []).append(recorded)
    rows = (_row(name, recordings, cited) for name, recordings in found.items())
    return tuple(sorted(rows, key=lambda row: not row.shows))


def _row(name: str, recordings: list[_Recorded], cited: frozenset[str]) -> ScenarioRow:
    releases = tuple(recorded.release for recorded in recordings)
    shows = any(cited & recorded.steps for recorded in recordings)
    return ScenarioRow(name, shows, releases, choice.left_out(recordings[0].scenario))


@cache
def _recorded(contract: Contract) -> tuple[_Recorded, ...]:
    """Return every scenario of every recording, with the operations of one contract."""
    return tuple(
        _Recorded(release, scenario, frozenset(_steps(scenario)), frozenset(_operations(scenario, contract)))
        for release in seatunnel_openapi.releases()
        for scenario in choice.scenarios(release)
    )


def _steps(scenario: Scenario) -> Iterator[str]:
    return (f"{choice.full_name(scenario)}/{step.id}" for step in scenario.steps if step.exchange is not None)


def _operations(scenario: Scenario, contract: Contract) -> Iterator[str]:
    """Yield the ids of the operations whose responses are compared."""
    requests: Iterator[Mapping[str, str]] = (
        step.step["request"] for step in scenario.steps if step.exchange is not None
    )
    for request in requests:
        operation, _ = routes.find(contract, request["method"], request["path"].partition("?")[0])
        if operation is not None:
            yield operation.id
