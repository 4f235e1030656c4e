"""The contract of a release allows every exchange that was recorded on the engine of that release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from recorded import Exchange, exchanges, filled
from routes import UnreadablePath, route

from seatunnel_openapi import Contract, JsonObject, Operation, load

RELEASES = (
    "docs-2024-10",
    "2.3.9",
    "2.3.10",
    "2.3.11",
    "2.3.12",
    "2.3.13",
    "development-2026-07-01",
    "development-2026-08-29",
)
VARIANTS = (
    "docs-2024-10+static-slots",
    "2.3.9+static-slots",
    "2.3.9+three-nodes",
    "2.3.9+two-nodes",
    "2.3.10+static-slots",
    "2.3.10+context-path",
    "2.3.12+static-slots",
    "2.3.13+context-path",
    "2.3.13+static-slots",
    "2.3.13+three-nodes",
    "2.3.13+two-nodes",
    "2.3.13+waiting-slots",
    "development-2026-07-01+cleanup-delay",
    "development-2026-07-01+waiting-slots",
    "development-2026-08-29+cleanup-delay",
)
CONTAINER = {"text/html": "ContainerPage", "application/json": "ContainerError", "text/plain": "ContainerText"}
"""The component that describes each form of the servlet container's own answers."""
LOOKED_UP = {"GET", "HEAD", "POST"}
UNIMPLEMENTED = {"PATCH", "BREW", "get"}
REFUSED_BY_THE_PARSER = {414, 431, 505}
"""Statuses for requests whose line or headers the container can't take; no operation has anything to do with them."""


def problems(contract: Contract, exchange: Exchange) -> Iterator[str]:
    """Yield the violations of the contract in an exchange."""
    if exchange.status in REFUSED_BY_THE_PARSER:
        yield from _container_problems(contract, exchange, {exchange.status})
        return
    try:
        found = route(contract, exchange.target)
    except UnreadablePath:
        yield from _container_problems(contract, exchange, {400} if exchange.method != "OPTIONS" else {200})
        return
    operation = found.operation(exchange.method)
    if operation is None:
        yield from _container_problems(contract, exchange, _statuses(exchange, known=bool(found.operations)))
    else:
        yield from _operation_problems(contract, exchange, operation)


def _statuses(exchange: Exchange, *, known: bool) -> set[int]:
    """Return the statuses of the container's responses to a method that a path does not have."""
    if exchange.request.get("httpVersion") == "1.0" and known:
        return {400}
    if exchange.method in UNIMPLEMENTED:
        return {501}
    if exchange.method in ("OPTIONS", "TRACE"):
        return {200} if known or exchange.method == "OPTIONS" else {405}
    return {405} if known or exchange.method not in LOOKED_UP else {404}


def _container_problems(contract: Contract, exchange: Exchange, statuses: set[int]) -> Iterator[str]:
    facts = (contract.behaviour.choice("unknownPath"), contract.behaviour.choice("unsupportedMethod"))
    if facts != ("container-page", "container-page"):
        yield f"the facts say {facts}, but the container answered"
        return
    if exchange.status not in statuses:
        yield f"{exchange.status} where {statuses} is due"
    if "Allow" in exchange.headers and exchange.method != "OPTIONS":
        yield "an Allow header"
    if exchange.has_values and exchange.method != "TRACE":
        schema = CONTAINER.get(exchange.media_type)
        if schema is None:
            yield f"the content type {exchange.content_type!r}"
        else:
            yield from _misfits(contract, {"$ref": f"#/components/schemas/{schema}"}, exchange.body)


def _operation_problems(contract: Contract, exchange: Exchange, operation: Operation) -> Iterator[str]:
    response = operation.responses.get(str(exchange.status))
    if response is None:
        yield f"{operation.id} has no response {exchange.status}"
        return
    if exchange.method == "HEAD":
        if not exchange.is_empty:
            yield "HEAD with a body"
        return
    content = response.get("content", {})
    if not exchange.content_type:
        # An empty body: allowed if the contract has no body here, or only the container's.
        if not exchange.is_empty or "application/json" in content:
            yield f"{operation.id} {exchange.status} without a content type"
        return
    if exchange.media_type not in content:
        yield f"{operation.id} {exchange.status} as {exchange.media_type}"
        return
    yield from _content_type_problems(contract, exchange)
    if exchange.has_values or exchange.is_empty:
        yield from _misfits(
            contract, content[exchange.media_type]["schema"], "" if exchange.is_empty else exchange.body
        )


