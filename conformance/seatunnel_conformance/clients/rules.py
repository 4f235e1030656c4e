"""The rules for clients: one function for each clause of `x-client-clauses`.

A rule gets the behaviour of a client in one scenario, and yields observations: each keeps the clause or breaks it. It
yields nothing if the client has sent no request that the clause is about. Reports print the docstring as the reason why
the clause matters, so it says what happens to a client that breaks the clause, or to the client's user.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import pairwise
from typing import ClassVar, Final, TypeAlias

from seatunnel_conformance.arrange.functions import ClauseFunction
from seatunnel_conformance.clients.programs import Ending
from seatunnel_conformance.clients.scenarios import LARGE_ID
from seatunnel_conformance.clients.traffic import STOPS, SUBMITS, ClientRequest
from seatunnel_conformance.errors import DuplicateRegistration, MisnamedCheck
from seatunnel_conformance.faults.documents import DETAILS, LISTS
from seatunnel_conformance.target.routes import query_names

BURST, BURST_SECONDS = 4, 2.0
"""This number of equal requests in this number of seconds is more than one per second, even with a jittery clock."""

_TELLS: Final = r"fail|error|exception|refused|denied|could ?n.t|can ?n.t|unable"
_UNKNOWN: Final = re.compile(
    rf"unknown|not.?found|no such|not exist|no job|missing|expired|gone|lost|{_TELLS}", re.IGNORECASE
)
_FAILED: Final = re.compile(_TELLS, re.IGNORECASE)
_UNAUTHORIZED: Final = re.compile(rf"401|unauthori[sz]ed|credential|forbidden|password|log.?in|{_TELLS}", re.IGNORECASE)
_UNPARSED: Final = re.compile(
    r"JSONDecodeError|Expecting value: line 1|JsonParseException|JsonSyntaxException|MalformedJsonException|"
    r"SyntaxError: Unexpected token|invalid character '<' looking for|Attribute ?Error|TypeError"
)
"""Matches the messages of programs in several languages that failed to parse an HTML page as JSON."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The behaviour of a client in a scenario. `job_id` is the id that the client was given."""

    scenario: str
    job_id: str
    ending: Ending
    calls: tuple[ClientRequest, ...]

    def of(self, *groups: Collection[str]) -> list[ClientRequest]:
        """Return the requests for operations in these groups, such as `DETAILS`."""
        return [call for call in self.calls if any(call.operation_id in group for group in groups)]

    @property
    def was_killed(self) -> bool:
        """Whether the client did not end within the time limit."""
        return self.ending.status is None

    def hides(self, words: re.Pattern[str]) -> bool:
        """Return whether the client reported no problem: it was killed, or ended with 0 and printed none of `words`."""
        return self.was_killed or (self.ending.status == 0 and not words.search(self.ending.output))


@dataclass(frozen=True, slots=True)
class RuleObservation:
    """An observation of a rule: whether the client keeps the clause, the reason if not, and the request."""

    kept: bool
    reason: str = ""
    call: ClientRequest | None = None


RuleFunction: TypeAlias = Callable[[Trial], Iterator[RuleObservation]]


@dataclass(frozen=True, slots=True)
class ClientRule(ClauseFunction):
    """The rule of a clause. `scenarios` has the scenarios that it applies to; all if it is empty."""

    writes: ClassVar = False

    clause_id: str
    function: RuleFunction
    scenarios: tuple[str, ...]

    def observed(self, trial: Trial) -> list[RuleObservation]:
        """Return the observations of the rule in a scenario; none if it does not apply to the scenario."""
        return list(self.function(trial)) if not self.scenarios or trial.scenario in self.scenarios else []


RULES: Final[dict[str, ClientRule]] = {}
"""All rules by the id of their clause."""


def rule(clause_id: str, *scenarios: str) -> Callable[[RuleFunction], RuleFunction]:
    """Register the decorated function as the rule of a clause. Its name must be that of the clause."""

    def register(function: RuleFunction) -> RuleFunction:
        if clause_id in RULES:
            raise DuplicateRegistration(f"two rules have the clause {clause_id}")
        if clause_id != f"client.{function.__name__.replace('_', '-')}":
            raise MisnamedCheck(f"the rule of {clause_id} must not be named {function.__name__}")
        RULES[clause_id] = ClientRule(clause_id, function, scenarios)
        return function

    return register


@rule("client.known-path")
def known_path(trial: Trial) -> Iterator[RuleObservation]:
    """A request for an unknown operation is answered with 404 or 405, on this release or on the next one."""
    for call in trial.calls:
        reason = f"{call.name} is no operation of {call.asked.contract.release}"
        yield RuleObservation(call.operation is not None, reason, call)


