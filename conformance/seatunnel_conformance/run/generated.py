"""Generated requests as one check: schemathesis' engine is run, and its events become findings."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import events
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckFailureInfo, Interaction, ScenarioRecorder
from schemathesis.openapi.checks import JsonSchemaError

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.generated.configuration import configuration, is_excused
from seatunnel_conformance.generated.guard import Guard
from seatunnel_conformance.generated.places import differences_of
from seatunnel_conformance.generated.sending import WiredEngine
from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run.attempts import outcome_of
from seatunnel_conformance.run.kinds import GeneratedRequests
from seatunnel_conformance.run.selection import Planned
from seatunnel_conformance.target.alarm import TimeIsUp
from seatunnel_conformance.target.deployment import Target, is_loopback
from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_conformance.text.redaction import redact_text

_SHOWN = 10
"""Findings of one check that a report shows; the number of all is told."""


@dataclass(slots=True)
class _Collected:
    """What the events of one run amount to."""

    findings: dict[tuple[str, str], tuple[Finding, Exchange | None]] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    requests: int = 0
    open: set[UUID] = field(default_factory=set)


def judge(context: Context, planned: Planned, kind: GeneratedRequests) -> Outcome:
    """Send the generated requests of one check and return what they came to."""
    begun = time.monotonic()
    collected = _Collected()
    guard = Guard(context.jobs, loopback=is_loopback(context.settings.url), seed=context.settings.seed)
    try:
        if "update_tags" in kind.operations:
            context.tags.hold()
        # Warnings of libraries at work here are not the business of the session that is running.
        with warnings.catch_warnings(), guard.on_duty():
            warnings.simplefilter("ignore")
            with _engine(context, kind).executed_on(context.target.wire) as stream:
                _collect(stream, collected, context)
    except TimeIsUp:
        # What was found until then is true all the same.
        collected.problems.append(str(context.target.governor.out_of_time))
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is not the target's fault
        collected.problems.append(f"{type(problem).__name__}: {problem}")
    finally:
        context.tags.restore()
    if collected.open:
        collected.problems.append("schemathesis broke down over an answer")
    if (ended := context.target.governor.ended) is not None:
        collected.problems.insert(0, str(ended))
    outcome = _outcome(context, planned, collected)
    return replace(outcome, requests=collected.requests, seconds=time.monotonic() - begun)


def _engine(context: Context, kind: GeneratedRequests) -> WiredEngine:
    settings = context.settings
    config = configuration(context.contract, settings, linked=kind.linked)
    document = context.contract.copy_document()
    schema = schemathesis.openapi.from_dict(document, config=config)
    others = [operation.id for operation in context.contract.operations if operation.id not in kind.operations]
    # Excluding, because an include is only one more of those that `[[operations]]` in the configuration stand for.
    chosen = schema.exclude(operation_id=others) if others else schema
    return WiredEngine(chosen)


def _collect(stream: EventStream, collected: _Collected, context: Context) -> None:
    for event in stream:
        if context.target.governor.ended is not None:
            stream.stop()
        if isinstance(event, events.ScenarioStarted):
            collected.open.add(event.id)
        elif isinstance(event, events.ScenarioFinished):
            collected.open.discard(event.id)
            collected.requests += len(event.recorder.interactions)
            _collect_failures(event.recorder, collected, context)
        elif isinstance(event, events.NonFatalError):
            collected.problems.append(f"{event.label}: {event.info.title}: {event.info.message}")
        elif isinstance(event, events.Interrupted) and context.target.governor.ended is None:
            # Schemathesis takes it for its own end; it is that of the whole run.
            raise KeyboardInterrupt
        elif isinstance(event, events.FatalError):
            collected.problems.append(f"{type(event.exception).__name__}: {event.exception}")


def _collect_failures(recorder: ScenarioRecorder, collected: _Collected, context: Context) -> None:
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is not None:
                failure = node.failure_info.failure
                shown = recorder.interactions.get(failure.case_id or case_id)
                exchange = _exchange(shown, context.target) if shown else None
                if exchange and is_excused(context.contract, failure.operation or "", exchange):
                    continue
                finding = _finding(node.failure_info, recorder, shown, context.target)
                key = (finding.summary, failure.code)
                collected.failures.add(_kind_of(failure, shown))
                collected.findings.setdefault(key, (finding, exchange))


def _finding(info: CheckFailureInfo, recorder: ScenarioRecorder, shown: Interaction | None, target: Target) -> Finding:
    failure = info.failure
    answered = f", answered {shown.response.status_code}" if shown and shown.response else ""
    curl = "\n".join(_lines(info, recorder, target))
    summary = f"{failure.operation}: {failure.title}{answered} ({failure.code})"
    return Finding(
        summary, redact_text(_brief(failure.message)), redact_text(curl), differences_of(failure, target.wire.veil)
    )


def _lines(info: CheckFailureInfo, recorder: ScenarioRecorder, target: Target) -> Iterator[str]:
    """Yield a curl line for each request that a failure takes, by what was sent: so it has the credentials, too."""
    sent = [recorder.interactions.get(step.case_id) for step in info.steps]
    for step, interaction in zip(info.steps, sent, strict=True):
        yield _exchange(interaction, target).request.curl() if interaction else step.curl
    if not info.steps:
        yield info.code_sample


def _kind_of(failure: Failure, shown: Interaction | None) -> str:
    """Name a failure without what varies from run to run: operation, title, status, and the place in the schema."""
    status = [str(shown.response.status_code)] if shown and shown.response else []
    place = [_place_in_schema(failure)] if isinstance(failure, JsonSchemaError) else []
    return " ".join([f"{failure.operation}: {failure.title}", *status, *place])


def _place_in_schema(failure: JsonSchemaError) -> str:
    """Name the keyword that an answer breaks; one for all members that are missing would hide which."""
    place = "/".join(map(str, failure.schema_path))
    return f"{place} ({failure.validation_message})" if place.endswith("required") else place


def _brief(message: str) -> str:
    """Leave out the dump of the schema that schemathesis puts between what is wrong and the value."""
    return re.sub(r"(?ms)^(Validated against|Schema)\b.*?^(?=Value:)", "", message).strip()


def _exchange(interaction: Interaction, target: Target) -> Exchange:
    sent, got = interaction.request, interaction.response
    headers = {name: ", ".join(values) for name, values in sent.headers.items()}
    scheme, _, rest = sent.uri.partition("://")
    host, _, path = rest.partition("/")
    access = target.connection.curl_words(headers)
    request = Request(sent.method, f"{scheme}://{host}", f"/{path}", headers, sent.body, access)
    ended = datetime.fromtimestamp(interaction.timestamp, UTC)
    if got is None:
        return Exchange(request, error="no answer came", ended=ended)
    fields = [(name, value) for name, values in got.headers.items() for value in values]
    answer = Response(got.status_code, fields, got.content or b"", got.elapsed, target.wire.veil)
    return Exchange(request, answer, ended=ended)


def _outcome(context: Context, planned: Planned, collected: _Collected) -> Outcome:
    if collected.findings:
        # By code, which puts what is wrong with an answer before what is wrong with accepting a request.
        ordered = [found for _, found in sorted(collected.findings.items(), key=_code)]
        return _failed(context, planned, ordered, collected.failures)
    if collected.problems:
        return outcome_of(context, planned, Verdict.INCONCLUSIVE, reason=redact_text("; ".join(collected.problems[:3])))
    if not collected.requests:
        return outcome_of(context, planned, Verdict.SKIPPED, reason="there was nothing to send in this profile")
    return outcome_of(context, planned, Verdict.PASS)


def _code(entry: tuple[tuple[str, str], Any]) -> str:
    return entry[0][1]


def _failed(
    context: Context, planned: Planned, found: list[tuple[Finding, Exchange | None]], failures: Iterable[str]
) -> Outcome:
    shown: list[Any] = [exchange.as_event() for _, exchange in found[:4] if exchange is not None]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return outcome_of(
        context,
        planned,
        Verdict.FAIL,
        reason=found[0][0].summary + more,
        findings=tuple(finding for finding, _ in found[:_SHOWN]),
        exchanges=tuple(shown),
        failures=tuple(sorted(failures)),
    )
