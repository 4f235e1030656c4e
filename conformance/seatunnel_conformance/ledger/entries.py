"""The classes of the ledger, and functions that return ledgers and entries. Derived ledgers are cached on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import seatunnel_openapi
from seatunnel_conformance.errors import RegistryError
from seatunnel_openapi.contract import Clause, How, Level
from seatunnel_openapi.errors import did_you_mean
from seatunnel_openapi.loading import is_file, shipped_files
from seatunnel_openapi.stored import stored

_PACKAGE: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """The status of a clause on one release.

    `how` is the strongest kind of evidence, `known_on` the release of that evidence, perhaps an earlier one. `clause`
    is the clause in the contract of the release: its text can differ between releases.
    """

    release: str
    clause: Clause
    how: How
    known_on: str

    @property
    def is_carried_over(self) -> bool:
        """Whether the evidence is that of another release."""
        return self.known_on != self.release


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A recorded scenario, by area and name (`job-info/unknown`), with the releases on which it was recorded.

    `shows` is true if it is evidence of the clause. `left_out` is the reason why runs don't play it; None if they do.
    """

    name: str
    shows: bool
    releases: tuple[str, ...]
    left_out: str | None

    @property
    def pattern(self) -> str:
        """The glob of its check for `--only`, such as `*recorded as job-info/unknown`."""
        return f"*recorded as {self.name}"


class UnknownEntry(RegistryError):
    """No clause of a release, or of any release, has this id. `hint` names releases that have it, or similar ids."""

    def __init__(self, clause_id: str, release: str | None, hint: str) -> None:
        named = f"the {release} contract" if release else "the contract of any release"
        super().__init__(f"there is no clause {clause_id} in {named}")
        self.clause_id = clause_id
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A check, an invariant, or a rule for clients.

    `place` is its file and line (from 1), `why` tells why the clause matters to a client, and `writes` is true if it
    submits jobs or changes tags.
    """

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

    `checks` has its check function, `histories` its invariant of the stateful tests, `scenarios` the recorded ones of
    all releases. `holds` has the status of the clause on every release that has it.
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
        """Whether the clause is about clients of the API, not about deployments."""
        return self.clause.group == "client"

    @property
    def until(self) -> str | None:
        """The last release that has the clause; None if the newest release has it."""
        last = self.holds[-1].release if self.holds else None
        return None if last == seatunnel_openapi.releases()[-1] else last

    @property
    def only(self) -> str:
        """The command that checks only this clause: on a deployment, or on a client for a clause about clients."""
        if self.is_for_clients:
            return "seatunnel-v2 try-client -- COMMAND"
        return f"seatunnel-v2 conform URL --only {self.clause.id}"

    def played(self, release: str) -> tuple[ScenarioRow, ...]:
        """Return the scenarios that show the clause and were recorded on a release, without those that runs skip."""
        return tuple(row for row in self.scenarios if row.shows and row.left_out is None and release in row.releases)


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """Numbers of clauses: all, and those with some kind of check.

    `checked` clauses have a check function, `random` ones an invariant of the stateful tests, `recorded` ones a
    recorded scenario that shows them and that runs play, and `guarded` ones a fault.
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
        """Count the clauses of a level, or of all levels."""
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


@cache
def _of_clients() -> Mapping[str, LedgerEntry]:
    found: Mapping[str, LedgerEntry] = _stored("clients", "of_clients")
    return found


def find(clause_id: str, release: str | None = None) -> LedgerEntry:
    """Return the entry of a clause in the ledger of a release, by default of the first release that has the clause.

    Also finds clauses for clients, although no ledger contains them. Raises `UnknownEntry` or
    `seatunnel_openapi.UnknownRelease`.
    """
    known = release_statuses().get(clause_id)
    ledger = ledger_of(release or (known[0].release if known else "documented"))
    found = [*(one for one in ledger.entries if one.clause.id == clause_id)]
    found += filter(None, [_of_clients().get(clause_id)])
    if not found:
        raise UnknownEntry(clause_id, release, _whereabouts(clause_id))
    return found[0]


def _stored(name: str, function: str, *arguments: str) -> Any:
    """Return the cached result of a function of `derivation`, which is imported late because it imports all checks."""

    def derive() -> Any:
        module = import_module("seatunnel_conformance.ledger.derivation")
        return getattr(module, function)(*arguments)

    if any(map(is_file, arguments)):
        return derive()
    return stored(name, (*shipped_files(), *_files()), derive)


@cache
def _files() -> tuple[Path, ...]:
    """Return the files on which ledgers depend: the modules of the suite, and the recordings inside or next to it."""
    found = (path for folder in (_PACKAGE, _PACKAGE.with_name("recordings")) for path in sorted(folder.rglob("*")))
    return tuple(path for path in found if path.suffix in {".py", ".ndjson"})


def _whereabouts(clause_id: str) -> str:
    """Return a hint about an id that is no clause of a release, or an empty string.

    The hint is the first of: the releases with the clause; when and why it was retired; the clauses of the operation or
    group with this name; similar ids.
    """
    if holds := release_statuses().get(clause_id):
        return f"it is a clause of {', '.join(hold.release for hold in holds)}"
    for retired in seatunnel_openapi.load().retired:
        if retired.id == clause_id:
            instead = f" Instead: {retired.instead}" if retired.instead else ""
            return f"it was retired on {retired.when}. {retired.why}{instead}"
    if members := _clauses_of(clause_id):
        return f"the clauses of {clause_id}: {', '.join(members)}"
    known = [*release_statuses(), *(clause.id for clause in seatunnel_openapi.load().client_clauses)]
    return did_you_mean(clause_id, known)


def _clauses_of(name: str) -> list[str]:
    """Return the ids of the clauses of a group, or of an operation: by its id, its path, or method and path."""
    if members := [clause_id for clause_id in release_statuses() if clause_id.startswith(f"{name}.")]:
        return members
    operations = seatunnel_openapi.load(seatunnel_openapi.releases()[-1]).operations
    named = (one for one in operations if name in {one.id, one.path, f"{one.method} {one.path}"})
    return [clause.id for operation in named for clause in operation.clauses]
