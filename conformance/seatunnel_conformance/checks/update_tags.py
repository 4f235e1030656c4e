"""`POST /update-tags` and `/update-local-member-tags`: set the tags of a node. Every check restores them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from seatunnel_conformance.arrange.expectations import BROKEN_JSON, EMPTY_BODY, accepted, refused, worded
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.checks.encrypt_config import LETTER
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/update-tags"


@check("update-tags.success")
def success(contract: Contract, tags: Tags) -> None:
    """A client that repeats its request until the status is `success` never stops."""
    answered = accepted(tags.set({tags.name: "here"}))
    assert answered["status"] == "success"
    assert answered.keys() >= set(contract.schema("TagsUpdated")["properties"])


@check("update-tags.replaces")
def replaces(target: Target, tags: Tags) -> None:
    """A node that was moved to another group also stays in the old group, and gets the jobs of both."""
    second = {f"{tags.name}-Two{LETTER}": LETTER}
    accepted(tags.set({tags.name: "old", **second}))
    assert tags.found(lambda: workers(target, {tags.name: "old"})) >= 1
    assert tags.found(lambda: workers(target, second)) >= 1
    accepted(tags.set({tags.name: "new"}))
    assert tags.found(lambda: workers(target, {tags.name: "new"})) >= 1
    assert tags.lost(lambda: workers(target, {tags.name: "old"})) == 0
    assert tags.lost(lambda: workers(target, second)) == 0
    time.sleep(tags.lasting)
    assert workers(target, {tags.name: "new"}) >= 1, f"the tags are gone after {tags.lasting} s"


@check("update-tags.clears")
def clears(target: Target, tags: Tags) -> None:
    """A node that was taken out of its group still gets the jobs of that group."""
    second = {f"{tags.name}-2": "too"}
    accepted(tags.set({tags.name: "here", **second}))
    assert tags.found(lambda: workers(target, {tags.name: "here"})) >= 1
    accepted(tags.set({}))
    assert tags.lost(lambda: workers(target, {tags.name: "here"})) == 0
    assert tags.lost(lambda: workers(target, second)) == 0


@check("update-tags.empty-body", writes=True)
def empty_body(target: Target, contract: Contract) -> None:
    """A client whose body was lost removes all tags of the node."""
    refused(target.post(PATH), 400, worded(contract, EMPTY_BODY))


@check("update-tags.not-a-map", writes=True)
def not_a_map(target: Target, contract: Contract) -> None:
    """A client that sends a list of tags must get an error, or it assumes that they are set."""
    stated = contract.operation("update_tags").behaviour.choice("notAMap")
    for body in ([1], "text", 5):
        response = target.post(PATH, body=body)
        refused(response, 400)
        said = str(response.members["message"])
        assert worded(contract, BROKEN_JSON).fits(said) == (stated == "invalid-json-message")


@check("update-tags.values-as-text")
def values_as_text(target: Target, tags: Tags) -> None:
    """A client sets a tag to a number, and no filter finds the node, because filters compare strings."""
    texts = {"5": 5, "5.0": 5.0, "0": 0, "true": True, "false": False, "": None}
    values = {f"conformance-{number}": value for number, value in enumerate(texts.values())}
    accepted(tags.set({tags.name: "here", **values}))
    assert tags.found(lambda: workers(target, {tags.name: "here"})) >= 1
    for name, text in zip(values, texts, strict=True):
        assert workers(target, {tags.name: "here", name: text}) >= 1


@check("update-tags.this-node")
def this_node(nodes: Sequence[Target], tags: Tags) -> None:
    """A client that sets the tags of one node changes those of every node of the cluster."""
    if workers(nodes[0], {}) <= 1:
        raise NotObservable("the cluster has one worker only")
    accepted(tags.set({tags.name: "here"}))
    assert tags.found(lambda: workers(nodes[0], {tags.name: "here"})) == 1
    assert [workers(node, {tags.name: "here"}) for node in nodes] == [1] * len(nodes)


def workers(target: Target, query: Mapping[str, str] | str) -> int:
    """Return the number of workers in the overview with a tag filter."""
    return int(accepted(target.get("/overview", query=query))["workers"])


LOCAL_PATH = "/update-local-member-tags"


@check("update-local-member-tags.own-identity")
def own_identity(target: Target, tags: Tags) -> None:
    """Behind a load balancer, a client tags another node than it wanted to."""
    tags.set({f"{tags.name}-old": "gone"})
    accepted(target.post(LOCAL_PATH, body={"uuid": _identity(target), "tags": {tags.name: "here"}}))
    assert tags.found(lambda: workers(target, {tags.name: "here"})) == 1
    assert tags.lost(lambda: workers(target, {f"{tags.name}-old": "gone"})) == 0


@check("update-local-member-tags.other-identity")
def other_identity(target: Target, tags: Tags) -> None:
    """A client that reaches another node than intended gets no error, and the wrong node is tagged."""
    tags.set({tags.name: "here"})
    response = target.post(LOCAL_PATH, body={"uuid": "00000000-0000-0000-0000-000000000000", "tags": {}})
    assert response.status >= 400, response
    assert tags.found(lambda: workers(target, {tags.name: "here"})) == 1


def _identity(target: Target) -> str:
    readings = target.get("/system-monitoring-information").items
    if len(readings) != 1:
        raise NotObservable("the cluster has several members, and no entry shows which one received the request")
    return str(readings[0]["uuid"])
