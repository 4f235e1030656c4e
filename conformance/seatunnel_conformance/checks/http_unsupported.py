"""Clauses about methods that a path does not support."""

from __future__ import annotations

import json

from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.checks.http import JSON
from seatunnel_conformance.checks.overview import Counts
from seatunnel_conformance.checks.refusals import allows_only, is_unsupported
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.routes import methods_of
from seatunnel_openapi import Contract


@check("http.unsupported-method")
def method(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that uses the wrong method can't find out which methods the path supports."""
    for path, methods in methods_of(contract, unused_id).items():
        if "GET" not in methods:
            is_unsupported(target.get(path), contract, methods)
            without = target.send("HEAD", path)
            assert (without.status, without.body, without.followed) == (405, b"", False), without
            allows_only(without, contract, methods)


@check("http.unsupported-write", writes=True, per_operation=4)
def write(target: Target, contract: Contract, tags: Tags, unused_id: str) -> None:
    """A request with the wrong method changes something on the cluster that nobody wanted to change."""
    has_own_answer = any(clause.id == "http.unknown-method" for clause in contract.clauses)
    wrong_methods = ("POST", "PUT", "DELETE", *(() if has_own_answer else ("PATCH",)))
    for path, methods in methods_of(contract, unused_id).items():
        for method in wrong_methods:
            if method not in methods:
                is_unsupported(target.send(method, path), contract, methods, is_page=method == "POST")
    tags.hold()
    changed = json.dumps({tags.name: "changed"}).encode()
    for method in wrong_methods[1:]:
        response = target.send(method, "/update-tags", body=changed, headers=JSON)
        is_unsupported(response, contract, {"POST"}, is_page=False)
        _changed_nothing(target, method, {tags.name: "changed"})


def _changed_nothing(target: Target, method: str, tags: dict[str, str]) -> None:
    # A node whose tags change later is not found.
    overview = target.get("/overview", query=tags)
    try:
        workers = Counts.of(overview).workers
    except AssertionError:
        raise ArrangementFailed(f"the overview is wrong: {overview!r}", "overview.members") from None
    assert not workers, f"{method} /update-tags has set the tags of {workers} workers"
