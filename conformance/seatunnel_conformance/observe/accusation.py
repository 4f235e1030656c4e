"""Compares how several operations show the same job: an operation that differs from most of the others is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from seatunnel_conformance.observe.forms import END, JARS, STAGES, ends_before_it_begins
from seatunnel_conformance.text.differences import canonical
from seatunnel_openapi.files import json_or

_NESTED: Final = frozenset({"metrics", "jobDag"})
"""Members whose own members are compared."""

WITH_TABLES: Final = "jobDag/sources and sinks with tables"
"""The name under which the number of sources and sinks with tables is compared, as if it were a member of the plan."""


def consistent(document: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the comparable members of a job, without those that are certainly wrong.

    Totals that are not the sums by table are left out. Times are left out if the end is before the beginning, or if the
    operation's `earlier` objects have others. Wrong values would make correct ones look wrong.
    """
    times = {END, "createTime"}
    wrong = times if ends_before_it_begins(document) else set[str]()
    wrong |= {name for name in times for one in earlier if one.get(name, document.get(name)) != document.get(name)}
    with suppress(AttributeError, TypeError, ValueError):  # counts that are not numbers violate the schema anyway
        wrong |= {f"metrics/{name.lower()}" for name in wrong_totals(_metrics(document))}
    return {name: value for name, value in comparable(document).items() if name not in wrong}


def wrong_totals(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return the totals that are not the sums by table, each with words such as `"7", not "14"`."""
    by_table = {name: found for name, found in metrics.items() if re.fullmatch("Table.*(Count|Bytes)", name)}
    sums = {name[5:]: str(sum(map(int, found.values()))) for name, found in by_table.items()}
    return {
        name: f"{canonical(metrics[name])}, not {canonical(total)}"
        for name, total in sums.items()
        if metrics.get(name, total) != total
    }


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a job that every operation should show with the same values, as one flat object.

    For a running job, counters by table are reduced to the names of the tables, and rates are left out. For an ended
    job, jars are left out: only an operation that still shows the running form has them.
    """
    is_over = STAGES.get(document.get("jobStatus", "")) == STAGES["FINISHED"]
    left_out = _NESTED | ({JARS} if is_over else set())
    plain = {name: value for name, value in document.items() if name not in left_out}
    plan = document.get("jobDag")
    if isinstance(plan, Mapping):
        plain |= {f"jobDag/{name}": value for name, value in plan.items()}
        plain[WITH_TABLES] = with_tables(plan.get("vertexInfoMap"))
    counted = {
        f"metrics/{name.lower()}": sorted(value) if isinstance(value, Mapping) and not is_over else value
        for name, value in _metrics(document).items()
        if is_over or isinstance(value, Mapping) or not re.search("(?i)qps|persecond", name)
    }
    return plain | counted


def _metrics(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metrics of a job. In the lists of some releases, they are a text."""
    found = document.get("metrics")
    found = json_or(found) if isinstance(found, str) else found
    return found if isinstance(found, Mapping) else {}


def with_tables(vertices: Any) -> int:
    """Return the number of sources and sinks of a plan that have tables."""
    listed = [vertex for vertex in vertices if isinstance(vertex, Mapping)] if isinstance(vertices, list) else []
    return len([vertex for vertex in listed if vertex.get("type") != "transform" and vertex.get("tablePaths")])


def disagreement(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of `own` that are wrong according to `others`, and their expected values.

    A value is expected if at least two of the others show it, and more than show the value in `own`.
    """
    found, expected = {}, {}
    for name, value in own.items():
        theirs = [other[name] for other in others if name in other]
        usual = max(theirs, key=theirs.count, default=value)
        if value != usual and theirs.count(usual) > max(1, theirs.count(value)):
            found[name], expected[name] = value, usual
    return found, expected
