"""The report as one HTML file that loads no other files, and runs no script that came from the target.

It works without scripts. Its only script filters the list of checks, copies commands, and opens folded parts before
printing. The content security policy of the page allows this script by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from seatunnel_conformance.report.analysis import coverage, coverage_sentence, diagnosis, failure_groups
from seatunnel_conformance.report.diff import ReportDiff, VerdictChange
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import (
    RARE,
    Outcome,
    ReportedExchange,
    VerdictColumn,
    by_weight,
    columns_of,
    counts_by_group,
)
from seatunnel_conformance.report.text import (
    commands,
    counted,
    distinct,
    headline,
    incomplete,
    next_step,
    sentence_title,
    summary,
    visible_report,
)
from seatunnel_conformance.text.differences import NOTHING, Difference, canonical
from seatunnel_conformance.text.visible import visible
from seatunnel_openapi.files import json_or

OPEN: Final = 3
"""Number of failures that are open when the page is loaded."""

LISTED: Final = 8
"""Number of causes, or of failures, that the first screen names."""

FEW: Final = 3
"""Maximum number of failures that the first screen lists. If there are more, it lists their causes."""

BEGINNING: Final = 2_000
"""Number of characters of a body that are shown; a click shows the rest."""


def as_html(report: Report, *, site: str = "") -> str:
    """Return the report as a page that opens from disk. `site` is the relative path to the documentation, if known."""
    texts = _texts(visible_report(report))
    return _page("report.html", "filter.js", **texts, marks=_marks, sentence_title=sentence_title, site=site)


def diff_as_html(diff: ReportDiff) -> str:
    """Return the differences between two runs as a page that opens from disk."""
    kinds = list(diff.by_kind())
    return _page("diff.html", diff=diff, kinds=kinds, headline=headline, summary=summary, long=_is_long_and_of_one_run)


_SHOWN_CHANGES: Final = 20


def _is_long_and_of_one_run(changes: list[VerdictChange]) -> bool:
    """Return whether to fold a list of changes: it is long, and each of its checks was in only one run."""
    return len(changes) > _SHOWN_CHANGES and all(None in {change.old, change.new} for change in changes)


def _page(template: str, *scripts: str, **values: Any) -> str:
    parts = environment()
    style, *code = (parts.get_template(name).render() for name in ("style.css", *scripts))
    allowed = f"script-src {' '.join(map(policy_hash, code))}; " if code else ""
    return parts.get_template(template).render(
        **values,
        style=style,
        script="".join(code),
        policy=f"default-src 'none'; style-src {policy_hash(style)}; {allowed}base-uri 'none'; form-action 'none'",
        beginning=BEGINNING,
    )


@cache
def environment() -> Environment:
    """Return the templates of reports. Texts and the control characters in them are escaped."""
    environment = Environment(
        loader=PackageLoader("seatunnel_conformance.report"),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    environment.filters["distinct"] = distinct
    environment.filters["counted_once"] = _counted_once
    return environment


def _counted_once(exchanges: Iterable[ReportedExchange]) -> list[tuple[ReportedExchange, int]]:
    """Return each different exchange once, with the number of exchanges that have the same request and response."""
    found: dict[Any, tuple[ReportedExchange, int]] = {}
    for one in exchanges:
        key = one.curl, one.status, one.body, one.error
        first, count = found.get(key, (one, 0))
        found[key] = first, count + 1
    return list(found.values())


def _texts(report: Report) -> dict[str, Any]:
    counts, ordered = counts_by_group(report.outcomes), by_weight(report.outcomes)
    return {
        "report": report,
        "headline": headline(report),
        "incomplete": incomplete(report),
        "diagnosis": diagnosis(report),
        "summary": summary(report),
        "next_step": next_step(report),
        "commands": list(commands(report)),
        "ordered": ordered,
        "counts": counts,
        "total": sum(counts.values(), Counter[VerdictColumn]()),
        "columns": [one.value for one in columns_of(counts)],
        "causes": failure_groups(report.outcomes)[:LISTED],
        **{one.name.lower(): [each for each in ordered if each.column is one] for one in VerdictColumn},
        "open": OPEN,
        "few": FEW,
        "words": words,
        "counted": counted,
        "coverage": (covered := coverage(report)),
        "coverage_sentence": coverage_sentence(covered),
    }


def words(counts: Counter[VerdictColumn]) -> dict[str, int]:
    """Return the numbers of checks by the word for their verdict, without zeros for rare words."""
    found = {one.word: 0 for one in VerdictColumn if counts[one] or one not in RARE}
    for one, number in counts.items():
        found[one.word] += number
    return found


def _finalized(value: Any) -> Any:
    """Return a value of a template with control characters escaped; markup stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def prose(text: str) -> Markup:
    """Return a sentence as HTML. Text in back quotes is code; no other markup."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704 - escaped just there


def _marks(outcome: Outcome, exchange: ReportedExchange) -> list[BodyLine]:
    differences = [difference for finding in outcome.findings for difference in finding.differences]
    return marked(exchange.body, differences) if differences else []


@dataclass(frozen=True, slots=True)
class BodyLine:
    """A line of a JSON body. `expected` is the expected value, or None if the line is right.

    `start` is the text before the value: the indent and the name of the member.
    """

    text: str
    expected: str | None = None
    start: str = ""

    @property
    def due(self) -> str:
        """The line with the expected value."""
        return self.text if self.expected is None else f"{self.start}{self.expected}"


def marked(body: str, differences: Iterable[Difference]) -> list[BodyLine]:
    """Return a JSON body as lines, marked where they differ; empty for other bodies, or without a difference."""
    if (document := json_or(body, ...)) is ...:
        return []
    places = {difference.place: difference for difference in differences if difference.place[:1] in {"", "/"}}
    lines = list(_lines(document, places, ""))
    return lines if any(line.expected is not None for line in lines) else []


def _lines(value: Any, places: dict[str, Difference], place: str, label: str = "", end: str = "") -> Iterator[BodyLine]:
    difference = places.get(place)
    # The difference can belong to another exchange: mark the line only if its value is the one that was found.
    expected = (
        difference.expected
        if difference and difference.found in {canonical(value), visible(canonical(value))}
        else None
    )
    indent = "  " * place.count("/")
    margin = indent + label
    absent = [where for where, one in places.items() if one.found == NOTHING and where.rpartition("/")[0] == place]
    if not isinstance(value, (dict, list)) or not (value or absent):
        yield BodyLine(f"{margin}{json.dumps(value, ensure_ascii=False)}{end}", expected, margin)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield BodyLine(f"{margin}{opening}", expected, margin)
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for number, (key, inner) in enumerate(members, start=1):
        name = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        comma = "," if number < len(members) else ""
        yield from _lines(inner, places, f"{place}/{key}", name, comma)
    for where in absent if isinstance(value, dict) else []:
        name = json.dumps(where.rpartition("/")[2])
        yield BodyLine(f"{indent}  (no {name})", places[where].expected, f"{indent}  {name}: ")
    yield BodyLine(f"{indent}{closing}{end}")


def policy_hash(text: str) -> str:
    """Return the source expression that allows a script or style in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
