"""The ledger, one clause or one fact as text with 80 columns, and the ledger as Markdown and JSON data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from seatunnel_conformance.ledger.entries import FunctionRow, Ledger, LedgerEntry, ReleaseStatus
from seatunnel_openapi import Contract, JsonObject, UnknownOperation, load, releases
from seatunnel_openapi.contract import Level
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.extensions import shown
from seatunnel_openapi.loading import facts_schema

WIDTH: Final = 80

_ROOM: Final = Path(__file__).parents[2]
_REASONS: Final = Path(__file__).with_name("unobserved.toml")
_MARGIN: Final = 11
"""The column in which texts begin; headings are to the left of it."""

_KNOWN_WIDTH: Final = 24
_HEAD: Final = ("clause", "level", "known", "check", "fault")
_MARKDOWN_HEAD: Final = (
    "clause",
    "level",
    "the contract says",
    "known",
    "check",
    "random histories",
    "recorded scenarios",
    "faults",
)
_LEGEND: Final = "check: functions + invariants of stateful tests + recorded scenarios"


@cache
def unobserved() -> Mapping[str, str]:
    """Return the reasons why clauses have no check, by the id of the clause."""
    reasons: dict[str, str] = tomllib.loads(_REASONS.read_text(encoding="utf-8"))["reasons"]
    return reasons


def as_table(ledger: Ledger) -> str:
    """Return a line for each clause, and the totals."""
    rows = [_HEAD, *(_row(ledger, entry) for entry in ledger.entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", _LEGEND, *_counts(ledger), ""])


def as_markdown(ledger: Ledger) -> str:
    """Return the ledger as a Markdown table with the texts of the clauses."""
    rows = [_MARKDOWN_HEAD, tuple("---" for _ in _MARKDOWN_HEAD), *(_cells(ledger, entry) for entry in ledger.entries)]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in rows)


def as_data(ledger: Ledger) -> dict[str, Any]:
    """Return the ledger as JSON data, whose schema is `ledger.schema.json`."""
    return {
        "release": ledger.release,
        "counts": {str(level): asdict(ledger.count(level)) for level in Level},
        "clauses": [entry_data(entry) for entry in ledger.entries],
    }


def entry_data(entry: LedgerEntry) -> dict[str, Any]:
    """Return one clause as JSON data."""
    clause = entry.clause
    return {
        "id": clause.id,
        "level": str(clause.level),
        "text": clause.text,
        "operation": entry.operation,
        "operationId": clause.operation_id,
        "tag": entry.tag,
        "since": entry.holds[0].release if entry.holds else None,
        "until": entry.until,
        "evidence": list(map(asdict, clause.evidence)),
        "checks": [_check_data(check) for check in entry.checks],
        "histories": [_check_data(rule) for rule in entry.histories],
        "scenarios": [
            {"name": row.name, "shows": row.shows, "releases": list(row.releases), "leftOut": row.left_out}
            for row in entry.scenarios
        ],
        "unobserved": unobserved().get(clause.id),
        "faults": list(map(asdict, entry.faults)),
        "releases": [{"release": hold.release, "known": hold.how, "knownOn": hold.known_on} for hold in entry.holds],
    }


def _check_data(check: FunctionRow) -> dict[str, Any]:
    return {"place": _place(check), "why": check.why, "writes": check.writes}


def _place(function: FunctionRow) -> str:
    """Return file and line, relative to the package: `seatunnel_conformance/checks/job_info.py:23`."""
    file, line = function.place
    return f"{Path(file).relative_to(_ROOM).as_posix()}:{line}"


def explained(entry: LedgerEntry) -> str:
    """Return a clause as text: its checks, evidence, scenarios, faults and releases, and commands to check it."""
    sections = (
        ("", [entry.clause.text]),
        ("about", [_about(entry)]),
        ("why", [check.why for check in entry.checks]),
        ("evidence", [f"{piece.how}: {piece.ref}" for piece in entry.clause.evidence]),
        ("checked", [_clickable(check) for check in entry.checks] or [_unchecked(entry)]),
        ("histories", [_clickable(rule) for rule in entry.histories]),
        ("recorded", list(_scenarios(entry))),
        (
            "faults",
            [f"{fault.id}: {fault.sentence}" for fault in entry.faults]
            or ["no fault shows that the check can fail"] * (not entry.is_for_clients),
        ),
        ("holds on", [_hold_line(entry, hold) for hold in entry.holds]),
        ("run alone", list(_commands(entry))),
    )
    return "\n".join([f"{entry.clause.id}  {entry.clause.level}", *sectioned(sections), ""])


def _unchecked(entry: LedgerEntry) -> str:
    reason = unobserved().get(entry.clause.id)
    if reason:
        return f"by nothing. {reason}"
    return "by random histories only" if entry.histories else "by nothing"


def known_words(hold: ReleaseStatus) -> str:
    """Return the evidence for a clause on a release in words, such as `recorded`.

    Evidence of an earlier release is shown with that release, such as `recorded 2.3.10`.
    """
    if not hold.is_carried_over:
        return hold.how
    if hold.known_on == "documented":
        return "by the page" if hold.how == "documented" else f"{hold.how} before"
    return f"{hold.how} {hold.known_on}"


def _row(ledger: Ledger, entry: LedgerEntry) -> tuple[str, ...]:
    numbers = (len(entry.checks), len(entry.histories), len(entry.played(ledger.release)))
    counted = ("+".join(map(str, numbers)) if any(numbers) else "-", str(len(entry.faults) or "-"))
    return entry.clause.id, str(entry.clause.level), _narrow(_known(ledger, entry)), *counted


def _narrow(known: str) -> str:
    """Return the words for evidence, cut off after `_KNOWN_WIDTH` characters."""
    return known if len(known) <= _KNOWN_WIDTH else f"{known[: _KNOWN_WIDTH - 1]}…"


def _cells(ledger: Ledger, entry: LedgerEntry) -> tuple[str, ...]:
    checks = ", ".join(f"`{_place(check)}`" for check in entry.checks)
    faults = ", ".join(f"`{fault.id}`" for fault in entry.faults)
    known = _known(ledger, entry)
    rules = ", ".join(f"`{_place(rule)}`" for rule in entry.histories)
    scenarios = ", ".join(f"`{row.name}`" for row in entry.played(ledger.release))
    return f"`{entry.clause.id}`", str(entry.clause.level), entry.clause.text, known, checks, rules, scenarios, faults


def _known(ledger: Ledger, entry: LedgerEntry) -> str:
    return next((known_words(hold) for hold in entry.holds if hold.release == ledger.release), "")


def _counts(ledger: Ledger) -> Iterator[str]:
    for level in Level:
        count = ledger.count(level)
        yield (
            f"{level:6}  {count.clauses} clauses: {count.checked} checked, {count.random} at random, "
            f"{count.recorded} recorded, {count.guarded} with a fault"
        )


def _about(entry: LedgerEntry) -> str:
    if entry.is_for_clients:
        return "clients of the API"
    if entry.operation is None:
        return "the API as a whole"
    return f"{entry.operation} ({entry.clause.operation_id}, tag {entry.tag})"


def _clickable(function: FunctionRow) -> str:
    """Return `file:line`, which editors and terminals open; relative if the file is in the current folder."""
    path, line = Path(function.place[0]), function.place[1]
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{line}"


def _hold_line(entry: LedgerEntry, hold: ReleaseStatus) -> str:
    known = known_words(hold)
    if hold.is_carried_over:
        known += ", not on the page" if hold.release == "documented" else ", not checked since"
    other = "" if hold.clause.text == entry.clause.text else "; the text of the clause differs"
    return f"{hold.release}: {known}{other}"


def _scenarios(entry: LedgerEntry) -> Iterator[str]:
    """Yield the scenarios that show the clause, with their releases; then how many others use its operation."""
    shown = [row for row in entry.scenarios if row.shows]
    for row in shown:
        yield f"{row.name}, on {', '.join(row.releases)}" + (f"; not played: {row.left_out}" if row.left_out else "")
    if others := len(entry.scenarios) - len(shown):
        yield f"{'and ' if shown else ''}{others} {'others ' if shown else ''}that request {entry.operation}"


def _commands(entry: LedgerEntry) -> Iterator[str]:
    yield entry.only
    for row in [row for row in entry.scenarios if row.shows and row.left_out is None][:1]:
        yield f"seatunnel-v2 conform URL --only '{row.pattern}'"
    first = next((hold.release for hold in entry.holds), "documented")
    for fault in entry.faults[:1]:
        yield f"seatunnel-v2 faults --only {fault.id}" + (f" --release {first}" if first != "documented" else "")


def sectioned(sections: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
    """Yield the lines of sections: headings on the left, texts wrapped at `WIDTH` columns without breaking words."""
    for heading, texts in sections:
        yield from [""] * bool(texts)
        for number, text in enumerate(texts):
            head = "" if number else heading
            lines = wrap(" ".join(text.split()), WIDTH - _MARGIN, break_long_words=False, break_on_hyphens=False)
            for at, line in enumerate(lines):
                yield f"{head if at == 0 else '':{_MARGIN}}{line}"


_DOCUMENT = "document"


def fact_explained(name: str, release: str | None = None) -> str | None:
    """Return a fact as text: descriptions, values by release, and clauses that name it. None if it does not exist.

    Raises `seatunnel_openapi.UnknownRelease`.
    """
    schema = facts_schema()
    stated = dict(_statements(schema, name))
    if not stated:
        return None
    contracts = [load(each) for each in ([release] if release else releases())]
    values = [line for holder in stated for line in _values(holder, name, contracts)]
    naming = {clause.id: None for each in contracts for clause in each.clauses if f"`{name}` (here" in clause.text}
    sections = (
        ("", list(dict.fromkeys(stated.values()))),
        ("value", values or [f"{release} has none"]),
        ("named by", list(naming)),
    )
    return "\n".join([f"{name}  a fact of the contract", *sectioned(sections), ""])


def _statements(schema: JsonObject, name: str) -> Iterator[tuple[str, str]]:
    """Yield the holders of a fact (ids of operations, or `document`), each with the description of the fact."""
    for holder, facts in schema["properties"].items():
        fact = resolve(schema, facts).get("properties", {}).get(name)
        if fact is not None:
            yield holder, fact.get("description") or resolve(schema, fact).get("description", "")


def _values(holder: str, name: str, contracts: list[Contract]) -> Iterator[str]:
    """Yield a line for each value of a fact, with the first and the last of successive releases that have it."""
    found = [(each.release, shown(value)) for each in contracts if (value := _value(each, holder, name)) is not None]
    place = "" if holder == _DOCUMENT else f", {holder}"
    for value, several in groupby(found, key=lambda it: it[1]):
        names = [release for release, _ in several]
        yield f"{names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}{place}: {value}"


def _value(contract: Contract, holder: str, name: str) -> Any:
    try:
        facts = contract.behaviour if holder == _DOCUMENT else contract.operation(holder).behaviour
    except UnknownOperation:
        return None
    return facts.get(name)
