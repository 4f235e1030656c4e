"""Plays a recorded scenario on the target, and compares each response with the recorded one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.comparisons import SeveralFindings
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import has_several_members
from seatunnel_conformance.errors import LimitMissed, NotObservable
from seatunnel_conformance.observe.forms import JobForms
from seatunnel_conformance.observe.schemas import property_names
from seatunnel_conformance.replay.fidelity import MOST
from seatunnel_conformance.replay.normalise import ABSENT, ITEMS, ExchangeDifference, compared, shown
from seatunnel_conformance.replay.player import Player, awaited_member, ids_in
from seatunnel_conformance.replay.recording import RecordedStep, Scenario, needs_one_node, other_set_up, sets_tags
from seatunnel_conformance.replay.sender import Address, Sender, body_of
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.run.repetition import script
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Exchange, Response, cut, require_readable
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_conformance.text.differences import NOTHING, Difference, differing, resolve
from seatunnel_conformance.text.redaction import redact_text

_Step: TypeAlias = tuple[RecordedStep, dict[str, Any]]


class TargetSender(Sender):
    """A sender through a target that records the exchanges. Its jobs are stopped at the end of the run."""

    def __init__(self, target: Target, jobs: Jobs) -> None:
        super().__init__(Address(target.url, governor=target.governor))
        self.target, self.jobs, self.wire = target, jobs, target.wire

    def close(self) -> None:
        """Leave the connections open, because they are shared."""

    def send(self, request: Mapping[str, Any], *, keep: bool) -> Response:  # noqa: ARG002 - the target keeps what it can
        """Send one request. Raises `Inconclusive` for network errors."""
        if request["path"].startswith("/submit-job"):
            # Registered first, so that they are stopped at the end of the run.
            for job_id in ids_in(request) & self.guard.own.generated:
                self.jobs.claim(job_id)
        headers = dict(request.get("headers", {}))
        body = body_of(request, headers)
        headers |= {"Transfer-Encoding": "chunked"} if request.get("chunked") else {}
        target = self.target.outside() if request.get("absolute") else self.target
        response = target.send(request["method"], request["path"], headers=headers, body=body)
        if "json" in response.media_type:
            require_readable(response.body)
        return response


_SHOWN: Final = 10
"""Maximum number of differences of a step in a report."""

_LAST: Final = 200
"""Maximum number of characters of the last response in the message for a timeout."""


def play(context: Context, scenario: Scenario, provided: Mapping[str, Any]) -> None:
    """Play the scenario of a check, and compare its steps. Raises `SeveralFindings`."""
    target: Target = provided["target"]
    if (reason := needs_one_node(scenario)) and has_several_members(target):
        raise NotObservable(reason)
    to = Address(target.url, target.connection)
    if reason := next(filter(None, (other_set_up(scenario, step, to) for step in scenario.steps)), ""):
        raise NotObservable(reason)
    if sets_tags(scenario):
        context.tags.hold()
    forms = JobForms.of(context.contract, "get_job_info")
    player = Player(TargetSender(target, context.jobs), forms=forms)
    known, findings, shown = property_names(context.contract), list[Finding](), list[Exchange]()
    # Steps after the last recorded one only clean up.
    compared_until = max((at for at, step in enumerate(scenario.steps) if step.exchange), default=len(scenario.steps))
    try:
        for at, (recorded, got) in enumerate(_until_refused(player.play(scenario), findings)):
            wrong = _wrong(recorded, got, forms, known) if at <= compared_until else []
            last = target.exchanges[-1]
            if wrong and not ("select" in recorded.step and _shows_others(target, last)):
                curl = script([last], target.exchanges, target)
                more = f"\nand {len(wrong) - _SHOWN} more differences" if len(wrong) > _SHOWN else ""
                summary = f"{last.request}: the response to the step `{recorded.id}` differs from the recorded one"
                detail = "\n".join(map(str, wrong[:_SHOWN])) + more
                places = tuple(map(_difference, wrong[:_SHOWN]))
                findings.append(Finding(redact_text(summary), redact_text(detail), curl, places))
                shown.append(last)
    finally:
        # Jobs whose ids the target has chosen, so that they could not be registered before.
        for job_id in target.own.claimed & player.job_ids:
            context.jobs.claim(job_id)
    if findings:
        raise SeveralFindings(tuple(findings), tuple(shown))


def _shows_others(target: Target, exchange: Exchange) -> bool:
    """Return whether a page shows a job of another client, which may be there instead of the recorded job."""
    page = (exchange.response and exchange.response.json_as(dict)) or {}
    return any(isinstance(job, dict) and not target.own.has(job) for job in page.get("data", ()))


def _until_refused(steps: Iterator[_Step], findings: list[Finding]) -> Iterator[_Step]:
    """Yield the steps up to a request that could change jobs of others; raise `ForeignJob` if there are no findings."""
    try:
        yield from steps
    except ForeignJob:
        if not findings:
            raise


def _wrong(
    recorded: RecordedStep, got: Mapping[str, Any], forms: JobForms, known: Collection[str]
) -> list[ExchangeDifference]:
    """Return the differences of a step from the recorded one. `known` are the names of members in the contract.

    Raises `LimitMissed` if the response that the step waits for does not come. Raises `NotObservable` if it is a job's
    finished form, which this target shows later than the recorded engine.
    """
    if got.get("timedOut") and not (recorded.exchange or {}).get("timedOut"):
        goal = recorded.step.get("poll") or recorded.step["observe"]
        if forms.comes_later(resolve(got, "/body/value") or {}, awaited_member(goal)):
            raise NotObservable("an ended job keeps a running one's members for a while, but not in the recording")
        awaited = f"what the recorded step {recorded.id} waits for"
        raise LimitMissed(awaited, goal["timeoutSeconds"], cut(json.dumps(got.get("body")), _LAST))
    if recorded.exchange is None:
        return []
    found = compared(recorded.exchange, got)
    return list(islice((one for one in found if not _is_further(one, recorded.exchange, known)), MOST))


def _is_further(difference: ExchangeDifference, recorded: Any, known: Collection[str]) -> bool:
    """Return whether a difference is only a member that the contract lacks (`http.further-members`)."""
    parent, _, name = difference.pointer.rpartition("/")
    if parent.endswith(f"/{ITEMS}") and ABSENT not in (difference.old, difference.new):
        item, other = json.loads(difference.old), json.loads(difference.new)
        inner = (ExchangeDifference(f"/body{place}", *values) for place, *values in differing(item, other))
        return all(_is_further(one, {"body": item}, known) for one in inner)
    holder = resolve(recorded, parent)
    # An object with names that are not in the contract is a map, by tables for example.
    is_object = isinstance(holder, dict) and holder and set(holder) <= set(known)
    return bool(difference.old is ABSENT and parent.split("/")[1:2] == ["body"] and is_object and name not in known)


def _difference(found: ExchangeDifference) -> Difference:
    """Return a difference of two exchanges whose place is in the body, or is the status or a header."""
    _, part, *inner = found.pointer.split("/")
    place = "/".join(["", *inner[1:]]) if part == "body" and inner[:1] == ["value"] else "/".join([part, *inner])
    values = (NOTHING if value is ABSENT else redact_text(shown(value)) for value in (found.old, found.new))
    return Difference(place, *values)
