"""The entries of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

import seatunnel_openapi
from seatunnel_conformance.checks.registry import Check, all_checks
from seatunnel_conformance.clients.rules import RULES, Rule
from seatunnel_conformance.errors import RegistryError
from seatunnel_conformance.faults.catalogue import Fault, all_faults
from seatunnel_conformance.ledger.evidence import ReleaseStatus, ScenarioRow, release_statuses, scenario_rows
from seatunnel_conformance.model.snapshot import Invariant, all_invariants
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
    """A check of a clause: the place of its function or rule, and why the clause matters to a client.

    `path` is absolute, `line` counts from 1; `writes` tells whether it changes the target.
    """

    path: Path
    line: int
    why: str
    writes: bool

    @classmethod
    def of(cls, check: Check | Invariant | Rule) -> CheckRow:
        """Describe a check, an invariant of the stateful tests, or a rule for clients."""
        file, line = check.place
        writes = check.writes if isinstance(check, Check) else isinstance(check, Invariant)
        return cls(Path(file), line, check.why, writes)

    @property
    def place(self) -> str:
        """File and line, relative to the package: `seatunnel_conformance/checks/job_info.py:23`."""
        return f"{self.path.relative_to(_ROOM).as_posix()}:{self.line}"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One clause of a release. `operation` (`GET /overview`) and `tag` are None for a clause of several operations.

    `checks` are functions, `histories` are invariants of stateful tests, `scenarios` are recorded ones of any release.
    `holds` has the status of the clause on every release that has it.
    """

    clause: Clause
    operation: str | None
    tag: str | None
    checks: tuple[CheckRow, ...]
    histories: tuple[CheckRow, ...]
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

    def only(self, url: str = "URL", release: str = "auto") -> str:
        """Return the command that runs only this clause's check."""
        if self.is_for_clients:
            return "seatunnel-v2 try-client -- COMMAND"
        named = "" if release == "auto" else f" --release {release}"
        return f"seatunnel-v2 conform {url}{named} --only {self.clause.id}"

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
        check = CheckRow.of(RULES[clause_id])
        return LedgerEntry(of_clients[clause_id], None, None, (check,), (), (), (), ())
    if release is not None:
        return ledger_of(release).entry(clause_id)
    if clause_id in release_statuses():
        return ledger_of(release_statuses()[clause_id][0].release).entry(clause_id)
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


def _entry(contract: Contract, clause: Clause, check: CheckRow | None, faults: Iterable[Fault]) -> LedgerEntry:
    operation = contract.operation(clause.operation_id) if clause.operation_id else None
    rule = all_invariants().get(clause.id)
    return LedgerEntry(
        clause=clause,
        operation=label(operation) if operation else None,
        tag=operation.tag if operation else None,
        checks=(check,) if check else (),
        histories=(CheckRow.of(rule),) if rule else (),
        scenarios=scenario_rows(clause, contract),
        faults=tuple(fault for fault in faults if clause.id in fault.breaks),
        holds=release_statuses().get(clause.id, ()),
    )
