"""`POST /update-local-member-tags`: sets the tags of the named node. Every check restores them."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import accepted
from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target

PATH = "/update-local-member-tags"


@check("update-local-member-tags.own-identity")
def own_identity(target: Target, tags: Tags) -> None:
    """Behind a load balancer, a client tags another node than it wanted to."""
    tags.set({f"{tags.name}-old": "gone"})
    accepted(target.post(PATH, body={"uuid": _identity(target), "tags": {tags.name: "here"}}))
    assert tags.found(lambda: _workers(target, {tags.name: "here"})) == 1
    assert tags.lost(lambda: _workers(target, {f"{tags.name}-old": "gone"})) == 0


@check("update-local-member-tags.other-identity")
def other_identity(target: Target, tags: Tags) -> None:
    """A client that reaches another node than intended gets no error, and the wrong node is tagged."""
    tags.set({tags.name: "here"})
    response = target.post(PATH, body={"uuid": "00000000-0000-0000-0000-000000000000", "tags": {}})
    assert response.status >= 400, response
    assert tags.found(lambda: _workers(target, {tags.name: "here"})) == 1


def _identity(target: Target) -> str:
    readings = target.get("/system-monitoring-information").items
    if len(readings) != 1:
        raise NotObservable("the cluster has several members, and none says which one was asked")
    return str(readings[0]["uuid"])


def _workers(target: Target, query: dict[str, str]) -> int:
    return int(target.get("/overview", query=query).members["workers"])
