r"""The status of a fault, decided from the verdicts of checks, and the file of results: NDJSON, written during the run.

    faults-started    the header: settings, and the fault-free verdicts
    fault-finished    the result of one fault
    faults-finished   the footer, which an incomplete run lacks

The schema of the lines is `results.schema.json`. An incomplete run can be resumed: its results are kept, and only the
faults without a result are tried.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import partial
from io import RawIOBase
from pathlib import Path
from typing import ClassVar, Final, Self, TypeAlias

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.faults.catalogue import SCHEMA_KINDS, Expected, Fault
from seatunnel_conformance.model.invariants import INVARIANTS
from seatunnel_conformance.report.outcomes import WHOLE_RUN, WITH_JOBS, Verdict, histories_of
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.events import event_in, event_line, schema_problem
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_openapi import Contract
from seatunnel_openapi.files import read_lines


class FaultStatus(StrEnum):
    """The result of trying a fault."""

    KILLED = "killed"
    """A check of a clause that the fault breaks failed."""

    KILLED_ELSEWHERE = "killed-elsewhere"
    """Only checks of other clauses failed."""

    UNDECIDED = "doubted"
    """No check failed, but some were inconclusive."""

    SURVIVED = "survived"
    """Every check passed."""

    UNOBSERVABLE = "unobservable"
    """No check that could detect the fault passes on this deployment without the fault."""

    IDLE = "idle"
    """The fault changed no exchange."""

    BROKEN = "broken"
    """The fault could not be tried, because its code, the tool or the guard of foreign jobs raised an error."""


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The verdict of one check under a fault."""

    check_id: str
    verdict: Verdict
    reason: str = ""


