"""Clauses about the responses to one request."""

from __future__ import annotations

from functools import partial

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.checks.connections import each_time, lost_response, without_effect
from seatunnel_conformance.checks.http_further import json_responses
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

JSON = {"Content-Type": "application/json"}


@check("http.one-answer", writes=True, per_operation=4)
def answer(target: Target, contract: Contract, jobs: Jobs, tags: Tags, unused_id: str) -> None:
    """A client takes the second response to a request for the response to its next request."""
    for method, path, body in without_effect(target, contract, jobs, unused_id):
        response = target.send(method, path, body=body, headers=JSON)
        assert not response.followed, f"something comes behind the response to {method} {path}: {response!r}"
        error = each_time(partial(lost_response, target, method, path, body))
        assert not error, f"{method} {path}, sent twice at once: {error}"
    for operation, response in json_responses(target, contract, jobs, tags):
        assert not response.followed, f"something comes behind the response to {label(operation)}: {response!r}"