@rule("client.current-path")
def current_path(trial: Trial) -> Iterator[RuleObservation]:
    """A later release may no longer have a deprecated operation, so the client fails after an upgrade."""
    for call in trial.calls:
        if operation := call.operation:
            yield RuleObservation(not operation.document.get("deprecated"), f"{call.name} is deprecated", call)


@rule("client.known-parameter")
def known_parameter(trial: Trial) -> Iterator[RuleObservation]:
    """The engine ignores an unknown parameter, so the client gets neither what it requests nor an error."""
    for call in trial.calls:
        sent, known = [name for name, _ in call.asked.query], _known_names(call)
        if call.operation_id in STOPS:
            sent += call.body_names
        if sent and known is not None:
            ignored = " or ".join(dict.fromkeys(repr(name) for name in sent if name not in known))
            yield RuleObservation(not ignored, f"{call.name} has no parameter {ignored}; the engine ignores it", call)


def _known_names(call: ClientRequest) -> set[str] | None:
    """Return the names of the query parameters of a request's operation, and of the members of a stop.

    Return None if the operation accepts any name, or the request is for no operation.
    """
    if call.operation is None or (parameters := query_names(call.asked.contract, call.operation)) is None:
        return None
    resolve = call.asked.contract.resolve
    body = resolve(call.operation.request_schema() or {})
    members = resolve(body.get("items", body)).get("properties", {}) if call.operation_id in STOPS else {}
    return {*parameters, *members}


@rule("client.content-type")
def content_type(trial: Trial) -> Iterator[RuleObservation]:
    """A configuration that is sent as a form is refused. Without a content type, characters beyond ASCII are lost."""
    for call in trial.calls:
        if call.operation and call.operation.request_body and call.asked.request.body:
            sent = call.asked.request.header("content-type").partition(";")[0].strip().lower()
            known = list(call.operation.request_body.get("content", {}))
            reason = f"{call.name} was sent with {sent or 'no content type'} instead of {' or '.join(known)}"
            yield RuleObservation(sent in known, reason, call)


@rule("client.exact-id")
def exact_id(trial: Trial) -> Iterator[RuleObservation]:
    """The client requests a wrong id, so it usually concludes that its job is unknown."""
    known = {trial.job_id}
    for call in trial.calls:
        for sent in filter(str.isdecimal, call.ids):
            near = [each for each in known if each.isdecimal() and each != sent and float(each) == float(sent)]
            if sent in known and int(sent) >= LARGE_ID:
                yield RuleObservation(kept=True, call=call)
            elif near and sent not in known:
                yield RuleObservation(
                    kept=False, reason=f"the client sent the id {sent} instead of {near[0]}", call=call
                )
        known |= {*call.received_ids, *(named for named in call.ids if call.operation_id in SUBMITS)}


@rule("client.id-as-text")
def id_as_text(trial: Trial) -> Iterator[RuleObservation]:
    """A program that reads numbers as floats, such as `jq` or a browser, changes the digits of a numeric id."""
    for call in trial.calls:
        if call.operation_id == "stop_job":
            for sent, is_number in call.body_ids:
                yield RuleObservation(not is_number, f"the client sent the id {sent} as a number", call)


@rule("client.poll-interval")
def poll_interval(trial: Trial) -> Iterator[RuleObservation]:
    """For each read of a job, the master requests metrics from all workers, so frequent reads slow the cluster down."""
    equal = defaultdict[str, list[ClientRequest]](list)
    for call in trial.of(DETAILS, LISTS):
        equal[call.name].append(call)
    for name, calls in equal.items():
        if len(calls) > 1:
            gaps = zip(calls, calls[BURST - 1 :], strict=False)
            fast = any(last.at - first.at < BURST_SECONDS for first, last in gaps)
            shortest = min(after.at - before.at for before, after in pairwise(calls))
            reason = f"the client sent {name} {len(calls)} times, with only {shortest:.2f} s in between"
            yield RuleObservation(not fast, reason, calls[-1])


@rule("client.time-limit", "slow-answer")
def time_limit(trial: Trial) -> Iterator[RuleObservation]:
    """If the engine hangs, the client hangs until the engine responds, and reports no error."""
    held = [call for call in trial.calls if call.is_held]
    if held:
        waits = trial.was_killed and len(held) == 1
        yield RuleObservation(
            not waits, f"the client still waited for a response after {trial.ending.seconds:.0f} s", held[0]
        )