def _content_type_problems(contract: Contract, exchange: Exchange) -> Iterator[str]:
    json_charset = contract.behaviour.choice("jsonCharset")
    due = {
        ("application/json", True): "application/json" + (f";charset={json_charset}" if json_charset != "none" else ""),
        ("application/json", False): "application/json;charset=utf-8",
        ("text/plain", True): f"text/plain;charset={contract.behaviour.choice('textCharset')}",
        ("text/html", True): "text/html;charset=utf-8",
        ("text/html", False): "text/html;charset=iso-8859-1",
    }[exchange.media_type, exchange.status == 200]
    if exchange.content_type != due:
        yield f"{exchange.content_type} where {due} is due"


def _misfits(contract: Contract, schema: JsonObject, value: Any) -> Iterator[str]:
    validator = OAS30Validator(
        {**schema, "components": contract.document["components"]}, format_checker=oas30_format_checker
    )
    for error in validator.iter_errors(value):
        yield f"{error.json_path}: {error.message[:300]}"


def misfits(contract: Contract, recording: Path) -> list[str]:
    return [
        f"{exchange.name}: {problem}" for exchange in exchanges(recording) for problem in problems(contract, exchange)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_every_recorded_answer_is_one_that_the_contract_of_its_release_allows(release, folder, recordings):
    recording = recordings / f"{release}.ndjson"
    assert len(list(exchanges(recording))) > 700
    assert misfits(load(release, folder=folder), recording) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_recorded_answer_of_a_special_engine_is_allowed_too(variant, folder, recordings):
    recording = recordings / f"{variant}.ndjson"
    assert len(list(exchanges(recording))) >= 10
    contract = load(variant.partition("+")[0], folder=folder)
    # Requests outside of the context path reach no operation.
    inside = [each for each in exchanges(recording) if not each.request.get("absolute") and ".." not in each.target]
    assert [f"{each.name}: {problem}" for each in inside for problem in problems(contract, each)] == []


@pytest.mark.parametrize("release", RELEASES)
def test_no_recorded_request_that_was_answered_with_success_is_refused_by_the_contract(release, folder, recordings):
    contract = load(release, folder=folder)
    refused, seen = [], 0
    for exchange in exchanges(recordings / f"{release}.ndjson"):
        operation = route(contract, exchange.target).operation("POST") if "json" in exchange.request else None
        schema = operation.request_schema() if operation else None
        if exchange.status == 200 and schema is not None:
            seen += 1
            refused += [
                f"{exchange.name}: {problem}"
                for problem in _misfits(contract, schema, filled(exchange.request["json"]))
            ]
    assert seen > 100
    assert refused == []


@pytest.mark.slow
def test_answers_of_one_release_are_not_those_of_another(folder, recordings):
    """So the check above can fail: it sees the differences between releases, and between page and engine."""
    named = {
        (recorded, stated): {line.partition("/")[0] for line in misfits(load(stated, folder=folder), path)}
        for recorded, stated in [
            ("docs-2024-10", "documented"),
            ("docs-2024-10", "2.3.9"),
            ("2.3.9", "docs-2024-10"),
            ("2.3.10", "docs-2024-10"),
        ]
        for path in [recordings / f"{recorded}.ndjson"]
    }
    assert named["docs-2024-10", "documented"] >= {
        "overview",
        "job-info",
        "finished-jobs",
        "http-semantics",
        "update-tags",
    }
    assert named["docs-2024-10", "2.3.9"] == {"job-info", "running-job", "metrics", "update-tags"}
    assert named["2.3.9", "docs-2024-10"] == {"metrics", "update-tags"}
    assert named["2.3.10", "docs-2024-10"] == {"metrics", "update-tags"}
