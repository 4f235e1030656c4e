"""One attempt at a check, and what came of it: exceptions become verdicts."""

from __future__ import annotations

import shlex
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance import checks
from seatunnel_conformance.arrange.comparisons import differences_in
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, NotObservable, forget_frames
from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.selection import Planned
from seatunnel_conformance.target.exchange import Exchange, cut
from seatunnel_conformance.text.redaction import redact_text, redact_url
from seatunnel_openapi import Contract

_SHOWN_EXCHANGES: Final = 4

_CHECKS: Final = Path(checks.__file__).resolve().parent


class Found(AssertionError):
    """A check that looks at many answers has found several things, and brings the exchanges that show them."""

    def __init__(self, findings: tuple[Finding, ...], exchanges: tuple[Exchange, ...]) -> None:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(findings[0].summary + more)
        self.findings = findings
        self.exchanges = exchanges


def attempt(context: Context, planned: Planned, check: Callable[[Mapping[str, Any]], None]) -> Outcome:
    """Call a check with what it may need, and return what it came to; nothing is raised but interrupts."""
    begun = time.monotonic()
    with context.target.watched() as exchanges:
        try:
            check(_provided(context, planned))
        except Exception as problem:  # noqa: BLE001 - whatever it is becomes the check's verdict
            outcome = _failed(context, planned, problem, exchanges)
            forget_frames(problem)
        else:
            outcome = outcome_of(context, planned, Verdict.PASS)
        finally:
            context.tags.restore()
        return replace(outcome, requests=len(exchanges), seconds=time.monotonic() - begun)


def _provided(context: Context, planned: Planned) -> Mapping[str, Any]:
    allowed = planned.writes and context.settings.may_write
    target = context.target.writing(allowed=allowed)
    common = {"contract": context.contract, "jobs": context.jobs, "tags": context.tags}
    return {"target": target, "unused_id": context.jobs.new_id(), **common}


def _failed(context: Context, planned: Planned, problem: Exception, exchanges: list[Exchange]) -> Outcome:
    shown = tuple(exchange.as_event() for exchange in exchanges[-_SHOWN_EXCHANGES:])
    if isinstance(problem, NotObservable):
        return outcome_of(context, planned, Verdict.SKIPPED, reason=str(problem))
    if isinstance(problem, Inconclusive):
        return outcome_of(context, planned, Verdict.INCONCLUSIVE, reason=redact_text(str(problem)), exchanges=shown)
    if not _is_about_the_answer(problem):
        text = redact_text(f"the suite itself failed: {_last_line(problem)}")
        return outcome_of(context, planned, Verdict.INCONCLUSIVE, reason=text, exchanges=shown)
    if isinstance(problem, Found):
        seen = tuple(exchange.as_event() for exchange in problem.exchanges[:_SHOWN_EXCHANGES])
        return outcome_of(
            context, planned, Verdict.FAIL, reason=str(problem), findings=problem.findings, exchanges=seen
        )
    last = exchanges[-1] if exchanges else None
    finding = Finding(
        came_back(exchanges),
        _found(problem),
        last.request.curl() if last else "",
        differences_in(problem, context.compared, last.response if last else None),
    )
    return outcome_of(context, planned, Verdict.FAIL, reason=finding.summary, findings=(finding,), exchanges=shown)


def outcome_of(context: Context, planned: Planned, verdict: Verdict, **more: Any) -> Outcome:
    """Return an outcome with all that is known about the check itcontext."""
    outcome = Outcome(
        id=planned.id,
        verdict=verdict,
        level=planned.level,
        text=planned.text,
        operation=planned.operation,
        why=planned.kind.why if verdict is Verdict.FAIL else "",
        only=only_line(context.settings, planned.id),
        docs=_docs(planned, context.contract),
        **more,
    )
    return outcome.veiled(context.target.wire.veil)


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
    if not exchanges or exchanges[-1].response is None:
        return "nothing was asked"
    return f"{exchanges[-1].request} was answered {exchanges[-1].response!r}"


def _is_about_the_answer(problem: Exception) -> bool:
    """Tell whether an exception is the target's fault.

    An assertion is. So is what a check's own code stumbles over (`response["jobId"]` where there is none): it does not
    on a response of the right shape, as the reference server shows.
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
