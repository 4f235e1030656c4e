"""The comparison of operations that show the same job: an operation that differs from most of the others is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from seatunnel_conformance.observe.forms import END, JARS, STAGES, ends_before_it_begins

_NESTED: Final = frozenset({"metrics", "jobDag"})
"""Members whose own members are compared."""

WITH_TABLES: Final = "jobDag/sources and sinks with tables"
"""A number that is compared like a member: the config of a job states it."""


def consistent(document: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the comparable members of a job without those that are wrong whatever other operations show.

    They would accuse an operation that is right: totals that are not the sums by table, times of a job that ends
    before it begins, and times that the same operation has shown otherwise in `earlier` objects.
    """
    metrics, times = document.get("metrics"), {END, "createTime"}
    wrong = times if ends_before_it_begins(document) else set[str]()
    wrong |= {name for name in times for one in earlier if one.get(name, document.get(name)) != document.get(name)}
    with suppress(AttributeError, TypeError, ValueError):  # counts that are no numbers, which the schema refuses
        wrong |= {f"metrics/{name.lower()}" for name in wrong_totals(metrics if isinstance(metrics, Mapping) else {})}
    return {name: value for name, value in comparable(document).items() if name not in wrong}


def wrong_totals(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return the totals of metrics that are not the sums by table, with what they should be."""
    by_table = {name: found for name, found in metrics.items() if re.fullmatch("Table.*(Count|Bytes)", name)}
    sums = {name[5:]: str(sum(map(int, found.values()))) for name, found in by_table.items()}
    return {name: f"{metrics[name]}, not {total}" for name, total in sums.items() if metrics.get(name, total) != total}


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a job that every operation shows with the same values.

    While the job runs, counters by table are only the names of their tables, and rates are left out. When it has ended,
    its jars are left out: an operation that still shows it in the running form has them, and others have none.
    """
    is_over = STAGES.get(document.get("jobStatus", "")) == STAGES["FINISHED"]
    left_out = _NESTED | ({JARS} if is_over else set())
    plain = {name: value for name, value in document.items() if name not in left_out}
    plan = document.get("jobDag")
    if isinstance(plan, Mapping):
        plain |= {f"jobDag/{name}": value for name, value in plan.items()}
        plain[WITH_TABLES] = with_tables(plan.get("vertexInfoMap"))
    metrics = document.get("metrics")
    flat = metrics.items() if isinstance(metrics, Mapping) else ()
    counted = {
        f"metrics/{name.lower()}": sorted(value) if isinstance(value, Mapping) and not is_over else value
        for name, value in flat
        if is_over or isinstance(value, Mapping) or not re.search("(?i)qps|persecond", name)
    }
    return plain | counted


def with_tables(vertices: Any) -> int:
    """Return the number of sources and sinks of a plan that have tables."""
    listed = [vertex for vertex in vertices if isinstance(vertex, Mapping)] if isinstance(vertices, list) else []
    return len([vertex for vertex in listed if vertex.get("type") != "transform" and vertex.get("tablePaths")])


def disagreement(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members that differ from the others, as found and expected.

    The expected value is one that at least two others show, and more than show the value that was found.
    """
    found, expected = {}, {}
    for name, value in own.items():
        theirs = [other[name] for other in others if name in other]
        usual = max(theirs, key=theirs.count, default=value)
        if value != usual and theirs.count(usual) > max(1, theirs.count(value)):
            found[name], expected[name] = value, usual
    return found, expected
