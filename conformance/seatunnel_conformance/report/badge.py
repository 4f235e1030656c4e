"""The verdict as a badge: an SVG image, or JSON for a badge of shields.io."""

from __future__ import annotations

import json
from typing import Final

from anybadge import Badge

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_conformance.text.visible import line

_COLOURS: Final = {
    RunVerdict.CONFORMS: ("brightgreen", "#2a7f3b"),
    RunVerdict.DEVIATES: ("red", "#c4212b"),
    RunVerdict.STALE: ("red", "#c4212b"),
    RunVerdict.UNDECIDED: ("yellow", "#8a5a00"),
    RunVerdict.EMPTY: ("lightgrey", "#59636e"),
}
"""For each verdict, the name of a colour of shields.io, and a colour for the SVG, readable under white text."""


def as_badge(report: Report) -> str:
    """Return an SVG image."""
    badge = Badge(_label(report), _message(report), default_color=_COLOURS[report.footer.verdict][1])
    return str(badge.badge_svg_text)


def as_endpoint(report: Report) -> str:
    """Return the JSON of an endpoint badge of shields.io."""
    colour = _COLOURS[report.footer.verdict][0]
    badge = {"schemaVersion": 1, "label": _label(report), "message": _message(report), "color": colour}
    return json.dumps(badge) + "\n"


def _label(report: Report) -> str:
    return f"SeaTunnel API {line(report.header.release)}"


def _message(report: Report) -> str:
    counts = report.footer.counts
    match report.footer.verdict:
        case _ if report.cut:
            return "run broke off"
        case RunVerdict.CONFORMS:
            tier = report.header.tier
            return f"conforms ({tier}{', ' if tier else ''}{counts[Verdict.PASS]} checks)"
        case RunVerdict.DEVIATES:
            return f"{counts[Verdict.FAIL]} of {sum(counts.values())} failed"
        case RunVerdict.STALE:
            return "baseline out of date"
    return report.footer.verdict.value
