"""Assertions about pages of the lists of running and of ended jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf
from typing import Any, Final

from seatunnel_conformance.arrange.expectations import accepted, ids, refused, worded
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.reads import FIRST_PAGE
from seatunnel_openapi import Contract

FEW: Final = 3
"""The most jobs of a list that is read in pages of one job; longer ones are read in pages of two."""

HUGE = "1000000"
"""The number of a page that no list has."""


def on_first_page(target: Target, path: str, job_id: str) -> Mapping[str, Any] | None:
    """Return the entry of a job on the first page of a list; None if the page is full and lacks the job.

    Raises `AssertionError` if a page that is not full lacks the job, or if the total is wrong.
    """
    page = target.first_page(path, target.observer.changed(job_id))
    items, is_full = page["data"], len(page["data"]) == int(FIRST_PAGE["rows"])
    assert page["total"] == len(items) or (is_full and page["total"] > len(items)), f"{page['total']} is not the total"
    found = [item for item in items if item["jobId"] == job_id]
    assert found or is_full, f"a page that is not full lacks {job_id}"
    assert len(found) <= 1, f"a page shows {job_id} {len(found)} times"
    return found[0] if found else None


def is_paged_in_order(target: Target, path: str, own: Collection[str]) -> None:
    """Assert that the first page of a list has the order of the list for own jobs, and that `rows` limits a page."""
    changed = max(map(target.observer.changed, own))
    listed = ids(target.listed(path, changed).items)
    paged = [job_id for job_id in ids(target.first_page(path, changed)["data"]) if job_id in own]
    assert paged == [job_id for job_id in listed if job_id in paged]
    assert len(target.get(path, query={"page": "1", "rows": "1"}).members["data"]) == 1


def has_pages(target: Target, path: str, most: float = inf) -> None:
    """Assert that a list is returned in pages if `page` is given, and complete if not. Skips lists of over `most` jobs.

    The list is read before and after its pages, because jobs may end meanwhile; a long one only if its total changed.
    """
    every = ids(target.listed(path, target.observer.latest).items)
    if len(every) > most:
        return

    is_long = target.wire.lists.is_long(path)

    def whole() -> list[str]:
        """Return the ids of the list. A long list is not read again while its total stays the same."""
        is_as_before = is_long and target.get(path, query=first_and_second[0]).members["total"] == len(every)
        return every if is_as_before else ids(target.get(path).items)

    rows = 2 if len(every) > FEW else 1
    first_and_second = [{"page": page, "rows": str(rows)} for page in ("1", "2")]
    # With three jobs or more, the last page is not full.
    last = max(rows, len(every) - 1)
    queries = [*first_and_second, {"page": "2", "rows": str(last)}]
    # Few requests between two reads of the list: on a busy cluster, jobs end every few seconds.
    if not is_long:
        every, plain = at_rest(whole, lambda: ids(target.get(path, query={"rows": "1"}).items))
        assert plain == every
    every, (first, second, rest) = at_rest(whole, lambda: [target.get(path, query=query) for query in queries])
    assert first.members["total"] == len(every)
    assert ids(first.members["data"]) == every[:rows]
    # If the list has one page, the second one is empty or missing.
    for page, size in ((second, rows), (rest, last)):
        if len(every) > size:
            assert ids(page.members["data"]) == every[size : 2 * size]


def has_no_page_beyond(target: Target, contract: Contract, operation_id: str) -> None:
    """Assert that invalid pages of a list are rejected and, if the fact `paging` says so, `rows=0`, too."""
    operation = contract.operation(operation_id)
    path, checked = operation.path, operation.behaviour.choice("paging") == "checked"

    def rejects(text: str, **query: str) -> None:
        refused(target.get(path, query=query), 400, worded(contract, text) if checked else None)

    rejects("Parameter 'page' must be greater than 0", page="0")
    rejects("Parameter 'page' must be greater than 0", page="-1")
    rejects("Parameter 'page' must be an integer, but was: x", page="x")
    rejects("Parameter 'page' must be an integer, but was: ", page="")
    rejects("Parameter 'rows' must be an integer, but was: x", page="1", rows="x")
    rejects("Page number exceeds total pages", page=HUGE)
    if checked:
        rejects("Parameter 'rows' must be greater than 0", page="1", rows="0")
        if not target.wire.lists.is_long(path):
            accepted(target.get(path, query={"rows": "x"}))
    else:
        assert accepted(target.get(path, query={"page": "1", "rows": "0"}))["data"] == []
