r"""The event stream: one JSON object a line, written while the run goes on, from which every view is made.

    run-started      what is checked, against which contract, with which settings
    check-started    \ in pairs, one pair a check
    check-finished   /
    run-finished     the footer: without it the stream was cut off, and is no report

The shape of each line is in `events.schema.json`. Reading a stream refuses everything that could pass for a report
without being a whole one:

    ReportError
    ├── EmptyReport
    ├── UnreadableEvent     a line is no event
    ├── MissingHeader       the stream does not begin with `run-started`
    ├── MissingFooter       the stream ends before `run-finished`
    ├── EventAfterFooter
    ├── DuplicateCheck      a check has ended twice
    └── UnfinishedCheck     the footer counts other checks than have ended
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Self, TextIO, TypeAlias

import jsonschema_rs

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.verdicts import RunExit, RunVerdict, Tally

FORMAT = 1
"""The version of the stream's shape."""


class ReportError(SuiteError):
    """The stream is not the whole report of one run."""


class EmptyReport(ReportError):
    """There is not a single event."""

    def __init__(self) -> None:
        super().__init__("the report is empty")


class UnreadableEvent(ReportError):
    """A line is no JSON, or not the JSON of an event."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line} is no event of a report: {reason}")
        self.line = line


class MissingHeader(ReportError):
    """The first event is another one than the start of a run."""

    def __init__(self) -> None:
        super().__init__("the report does not begin with the start of a run")


class MissingFooter(ReportError):
    """The run was cut off: nobody knows what the checks that are missing would have said."""

    def __init__(self, finished: int) -> None:
        super().__init__(f"the report breaks off after {finished} checks; its run did not come to an end")
        self.finished = finished


class EventAfterFooter(ReportError):
    """Something follows the end of the run."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} follows the end of the run")


class DuplicateCheck(ReportError):
    """A check has ended twice."""

    def __init__(self, check_id: str) -> None:
        super().__init__(f"the check {check_id} has ended twice")


class UnfinishedCheck(ReportError):
    """The footer counts other checks than have ended."""

    def __init__(self, counted: int, finished: int) -> None:
        super().__init__(f"the report counts {counted} checks, and holds {finished}")


@dataclass(frozen=True, slots=True)
class RunStarted:
    """What is checked. `contract` is the SHA-256 of the contract's document as JSON; `note` a remark for readers."""

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
    note: str = ""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class CheckStarted:
    """A check begins."""

    KIND: ClassVar = "check-started"

    id: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """A check has come to its end."""

    KIND: ClassVar = "check-finished"

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The footer.

    `counts` are by verdict; `missing` is the number of selected checks that never came to an end; `leftovers` are the
    ids of own jobs that could not be stopped.
    """

    KIND: ClassVar = "run-finished"

    verdict: RunVerdict
    exit: RunExit
    counts: Mapping[str, int]
    seconds: float
    missing: int = 0
    leftovers: tuple[str, ...] = ()


Event: TypeAlias = RunStarted | CheckStarted | CheckFinished | RunFinished


def encode(event: Event) -> str:
    """Return an event as one line of JSON, without the line's end."""
    body = event.outcome.as_event() if isinstance(event, CheckFinished) else asdict(event)
    return json.dumps({"event": event.KIND, **body}, ensure_ascii=False)


def decode(line: str, number: int) -> Event:
    """Read an event from a line, whose number is for the error: raises `UnreadableEvent`."""
    try:
        plain = json.loads(line)
    except ValueError as problem:
        raise UnreadableEvent(number, str(problem)) from problem
    for error in _validator().iter_errors(plain):
        raise UnreadableEvent(number, f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message}")
    return _decoded(plain)


def _decoded(plain: dict[str, Any]) -> Event:
    match plain.pop("event"):
        case RunStarted.KIND:
            return RunStarted(**plain)
        case CheckStarted.KIND:
            return CheckStarted(**plain)
        case CheckFinished.KIND:
            return CheckFinished(Outcome.from_event(plain))
    typed = {"verdict": RunVerdict(plain["verdict"]), "exit": RunExit(plain["exit"])}
    return RunFinished(**{**plain, **typed, "leftovers": tuple(plain["leftovers"])})


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    text = files("seatunnel_conformance.report").joinpath("events.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text))


@dataclass(slots=True)
class EventWriter:
    """Writes events to a stream, each flushed at once, and keeps count for the footer."""

    stream: TextIO
    outcomes: list[Outcome] = field(default_factory=list)

    def write(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, CheckFinished):
            self.outcomes.append(event.outcome)
        self.stream.write(encode(event) + "\n")
        self.stream.flush()

    def footer(self, seconds: float, *, missing: int, leftovers: Iterable[str]) -> RunFinished:
        """Return the footer that belongs to what was written; `missing` checks never came to an end."""
        tally = tally_of(self.outcomes, missing=missing)
        counts = counts_of(self.outcomes)
        return RunFinished(tally.verdict, tally.exit, counts, round(seconds, 3), missing, tuple(leftovers))


def tally_of(outcomes: Iterable[Outcome], *, missing: int = 0) -> Tally:
    """Count outcomes by level and verdict."""
    return Tally.of(((outcome.level, outcome.verdict) for outcome in outcomes), missing=missing)


def counts_of(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Count outcomes by verdict; every verdict is there."""
    verdicts = [outcome.verdict.value for outcome in outcomes]
    return {verdict: verdicts.count(verdict) for verdict in ("pass", "fail", "skipped", "inconclusive")}


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of one run."""

    header: RunStarted
    outcomes: tuple[Outcome, ...]
    footer: RunFinished

    @classmethod
    def of(cls, events: Iterable[Event]) -> Self:
        """Put a report together from its events, in their order. Raises a leaf of `ReportError`."""
        header, footer, outcomes = None, None, dict[str, Outcome]()
        for number, event in enumerate(events, start=1):
            if footer is not None:
                raise EventAfterFooter(number)
            if header is None and not isinstance(event, RunStarted):
                raise MissingHeader
            match event:
                case RunStarted():
                    header = event
                case RunFinished():
                    footer = event
                case CheckFinished(outcome):
                    if outcome.id in outcomes:
                        raise DuplicateCheck(outcome.id)
                    outcomes[outcome.id] = outcome
        return cls(*_complete(header, footer, outcomes))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a report from a file."""
        with path.open(encoding="utf-8") as lines:
            return cls.of(events_in(lines))


def events_in(lines: Iterable[str]) -> Iterator[Event]:
    """Read events line by line; blank lines are none."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield decode(line, number)


def _complete(
    header: RunStarted | None, footer: RunFinished | None, outcomes: Mapping[str, Outcome]
) -> tuple[RunStarted, tuple[Outcome, ...], RunFinished]:
    if header is None:
        raise EmptyReport
    if footer is None:
        raise MissingFooter(len(outcomes))
    if sum(footer.counts.values()) != len(outcomes):
        raise UnfinishedCheck(sum(footer.counts.values()), len(outcomes))
    return header, tuple(outcomes.values()), footer
