"""The report of a rehearsal as text, Markdown and JSON data: changes by severity, then different responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from seatunnel_conformance.compare import ComparedStep
from seatunnel_conformance.rehearsal.replayed import Replayed
from seatunnel_conformance.rehearsal.request_log import LoggedRequest
from seatunnel_conformance.rehearsal.rows import ChangeRow, Loss, Rehearsal
from seatunnel_conformance.replay.normalise import ExchangeDifference, shown, status_first
from seatunnel_conformance.report.text import counted
from seatunnel_conformance.target.exchange import cut
from seatunnel_conformance.text.redaction import redact_text, redact_values
from seatunnel_openapi.comparison import Change, Severity

_PLACES: Final = 6
_SHOWN_PLACES: Final = 2
_DIFFERENCES: Final = 4
_FOREIGN: Final = 5
_VALUE: Final = 70


def text(rehearsal: Rehearsal, responses: Replayed | None, *, harmless: bool) -> str:
    """Return the report for a terminal, the conclusion first.

    With `harmless`, it also lists compatible changes and the differences of responses.
    """
    lines = [_conclusion(rehearsal, responses), ""]
    if about := [f"  {line}" for line in _traffic(rehearsal)]:
        lines += [*about, ""]
    for severity, title in _titles(rehearsal).items():
        rows = rehearsal.of(severity)
        losses = rehearsal.losses if severity is Severity.ERROR else ()
        if severity is Severity.INFO and not harmless:
            lines += [f"{title}: {_changes(rows)} (--all lists them)", ""] if rows else []
        elif rows or losses:
            lines += [title, "", *(line for loss in losses for line in _loss(loss, rehearsal.unit))]
            lines += [line for row in rows for line in _paragraph(row, rehearsal)]
            lines += [""] if lines[-1] else []
    if any(_is_to_be_tried(row) for row in rehearsal.rows):
        lines += [f"Try clients on {rehearsal.new}: seatunnel-v2 serve --release {rehearsal.new}", ""]
    lines += _answers_text(rehearsal, responses, where=harmless)
    return redact_text("\n".join(lines).rstrip("\n")) + "\n"


def markdown(rehearsal: Rehearsal, responses: Replayed | None, *, harmless: bool) -> str:
    """Return the report as a Markdown page."""
    parts = [f"# Clients of {rehearsal.old} on {rehearsal.new}", *(f"- {line}" for line in _traffic(rehearsal))]
    if rehearsal.losses:
        parts += ["## Responses that lack what the client reads"]
        parts += [f"- {line.strip()}" for loss in rehearsal.losses for line in _loss(loss, rehearsal.unit) if line]
    for severity, title in _titles(rehearsal).items():
        if rows := rehearsal.of(severity):
            parts.append(f"## {title}")
            shows = harmless or severity is not Severity.INFO
            parts.append(_table(rows, rehearsal) if shows else f"{_changes(rows)}, not listed here.")
    if responses is not None and responses.differing:
        parts.append("## Different responses of the reference servers")
        parts += [f"- `{title}`: {'; '.join(places)}" for title, places in _responses(rehearsal, responses)]
    return redact_text("\n\n".join([*parts, _conclusion(rehearsal, responses)])) + "\n"


def as_json(rehearsal: Rehearsal, responses: Replayed | None) -> dict[str, Any]:
    """Return the report as JSON data."""
    plain = {
        "from": rehearsal.old,
        "to": rehearsal.new,
        "breaks": rehearsal.breaks,
        "requests": {name: use.requests for name, use in sorted(rehearsal.uses.items())},
        "foreign": {reason: dict(requests) for reason, requests in rehearsal.foreign.items()},
        "unread": rehearsal.unread,
        "leftOut": rehearsal.left_out,
        "remarks": list(rehearsal.remarks),
        "rows": [_row_as_json(row) for row in rehearsal.rows],
        "losses": [
            {"operation": loss.operation, "member": "/".join(way), "readAt": read}
            for loss in rehearsal.losses
            for way, read in loss.read.items()
        ],
        "answers": None if responses is None else _answers_as_json(responses),
    }
    redacted: dict[str, Any] = redact_values(plain)
    return redacted


def _traffic(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield sentences about the requests in the log, and about limitations of the log."""
    if not rehearsal.uses and not rehearsal.foreign:
        return
    total = sum(use.requests for use in rehearsal.uses.values())
    used = f"{counted(total, 'request')} to {counted(len(rehearsal.uses), 'operation')}"
    yield f"{used}; {counted(rehearsal.left_out, 'change')} of the API concern none of them"
    for reason, requests in rehearsal.foreign.items():
        named = [f"{count} {name}" for name, count in list(requests.items())[:_FOREIGN]]
        more = f" and {len(requests) - _FOREIGN} more" if len(requests) > _FOREIGN else ""
        yield f"{counted(sum(requests.values()), 'other request')} {reason}: {', '.join(named)}{more}"
    if rehearsal.unread:
        yield f"{counted(rehearsal.unread, 'line')} of the log could not be read as a request"
    yield from rehearsal.remarks


