"""The report of a rehearsal as text, Markdown and JSON data: changes by severity, then different responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from seatunnel_conformance.compare import ComparedStep
from seatunnel_conformance.rehearsal.replayed import Replayed
from seatunnel_conformance.rehearsal.request_log import LoggedRequest
from seatunnel_conformance.rehearsal.rows import ChangeRow, Rehearsal
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
    """Return the report for a terminal, the conclusion first; `harmless` also lists compatible changes."""
    lines = [_conclusion(rehearsal, responses), ""]
    if about := [f"  {line}" for line in _traffic(rehearsal)]:
        lines += [*about, ""]
    for severity, title in _titles(rehearsal).items():
        rows = rehearsal.of(severity)
        if severity is Severity.INFO and not harmless:
            lines += [f"{title}: {_changes(rows)} (--all lists them)", ""] if rows else []
        elif rows:
            lines += [title, "", *(line for row in rows for line in (*_paragraph(row, rehearsal.unit), ""))]
    if any(_is_to_be_tried(row) for row in rehearsal.rows):
        lines += [f"Try clients on the new release: seatunnel-v2 serve --release {rehearsal.new}", ""]
    lines += _answers_text(rehearsal, responses)
    return redact_text("\n".join(lines).rstrip("\n")) + "\n"


def markdown(rehearsal: Rehearsal, responses: Replayed | None, *, harmless: bool) -> str:
    """Return the report as a Markdown page."""
    parts = [f"# Clients of {rehearsal.old} on {rehearsal.new}", *(f"- {line}" for line in _traffic(rehearsal))]
    for severity, title in _titles(rehearsal).items():
        if rows := rehearsal.of(severity):
            parts.append(f"## {title}")
            shows = harmless or severity is not Severity.INFO
            parts.append(_table(rows) if shows else f"{_changes(rows)}, not listed here.")
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
        "answers": None if responses is None else _answers_as_json(responses),
    }
    redacted: dict[str, Any] = redact_values(plain)
    return redacted


def _traffic(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield the content of the log, and its limitations."""
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


def _paragraph(row: ChangeRow, unit: str) -> Iterator[str]:
    yield f"  {row.ground.text or row.id}"
    if row.affected:
        first, more = row.affected[0], len(row.affected) - 1
        yield f"    {unit} {first.number}: {cut(_line(first), _VALUE)}" + (
            f", and {counted(more, 'more request')}" if more else ""
        )
    for change in row.changes[:_SHOWN_PLACES]:
        yield f"    {_place(change)}"
    if len(row.changes) > _SHOWN_PLACES:
        yield f"    and {counted(len(row.changes) - _SHOWN_PLACES, 'more place')}"
    yield f"    {row.id}, since {row.ground.release}, {row.ground.evidence.how}"
    if not _is_to_be_tried(row):
        yield f"    {row.advice}"


def _is_to_be_tried(row: ChangeRow) -> bool:
    return row.id == "behaviour-changed" and row.severity is not Severity.INFO


def _line(seen: LoggedRequest) -> str:
    return f"{seen.method} {seen.path}" + (f"?{seen.query}" if seen.query else "")


def _place(change: Change) -> str:
    old, new = (cut(_named(value), _VALUE) for value in (change.old, change.new))
    values = f": {old} -> {new}" if old and new else f": also {new}" if new else f": no longer {old}" if old else ""
    return " ".join(part for part in (change.operation or "everywhere", _named(change.place)) if part) + values


def _named(text: str) -> str:
    return text.replace("#/components/schemas/", "")


def _known(row: ChangeRow) -> str:
    ground = row.ground
    return f"since {ground.release}, {ground.evidence.how} ({ground.confidence}): {ground.evidence.ref}"


def _changes(rows: Sequence[ChangeRow]) -> str:
    return counted(sum(len(row.changes) for row in rows), "change")


def _answers_text(rehearsal: Rehearsal, responses: Replayed | None) -> Iterator[str]:
    if responses is None:
        return
    yield f"Responses of {rehearsal.old} and {rehearsal.new} reference servers to {responses.played} different requests"
    yield ""
    for title, places in _responses(rehearsal, responses):
        yield f"  {title}"
        yield from (f"    {place}" for place in places)
    if not responses.differing:
        yield "  All responses are the same."
    if responses.unplayable:
        unsent = counted(responses.unplayable, "request")
        yield f"  {unsent} could not be sent: the log does not have their bodies or queries."
    if responses.left_out:
        yield f"  {responses.left_out} requests were not sent, because there are too many."
    yield ""


def _responses(rehearsal: Rehearsal, responses: Replayed) -> Iterator[tuple[str, list[str]]]:
    """Yield each request with different responses, and the differences; only one of those with the same differences."""
    shown_before: set[str] = set()
    for each in responses.differing:
        places = [_difference(rehearsal, difference) for difference in sorted(each.differences, key=status_first)]
        if str(places) not in shown_before:
            shown_before.add(str(places))
            more = [f"and {len(places) - _DIFFERENCES} more places"] if len(places) > _DIFFERENCES else []
            yield _asked(each), places[:_DIFFERENCES] + more


def _asked(each: ComparedStep) -> str:
    """Return the line of a request, with numbers instead of ids."""
    line = f"{each.step['request']['method']} {each.step['request']['path']}"
    return re.sub(r"\{\{fresh\.id\.log(\d+)\}\}", r"<job \1>", line)


def _difference(rehearsal: Rehearsal, difference: ExchangeDifference) -> str:
    name = difference.pointer.rpartition("/")[2]
    old, new = (cut(shown(redact_values(value, name)), _VALUE) for value in (difference.old, difference.new))
    return f"{difference.pointer}: {rehearsal.old} {old}, {rehearsal.new} {new}"


def _table(rows: Sequence[ChangeRow]) -> str:
    lines = ["| What changes | Where | Known | What to do |", "| --- | --- | --- | --- |"]
    for row in rows:
        places = "<br>".join(f"`{_place(change)}`" for change in row.changes[:_PLACES])
        cells = (row.ground.text or f"`{row.id}`", places, _known(row), row.advice)
        lines.append(f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in cells)} |")
    return "\n".join(lines)


def _titles(rehearsal: Rehearsal) -> dict[Severity, str]:
    clients = _clients(rehearsal)
    return {Severity.ERROR: f"Breaks {clients}", Severity.WARNING: f"May break {clients}", Severity.INFO: "Compatible"}


def _clients(rehearsal: Rehearsal) -> str:
    return "these requests" if rehearsal.uses else "clients"


def _conclusion(rehearsal: Rehearsal, responses: Replayed | None) -> str:
    breaking, doubtful = (_changes(rehearsal.of(severity)) for severity in (Severity.ERROR, Severity.WARNING))
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
