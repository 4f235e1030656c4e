r"""The event stream: one JSON object per line, written during the run. All report formats are made from it.

    run-started      the header: target, contract, settings
    check-started    \ a pair for each check
    check-finished   /
    run-finished     the footer; a stream without it was cut off

The schema of a line is `events.schema.json`. Reading raises
`ReportError` for everything that is not a complete report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar, Final, Self, TextIO, TypeAlias

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.report.outcomes import EXITS, Outcome, RunExit, RunVerdict, Verdict, run_verdict
from seatunnel_conformance.text.events import event_in, event_line, schema_problem
from seatunnel_openapi import Contract
from seatunnel_openapi.files import read_lines

FORMAT = 1
"""The version of the event format."""


class ReportError(SuiteError):
    """The stream is not the complete report of a run."""


class EmptyReport(ReportError):
    """The stream has no event."""


CLIENTS: Final = "clients"
"""The profile of a run that judges a client. Its `target` is the client's command."""


def suite_version() -> str:
    """Return the version of the installed distribution; `unknown` in a bare checkout."""
    try:
        return version("seatunnel-v2")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The header of a run.

    `contract` is the SHA-256 of the contract's document as JSON, `note` is a remark on the release. `run` is the run's
    name; the names of its jobs contain it. `selected` is the number of selected checks, and `checks` are their ids, in
    their order. `writes`: the run can change the target. `nodes` are the addresses of further nodes of the target's
    cluster. `requirements` is the version of the scored requirement set; empty if all checks count. `partial`: patterns
    selected the checks; `selection` has these patterns as command-line options. `served`: the target is a server that
    stops with the run. `parts` are the statuses and query parameters of the contract, as in `Outcome.met`.
    """

    KIND: ClassVar = "run-started"

    target: str
    release: str
    contract: str
    profile: str
    seed: int
    run: str
    suite: str
    started: str
    selected: int
    checks: tuple[str, ...] = ()
    note: str = ""
    writes: bool = True
    nodes: tuple[str, ...] = ()
    requirements: str = ""
    partial: bool = False
    selection: tuple[str, ...] = ()
    served: bool = False
    parts: tuple[str, ...] = ()
    format: int = FORMAT

    @classmethod
    def now(cls, contract: Contract, checks: Sequence[str], **more: Any) -> Self:
        """Return the header of a run that starts now, from its contract, the ids of its checks, and `more` members."""
        return cls(
            contract=hashlib.sha256(json.dumps(contract.document, sort_keys=True).encode()).hexdigest(),
            suite=suite_version(),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            selected=len(checks),
            checks=tuple(checks),
            **more,
        )

    @property
    def addresses(self) -> str:
        """The target and its further nodes."""
        return ", ".join((self.target, *self.nodes))

    @property
    def subject(self) -> str:
        """The word for the subject of the run."""
        return "client" if self.profile == CLIENTS else "target"

    @property
    def facts(self) -> str:
        """The contract and the profile."""
        details = "" if self.profile == CLIENTS else f", profile {self.profile}, seed {self.seed}"
        return f"contract {self.release}{details}"

    @property
    def scoring(self) -> str:
        """The requirement set that is scored; empty for a client, because its rules have no sets."""
        if self.profile == CLIENTS:
            return ""
        return (
            f"requirements of suite {self.requirements}" if self.requirements else f"all checks of suite {self.suite}"
        )

    @property
    def tier(self) -> str:
        """The extent of the run: `read-only`, `standard`, `full` or `cluster`; empty for fewer checks."""
        if self.partial or self.profile not in {"read-only", "standard", "full"}:
            return ""
        if self.profile == "read-only" or not self.writes:
            return "read-only"
        return "cluster" if self.nodes else self.profile


@dataclass(frozen=True, slots=True)
class CheckStarted:
    """The start of a check."""

    KIND: ClassVar = "check-started"

    id: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """The end of a check."""

    KIND: ClassVar = "check-finished"

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The footer.

    `counts` are by verdict; `missing` is the number of selected checks that did not finish; `leftovers` are the ids of
    own jobs that could not be stopped.
    """

    KIND: ClassVar = "run-finished"

    verdict: RunVerdict
    exit: RunExit
    counts: Mapping[str, int]
    seconds: float
    missing: int = 0
    leftovers: tuple[str, ...] = ()


Event: TypeAlias = RunStarted | CheckStarted | CheckFinished | RunFinished

_READ: Final = {CheckFinished.KIND: Outcome} | {one.KIND: one for one in (RunStarted, CheckStarted, RunFinished)}


def encode(event: Event) -> str:
    """Return an event as one line of JSON, without a line break."""
    return event_line(event.KIND, event.outcome.as_json() if isinstance(event, CheckFinished) else asdict(event))


def decode(line: str, number: int) -> Event:
    """Read an event from a line. Raises `ReportError` with the number of the line."""
    try:
        event: Event | Outcome = event_in(line, _READ, partial(schema_problem, __package__, "events.schema.json"))
    except ValueError as error:
        raise ReportError(f"line {number} is not an event of a report: {error}") from error
    if not isinstance(event, Outcome):
        return event
    try:
        all(exchange.begun for exchange in event.exchanges)
    except (ValueError, OverflowError) as error:
        reason = f"the time of an exchange does not exist: {error}"
        raise ReportError(f"line {number} is not an event of a report: {reason}") from error
    return CheckFinished(event)


