r"""What a target sends, made harmless to look at: control characters are shown (`\x1b`, `\u202e`), never obeyed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome


def visible(text: str) -> str:
    r"""Return a text in which everything but line ends can be seen.

    Escapes for terminals, carriage returns, characters that turn the direction of writing, NUL bytes and halves of
    characters become what Python writes for them: `\x1b`, `\r`, `\u202e`, `\x00`, `\ud800`.
    """
    if text.isprintable():
        return text
    plain = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(letter if letter.isprintable() or letter == "\n" else _named(letter) for letter in plain)


def line(text: str, limit: int = 200) -> str:
    """Return a text as one visible line of at most `limit` characters."""
    whole = " ".join(visible(text[: 4 * limit]).split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def _named(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def visible_report(report: Report) -> Report:
    """Return a report in which all texts are visible."""
    header = replace(report.header, target=visible(report.header.target), note=visible(report.header.note))
    footer = replace(report.footer, leftovers=tuple(map(visible, report.footer.leftovers)))
    outcomes = tuple(Outcome.from_event(_visible_values(outcome.as_event())) for outcome in report.outcomes)
    return replace(report, header=header, footer=footer, outcomes=outcomes)


def _visible_values(value: Any) -> Any:
    match value:
        case str():
            return visible(value)
        case dict():
            return {name: _visible_values(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_visible_values(inner) for inner in value]
    return value