def _paragraph(row: ChangeRow, rehearsal: Rehearsal) -> Iterator[str]:
    """Yield the lines about changes of one kind. If they are not breaking, fewer places are listed."""
    yield f"  {_sentence(row, rehearsal) or row.id}"
    if row.affected:
        yield f"    {_asked_first(row.affected, rehearsal.unit)}"
    shown = _SHOWN_PLACES if row.severity is Severity.ERROR else 1
    more = f" and {counted(len(row.changes) - shown, 'more place')}" if len(row.changes) > shown else ""
    *others, last = [_place(change) for change in row.changes[:shown]]
    yield from (f"    {place}" for place in others)
    yield f"    {last}{more}"
    if row.read_at:
        yield f"    read by {', '.join(row.read_at[:_SHOWN_PLACES])}"
    advice = "" if _is_to_be_tried(row) else f". {row.advice}"
    yield f"    {row.id}, since {row.ground.release}, {row.ground.evidence.how}{advice}"
    if row.severity is Severity.ERROR:
        yield ""


def _loss(loss: Loss, unit: str) -> Iterator[str]:
    """Yield the lines about an operation whose responses are errors, or lose members that the client reads."""
    yield f"  Responses to {loss.operation} are errors, or lack what the client reads:"
    for way, read in loss.read.items():
        yield f"    {'/'.join(way) or 'the status'}, read by {read}"
    yield f"    {_asked_first(loss.affected, unit)}"
    yield ""


def _asked_first(affected: Sequence[LoggedRequest], unit: str) -> str:
    """Return the first affected request, and the number of the others."""
    first, more = affected[0], len(affected) - 1
    others = f", and {counted(more, 'more request')}" if more else ""
    query = f"?{first.query}" if first.query else ""
    return f"{unit} {first.number}: {cut(f'{first.method} {first.path}{query}', _VALUE)}{others}"


def _sentence(row: ChangeRow, rehearsal: Rehearsal) -> str:
    """Return the sentence about a change. It describes the later release, so for a downgrade it says "No longer"."""
    return f"No longer: {row.ground.text}" if rehearsal.is_downgrade and row.ground.text else row.ground.text


def _is_to_be_tried(row: ChangeRow) -> bool:
    return row.id == "behaviour-changed" and row.severity is not Severity.INFO


def _place(change: Change) -> str:
    old, new = (cut(_named(value), _VALUE) for value in (change.old, change.new))
    values = f": {old} -> {new}" if old and new else f": also {new}" if new else f": no longer {old}" if old else ""
    return " ".join(part for part in (change.operation or "everywhere", _named(change.place)) if part) + values


def _named(text: str) -> str:
    return text.replace("#/components/schemas/", "").replace("subschema #", "unnamed schema #")


def _known(row: ChangeRow) -> str:
    ground = row.ground
    return f"since {ground.release}, {ground.evidence.how} ({ground.confidence}): {ground.evidence.ref}"


def _changes(rows: Sequence[ChangeRow]) -> str:
    return counted(sum(len(row.changes) for row in rows), "change")


