r"""The status of faults, decided from the verdicts of checks, and the results of a run: NDJSON, written meanwhile.

    faults-started    the header: settings, and the verdicts without a fault
    fault-finished    the result of one fault
    faults-finished   the footer, which an incomplete run lacks

The schema of the lines is `results.schema.json`. An incomplete run can be resumed: its results are kept, and only the
other faults are tried.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import ClassVar, Final, Self, TextIO, TypeAlias

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.faults.catalogue import SCHEMA_KINDS, Expected, Fault
from seatunnel_conformance.model.invariants import all_invariants
from seatunnel_conformance.report.outcomes import WHOLE_RUN, WITH_JOBS, Verdict, histories_of
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.events import event_in, event_line, schema_problem
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_openapi import Contract
from seatunnel_openapi.files import read_lines


class FaultStatus(StrEnum):
    """The result of trying a fault."""

    KILLED = "killed"
    """A check of a clause that it breaks failed."""

    KILLED_ELSEWHERE = "killed-elsewhere"
    """Only checks of other clauses failed."""

    UNDECIDED = "doubted"
    """No check failed, but some were inconclusive."""

    SURVIVED = "survived"
    """Every check passed."""

    UNOBSERVABLE = "unobservable"
    """No check that could detect it passes on this deployment without the fault."""

    IDLE = "idle"
    """It changed no exchange."""

    BROKEN = "broken"
    """It could not be tried because of an error in the fault or the tool."""


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The verdict of one check under a fault."""

    check_id: str
    verdict: Verdict
    reason: str = ""


def detecting_checks(fault: Fault, contract: Contract) -> frozenset[str]:
    """Return the ids of the checks whose failure kills a fault.

    These are the check functions and invariants of the clauses that it breaks. Generated tests validate schemas only,
    so they count only for faults that break schemas, on the operations of the broken clauses.
    """
    broken = frozenset(fault.breaks)
    by_clause = broken | {histories_of(clause_id) for clause_id in broken & all_invariants().keys()}
    if fault.kind not in SCHEMA_KINDS:
        return by_clause
    labels = [label(operation) for operation in contract.operations if _breaks(broken, contract, operation.id)]
    return by_clause | {*labels, *(f"{one}, {kind}" for one in labels for kind in (WITH_JOBS, WHOLE_RUN))}


def _breaks(broken: frozenset[str], contract: Contract, operation_id: str) -> bool:
    return any(clause.id in broken for clause in contract.operation(operation_id).clauses)


def status_of(
    right: frozenset[str], clean: Mapping[str, Verdict], seen: Iterable[CheckVerdict], *, altered: int
) -> FaultStatus:
    """Decide the status of a fault.

    Args:
        right: The checks whose failure kills the fault.
        clean: The verdicts without the fault; only checks that passed can kill.
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


def is_as_expected(expected: Expected, found: FaultStatus) -> bool:
    """Return whether the status of a fault is the expected one."""
    return found in _AS_EXPECTED[expected]


FORMAT: Final = 1
"""The version of the format."""


class ResultsError(SuiteError):
    """A file of results can't be used."""


class NoResults(ResultsError):
    """The file of results can't be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} can't be read: {reason}; hint: --report-ndjson writes a file of results")


class UnreadableResult(ResultsError):
    """A line is not a valid result."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line} is not a valid result: {reason}")


class ResultsNotWritten(ResultsError):
    """The results can't be written, for instance because the disk is full."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the results can't be written: {reason}")


class OtherRun(ResultsError):
    """The results are of a run with another release, profile, seed or number of generated faults."""

    def __init__(self, what: str, theirs: object, ours: object) -> None:
        super().__init__(f"the results to resume have the {what} {theirs}, but this run has {ours}")


@dataclass(frozen=True, slots=True)
class FaultsStarted:
    """The header. `failing` are the checks that do not pass without a fault, so they can't kill one."""

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

    `fate` is the status of the fault, `due` the expected effect, under the names of the published format. `must` tells
    whether it breaks a MUST clause. `killers` are the failed checks with their reasons (the inconclusive ones, if none
    failed). `exchanges` is the number of exchanges through the proxy, `altered` the number of those that the fault
    changed, `seconds` the time of its trial, which harmless changes share. `note` is an error of the trial itself.
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
    def is_false_alarm(self) -> bool:
        """Whether a check failed for a change that no clause forbids."""
        return self.due is Expected.IGNORED and self.fate in {FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE}

    def redacted(self, redactor: Redactor) -> Self:
        """Return the result with redacted messages."""
        return replace(self, killers=redactor.plain(self.killers), note=redactor.text(self.note))


