"""A report in which everything can be seen that its target has sent."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from seatunnel_conformance.report.events import Report, RunFinished, RunStarted
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.text.visible import visible, visible_values

_Edge = TypeVar("_Edge", RunStarted, RunFinished)


def visible_report(report: Report) -> Report:
    """Return a report in which all texts are visible, those of its header and footer, too: it may be anybody's file."""
    outcomes = tuple(Outcome.from_event(visible_values(outcome.as_event())) for outcome in report.outcomes)
    return replace(report, header=_visible(report.header), footer=_visible(report.footer), outcomes=outcomes)


def _visible(edge: _Edge) -> _Edge:
    found: dict[str, Any] = {one.name: getattr(edge, one.name) for one in fields(edge)}
    # Verdicts are texts to Python, too, and no others.
    texts = {name: visible(value) for name, value in found.items() if type(value) is str}
    lists = {name: tuple(map(visible, value)) for name, value in found.items() if isinstance(value, tuple)}
    return replace(edge, **{**found, **texts, **lists})
