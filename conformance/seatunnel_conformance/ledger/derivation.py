"""Derives the ledger from contracts, checks, invariants, the catalogue of faults and recordings.

If a release has no evidence for an unchanged clause, the clause has the evidence of the last release before it. A
recorded scenario shows a clause if the evidence of the clause names one of its steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.clients.rules import RULES, ClientRule
from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.ledger import entries
from seatunnel_conformance.ledger.entries import FaultRow, FunctionRow, Ledger, LedgerEntry, ReleaseStatus, ScenarioRow
from seatunnel_conformance.model.invariants import INVARIANTS, Invariant
from seatunnel_conformance.replay import recording as choice
from seatunnel_conformance.replay.recording import Scenario, recordings_folder
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Clause, Evidence, How
from seatunnel_openapi.overlay import Action

_STRENGTH: Final[tuple[How, ...]] = ("recorded", "read", "documented")


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
    """Return the evidence for a new or changed clause: its own new evidence, or else that of the overlay action."""
    if before is None:
        # The clause is new: if the documentation page states it, that counts.
        said = tuple(piece for piece in clause.evidence if piece.how == "documented")
        return said or clause.evidence
    new = tuple(piece for piece in clause.evidence if piece not in before.clause.evidence)
    changed = tuple(action.evidence for action in actions if f"'{clause.id}'" in action.target)
    return new or changed or clause.evidence


def _is_recorded_on(release: str, piece: Evidence, steps: Mapping[str, AbstractSet[str]]) -> bool:
    """Return whether evidence names the recording of a release, or a step that is also in it."""
    step = piece.ref.partition("#")[2]
    return piece.how == "recorded" and (_recorded_release(piece) == release or step in steps.get(release, ()))


def _recorded_release(piece: Evidence) -> str | None:
    """Return the release of the recording that evidence names: 2.3.9 for `recordings/2.3.9+static-slots.ndjson#…`."""
    if piece.how != "recorded":
        return None
    return _release_of(piece.ref.partition("#")[0].removeprefix("recordings/").removesuffix(".ndjson"))


def _release_of(recording: str) -> str:
    return recording.partition("+")[0]


def scenario_rows(clause: Clause, contract: Contract) -> tuple[ScenarioRow, ...]:
    """Return the recorded scenarios that show a clause, and after them others that send requests to its operation."""
    cited = {piece.ref.partition("#")[2] for piece in clause.evidence if piece.how == "recorded"}
    of_steps, of_operations = _recorded(contract)
    showing = {at for step in cited for at in of_steps.get(step, ())}
    found: dict[str, ScenarioRow] = {}
    for at in sorted(showing.union(of_operations.get(clause.operation_id or "", ()))):
        release, scenario = _scenarios()[at]
        name = scenario.full_name
        row = found.get(name) or ScenarioRow(name, False, (), choice.left_out(name))  # noqa: FBT003 - until then
        found[name] = replace(row, shows=row.shows or at in showing, releases=(*row.releases, release))
    return tuple(sorted(found.values(), key=lambda row: not row.shows))


@cache
def _scenarios() -> tuple[tuple[str, Scenario], ...]:
    """Return all scenarios of all recordings, each with its release."""
    return tuple(
        (release, scenario) for release in seatunnel_openapi.releases() for scenario in choice.scenarios(release)
    )


@cache
def _recorded(contract: Contract) -> tuple[Mapping[str, list[int]], Mapping[str, list[int]]]:
    """Return the indexes of scenarios in `_scenarios()`, by the name of a step in evidence, and by operation id."""
    of_steps, of_operations = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for at, (_, scenario) in enumerate(_scenarios()):
        for step in (step for step in scenario.steps if step.exchange is not None):
            of_steps[f"{scenario.full_name}/{step.id}"].append(at)
        for operation_id in {*_operations(scenario, contract)}:
            of_operations[operation_id].append(at)
    return of_steps, of_operations


def _operations(scenario: Scenario, contract: Contract) -> Iterator[str]:
    """Yield the ids of the operations of a scenario whose responses are compared."""
    requests: Iterator[Mapping[str, str]] = (
        step.step["request"] for step in scenario.steps if step.exchange is not None
    )
    for request in requests:
        operation, _ = routes.find(contract, request["method"], request["path"].partition("?")[0])
        if operation is not None:
            yield operation.id


def of_release(release: str) -> Ledger:
    """Return the ledger of a release, with all checks and all faults of the catalogue."""
    return derived(seatunnel_openapi.load(release), all_checks(), all_faults())


def derived(contract: Contract, checks: Iterable[Check], faults: Iterable[Fault]) -> Ledger:
    """Return the ledger of a contract with these checks and faults."""
    by_clause = {check.clause_id: check for check in checks}
    known = tuple(faults)
    return Ledger(
        contract.release,
        tuple(_entry(contract, clause, by_clause.get(clause.id), known) for clause in contract.clauses),
    )


def of_clients() -> Mapping[str, LedgerEntry]:
    """Return the entries of the clauses for clients by clause id."""
    clauses = seatunnel_openapi.load().client_clauses
    return {one.id: LedgerEntry(one, None, None, (_row(RULES[one.id]),), (), (), (), ()) for one in clauses}


def _entry(contract: Contract, clause: Clause, check: Check | None, faults: Iterable[Fault]) -> LedgerEntry:
    operation = contract.operation(clause.operation_id) if clause.operation_id else None
    rule = INVARIANTS.get(clause.id)
    return LedgerEntry(
        clause=clause,
        operation=label(operation) if operation else None,
        tag=operation.tag if operation else None,
        checks=(_row(check),) if check else (),
        histories=(_row(rule),) if rule else (),
        scenarios=scenario_rows(clause, contract),
        faults=tuple(FaultRow(one.id, one.kind, one.sentence) for one in faults if clause.id in one.breaks),
        holds=entries.release_statuses().get(clause.id, ()),
    )


def _row(function: Check | Invariant | ClientRule) -> FunctionRow:
    return FunctionRow(function.place, function.why, function.writes)