@dataclass(frozen=True, slots=True)
class FaultsFinished:
    """The footer. `fates` counts results; `seconds` is the time of this run, without those that it resumed."""

    KIND: ClassVar = "faults-finished"

    fates: Mapping[str, int]
    seconds: float


Event: TypeAlias = FaultsStarted | FaultResult | FaultsFinished


def encode(event: Event) -> str:
    """Return an event as one line of JSON, without the line's end."""
    return event_line(event.KIND, asdict(event))


def decode(line: str, number: int) -> Event:
    """Read an event from a line; the number is for errors. Raises `UnreadableResult`."""
    kinds: Mapping[str, type[Event]] = {one.KIND: one for one in (FaultsStarted, FaultResult, FaultsFinished)}
    try:
        event: Event = event_in(line, kinds, partial(schema_problem, __package__, "results.schema.json"))
    except ValueError as error:
        raise UnreadableResult(number, str(error)) from error
    return event


@dataclass(slots=True)
class ResultsWriter:
    """Writes events to a stream and flushes each; without a stream it writes nothing."""

    stream: TextIO | None = None

    def write(self, event: Event) -> None:
        """Write one event. Raises `ResultsNotWritten`."""
        if self.stream is not None:
            try:
                self.stream.write(encode(event) + "\n")
                self.stream.flush()
            except OSError as problem:
                with contextlib.suppress(OSError):
                    # Otherwise closing it would write the buffer again.
                    self.stream.close()
                raise ResultsNotWritten(problem.strerror or str(problem)) from None


@contextlib.contextmanager
def results_file(path: Path | None, known: Sequence[Event]) -> Iterator[ResultsWriter]:
    """Yield a writer to a file that begins with the known events; without a path it writes nothing.

    An existing file is replaced after the known events are written to a new one. Raises `ResultsNotWritten`.
    """
    if path is None:
        yield ResultsWriter()
        return
    # A device can't be replaced.
    is_replaced = path.is_file() or not path.exists()
    new = path.with_name(f".{path.name}.new") if is_replaced else path
    with contextlib.ExitStack() as stack:
        if is_replaced:
            stack.callback(new.unlink, missing_ok=True)
        writer = ResultsWriter(stack.enter_context(_opened(new)))
        for event in known:
            writer.write(event)
        if is_replaced:
            new.replace(path)
        yield writer


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as problem:
        raise ResultsNotWritten(problem.strerror or str(problem)) from problem


def read_results(path: Path) -> tuple[FaultsStarted | None, list[FaultResult]]:
    """Read the header and the results of a file, which may be incomplete.

    Raises `NoResults` and `UnreadableResult`.
    """
    try:
        lines = list(read_lines(path))
    except OSError as problem:
        raise NoResults(path, problem.strerror or type(problem).__name__) from problem
    # The last line may be incomplete: then it has no line end.
    events = [
        decode(line, number) for number, line in enumerate(lines, start=1) if line.strip() and line.endswith("\n")
    ]
    headers = [event for event in events if isinstance(event, FaultsStarted)]
    return headers[0] if headers else None, [event for event in events if isinstance(event, FaultResult)]


def require_same(theirs: FaultsStarted | None, ours: FaultsStarted) -> None:
    """Raise `OtherRun` unless the results of one run can be resumed by another."""
    for name in ("release", "profile", "seed", "generated"):
        if theirs is not None and getattr(theirs, name) != getattr(ours, name):
            raise OtherRun(name, getattr(theirs, name), getattr(ours, name))


def count_fates(results: Iterable[FaultResult]) -> dict[str, int]:
    """Count results by status, including statuses without results."""
    found = [result.fate for result in results]
    return {one.value: found.count(one) for one in FaultStatus}