def detecting_checks(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the ids of the checks whose failure kills a fault.

    These are the check functions and the stateful tests of the clauses that the fault breaks. Generated tests and
    derived checks only validate schemas. They count only for kinds of faults that break schemas, if their operation has
    a broken clause.
    """
    broken = frozenset(fault.breaks)
    by_clause = broken | {histories_of(clause_id) for clause_id in broken & INVARIANTS.keys()}
    if fault.kind not in SCHEMA_KINDS:
        return by_clause
    labels = [label(one) for one in contract.operations if broken.intersection(clause.id for clause in one.clauses)]
    return by_clause | {*labels, *(f"{one}, {kind}" for one in labels for kind in (WITH_JOBS, WHOLE_RUN))}


def status_of(
    right: frozenset[str], clean: Mapping[str, Verdict], seen: Iterable[CheckVerdict], *, altered: int
) -> FaultStatus:
    """Decide the status of a fault.

    Args:
        right: The ids of the checks whose failure kills the fault.
        clean: The verdicts without the fault, by check id. Only checks that passed there count.
        seen: The verdicts under the fault.
        altered: The number of exchanges that the fault changed.
    """
    able = {check_id for check_id, verdict in clean.items() if verdict is Verdict.PASS}
    if right and not right & able:
        return FaultStatus.UNOBSERVABLE
    verdicts = {found.check_id: found.verdict for found in seen if found.check_id in able}
    failed = {check_id for check_id, verdict in verdicts.items() if verdict is Verdict.FAIL}
    if failed:
        return FaultStatus.KILLED if failed & right else FaultStatus.KILLED_ELSEWHERE
    if Verdict.INCONCLUSIVE in verdicts.values():
        return FaultStatus.UNDECIDED
    return FaultStatus.SURVIVED if altered else FaultStatus.IDLE


_AS_EXPECTED: Final[Mapping[Expected, Collection[FaultStatus]]] = {
    Expected.DETECTED: {FaultStatus.KILLED},
    Expected.UNDECIDED: {FaultStatus.UNDECIDED, FaultStatus.KILLED},
    Expected.IGNORED: {FaultStatus.SURVIVED},
}

FORMAT: Final = 1
"""The version of the format of the results."""


class ResultsError(SuiteError):
    """A file of results can't be read or written, or has the results of a run with other settings."""


@dataclass(frozen=True, slots=True)
class FaultsStarted:
    """The header of the results.

    `clean` counts the checks by verdict without a fault. `failing` has the ids of the checks that did not pass then,
    and were not skipped: they can't kill a fault. `selected` is the number of faults.
    """

    KIND: ClassVar = "faults-started"

    target: str
    release: str
    profile: str
    seed: int
    generated: int
    selected: int
    clean: Mapping[str, int]
    failing: tuple[str, ...] = ()
    judge: str = "suite"
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class FaultResult:
    """The result of one fault.

    `fate` is the status of the fault, `due` the expected effect. `must` is true if it breaks a MUST clause. `killers`
    has the reasons of the failed checks by check id; if no check failed, those of up to three inconclusive checks.
    `checks` counts the checks that ran, `exchanges` the exchanges through the proxy, and `altered` the exchanges that
    the fault changed. `seconds` is the time of the trial, which harmless changes of a group share. `note` is an error
    of the trial itself.
    """

    KIND: ClassVar = "fault-finished"

    fault: str
    kind: str
    fate: FaultStatus
    due: Expected
    must: bool
    breaks: tuple[str, ...] = ()
    killers: Mapping[str, str] = field(default_factory=dict)
    checks: int = 0
    exchanges: int = 0
    altered: int = 0
    seconds: float = 0.0
    note: str = ""

    @property
    def is_expected(self) -> bool:
        """Whether the status matches the expected effect."""
        return self.fate in _AS_EXPECTED[self.due]

    @property
    def is_false_alarm(self) -> bool:
        """Whether a check failed under a change that breaks no clause."""
        return self.due is Expected.IGNORED and self.fate in {FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE}

    def redacted(self, redactor: Redactor) -> Self:
        """Return the result with redacted messages."""
        return replace(self, killers=redactor.plain(self.killers), note=redactor.text(self.note))


@dataclass(frozen=True, slots=True)
class FaultsFinished:
    """The footer of the results: the number of results by status, and the time of this run, not of those it resumed."""

    KIND: ClassVar = "faults-finished"

    fates: Mapping[str, int]
    seconds: float


Event: TypeAlias = FaultsStarted | FaultResult | FaultsFinished


def encode(event: Event) -> str:
    """Return an event as one line of JSON, without a newline."""
    return event_line(event.KIND, asdict(event))


def decode(line: str, number: int) -> Event:
    """Read an event from a line. Raises `ResultsError`, which names the number of the line."""
    kinds: Mapping[str, type[Event]] = {one.KIND: one for one in (FaultsStarted, FaultResult, FaultsFinished)}
    try:
        event: Event = event_in(line, kinds, partial(schema_problem, __package__, "results.schema.json"))
    except ValueError as error:
        raise ResultsError(f"line {number} is not a valid result: {error}") from error
    return event


@contextlib.contextmanager
def results_file(path: Path | None, known: Sequence[Event]) -> Iterator[Callable[[Event], None]]:
    """Write the known events to a file, and yield a function that appends another; without a path, nothing is written.

    A regular file is replaced only after the known events are written, so that no result is lost. Raises
    `ResultsError`, for instance because the disk is full.
    """
    if path is None:
        yield lambda _: None
        return
    # Something else than a regular file, such as a device, can't be replaced.
    is_replaced = path.is_file() or not path.exists()
    new = path.with_name(f".{path.name}.new") if is_replaced else path
    with contextlib.ExitStack() as stack:
        if is_replaced:
            stack.callback(new.unlink, missing_ok=True)
        with _writing():
            # Without a buffer: after a failed write, closing the file would try to write the buffer again.
            stream = stack.enter_context(new.open("wb", buffering=0))
            for event in known:
                stream.write(_line(event))
            if is_replaced:
                new.replace(path)
        yield lambda event: _write(stream, event)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise ResultsError(f"the results can't be written: {problem.strerror or problem}") from problem


def _write(stream: RawIOBase, event: Event) -> None:
    with _writing():
        stream.write(_line(event))


def _line(event: Event) -> bytes:
    return f"{encode(event)}\n".encode()


def read_results(path: Path) -> tuple[FaultsStarted | None, list[FaultResult]]:
    """Read the header and the results of a file, which may be incomplete. Raises `ResultsError`."""
    try:
        lines = list(read_lines(path))
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise ResultsError(f"{path} can't be read: {reason}", "--report-ndjson writes a file of results") from problem
    # The last line of an interrupted run may be incomplete: then it does not end with a newline.
    events = [
        decode(line, number) for number, line in enumerate(lines, start=1) if line.strip() and line.endswith("\n")
    ]
    headers = [event for event in events if isinstance(event, FaultsStarted)]
    return headers[0] if headers else None, [event for event in events if isinstance(event, FaultResult)]


def require_same(theirs: FaultsStarted | None, ours: FaultsStarted) -> None:
    """Raise `ResultsError` if the results to resume are of a run with another release, profile, seed or sample."""
    for name in ("release", "profile", "seed", "generated"):
        if theirs is not None and (before := getattr(theirs, name)) != (now := getattr(ours, name)):
            raise ResultsError(f"the results to resume have the {name} {before}, but this run has {now}")


def count_fates(results: Iterable[FaultResult]) -> dict[str, int]:
    """Return the number of results by status, with zero for statuses without results."""
    found = [result.fate for result in results]
    return {one.value: found.count(one) for one in FaultStatus}
