"""The entries of the ledger, plain data that are stored between processes, and the releases that have a clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import seatunnel_openapi
from seatunnel_conformance.errors import RegistryError
from seatunnel_openapi.contract import Clause, How, Level
from seatunnel_openapi.loading import is_file, shipped_files
from seatunnel_openapi.stored import stored

_PACKAGE: Final = Path(__file__).parents[1]


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


class UnknownEntry(RegistryError):
    """The ledger has no such clause; `hint` names the releases that have it, its retirement, or similar ids."""

    def __init__(self, clause_id: str, release: str | None, hint: str) -> None:
        named = f"the {release} contract" if release else "the contract of any release"
        super().__init__(f"there is no clause {clause_id} in {named}")
        self.clause_id = clause_id
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A check, an invariant, or a rule for clients: file and line (from 1), and why the clause matters to a client."""

    place: tuple[str, int]
    why: str
    writes: bool


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault of the catalogue that breaks a clause."""

    id: str
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One clause of a release. `operation` (`GET /overview`) and `tag` are None for a clause of several operations.

    `checks` are functions, `histories` are invariants of stateful tests, `scenarios` are recorded ones of any release.
    `holds` has the status of the clause on every release that has it.
    """

    clause: Clause
    operation: str | None
    tag: str | None
    checks: tuple[FunctionRow, ...]
    histories: tuple[FunctionRow, ...]
    scenarios: tuple[ScenarioRow, ...]
    faults: tuple[FaultRow, ...]
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
def release_statuses() -> Mapping[str, tuple[ReleaseStatus, ...]]:
    """Return the status of every clause on every release that has it, by clause id, in the order of the releases."""
    found: Mapping[str, tuple[ReleaseStatus, ...]] = _stored("statuses", "release_statuses")
    return found


@cache
def ledger_of(release: str = "documented") -> Ledger:
    """Return the ledger of a release. Raises `seatunnel_openapi.UnknownRelease`."""
    found: Ledger = _stored(f"ledger-{release}", "of_release", release)
    return found


def find(clause_id: str, release: str | None = None) -> LedgerEntry:
    """Return the entry of a clause in a release's ledger, or in that of the first release that has it.

    The clauses for clients are no part of a ledger, but can be found.

    Raises `UnknownEntry`, or `seatunnel_openapi.UnknownRelease`.
    """
    known = release_statuses().get(clause_id)
    ledger = ledger_of(release or (known[0].release if known else "documented"))
    of_clients: Mapping[str, LedgerEntry] = _stored("clients", "of_clients")
    found = [*(one for one in ledger.entries if one.clause.id == clause_id), *filter(None, [of_clients.get(clause_id)])]
    if not found:
        raise UnknownEntry(clause_id, release, _whereabouts(clause_id))
    return found[0]


def _stored(name: str, function: str, *arguments: str) -> Any:
    """Return the result of a function of `derivation`, which imports all checks and faults."""

    def derive() -> Any:
        module = import_module("seatunnel_conformance.ledger.derivation")
        return getattr(module, function)(*arguments)

    if any(map(is_file, arguments)):
        return derive()
    return stored(name, (*shipped_files(), *_files()), derive)


@cache
def _files() -> tuple[Path, ...]:
    """Return the modules of the suite and the recordings, which are in an installed package, or next to it."""
    found = (path for folder in (_PACKAGE, _PACKAGE.with_name("recordings")) for path in sorted(folder.rglob("*")))
    return tuple(path for path in found if path.suffix in {".py", ".ndjson"})


def _whereabouts(clause_id: str) -> str:
    """Return a hint about an unknown clause: its releases, its retirement, its own clauses, or similar ids; else ""."""
    if holds := release_statuses().get(clause_id):
        return f"it is a clause of {', '.join(hold.release for hold in holds)}"
    for retired in seatunnel_openapi.load().retired:
        if retired.id == clause_id:
            instead = f" Instead: {retired.instead}" if retired.instead else ""
            return f"it was retired on {retired.when}. {retired.why}{instead}"
    if members := _clauses_of(clause_id):
        return f"the clauses of {clause_id}: {', '.join(members)}"
    known = [*release_statuses(), *(clause.id for clause in seatunnel_openapi.load().client_clauses)]
    meant = get_close_matches(clause_id, known, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def _clauses_of(name: str) -> list[str]:
    """Return the clauses of a group, or of an operation by its id, or its path with or without the method."""
    if members := [clause_id for clause_id in release_statuses() if clause_id.startswith(f"{name}.")]:
        return members
    operations = seatunnel_openapi.load(seatunnel_openapi.releases()[-1]).operations
    named = (one for one in operations if name in {one.id, one.path, f"{one.method} {one.path}"})
    return [clause.id for operation in named for clause in operation.clauses]
