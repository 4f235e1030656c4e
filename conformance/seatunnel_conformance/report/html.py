"""The report as one HTML file: no script, no request off the file, nothing from the target that could run."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import sections
from seatunnel_conformance.report.words import headline, summary
from seatunnel_conformance.verdicts import Verdict
from seatunnel_openapi.clauses import Level

_ORDER: Final = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.SKIPPED: 2, Verdict.PASS: 3}


def as_html(report: Report) -> str:
    """Return the report as a page that opens from disk."""
    environment = Environment(
        loader=PackageLoader("seatunnel_conformance.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("style.css").render()
    return environment.get_template("report.html").render(
        header=report.header,
        footer=report.footer,
        words=headline(report),
        summary=summary(report),
        groups=_groups(report),
        failed=_with(report, Verdict.FAIL),
        undecided=_with(report, Verdict.INCONCLUSIVE),
        sections=sections,
        requests=sum(outcome.requests for outcome in report.outcomes),
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _groups(report: Report) -> dict[str, list[Outcome]]:
    """Return the outcomes by group, groups in the order of the run, in each the unpassed first."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    return {name: sorted(found, key=lambda outcome: _ORDER[outcome.verdict]) for name, found in groups.items()}


def _with(report: Report, verdict: Verdict) -> list[Outcome]:
    found = [outcome for outcome in report.outcomes if outcome.verdict is verdict]
    # A clause says more than generated requests do, so it comes first.
    return sorted(found, key=lambda outcome: (outcome.level is not Level.MUST, " " in outcome.id))
