r"""The results of a run of faults: one JSON object a line, written while it goes on.

    faults-started    what is tried on what, and what the suite says without any fault
    fault-finished    what became of one fault
    faults-finished   the footer: without it the run was cut off

The shape of each line is in `results.schema.json`. A stream that was cut off can be gone on with: what it holds is
taken over, and only the rest is tried.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Final, Self, TextIO, TypeAlias

import jsonschema_rs

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.faults.catalogue import Due
from seatunnel_conformance.faults.judging import Fate
from seatunnel_conformance.text.redaction import Veil
from seatunnel_conformance.text.visible import as_json

FORMAT: Final = 1
"""The version of the stream's shape."""


class ResultsError(SuiteError):
    """A stream of results can't be gone on with."""


class NoResults(ResultsError):
    """There are no results to go on with."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"there are no results in {path}: {reason}; --report-ndjson begins a file of them")
        self.path = path


class UnreadableResult(ResultsError):
    """A line is no result."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line} is no result of a fault: {reason}")
        self.line = line


class ResultsNotWritten(ResultsError):
    """Results have nowhere to go, so there is no use in more of them: a disk that is full, above all."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the results could not be written: {reason}")


class OtherRun(ResultsError):
    """The results are those of another run: of another release, seed, number of generated faults or judge."""

    def __init__(self, what: str, theirs: object, ours: object) -> None:
        super().__init__(f"the results to go on with have the {what} {theirs}, this run has {ours}")
        self.what = what


@dataclass(frozen=True, slots=True)
class FaultsStarted:
    """The header. `failing` are the checks that do not pass without any fault: they can kill none."""

    KIND: ClassVar = "faults-started"

    target: str
    release: str
    profile: str
    judge: str
    seed: int
    generated: int
    selected: int
    clean: Mapping[str, int]
    failing: tuple[str, ...] = ()
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one fault.

    `must` tells whether it breaks a MUST clause. `killers` are the checks that have failed (came to no verdict, where
    none has failed), each with its reason. `exchanges` counts those that went through the proxy, `altered` those that
    the fault has changed. `note` is a remark on the trial itself.
    """

    KIND: ClassVar = "fault-finished"

    fault: str
    kind: str
    fate: Fate
    due: Due
    must: bool
    breaks: tuple[str, ...] = ()
    killers: Mapping[str, str] = field(default_factory=dict)
    checks: int = 0
    exchanges: int = 0
    altered: int = 0
    seconds: float = 0.0
    note: str = ""

    def veiled(self, veil: Veil) -> Self:
        """Return the same without secrets in what checks, or the fault itself, have said."""
        return replace(self, killers=veil.plain(self.killers), note=veil.text(self.note))

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read plain JSON data."""
        typed = {"fate": Fate(plain["fate"]), "due": Due(plain["due"]), "breaks": tuple(plain["breaks"])}
        return cls(**{name: value for name, value in plain.items() if name != "event"} | typed)


@dataclass(frozen=True, slots=True)
class FaultsFinished:
    """The footer. `fates` counts results; `seconds` is the time of this run alone."""

    KIND: ClassVar = "faults-finished"

    fates: Mapping[str, int]
    seconds: float


Event: TypeAlias = FaultsStarted | Result | FaultsFinished


def encode(event: Event) -> str:
    """Return an event as one line of JSON, without the line's end."""
    return as_json({"event": event.KIND, **asdict(event)})


def decode(line: str, number: int) -> Event:
    """Read an event from a line, whose number is for the error: raises `UnreadableResult`."""
    try:
        plain = json.loads(line)
    except ValueError as problem:
        raise UnreadableResult(number, str(problem)) from problem
    for error in _validator().iter_errors(plain):
        raise UnreadableResult(number, f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message}")
    kind = plain.pop("event")
    if kind == Result.KIND:
        return Result.from_plain(plain)
    if kind == FaultsStarted.KIND:
        return FaultsStarted(**{**plain, "failing": tuple(plain["failing"])})
    return FaultsFinished(**plain)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    text = files("seatunnel_conformance.faults").joinpath("results.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text))


@dataclass(slots=True)
class ResultsWriter:
    """Writes events to a stream, each flushed at once; without a stream it writes nothing."""

    stream: TextIO | None = None

    def write(self, event: Event) -> None:
        """Write one event. Raises `ResultsNotWritten`."""
        if self.stream is not None:
            try:
                self.stream.write(encode(event) + "\n")
                self.stream.flush()
            except OSError as problem:
                with contextlib.suppress(OSError):
                    # What it still holds would be written once more by whoever closes it.
                    self.stream.close()
                raise ResultsNotWritten(problem.strerror or str(problem)) from None


@contextlib.contextmanager
def results_file(path: Path | None, known: Sequence[Event]) -> Iterator[ResultsWriter]:
    """Yield what writes events to a file that begins with those that are known; without a path it writes nothing.

    A file that was there stays as it was until all that is known is in the new one. Raises `ResultsNotWritten`.
    """
    if path is None:
        yield ResultsWriter()
        return
    # A device is written to, not replaced.
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


def read_results(path: Path) -> tuple[FaultsStarted | None, list[Result]]:
    """Read what a stream holds, cut off or not: its header, and its results.

    Raises `NoResults` and `UnreadableResult`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as problem:
        raise NoResults(path, problem.strerror or type(problem).__name__) from problem
    except UnicodeDecodeError:
        raise UnreadableResult(1, "the file is not text") from None
    # The last line may have been cut off by whatever ended the run; a whole line ends.
    events = [
        decode(line, number) for number, line in enumerate(lines, start=1) if line.strip() and line.endswith("\n")
    ]
    headers = [event for event in events if isinstance(event, FaultsStarted)]
    return headers[0] if headers else None, [event for event in events if isinstance(event, Result)]


def require_same(theirs: FaultsStarted | None, ours: FaultsStarted) -> None:
    """Raise `OtherRun` unless results under one header can be gone on with under another."""
    for name in ("release", "profile", "judge", "seed", "generated"):
        if theirs is not None and getattr(theirs, name) != getattr(ours, name):
            raise OtherRun(name, getattr(theirs, name), getattr(ours, name))


def count_fates(results: Iterable[Result]) -> dict[str, int]:
    """Count results by fate; every fate is there."""
    found = [result.fate for result in results]
    return {one.value: found.count(one) for one in Fate}
