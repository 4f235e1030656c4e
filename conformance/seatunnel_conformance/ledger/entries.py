"""The entries of the ledger, and the releases that have a clause, with the evidence for each.

A clause that is recorded on one release may only be assumed on the next one. If a release has no evidence itself, that
of the last release before it is shown. A scenario shows a clause whose evidence names one of its steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.clients.rules import RULES, ClientRule
from seatunnel_conformance.errors import RegistryError
from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
from seatunnel_conformance.replay import recording as choice
from seatunnel_conformance.replay.recording import Scenario, recordings_folder
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Clause, Evidence, How, Level
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


def scenario_rows(clause: Clause, contract: Contract) -> tuple[ScenarioRow, ...]:
    """Return the recorded scenarios for a clause, those that show it first, in the order of the recordings."""
    cited = {piece.ref.partition("#")[2] for piece in clause.evidence if piece.how == "recorded"}
    of_steps, of_operations = _recorded(contract)
    showing = {at for step in cited for at in of_steps.get(step, ())}
    found: dict[str, ScenarioRow] = {}
    for at in sorted(showing.union(of_operations.get(clause.operation_id or "", ()))):
        release, scenario = _scenarios()[at]
        name = scenario.full_name
        row = found.get(name) or ScenarioRow(name, False, (), choice.left_out(scenario))  # noqa: FBT003 - until then
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
    """Return the positions in `_scenarios` by step, as evidence names it, and by operation id."""
    of_steps, of_operations = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for at, (_, scenario) in enumerate(_scenarios()):
        for step in _step_names(scenario):
            of_steps[step].append(at)
        for operation_id in {*_operations(scenario, contract)}:
            of_operations[operation_id].append(at)
    return of_steps, of_operations


def _step_names(scenario: Scenario) -> Iterator[str]:
    return (f"{scenario.full_name}/{step.id}" for step in scenario.steps if step.exchange is not None)


def _operations(scenario: Scenario, contract: Contract) -> Iterator[str]:
    """Yield the ids of the operations whose responses are compared."""
    requests: Iterator[Mapping[str, str]] = (
        step.step["request"] for step in scenario.steps if step.exchange is not None
    )
    for request in requests:
        operation, _ = routes.find(contract, request["method"], request["path"].partition("?")[0])
        if operation is not None:
            yield operation.id


class UnknownEntry(RegistryError):
    """The ledger has no such clause; `hint` names the releases that have it, its retirement, or similar ids."""

    def __init__(self, clause_id: str, release: str | None, hint: str) -> None:
        named = f"the {release} contract" if release else "the contract of any release"
        super().__init__(f"there is no clause {clause_id} in {named}")
        self.clause_id = clause_id
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One clause of a release. `operation` (`GET /overview`) and `tag` are None for a clause of several operations.

    `checks` are functions, `histories` are invariants of stateful tests, `scenarios` are recorded ones of any release.
    `holds` has the status of the clause on every release that has it.
    """

    clause: Clause
    operation: str | None
    tag: str | None
    checks: tuple[Check | ClientRule, ...]
    histories: tuple[Invariant, ...]
    scenarios: tuple[ScenarioRow, ...]
    faults: tuple[Fault, ...]
    holds: tuple[ReleaseStatus, ...]

    @property
    def is_for_clients(self) -> bool:
        """Whether clients of the API are judged by the clause, not deployments."""
        return self.clause.group == "client"

    @property
    def until(self) -> str | None:
        """The last release that has the clause; None if that is the newest one."""
        last = self.holds[-1].release if self.holds else None
        return None if last == seatunnel_openapi.releases()[-1] else last

    @property
    def only(self) -> str:
        """The command that runs only this clause's check."""
        if self.is_for_clients:
            return "seatunnel-v2 try-client -- COMMAND"
        return f"seatunnel-v2 conform URL --only {self.clause.id}"

    def played(self, release: str) -> tuple[ScenarioRow, ...]:
        """Return the scenarios that show the clause and that a run against a release plays."""
        return tuple(row for row in self.scenarios if row.shows and row.left_out is None and release in row.releases)


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """Numbers of clauses.

    `checked` ones have a check function, `random` ones an invariant of the stateful tests, `recorded` ones a scenario
    that shows them and is played, `guarded` ones a fault.
    """

    clauses: int
    checked: int
    random: int
    recorded: int
    guarded: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All clauses of a release, in the contract's order."""

    release: str
    entries: tuple[LedgerEntry, ...]

    def entry(self, clause_id: str) -> LedgerEntry:
        """Return the entry of a clause. Raises `UnknownEntry`."""
        for entry in self.entries:
            if entry.clause.id == clause_id:
                return entry
        raise UnknownEntry(clause_id, self.release, _whereabouts(clause_id))

    def count(self, level: Level | None = None) -> ClauseCount:
        """Count the clauses of a level, or all of them."""
        found = [entry for entry in self.entries if level in {None, entry.clause.level}]
        return ClauseCount(
            clauses=len(found),
            checked=sum(bool(entry.checks) for entry in found),
            random=sum(bool(entry.histories) for entry in found),
            recorded=sum(bool(entry.played(self.release)) for entry in found),
            guarded=sum(bool(entry.faults) for entry in found),
        )


