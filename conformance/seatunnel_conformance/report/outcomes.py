"""The outcome of a check, the verdicts of checks and runs, and exit statuses.

The run and all reports use the same `Outcome` objects; only the event stream contains them as JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Final, Self

from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.text.differences import Difference
from seatunnel_conformance.text.redaction import Redactor
from seatunnel_conformance.text.visible import map_texts
from seatunnel_openapi.contract import Level


class Verdict(StrEnum):
    """The verdict of a check."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KNOWN = "known deviation"
    """It failed, and the baseline of the run accepts that."""
    STALE = "stale"
    """It passed, although the baseline of the run lists it as a known deviation."""
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOT_SCORED = "not scored"
    """The check is newer than the requirement set of the run, so its result does not count."""


class VerdictColumn(StrEnum):
    """A column in tables of check counts: one per verdict; passed and failed SHOULD and MAY clauses have their own."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KEPT = "kept"
    NOT_KEPT = "not kept"
    KNOWN = "known deviation"
    STALE = "stale"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOT_SCORED = "not scored"

    @classmethod
    def of(cls, level: Level, verdict: Verdict) -> Self:
        """Return the column for a verdict on a clause of a level."""
        if level is not Level.MUST and verdict in {Verdict.PASS, Verdict.FAIL}:
            return cls.KEPT if verdict is Verdict.PASS else cls.NOT_KEPT
        return cls(verdict.value)

    @property
    def word(self) -> str:
        """The word for a single check: `pass` for a kept recommendation, otherwise the value of the column."""
        return Verdict.PASS.value if self is VerdictColumn.KEPT else self.value


RARE: Final = frozenset(
    {VerdictColumn.KNOWN, VerdictColumn.STALE, VerdictColumn.INCONCLUSIVE, VerdictColumn.NOT_SCORED}
)
"""Columns that are only shown if one of their counts is not zero."""


class RunVerdict(StrEnum):
    """The verdict of a run about the target."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    STALE = "stale"
    UNDECIDED = "undecided"
    EMPTY = "empty"


class RunExit(IntEnum):
    """The exit statuses of runs of the suite. `conform --help` documents all statuses of the command."""

    CONFORMS = 0
    DEVIATES = 1
    UNREACHABLE = 3
    EMPTY = 4
    UNDECIDED = 5
    INTERRUPTED = 130


EXITS: Final = {
    RunVerdict.CONFORMS: RunExit.CONFORMS,
    RunVerdict.DEVIATES: RunExit.DEVIATES,
    RunVerdict.STALE: RunExit.DEVIATES,
    RunVerdict.EMPTY: RunExit.EMPTY,
    RunVerdict.UNDECIDED: RunExit.UNDECIDED,
}
"""The exit status of each verdict of a run."""


def run_verdict(results: Iterable[tuple[Level, Verdict]], *, missing: int = 0) -> RunVerdict:
    """Return the verdict of a run by the results of its checks; `missing` is the number of checks that did not end.

    In this order: one broken MUST clause makes it deviate; one stale entry of the baseline, of any level, makes it
    stale, because the entry would hide a new failure; inconclusive or missing checks leave it undecided. A run in which
    no check passed or failed is empty.
    """
    every = set(results)
    found = {verdict for _, verdict in every}
    if (Level.MUST, Verdict.FAIL) in every:
        return RunVerdict.DEVIATES
    if Verdict.STALE in found:
        return RunVerdict.STALE
    if Verdict.INCONCLUSIVE in found or missing:
        return RunVerdict.UNDECIDED
    if found.isdisjoint({Verdict.PASS, Verdict.FAIL, Verdict.KNOWN}):
        return RunVerdict.EMPTY
    return RunVerdict.CONFORMS


GENERATED_GROUP: Final = "generated requests"

LINKED: Final = "linked requests"
"""The suffix of the id of the check that sends sequences of requests along the contract's links."""

WITH_JOBS: Final = "with jobs"
"""The suffix of the ids of the checks that read each operation while jobs run and have ended."""

WHOLE_RUN: Final = "whole run"
"""The suffix of the ids of the checks of all responses of an operation in the run."""

HISTORIES: Final = "random histories"
"""The suffix of the ids of stateful tests."""

RECORDED: Final = "recorded as "
"""The prefix of the scenario's name in the id of its check."""

RECORDINGS_GROUP: Final = "recordings"


def histories_of(clause_id: str) -> str:
    """Return the id of the stateful test of a clause."""
    return f"{clause_id}, {HISTORIES}"


_OPERATION: Final = re.compile(r"[A-Z]+ /")

GROUPS: Final = {HISTORIES: HISTORIES, RECORDED: RECORDINGS_GROUP}
"""The groups of stateful tests and recordings, by the beginning of the text after the comma in the ids of checks."""


