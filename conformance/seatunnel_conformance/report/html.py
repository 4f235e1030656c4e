"""The report as one HTML file: no request off the file, and nothing from the target that could run.

It can be read with scripts off; its one script, whose hash the page's policy names, filters the list of checks.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from seatunnel_conformance.report.diagnosis import diagnosis
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.marking import marked
from seatunnel_conformance.report.onwards import commands
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import sentence_title
from seatunnel_conformance.report.standing import RARE, Standing, by_group, columns, standing
from seatunnel_conformance.report.visible import visible_report
from seatunnel_conformance.report.words import by_weight, counted, headline, incomplete, next_step, summary
from seatunnel_conformance.text.visible import visible

OPEN: Final = 3
"""Failures that are unfolded from the beginning."""

LISTED: Final = 8
"""Failures that the first screen names."""

BEGINNING: Final = 2_000
"""Characters of a body that are shown at once; the rest unfolds."""


def as_html(report: Report) -> str:
    """Return the report as a page that opens from disk."""
    environment = Environment(
        loader=PackageLoader("seatunnel_conformance.report"),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    style, script = (environment.get_template(name).render() for name in ("style.css", "filter.js"))
    return environment.get_template("report.html").render(
        **_texts(visible_report(report)),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        beginning=BEGINNING,
        marks=_marks,
        sentence_title=sentence_title,
        standing=standing,
    )


def _texts(report: Report) -> dict[str, Any]:
    counts = by_group(report.outcomes)
    total = sum(counts.values(), Counter[Standing]())
    return {
        "report": report,
        "headline": headline(report),
        "incomplete": incomplete(report),
        "diagnosis": diagnosis(report),
        "summary": summary(report),
        "next_step": next_step(report),
        "commands": list(commands(report)),
        "groups": _groups(report, counts),
        "columns": [one.value for one in columns(counts)],
        "failed": _with(report, Standing.FAIL),
        "unkept": _with(report, Standing.NOT_KEPT),
        "undecided": _with(report, Standing.INCONCLUSIVE),
        "stale": _with(report, Standing.STALE),
        "known": _with(report, Standing.KNOWN),
        "open": OPEN,
        "listed": LISTED,
        "words": _words(total),
        "counted": counted,
        "requests": sum(outcome.requests for outcome in report.outcomes),
        "missing": report.missing,
    }


@dataclass(frozen=True, slots=True)
class _Group:
    """Outcomes of one group: how many there are in each column, and how many are told in each word."""

    name: str
    outcomes: list[Outcome]
    counts: Mapping[Standing, int]
    words: Mapping[str, int]


def _groups(report: Report, counts: Mapping[str, Counter[Standing]]) -> list[_Group]:
    """Return the outcomes by group, groups in the order of the run, in each the unpassed first."""
    groups: dict[str, list[Outcome]] = {name: [] for name in counts}
    for outcome in by_weight(report.outcomes):
        groups[outcome.group].append(outcome)
    return [_Group(name, groups[name], counts[name], _words(counts[name])) for name in groups]


def _words(counts: Counter[Standing]) -> dict[str, int]:
    """Return how many checks are told in each word; rare words only where there are some."""
    words = {one.word: 0 for one in Standing if counts[one] or one not in RARE}
    for one, number in counts.items():
        words[one.word] += number
    return words


def _with(report: Report, wanted: Standing) -> list[Outcome]:
    return [outcome for outcome in by_weight(report.outcomes) if standing(outcome) is wanted]


def _finalized(value: Any) -> Any:
    """Return what a template writes as it may be seen; only what is markup already is left alone."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """Return a sentence of ours as HTML: what stands between back quotes is code, nothing else is markup."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704 - escaped just there


def _marks(outcome: Outcome, exchange: Mapping[str, Any]) -> list[Any]:
    differences = [difference for finding in outcome.findings for difference in finding.differences]
    return list(marked(exchange["body"], differences)) if differences else []


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