@cache
def ledger_of(release: str = "documented") -> Ledger:
    """Return the ledger of a release. Raises `seatunnel_openapi.UnknownRelease`."""
    return derived(seatunnel_openapi.load(release), all_checks(), all_faults())


def find(clause_id: str, release: str | None = None) -> LedgerEntry:
    """Return the entry of a clause in a release's ledger, or in that of the first release that has it.

    The clauses for clients are no part of a ledger, but can be found.

    Raises `UnknownEntry`, or `seatunnel_openapi.UnknownRelease`.
    """
    of_clients = {clause.id: clause for clause in seatunnel_openapi.load(release or "documented").client_clauses}
    if clause_id in of_clients:
        return LedgerEntry(of_clients[clause_id], None, None, (RULES[clause_id],), (), (), (), ())
    first = release_statuses()[clause_id][0].release if clause_id in release_statuses() else "documented"
    contract = seatunnel_openapi.load(release or first)
    clause = next((one for one in contract.clauses if one.id == clause_id), None)
    if clause is None:
        raise UnknownEntry(clause_id, release, _whereabouts(clause_id))
    check = next((one for one in all_checks() if one.clause_id == clause_id), None)
    return _entry(contract, clause, check, all_faults())


def derived(contract: Contract, checks: Iterable[Check], faults: Iterable[Fault]) -> Ledger:
    """Return the ledger of a contract with these checks and faults."""
    by_clause = {check.clause_id: check for check in checks}
    known = tuple(faults)
    return Ledger(
        contract.release,
        tuple(_entry(contract, clause, by_clause.get(clause.id), known) for clause in contract.clauses),
    )


def _whereabouts(clause_id: str) -> str:
    """Return a hint about an unknown clause: its releases, its retirement, or similar ids; else an empty string."""
    if holds := release_statuses().get(clause_id):
        return f"it is a clause of {', '.join(hold.release for hold in holds)}"
    for retired in seatunnel_openapi.load().retired:
        if retired.id == clause_id:
            instead = f" Instead: {retired.instead}" if retired.instead else ""
            return f"it was retired on {retired.when}. {retired.why}{instead}"
    known = [*release_statuses(), *(clause.id for clause in seatunnel_openapi.load().client_clauses)]
    meant = get_close_matches(clause_id, known, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def _entry(contract: Contract, clause: Clause, check: Check | None, faults: Iterable[Fault]) -> LedgerEntry:
    operation = contract.operation(clause.operation_id) if clause.operation_id else None
    rule = all_invariants().get(clause.id)
    return LedgerEntry(
        clause=clause,
        operation=label(operation) if operation else None,
        tag=operation.tag if operation else None,
        checks=(check,) if check else (),
        histories=(rule,) if rule else (),
        scenarios=scenario_rows(clause, contract),
        faults=tuple(fault for fault in faults if clause.id in fault.breaks),
        holds=release_statuses().get(clause.id, ()),
    )