def is_of_operation(check_id: str) -> bool:
    """Return whether a check is about an operation: its id begins with method and path."""
    return _OPERATION.match(check_id) is not None


def is_of_clause(check_id: str) -> bool:
    """Return whether a check was written for one clause. Other checks depend on the seed, and can pass by chance."""
    return ", " not in check_id and not is_of_operation(check_id)


def is_of_whole_run(check_id: str) -> bool:
    """Return whether a check is about the responses of all other checks, and can't be repeated alone."""
    return check_id.endswith(f", {WHOLE_RUN}")


def group(check_id: str) -> str:
    """Return the group of a check: that of its clause, or one name for each other kind of check."""
    subject, _, kind = check_id.partition(", ")
    by_clause = GENERATED_GROUP if is_of_operation(check_id) else subject.partition(".")[0]
    return next((name for begin, name in GROUPS.items() if kind.startswith(begin)), by_clause)


@dataclass(frozen=True, slots=True)
class Finding:
    """A failure. `summary` describes the responses; `detail` says what was expected and what was found.

    `curl` are shell commands that repeat it. `differences` are the known places that differ.
    """

    summary: str
    detail: str
    curl: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class SentParts:
    """The headers of a request, and its body or None."""

    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedExchange:
    """A request and its response as reports show them: redacted, with long bodies cut.

    `status` and `seconds` are None if no response came, and `error` says why. `ended` is an ISO 8601 time.
    """

    method: str
    url: str
    curl: str
    ended: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    seconds: float | None = None
    error: str | None = None
    sent: SentParts = SentParts()

    @property
    def begun(self) -> datetime:
        """When the request was sent. Raises `ValueError` or `OverflowError` for a time that does not exist."""
        return datetime.fromisoformat(self.ended) - timedelta(seconds=self.seconds or 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a check.

    `text` is the sentence of the contract that was checked, `why` says why it matters to a client. `reason` is one
    sentence about why the check did not pass, `cause` its kind for programs, and `see` the check that reports the
    cause. `only` is the command that runs only this check. `requests` counts all requests; `exchanges` are those that
    reports show. `docs` is a page of the built documentation. `failures` are the kinds of failures of a check that can
    fail in several ways, without parts that vary between runs. `accepted` is the reason in the baseline. `figures` are
    measurements, one sentence each, without effect on the verdict. `met` are the parts of the contract that the
    requests exercised: statuses (`GET /logs 200`) and query parameters (`GET /logs ?format`). `facts` are the
    contract's facts that the check has read, each with its operation or `document`; the event stream lacks them.
    """

    id: str
    verdict: Verdict
    level: Level
    text: str
    operation: str | None
    reason: str = ""
    why: str = ""
    only: str = ""
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[ReportedExchange, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    docs: str = ""
    failures: tuple[str, ...] = ()
    accepted: str = ""
    figures: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    cause: ReasonKind = ReasonKind.STATED
    see: str = ""
    facts: frozenset[tuple[str, str]] = frozenset()

    def judged(self, verdict: Verdict, reason: Reason) -> Self:
        """Return the outcome with a verdict and its reason."""
        return replace(self, verdict=verdict, reason=str(reason), cause=reason.kind, see=reason.see)

    @property
    def group(self) -> str:
        """The group of the check."""
        return group(self.id)

    @property
    def column(self) -> VerdictColumn:
        """The table column in which the outcome is counted."""
        return VerdictColumn.of(self.level, self.verdict)

    def redacted(self, redactor: Redactor) -> Self:
        """Return the outcome with secrets redacted in all texts from the target and about its responses."""
        names = ("reason", "failures", "only", "findings", "exchanges")
        return replace(self, **{name: map_texts(getattr(self, name), redactor.text) for name in names})

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as it is in the event stream."""
        plain = {**asdict(self), "seconds": round(self.seconds, 4)}
        del plain["facts"]
        return plain


def counts_by_group(outcomes: Iterable[Outcome]) -> dict[str, Counter[VerdictColumn]]:
    """Return the number of outcomes by group and column; groups are in the order in which they first occur."""
    groups: dict[str, Counter[VerdictColumn]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.group, Counter())[outcome.column] += 1
    return groups


def columns_of(groups: Mapping[str, Counter[VerdictColumn]]) -> list[VerdictColumn]:
    """Return the columns that a table of these groups needs, without rare ones that are empty."""
    found = {one for counts in groups.values() for one in counts}
    return [one for one in VerdictColumn if one in found or one not in RARE]


def by_weight(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return outcomes sorted by importance: failures first, MUST before SHOULD and MAY, clauses before other checks."""
    order = [Verdict.FAIL, Verdict.STALE, Verdict.INCONCLUSIVE]
    return sorted(
        outcomes,
        key=lambda one: (
            order.index(one.verdict) if one.verdict in order else len(order),
            one.level is not Level.MUST,
            not is_of_clause(one.id),
        ),
    )
