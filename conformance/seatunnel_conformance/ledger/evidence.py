"""The releases that have a clause, the evidence for each, and the recorded scenarios that show it.

A clause that is recorded on one release may only be assumed on the next one. If a release has no evidence itself, that
of the last release before it is shown. A scenario shows a clause whose evidence names one of its steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.replay import selection as choice
from seatunnel_conformance.replay.recording import Scenario, recordings_folder
from seatunnel_conformance.target import routes
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Clause, Evidence, How
from seatunnel_openapi.overlay import Action

_STRENGTH: Final[tuple[How, ...]] = ("recorded", "read", "documented")


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """The status of a clause on one release.

    `how` is the strongest evidence, and `known_on` the release of that evidence, which may be an earlier one. `clause`
    is the clause in this release, whose text can differ between releases.
    """

    release: str
    clause: Clause
    how: How
    known_on: str

    @property
    def is_carried_over(self) -> bool:
        """Whether the evidence is of an earlier release."""
        return self.known_on != self.release


@cache
def release_statuses() -> Mapping[str, tuple[ReleaseStatus, ...]]:
    """Return the status of every clause on every release that has it, by clause id, in the order of the releases."""
    actions = {overlay.name: overlay.actions for overlay in seatunnel_openapi.overlays()}
    steps: dict[str, set[str]] = defaultdict(set)
    for path in recordings_folder().glob("*.ndjson"):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["exchange"]:
                steps[_release_of(path.stem)].add(f"{row['area']}/{row['scenario']}/{row['step']['id']}")
    found: dict[str, list[ReleaseStatus]] = defaultdict(list)
    for release in seatunnel_openapi.releases():
        for clause in seatunnel_openapi.load(release).clauses:
            before = found[clause.id][-1] if found[clause.id] else None
            found[clause.id].append(_hold(clause, release, before, actions.get(release, ()), steps))
    return {clause_id: tuple(holds) for clause_id, holds in found.items()}


def _hold(
    clause: Clause,
    release: str,
    before: ReleaseStatus | None,
    actions: Iterable[Action],
    steps: Mapping[str, AbstractSet[str]],
) -> ReleaseStatus:
    if any(_is_recorded_on(release, piece, steps) for piece in clause.evidence):
        return ReleaseStatus(release, clause, "recorded", release)
    if before is not None and before.clause == clause:
        return replace(before, release=release)
    piece = min(_own_evidence(clause, before, actions), key=lambda piece: _STRENGTH.index(piece.how))
    return ReleaseStatus(release, clause, piece.how, _recorded_release(piece) or release)


def _own_evidence(clause: Clause, before: ReleaseStatus | None, actions: Iterable[Action]) -> tuple[Evidence, ...]:
    """Return the evidence for a new or changed clause: its own, or the evidence of the overlay action."""
    if before is None:
        # For the documented contract, the page comes first.
        said = tuple(piece for piece in clause.evidence if piece.how == "documented")
        return said or clause.evidence
    new = tuple(piece for piece in clause.evidence if piece not in before.clause.evidence)
    changed = tuple(action.evidence for action in actions if f"'{clause.id}'" in action.target)
    return new or changed or clause.evidence


def _is_recorded_on(release: str, piece: Evidence, steps: Mapping[str, AbstractSet[str]]) -> bool:
    """Return whether the recording of a release has the step of this evidence, which may name another recording."""
    step = piece.ref.partition("#")[2]
    return piece.how == "recorded" and (_recorded_release(piece) == release or step in steps.get(release, ()))


def _recorded_release(piece: Evidence) -> str | None:
    """Return the release of a recording: `recordings/2.3.9+static-slots.ndjson#…` is of 2.3.9."""
    if piece.how != "recorded":
        return None
    return _release_of(piece.ref.partition("#")[0].removeprefix("recordings/").removesuffix(".ndjson"))


def _release_of(recording: str) -> str:
    return recording.partition("+")[0]


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
        _Recorded(release, scenario, frozenset(_step_names(scenario)), frozenset(_operations(scenario, contract)))
        for release in seatunnel_openapi.releases()
        for scenario in choice.scenarios(release)
    )


def _step_names(scenario: Scenario) -> Iterator[str]:
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