@rule("client.submit-once", "lost-submission")
def submit_once(trial: Trial) -> Iterator[RuleObservation]:
    """A job that is submitted again runs twice, and writes its rows twice."""
    submits = trial.of(SUBMITS)
    if submits and submits[0].is_lost:
        again = next((call for call in submits[1:] if not call.ids or call.ids != submits[0].ids), None)
        yield RuleObservation(
            again is None, "the client submitted the job again without a `jobId`", again or submits[0]
        )


@rule("client.unknown-job", "unknown-id", "expired-history")
def unknown_job(trial: Trial) -> Iterator[RuleObservation]:
    """The client waits forever for a job that does not run, or reports it as done."""
    unknown = [call for call in trial.of(DETAILS) if isinstance(call.document, dict) and not call.received_states]
    if unknown:
        yield RuleObservation(not trial.hides(_UNKNOWN), f"{_how(trial)}, although the job is unknown", unknown[0])


@rule("client.finished-job", "healthy-job", "ends-between-polls", "waiting-job")
def finished_job(trial: Trial) -> Iterator[RuleObservation]:
    """The client reports a successful job as failed, so somebody runs the job again or searches for an error."""
    reads = [call for call in trial.of(DETAILS, LISTS) if call.status == HTTPStatus.OK]
    if reads:
        state = "only waits for slots" if "PENDING" in reads[-1].received_states else "finished"
        yield RuleObservation(trial.ending.status == 0, f"{_how(trial)}, although the job {state}", reads[-1])


@rule("client.failed-job", "failing-job")
def failed_job(trial: Trial) -> Iterator[RuleObservation]:
    """The client reports a failed job as successful, so a pipeline continues with data that was never written."""
    failed = [call for call in trial.calls if "FAILED" in call.received_states]
    if failed:
        yield RuleObservation(not trial.hides(_FAILED), f"{_how(trial)}, although the job failed", failed[-1])


@rule("client.stop-error", "stop-error")
def stop_error(trial: Trial) -> Iterator[RuleObservation]:
    """The user thinks that the job has stopped, but it still runs."""
    stops = [call for call in trial.of(STOPS) if call.status >= HTTPStatus.BAD_REQUEST]
    if stops:
        yield RuleObservation(not trial.hides(_FAILED), f"{_how(trial)}, although the stop was answered 500", stops[0])


@rule("client.error-page", "html-error")
def error_page(trial: Trial) -> Iterator[RuleObservation]:
    """The user sees a stack trace about JSON instead of the message that a proxy can't reach the engine."""
    pages = [call for call in trial.calls if call.is_page]
    output = trial.ending.output.strip()
    # Of a Python traceback, only the last line counts: the exceptions before it were handled.
    crash = _UNPARSED.search(output.rpartition("\n")[2] if "Traceback (most recent" in output else output)
    if pages and crash:
        yield RuleObservation(kept=False, reason=f"the client failed with `{crash[0]}` on an HTML page", call=pages[-1])
    elif pages:
        reason = f"{_how(trial)}, although it was answered {pages[-1].status}"
        yield RuleObservation(not trial.hides(_FAILED), reason, pages[-1])


@rule("client.unauthorized", "credentials")
def unauthorized(trial: Trial) -> Iterator[RuleObservation]:
    """The user searches for an error in the job, although the credentials are wrong."""
    refused = [call for call in trial.calls if call.status == HTTPStatus.UNAUTHORIZED]
    if refused:
        yield RuleObservation(
            not trial.hides(_UNAUTHORIZED), f"{_how(trial)}, although it was answered 401", refused[0]
        )


@rule("client.master-change", "master-change")
def master_change(trial: Trial) -> Iterator[RuleObservation]:
    """The job keeps running, but its user takes it for a failed job, and starts it again."""
    reads = trial.of(DETAILS, LISTS)
    refused = [call for call in reads if call.status == HTTPStatus.INTERNAL_SERVER_ERROR]
    # A client that reads only once does not wait for the job.
    if refused and (trial.of(SUBMITS) or len(reads) > 1):
        went_on = trial.ending.status == 0 and reads[-1].status == HTTPStatus.OK
        yield RuleObservation(went_on, f"{_how(trial)}, after the status 500", refused[-1])


@rule("client.long-list", "long-list")
def long_list(trial: Trial) -> Iterator[RuleObservation]:
    """The client works in tests, but fails on a cluster with a long history."""
    lists = [call for call in trial.of(LISTS) if call.entries is not None]
    if lists:
        reason = f"{_how(trial)} on a list of {lists[-1].entries} jobs"
        yield RuleObservation(trial.ending.status == 0, reason, lists[-1])


def _how(trial: Trial) -> str:
    return f"the client {trial.ending.sentence}"
