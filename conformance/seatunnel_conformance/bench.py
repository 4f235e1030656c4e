"""The workbench of one process: the target, the contract, the suite's own jobs, and what single checks come to."""

from __future__ import annotations

import shlex
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from seatunnel_conformance import checks
from seatunnel_conformance.comparisons import Comparison, differences_in
from seatunnel_conformance.errors import Inconclusive, NotObservable, TargetUnreachable, forget_frames
from seatunnel_conformance.exchange import Exchange, cut
from seatunnel_conformance.jobs import Jobs
from seatunnel_conformance.journal import Journal
from seatunnel_conformance.redaction import redact_text, redact_url
from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.selection import Planned, may_write
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.tags import Tags
from seatunnel_conformance.target import Target
from seatunnel_conformance.transport.job_guard import OwnIds
from seatunnel_conformance.verdicts import Verdict
from seatunnel_openapi import Contract

_Made = TypeVar("_Made")

_SHOWN_EXCHANGES: Final = 4

_CHECKS: Final = Path(checks.__file__).resolve().parent


class Found(AssertionError):
    """A check that looks at many answers has found several things, and brings the exchanges that show them."""

    def __init__(self, findings: tuple[Finding, ...], exchanges: tuple[Exchange, ...]) -> None:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(findings[0].summary + more)
        self.findings = findings
        self.exchanges = exchanges


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that checks work with. `close` stops the run's own jobs and puts the tags back."""

    settings: Settings
    contract: Contract
    target: Target
    jobs: Jobs
    tags: Tags
    compared: list[Comparison] = field(default_factory=list)
    _made: dict[type, Any] = field(default_factory=dict)

    @classmethod
    def set_up(cls, settings: Settings, contract: Contract, own: OwnIds | None = None) -> Self:
        """Connect to nothing yet: connections are made when the first request is sent.

        `own` are the ids of jobs of the run that another bench has submitted.
        """
        own = own or OwnIds(settings.run)
        target = Target(settings.url, limits=settings.limits, connection=settings.connection, own=own)
        writing = target.writing(allowed=may_write(settings))
        journal = Journal(settings.url, settings.run, settings.journal, settings.connection.veil())
        jobs = Jobs(writing, contract, settings.wait, journal)
        return cls(settings, contract, target, jobs, Tags(writing, settings.run, settings.tags, journal=journal))

    def attempt(self, planned: Planned, check: Callable[[Mapping[str, Any]], None]) -> Outcome:
        """Call a check with what it may need, and return what it came to; nothing is raised but interrupts."""
        begun = time.monotonic()
        with self.target.watched() as exchanges:
            try:
                check(self._provided(planned))
            except Exception as problem:  # noqa: BLE001 - whatever it is becomes the check's verdict
                outcome = self._failed(planned, problem, exchanges)
                forget_frames(problem)
            else:
                outcome = self.outcome(planned, Verdict.PASS)
            finally:
                self.tags.restore()
            return replace(outcome, requests=len(exchanges), seconds=time.monotonic() - begun)

    def once(self, kind: type[_Made], make: Callable[[], _Made]) -> _Made:
        """Return what several checks share, made by the first that asks for it."""
        if kind not in self._made:
            self._made[kind] = make()
        made: _Made = self._made[kind]
        return made

    def _provided(self, planned: Planned) -> Mapping[str, Any]:
        allowed = planned.writes and may_write(self.settings)
        target = self.target.writing(allowed=allowed)
        common = {"contract": self.contract, "jobs": self.jobs, "tags": self.tags}
        return {"target": target, "unused_id": self.jobs.new_id(), **common}

    def _failed(self, planned: Planned, problem: Exception, exchanges: list[Exchange]) -> Outcome:
        shown = tuple(exchange.as_event() for exchange in exchanges[-_SHOWN_EXCHANGES:])
        if isinstance(problem, NotObservable):
            return self.outcome(planned, Verdict.SKIPPED, reason=str(problem))
        if isinstance(problem, Inconclusive):
            return self.outcome(planned, Verdict.INCONCLUSIVE, reason=redact_text(str(problem)), exchanges=shown)
        if not _is_about_the_answer(problem):
            text = redact_text(f"the suite itself failed: {_last_line(problem)}")
            return self.outcome(planned, Verdict.INCONCLUSIVE, reason=text, exchanges=shown)
        if isinstance(problem, Found):
            seen = tuple(exchange.as_event() for exchange in problem.exchanges[:_SHOWN_EXCHANGES])
            return self.outcome(planned, Verdict.FAIL, reason=str(problem), findings=problem.findings, exchanges=seen)
        last = exchanges[-1] if exchanges else None
        finding = Finding(
            came_back(exchanges),
            _found(problem),
            last.request.curl() if last else "",
            differences_in(problem, self.compared, last.answer if last else None),
        )
        return self.outcome(planned, Verdict.FAIL, reason=finding.summary, findings=(finding,), exchanges=shown)

    def outcome(self, planned: Planned, verdict: Verdict, **more: Any) -> Outcome:
        """Return an outcome with all that is known about the check itself."""
        outcome = Outcome(
            id=planned.id,
            verdict=verdict,
            level=planned.level,
            text=planned.text,
            operation=planned.operation,
            why=planned.kind.why if verdict is Verdict.FAIL else "",
            only=only_line(self.settings, planned.id),
            docs=_docs(planned, self.contract),
            **more,
        )
        return outcome.veiled(self.target.wire.veil)

    def close(self) -> list[str]:
        """Stop own jobs, put the tags back, close connections. Returns the ids of jobs that could not be stopped."""
        with self.target, self.target.governor.tidying():
            self.tags.restore()
            left = [self.target.wire.veil.text(job_id) for job_id in self.jobs.close()]
        if not left and not isinstance(self.target.governor.ended, TargetUnreachable):
            self.jobs.journal.done()
        return left