def _answers_text(rehearsal: Rehearsal, responses: Replayed | None, *, where: bool) -> Iterator[str]:
    if responses is None:
        return
    more = " (--all shows where)" if responses.differing and not where else ""
    differing = f"{len(responses.differing)} of {responses.played} differ{more}"
    yield f"Responses of {rehearsal.old} and {rehearsal.new} reference servers to these requests: {differing}"
    yield from [""] if where and responses.differing else []
    for title, places in _responses(rehearsal, responses) if where else ():
        yield f"  {title}"
        yield from (f"    {place}" for place in places)
    if responses.unplayable:
        unsent = counted(responses.unplayable, "request")
        yield f"  {unsent} could not be sent: the log lacks a body or a query."
    if responses.left_out:
        yield f"  {responses.left_out} requests were not sent, because there are too many."
    yield ""


def _responses(rehearsal: Rehearsal, responses: Replayed) -> Iterator[tuple[str, list[str]]]:
    """Yield the requests with different responses, and their differences; equal differences are only shown once."""
    shown_before: set[str] = set()
    for each in responses.differing:
        places = [_difference(rehearsal, difference) for difference in sorted(each.differences, key=status_first)]
        if str(places) not in shown_before:
            shown_before.add(str(places))
            more = [f"and {len(places) - _DIFFERENCES} more places"] if len(places) > _DIFFERENCES else []
            yield _asked(each), places[:_DIFFERENCES] + more


def _asked(each: ComparedStep) -> str:
    """Return method and path of a request, with placeholders such as `<job 1>` instead of ids."""
    line = f"{each.step['request']['method']} {each.step['request']['path']}"
    return re.sub(r"\{\{fresh\.id\.log(\d+)\}\}", r"<job \1>", line)


def _difference(rehearsal: Rehearsal, difference: ExchangeDifference) -> str:
    name = difference.pointer.rpartition("/")[2]
    old, new = (cut(shown(redact_values(value, name)), _VALUE) for value in (difference.old, difference.new))
    return f"{difference.pointer}: {rehearsal.old} {old}, {rehearsal.new} {new}"


def _table(rows: Sequence[ChangeRow], rehearsal: Rehearsal) -> str:
    lines = ["| What changes | Where | Known | What to do |", "| --- | --- | --- | --- |"]
    for row in rows:
        places = "<br>".join(f"`{_place(change)}`" for change in row.changes[:_PLACES])
        cells = (_sentence(row, rehearsal) or f"`{row.id}`", places, _known(row), row.advice)
        lines.append(f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in cells)} |")
    return "\n".join(lines)


def _titles(rehearsal: Rehearsal) -> dict[Severity, str]:
    clients = _clients(rehearsal)
    return {Severity.ERROR: f"Breaks {clients}", Severity.WARNING: f"May break {clients}", Severity.INFO: "Compatible"}


def _clients(rehearsal: Rehearsal) -> str:
    return "these requests" if rehearsal.uses else "clients"


def _conclusion(rehearsal: Rehearsal, responses: Replayed | None) -> str:
    breaking, doubtful = (_changes(rehearsal.of(severity)) for severity in (Severity.ERROR, Severity.WARNING))
    if lost := sum(len(loss.read) for loss in rehearsal.losses):
        breaking += f" and {counted(lost, 'lost member')}"
    differing = f", {len(responses.differing)} of {responses.played} responses differ" if responses is not None else ""
    upgrade = f"From {rehearsal.old} to {rehearsal.new}"
    return f"{upgrade}: {breaking} that break {_clients(rehearsal)}, {doubtful} that may{differing}."


def _row_as_json(row: ChangeRow) -> dict[str, Any]:
    return {
        "severity": str(row.severity),
        "id": row.id,
        "text": row.ground.text,
        "since": row.ground.release,
        "evidence": {"how": row.ground.evidence.how, "ref": row.ground.evidence.ref},
        "confidence": row.ground.confidence,
        "advice": row.advice,
        "readAt": list(row.read_at),
        "requests": row.requests,
        "lines": None if row.affected is None else [seen.number for seen in row.affected],
        "changes": [
            {"operation": each.operation, "place": each.place, "old": each.old, "new": each.new} for each in row.changes
        ],
    }


def _answers_as_json(responses: Replayed) -> dict[str, Any]:
    return {
        "played": responses.played,
        "unplayable": responses.unplayable,
        "leftOut": responses.left_out,
        "differing": [
            {
                "request": _asked(each),
                "from": dict(each.one),
                "to": dict(each.other),
                "pointers": [difference.pointer for difference in each.differences],
            }
            for each in responses.differing
        ],
    }