@dataclass(slots=True)
class EventWriter:
    """Writes events to a stream, flushes each, and keeps them.

    After a failed write, `error` is set and nothing more is written; the run continues. Without a stream, events are
    only kept.
    """

    stream: TextIO | None
    events: list[Event] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    error: OSError | None = None

    def write(self, event: Event) -> None:
        """Write one event."""
        self.events.append(event)
        if isinstance(event, CheckFinished):
            self.outcomes.append(event.outcome)
        if self.stream is None or self.error is not None:
            return
        try:
            self.stream.write(encode(event) + "\n")
            self.stream.flush()
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """Close the stream."""
        if self.stream is not None:
            # Closing writes the buffer again, and can fail again.
            with suppress(OSError):
                self.stream.close()

    def footer(
        self, seconds: float, *, missing: int, leftovers: Iterable[str], interrupted: bool = False
    ) -> RunFinished:
        """Return the footer for the events so far. `missing` is the number of checks that did not finish."""
        verdict = run_verdict(((one.level, one.verdict) for one in self.outcomes), missing=missing)
        status = RunExit.INTERRUPTED if interrupted else EXITS[verdict]
        return RunFinished(verdict, status, counts_of(self.outcomes), round(seconds, 3), missing, tuple(leftovers))


def counts_of(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Count outcomes by verdict, with 0 for verdicts that did not occur."""
    verdicts = [outcome.verdict.value for outcome in outcomes]
    return {verdict.value: verdicts.count(verdict.value) for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a run, with the outcomes in the order of the plan.

    If `cut` is true, the run broke off, and the footer was added when the report was read.
    """

    header: RunStarted
    outcomes: tuple[Outcome, ...]
    footer: RunFinished
    cut: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The ids of the selected checks that did not finish."""
        ended = {outcome.id for outcome in self.outcomes}
        return tuple(check_id for check_id in self.header.checks if check_id not in ended)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """Make a report from its events in their order. Raises `ReportError`."""
        header, footer, outcomes = None, None, dict[str, Outcome]()
        for number, event in enumerate(events, start=1):
            if footer is not None:
                raise ReportError(f"line {number} follows the end of the run")
            if header is None and not isinstance(event, RunStarted):
                raise ReportError("the report does not begin with the start of a run")
            match event:
                case RunStarted():
                    header = event
                case RunFinished():
                    footer = event
                case CheckFinished(outcome):
                    if outcome.id in outcomes:
                        raise ReportError(f"the check {outcome.id} has ended twice")
                    outcomes[outcome.id] = outcome
        return cls(*_complete(header, footer, outcomes))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a report from a file. Raises `ReportError`."""
        return cls.of(events_in(read_lines(path, errors="replace")))

    @classmethod
    def salvage(cls, path: Path) -> Self:
        """Read a report from a file, also of a run that broke off: then `Report.cut` is true.

        Raises `ReportError` if the file does not begin like a report.
        """
        # A last line that was cut off is left out.
        lines = (line for line in read_lines(path, errors="replace") if line.endswith("\n") or not line.startswith("{"))
        events = list(events_in(lines))
        if not events or isinstance(events[-1], RunFinished) or not isinstance(events[0], RunStarted):
            return cls.of(events)
        whole = cls.of([*events, _substitute_footer(events[0], events)])
        return replace(whole, cut=True)


def events_in(lines: Iterable[str]) -> Iterator[Event]:
    """Read events line by line, without blank lines."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield decode(line, number)


def _substitute_footer(header: RunStarted, events: Iterable[Event]) -> RunFinished:
    """Return the footer of a run that broke off: undecided, whatever the outcomes."""
    outcomes = [event.outcome for event in events if isinstance(event, CheckFinished)]
    return RunFinished(
        verdict=RunVerdict.UNDECIDED,
        exit=RunExit.UNDECIDED,
        counts=counts_of(outcomes),
        seconds=round(sum(outcome.seconds for outcome in outcomes), 3),
        missing=max(0, header.selected - len(outcomes)),
    )


def _complete(
    header: RunStarted | None, footer: RunFinished | None, outcomes: Mapping[str, Outcome]
) -> tuple[RunStarted, tuple[Outcome, ...], RunFinished]:
    if header is None:
        raise EmptyReport("the report is empty")
    if footer is None:
        raise ReportError(f"the report breaks off after {len(outcomes)} checks; its run did not end")
    if sum(footer.counts.values()) != len(outcomes):
        raise ReportError(f"the report counts {sum(footer.counts.values())} checks, and holds {len(outcomes)}")
    planned = {check_id: place for place, check_id in enumerate(header.checks)}
    ordered = sorted(outcomes.values(), key=lambda outcome: planned.get(outcome.id, len(planned)))
    return header, tuple(ordered), footer
