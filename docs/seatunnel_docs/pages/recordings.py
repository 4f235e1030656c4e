"""The recorded exchanges that clauses and deviations cite: a page for each area of the recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from seatunnel_docs.evidence import recorded_step, recorded_steps
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.clauses import CLIENT
from seatunnel_docs.rendering import Page, page


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the list of areas, then a page for each with its cited exchanges."""
    areas: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for step, name, address in _citations(known):
        areas[step.partition("/")[0]][step].append((name, address))
    yield page("recordings/index", "recordings", areas=dict(sorted(areas.items())))
    for area, steps in areas.items():
        examples = list(known.exchanges.cited(sorted(steps)))
        yield page(f"recordings/{area}", "recording", area=area, examples=examples, citing=steps)


def _citations(known: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Yield each cited step, with the id and address of the clause or deviation that cites it."""
    for history in known.clauses.values():
        yield from ((step, history.id, history.place) for step in history.steps)
    for clause in known.contracts[known.releases[-1]].client_clauses:
        yield from ((step, clause.id, f"rules/{CLIENT}.html#{clause.id}") for step in recorded_steps(clause))
    for row in known.differences:
        for step in filter(None, map(recorded_step, row.evidence)):
            yield step, row.id, f"deviations.html#{row.id}"
