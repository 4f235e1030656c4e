"""Run a generated test: the engine of schemathesis sends requests, and its events become findings."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple
from uuid import UUID

import schemathesis
from hypothesis.errors import UnsatisfiedAssumption
from requests.exceptions import ChunkedEncodingError
from schemathesis import Config
from schemathesis.core.failures import Failure
from schemathesis.engine import events
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckFailureInfo, Interaction, ScenarioRecorder
from schemathesis.openapi.checks import JsonSchemaError, UndefinedContentType, UndefinedStatusCode

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.generated.engine import NOT_SENT, WiredEngine, configuration, quiet, refuses_by_container
from seatunnel_conformance.generated.guard import Guard
from seatunnel_conformance.observe.schemas import opened, sending_examples, validator_of, violations_of
from seatunnel_conformance.report.outcomes import Finding, Outcome, Verdict
from seatunnel_conformance.run.attempts import PlannedCheck, outcome_of
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_conformance.target.routes import label
from seatunnel_conformance.text.differences import Difference, shown
from seatunnel_conformance.text.redaction import Redactor, redact_text
from seatunnel_openapi import Contract


def differences_of(failure: Failure, contract: Contract, redactor: Redactor) -> tuple[Difference, ...]:
    """Return the differences that a failure names, redacted; empty if it names none."""
    match failure:
        case UndefinedStatusCode():
            stated = ", ".join(map(str, failure.defined_status_codes))
            return (Difference("status", f"one of {stated}", str(failure.status_code)),)
        case UndefinedContentType():
            stated = ", ".join(failure.defined_content_types)
            return (Difference("content-type", f"one of {stated}", failure.content_type),)
        case JsonSchemaError():
            place = "".join(f"/{part}" for part in failure.instance_path)
            return _violated(failure, place, contract, redactor) or (
                Difference(place, failure.validation_message, shown(redactor.plain(failure.instance), place)),
            )
    return ()


def _violated(failure: JsonSchemaError, place: str, contract: Contract, redactor: Redactor) -> tuple[Difference, ...]:
    """Return the differences of a value from its schema; if there are alternatives, from the one that fits best."""
    try:
        wrong = violations_of(validator_of(contract, failure.schema), redactor.plain(failure.instance))
    except ValueError:
        return ()  # the schema refers to another place of its document
    return tuple(replace(one, place=place + one.place) for one in wrong)


_LISTS: Final = frozenset({"POST /submit-jobs", "POST /stop-jobs"})
"""Operations whose request body is a list."""


def is_excused(contract: Contract, name: str, exchange: Exchange, after: str = "") -> bool:
    """Return whether a response is correct, although schemathesis reports it in every configuration.

    `name` is schemathesis' name of the operation, method and path; `after` is the name of the request before it in a
    sequence. There are four cases: the container's response to a method that the path does not have; a 400 without a
    body for a missing log file; an empty list as response to an empty or blank body; and the server error for a job
    that was just submitted, in a release that can't show jobs before they are scheduled.
    """
    sent, got = exchange.request, exchange.response
    if got is None:
        return False
    # The status of a container for an unknown method, on any path (`http.unsupported-method`).
    is_container = refuses_by_container(contract) and got.status == HTTPStatus.NOT_IMPLEMENTED
    if is_container and sent.method != name.partition(" ")[0]:
        return True
    if got.status == HTTPStatus.OK and got.body == b"[]" and name in _LISTS:
        return not (sent.body or b"").strip()
    if got.status == HTTPStatus.INTERNAL_SERVER_ERROR and after.startswith("POST /submit-job"):
        failing = (one for one in contract.operations if one.behaviour.get("waitingJob") == "server-error")
        return name in map(label, failing)
    return got.status == HTTPStatus.BAD_REQUEST and not got.body and name in _bodiless(contract)


def _bodiless(contract: Contract) -> frozenset[str]:
    clauses = (clause for clause in contract.clauses if clause.id.endswith(".missing-file") and clause.operation_id)
    operations = (contract.operation(clause.operation_id or "") for clause in clauses)
    return frozenset(map(label, operations))


LINE: Final = "\n"

_NOT_SENT: Final = (*NOT_SENT, UnsatisfiedAssumption)
"""Errors of requests that were not sent, so they say nothing about the target."""

_SHOWN: Final = 10
"""Maximum number of findings of a check in a report."""


class _Found(NamedTuple):
    """A finding, the exchange that shows it, and the method and path of its operation."""

    finding: Finding
    exchange: Exchange | None
    operation: str


@dataclass(slots=True)
class _Collected:
    """The results in the events of the engine.

    `findings` are by summary and code; `failures` are their kinds, which a baseline can list. `problems` are errors of
    the suite or of the connection. `open` are the scenarios that have started, but not finished.
    """

    findings: dict[tuple[str, str], _Found] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    requests: int = 0
    open: set[UUID] = field(default_factory=set)


def run_generated(context: Context, check: PlannedCheck, operations: Collection[str], *, sets_tags: bool) -> Outcome:
    """Send the generated requests of a check, and return its outcome. `operations` are ids."""
    begun = time.monotonic()
    collected = _Collected()
    guard = Guard(check.id, context.jobs, reference=context.settings.reference)
    try:
        if sets_tags:
            context.tags.hold()
        engine = _engine(context, operations, linked=check.kind.is_linked)
        with quiet(), guard.on_duty(engine.schema), engine.executed_on(context.target.wire) as stream:
            _collect(stream, collected, context)
    except Exception as problem:  # noqa: BLE001 - an exception here is not the target's fault
        collected.problems.append(f"{type(problem).__name__}: {problem}")
    finally:
        context.tags.restore()
    if collected.open:
        collected.problems.append("schemathesis could not process a response")
    if (ended := context.target.governor.ended) is not None:
        collected.problems.insert(0, str(ended))
    outcome = _outcome(context, check, collected)
    return replace(outcome, requests=collected.requests, seconds=time.monotonic() - begun)


def _engine(context: Context, operations: Collection[str], *, linked: bool) -> WiredEngine:
    contract, document = context.contract, opened(context.contract)
    if linked:
        document = sending_examples(document)
        config = configuration(contract, context.settings, linked=True)
    else:
        config = context.once(Config, lambda: configuration(contract, context.settings, linked=False))
    schema = schemathesis.openapi.from_dict(document, config=config)
    others = [operation.id for operation in contract.operations if operation.id not in operations]
    # `exclude`, because `include` only adds to the operations that the configuration selects.
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
        elif isinstance(event, events.NonFatalError) and not isinstance(event.value, _NOT_SENT):
            # Every error of the connection has this type (`WireAdapter.send`); schemathesis' own title would be wrong.
            is_of_wire = isinstance(event.value, ChunkedEncodingError)
            said = str(event.value) if is_of_wire else f"{event.info.title}: {event.info.message}"
            collected.problems.append(f"{event.label}: {said.removeprefix(f'{event.label}: ')}")
        elif isinstance(event, events.Interrupted) and context.target.governor.ended is None:
            # Schemathesis has caught an interrupt that was for the whole run.
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
                before = recorder.find_parent(case_id=failure.case_id or case_id)
                after = before.operation.label if before else ""
                if exchange and is_excused(context.contract, failure.operation or "", exchange, after):
                    continue
                finding = _finding(node.failure_info, recorder, shown, context)
                key = (finding.summary, failure.code)
                # A kind of failure has the same name in every run: operation, title, status, and place in the schema.
                status = [str(shown.response.status_code)] if shown and shown.response else []
                place = [_place_in_schema(failure)] if isinstance(failure, JsonSchemaError) else []
                collected.failures.add(" ".join([f"{failure.operation}: {failure.title}", *status, *place]))
                collected.findings.setdefault(key, _Found(finding, exchange, failure.operation or ""))


def _finding(
    info: CheckFailureInfo, recorder: ScenarioRecorder, shown: Interaction | None, context: Context
) -> Finding:
    failure = info.failure
    answered = f", answered {shown.response.status_code}" if shown and shown.response else ""
    curl = "\n".join(_lines(info, recorder, context.target))
    summary = f"{failure.operation}: {failure.title}{answered} ({failure.code})"
    differences = differences_of(failure, context.contract, context.target.wire.redactor)
    detail = "\n".join(map(str, differences)) or redact_text(_brief(failure.message))
    return Finding(summary, detail, curl, differences)


def _lines(info: CheckFailureInfo, recorder: ScenarioRecorder, target: Target) -> Iterator[str]:
    """Yield a curl command for each request of a failure, with variables in place of credentials."""
    sent = [recorder.interactions.get(step.case_id) for step in info.steps]
    for step, interaction in zip(info.steps, sent, strict=True):
        yield _exchange(interaction, target).request.curl() if interaction else redact_text(step.curl)
    if not info.steps:
        yield redact_text(info.code_sample)


def _place_in_schema(failure: JsonSchemaError) -> str:
    """Return the place of the broken keyword in the schema, with the names of missing members."""
    place = "/".join(map(str, failure.schema_path))
    return f"{place} ({failure.validation_message})" if place.endswith("required") else place


def _brief(message: str) -> str:
    """Return a message of schemathesis without the schema, and with plain words for a refused request."""
    said = message.replace("Valid data should have been accepted", "a valid request was refused")
    return re.sub(r"(?ms)^(Validated against|Schema)\b.*?^(?=Value:)", "", said).strip()


def _exchange(interaction: Interaction, target: Target) -> Exchange:
    sent, got = interaction.request, interaction.response
    headers = {name: ", ".join(values) for name, values in sent.headers.items()}
    scheme, _, rest = sent.uri.partition("://")
    host, _, path = rest.partition("/")
    access = target.connection.curl_words(headers)
    request = Request(sent.method, f"{scheme}://{host}", f"/{path}", headers, sent.body, access)
    ended = datetime.fromtimestamp(interaction.timestamp, UTC)
    if got is None:
        return Exchange(request, error="no response", ended=ended)
    fields = [(name, value) for name, values in got.headers.items() for value in values]
    response = Response(
        got.status_code, fields, got.content or b"", got.elapsed, target.wire.redactor, sent=request.sent_names
    )
    return Exchange(request, response, ended=ended)


def _outcome(context: Context, check: PlannedCheck, collected: _Collected) -> Outcome:
    if collected.findings:
        # Sorted by code: wrong responses come before invalid requests that were accepted.
        ordered = [found for _, found in sorted(collected.findings.items(), key=lambda entry: entry[0][1])]
        return _failed(context, check, ordered, collected.failures)
    if collected.problems:
        return outcome_of(context, check, Verdict.INCONCLUSIVE, reason=redact_text("; ".join(collected.problems[:3])))
    if not collected.requests:
        return outcome_of(context, check, Verdict.SKIPPED, reason="there was nothing to send in this profile")
    return outcome_of(context, check, Verdict.PASS)


def _failed(context: Context, check: PlannedCheck, found: Sequence[_Found], failures: Iterable[str]) -> Outcome:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    first, _, operation = found[0]
    # A linked request can be one of another operation.
    check = replace(check, operation=operation or check.operation)
    return outcome_of(
        context,
        check,
        Verdict.FAIL,
        reason=f"{first.summary}; {first.detail.partition(LINE)[0]}{more}",
        findings=tuple(one.finding for one in found[:_SHOWN]),
        exchanges=[one.exchange for one in found[:4] if one.exchange is not None],
        failures=tuple(sorted(failures)),
    )
