"""The entries of the ledger, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.errors import RegistryError
from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.ledger.holds import Hold, all_holds
from seatunnel_conformance.ledger.scenarios import ScenarioRow, scenario_rows
from seatunnel_conformance.model.scene import Invariant, all_invariants
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Clause, Level

_ROOM: Final = Path(__file__).parents[2]


class UnknownEntry(RegistryError):
    """The ledger has no such clause; `hint` names the releases that have it, its retirement, or similar ids."""

    def __init__(self, clause_id: str, release: str | None, hint: str) -> None:
        named = f"the {release} contract" if release else "the contract of any release"
        super().__init__(f"there is no clause {clause_id} in {named}")
        self.clause_id = clause_id
        self.hint = hint


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check of a clause: where its function or rule stands, why the clause matters to a client, what the check does.

    `path` is absolute, `line` counts from 1; `writes` tells whether it changes the target.
    """

    path: Path
    line: int
    why: str
    writes: bool

    @classmethod
    def of(cls, check: Check) -> CheckRow:
        """Describe a registered check."""
        file, line = check.place
        return cls(Path(file), line, check.why, check.writes)

    @classmethod
    def at_random(cls, rule: Invariant) -> CheckRow:
        """Describe a rule that random histories are held against."""
        file, line = rule.place
        return cls(Path(file), line, rule.why, writes=True)

    @property
    def place(self) -> str:
        """File and line from the package on: `seatunnel_conformance/checks/job_info.py:23`."""
        return f"{self.path.relative_to(_ROOM).as_posix()}:{self.line}"


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault that breaks a clause: id, kind, what the broken server does, and the deployment on which it is seen."""

    id: str
    kind: str
    sentence: str
    deployment: str

    @classmethod
    def of(cls, fault: Fault) -> FaultRow:
        """Describe a fault of the catalogue."""
        return cls(fault.id, fault.kind, fault.sentence, fault.deployment)


@dataclass(frozen=True, slots=True)
class Entry:
    """One clause of a release. `operation` (`GET /overview`) and `tag` are None where it spans operations.

    `checks` are functions, `histories` rules of random histories, `scenarios` recorded ones of any release. `holds` are
    all releases that have the clause, this one among them.
    """

    clause: Clause
    operation: str | None
    tag: str | None
    checks: tuple[CheckRow, ...]
    histories: tuple[CheckRow, ...]
    scenarios: tuple[ScenarioRow, ...]
    faults: tuple[FaultRow, ...]
    holds: tuple[Hold, ...]

    def only(self, url: str = "URL", release: str = "auto") -> str:
        """Return the command that makes this clause's check alone."""
        named = "" if release == "auto" else f" --release {release}"
        return f"seatunnel-v2 conform {url}{named} --only {self.clause.id}"

    def played(self, release: str) -> tuple[ScenarioRow, ...]:
        """Return the scenarios that show the clause, and that a run against a release plays."""
        return tuple(row for row in self.scenarios if row.shows and row.left_out is None and release in row.releases)


@dataclass(frozen=True, slots=True)
class Count:
    """How many clauses there are, and how many of them have what.

    `checked` ones have a function, `random` ones a rule of random histories, `recorded` ones a scenario that shows them
    and is played, `guarded` ones a fault that proves a check.
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
    entries: tuple[Entry, ...]

    def entry(self, clause_id: str) -> Entry:
        """Return the entry of a clause, or raise `UnknownEntry`."""
        for entry in self.entries:
            if entry.clause.id == clause_id:
                return entry
        raise UnknownEntry(clause_id, self.release, _whereabouts(clause_id))

    def count(self, level: Level | None = None) -> Count:
        """Count the clauses of a level, or all of them."""
        found = [entry for entry in self.entries if level in {None, entry.clause.level}]
        return Count(
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


def find(clause_id: str, release: str | None = None) -> Entry:
    """Return the entry of a clause in a release's ledger, or in that of the first release that has it.

    Raises `UnknownEntry`, or `seatunnel_openapi.UnknownRelease`.
    """
    if release is not None:
        return ledger_of(release).entry(clause_id)
    if clause_id in all_holds():
        return ledger_of(all_holds()[clause_id][0].release).entry(clause_id)
    raise UnknownEntry(clause_id, None, _whereabouts(clause_id))


def derived(contract: Contract, checks: Iterable[Check], faults: Iterable[Fault]) -> Ledger:
    """Return the ledger of a contract with these checks and faults."""
    by_clause = {check.clause_id: CheckRow.of(check) for check in checks}
    known = tuple(faults)
    return Ledger(
        contract.release,
        tuple(_entry(contract, clause, by_clause.get(clause.id), known) for clause in contract.clauses),
    )


def _whereabouts(clause_id: str) -> str:
    """Say which releases have a clause, or since when none has, or which ids look like it; empty where nothing does."""
    if holds := all_holds().get(clause_id):
        return f"it is a clause of {', '.join(hold.release for hold in holds)}"
    for retired in seatunnel_openapi.load().retired:
        if retired.id == clause_id:
            instead = f" Instead: {retired.instead}" if retired.instead else ""
            return f"it was retired on {retired.when}. {retired.why}{instead}"
    meant = get_close_matches(clause_id, all_holds(), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def _entry(contract: Contract, clause: Clause, check: CheckRow | None, faults: Iterable[Fault]) -> Entry:
    operation = contract.operation(clause.operation_id) if clause.operation_id else None
    rule = all_invariants().get(clause.id)
    return Entry(
        clause=clause,
        operation=label(operation) if operation else None,
        tag=operation.tag if operation else None,
        checks=(check,) if check else (),
        histories=(CheckRow.at_random(rule),) if rule else (),
        scenarios=scenario_rows(clause, contract),
        faults=tuple(FaultRow.of(fault) for fault in faults if clause.id in fault.breaks),
        holds=all_holds().get(clause.id, ()),
    )