def _docs(planned: Planned, contract: Contract) -> str:
    """Return the place of a clause in the built documentation; nothing for checks that are no clause."""
    clause = next((clause for clause in contract.clauses if clause.id == planned.id), None)
    if clause is None:
        return ""
    page = f"operations/{clause.operation_id}" if clause.operation_id else f"rules/{planned.id.partition('.')[0]}"
    return f"{page}.html#{planned.id}"


def only_line(settings: Settings, check_id: str) -> str:
    """Return the command that makes one check again."""
    words = ["seatunnel-v2", "conform", redact_url(settings.url), "--release", settings.release, "--only", check_id]
    words += ["--seed", str(settings.seed)] if " " in check_id else []
    words += ["--allow-writes"] if settings.allow_writes else []
    words += settings.connection.options()
    return shlex.join(words)


def came_back(exchanges: list[Exchange]) -> str:
    """Say in one line what the last request was answered with."""
    if not exchanges or exchanges[-1].answer is None:
        return "nothing was asked"
    return f"{exchanges[-1].request} was answered {exchanges[-1].answer!r}"


def _is_about_the_answer(problem: Exception) -> bool:
    """Tell whether an exception is the target's fault.

    An assertion is. So is what a check's own code stumbles over (`answer["jobId"]` where there is none): it does not on
    an answer of the right shape, as the reference server shows.
    """
    if isinstance(problem, AssertionError):
        return True
    place = traceback.extract_tb(problem.__traceback__)[-1].filename
    stumbled = isinstance(problem, (LookupError, TypeError, ValueError, AttributeError, StopIteration))
    return stumbled and Path(place).resolve().is_relative_to(_CHECKS)


def _found(problem: Exception) -> str:
    if isinstance(problem, AssertionError):
        return redact_text(cut(str(problem)))
    return f"the answer has another shape than is due: {type(problem).__name__}: {problem}"


def _last_line(problem: Exception) -> str:
    place = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__}: {problem} ({place.name}, line {place.lineno})"
