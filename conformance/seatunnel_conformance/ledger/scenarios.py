"""Which recorded scenarios show a clause, and which others ask the operation that it is about.

A scenario shows a clause whose evidence names one of its steps. What merely asks the operation holds the target to
recorded answers, in which more can be broken than any clause says.
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
    """A recorded scenario, by area and name (`job-info/unknown`), with the releases that have answered it.

    `shows` tells whether it is evidence of the clause. `left_out` says why no run plays it; None for one that is.
    """

    name: str
    shows: bool
    releases: tuple[str, ...]
    left_out: str | None

    @property
    def pattern(self) -> str:
        """What selects its check: `*recorded as job-info/unknown`."""
        return f"*recorded as {self.name}"


@dataclass(frozen=True, slots=True)
class _Answered:
    """A scenario as one release has answered it: its steps as evidence names them, the operations that they ask."""

    release: str
    scenario: Scenario = field(repr=False)
    steps: frozenset[str]
    operations: frozenset[str]


def scenario_rows(clause: Clause, contract: Contract) -> tuple[ScenarioRow, ...]:
    """Return the recorded scenarios that concern a clause: first those that show it, in the order of the recordings."""
    cited = frozenset(piece.ref.partition("#")[2] for piece in clause.evidence if piece.how == "recorded")
    found: dict[str, list[_Answered]] = {}
    for answered in _answered(contract):
        if cited & answered.steps or clause.operation_id in answered.operations:
            found.setdefault(choice.full_name(answered.scenario), []).append(answered)
    rows = (_row(name, answers, cited) for name, answers in found.items())
    return tuple(sorted(rows, key=lambda row: not row.shows))


def _row(name: str, answers: list[_Answered], cited: frozenset[str]) -> ScenarioRow:
    releases = tuple(answered.release for answered in answers)
    shows = any(cited & answered.steps for answered in answers)
    return ScenarioRow(name, shows, releases, choice.left_out(answers[0].scenario))


@cache
def _answered(contract: Contract) -> tuple[_Answered, ...]:
    """Return every scenario of every recording, its requests read by one contract."""
    return tuple(
        _Answered(release, scenario, frozenset(_steps(scenario)), frozenset(_operations(scenario, contract)))
        for release in seatunnel_openapi.releases()
        for scenario in choice.scenarios(release)
    )


def _steps(scenario: Scenario) -> Iterator[str]:
    return (f"{choice.full_name(scenario)}/{step.id}" for step in scenario.steps if step.exchange is not None)


def _operations(scenario: Scenario, contract: Contract) -> Iterator[str]:
    """Yield the ids of the operations whose answers are compared."""
    requests: Iterator[Mapping[str, str]] = (
        step.step["request"] for step in scenario.steps if step.exchange is not None
    )
    for request in requests:
        operation, _ = routes.find(contract, request["method"], request["path"].partition("?")[0])
        if operation is not None:
            yield operation.id
