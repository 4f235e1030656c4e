"""Names of changes of a contract, and whether they break clients. Each case is one change of a tiny contract."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from seatunnel_openapi import Contract, JsonObject, load, overlays
from seatunnel_openapi.comparison import Change, Severity, diff
from seatunnel_openapi.extensions import Rules
from seatunnel_openapi.loading import assemble

Edit = Callable[[JsonObject], Any]

DOCUMENTED = load().copy_document()
TINY: JsonObject = {
    "openapi": "3.0.3",
    "info": {"title": "Tiny", "version": "1"},
    "x-behaviour": DOCUMENTED["x-behaviour"],
    "paths": {
        "/overview": {
            "get": {
                "operationId": "get_overview",
                "tags": ["cluster"],
                "x-behaviour": DOCUMENTED["paths"]["/overview"]["get"]["x-behaviour"],
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
                "responses": {
                    "200": {
                        "description": "Jobs.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Jobs"}}},
                    },
                    "400": {"description": "Refused."},
                },
            }
        },
        "/update-tags": {
            "post": {
                "operationId": "update_tags",
                "tags": ["cluster"],
                "x-behaviour": DOCUMENTED["paths"]["/update-tags"]["post"]["x-behaviour"],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
                "responses": {"200": {"description": "Done."}},
            }
        },
    },
    "components": {
        "schemas": {
            "Jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
            "Job": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "pattern": "^a$"},
                    "state": {"type": "string", "enum": ["A", "B"]},
                    "next": {"$ref": "#/components/schemas/Job"},
                },
            },
            "Other": {"type": "string"},
        }
    },
}


@pytest.fixture(scope="session")
def changed(folder: Path) -> Callable[[Edit], tuple[Change, ...]]:
    """Return what `diff` says of an edit of the tiny contract."""
    rules = Rules.read(folder)

    def contract(document: JsonObject) -> Contract:
        return assemble(document, "tiny", rules, "tiny")

    def compare(edit: Edit) -> tuple[Change, ...]:
        document = deepcopy(TINY)
        edit(document)
        return diff(contract(deepcopy(TINY)), contract(document))

    return compare


def job(document: JsonObject) -> JsonObject:
    found: JsonObject = document["components"]["schemas"]["Job"]
    return found


def get(document: JsonObject) -> JsonObject:
    found: JsonObject = document["paths"]["/overview"]["get"]
    return found


def post(document: JsonObject) -> JsonObject:
    found: JsonObject = document["paths"]["/update-tags"]["post"]
    return found


def test_nothing_is_changed_between_a_contract_and_itself(changed):
    assert changed(lambda document: document) == ()


@pytest.mark.parametrize(
    ("edit", "request_change", "response_change"),
    [
        (
            lambda it: job(it)["properties"].update(name={"type": "string"}),
            ("new-optional-request-property", "info", "name"),
            ("response-optional-property-added", "info", "200 items/name"),
        ),
        (
            lambda it: (job(it)["properties"].update(name={"type": "string"}), job(it)["required"].append("name")),
            ("new-required-request-property", "error", "name"),
            ("response-required-property-added", "info", "200 items/name"),
        ),
        (
            lambda it: job(it)["properties"].pop("state"),
            ("request-property-removed", "warning", "state"),
            ("response-optional-property-removed", "info", "200 items/state"),
        ),
        (
            lambda it: (job(it)["properties"].pop("id"), job(it).pop("required")),
            ("request-property-removed", "warning", "id"),
            ("response-required-property-removed", "error", "200 items/id"),
        ),
        (
            lambda it: job(it)["required"].append("state"),
            ("request-property-became-required", "error", "state"),
            ("response-property-became-required", "info", "200 items/state"),
        ),
        (
            lambda it: job(it).pop("required"),
            ("request-property-became-optional", "info", "id"),
            ("response-property-became-optional", "error", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"]["state"]["enum"].append("C"),
            ("request-property-enum-value-added", "info", "state"),
            ("response-property-enum-value-added", "error", "200 items/state"),
        ),
        (
            lambda it: job(it)["properties"]["state"]["enum"].remove("B"),
            ("request-property-enum-value-removed", "error", "state"),
            ("response-property-enum-value-removed", "info", "200 items/state"),
        ),
        (
            lambda it: job(it)["properties"]["state"].pop("enum"),
            ("request-property-became-not-enum", "info", "state"),
            ("response-property-became-not-enum", "error", "200 items/state"),
        ),
        (
            lambda it: job(it)["properties"]["id"].update(pattern="^b$"),
            ("request-property-pattern-changed", "warning", "id"),
            ("response-property-pattern-changed", "warning", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"]["id"].pop("pattern"),
            ("request-property-pattern-removed", "info", "id"),
            ("response-property-pattern-removed", "error", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"]["id"].update(type="integer"),
            ("request-property-type-changed", "error", "id"),
            ("response-property-type-changed", "error", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"]["id"].update(nullable=True),
            ("request-property-became-nullable", "info", "id"),
            ("response-property-became-nullable", "error", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"]["id"].update(maxLength=5),
            ("request-property-max-length-set", "error", "id"),
            ("response-property-max-length-set", "info", "200 items/id"),
        ),
        (
            lambda it: job(it)["properties"].update(
                next={"oneOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/Other"}]}
            ),
            ("request-property-one-of-added", "info", "next"),
            ("response-property-one-of-added", "error", "200 items/next"),
        ),
    ],
)
def test_change_of_a_schema_is_judged_by_who_sends_its_values(edit, request_change, response_change, changed):
    told = {(change.operation, change.id, str(change.severity), change.place) for change in changed(edit)}
    assert told == {("POST /update-tags", *request_change), ("GET /overview", *response_change)}


def test_denial_of_a_denial_is_no_change(changed):
    def deny_twice(document: JsonObject) -> None:
        text = job(document)["properties"]["id"]
        text["not"] = {"not": {"pattern": text.pop("pattern")}}

    assert changed(deny_twice) == ()


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (
            lambda it: it["paths"].pop("/update-tags"),
            Change("api-removed-without-deprecation", Severity.ERROR, "POST /update-tags"),
        ),
        (
            lambda it: it["paths"].update({"/log": {"get": {"operationId": "list_node_logs", "tags": ["logs"]}}}),
            Change("endpoint-added", Severity.INFO, "GET /log"),
        ),
        (
            lambda it: get(it)["parameters"].append({"name": "page", "in": "query", "schema": {}}),
            Change("new-optional-request-parameter", Severity.INFO, "GET /overview", "query page"),
        ),
        (
            lambda it: get(it)["parameters"].append({"name": "page", "in": "query", "required": True, "schema": {}}),
            Change("new-required-request-parameter", Severity.ERROR, "GET /overview", "query page"),
        ),
        (
            lambda it: get(it)["parameters"].clear(),
            Change("request-parameter-removed", Severity.WARNING, "GET /overview", "query limit"),
        ),
        (
            lambda it: get(it)["parameters"][0].update(required=True),
            Change("request-parameter-became-required", Severity.ERROR, "GET /overview", "query limit"),
        ),
        (
            lambda it: get(it)["parameters"][0]["schema"].update(minimum=2),
            Change("request-parameter-min-increased", Severity.ERROR, "GET /overview", "query limit", "1", "2"),
        ),
        (
            lambda it: get(it)["responses"].pop("400"),
            Change("response-non-success-status-removed", Severity.INFO, "GET /overview", "400"),
        ),
        (
            lambda it: get(it)["responses"].update({"401": {"description": "Who?"}}),
            Change("response-non-success-status-added", Severity.INFO, "GET /overview", "401"),
        ),
        (
            lambda it: get(it)["responses"]["200"]["content"].update({"text/html": {}}),
            Change("response-media-type-added", Severity.INFO, "GET /overview", "200 text/html"),
        ),
        (
            lambda it: get(it)["responses"]["200"]["content"].clear(),
            Change("response-media-type-removed", Severity.ERROR, "GET /overview", "200 application/json"),
        ),
        (
            lambda it: post(it)["requestBody"]["content"].update({"text/plain": {}}),
            Change("request-body-media-type-added", Severity.INFO, "POST /update-tags", "text/plain"),
        ),
        (lambda it: post(it).pop("requestBody"), Change("request-body-removed", Severity.ERROR, "POST /update-tags")),
        (
            lambda it: post(it).update(security=[{}, {"BasicAuth": []}]),
            Change("api-security-added", Severity.INFO, "POST /update-tags", new="BasicAuth"),
        ),
        (
            lambda it: get(it)["x-behaviour"].update(dynamicTotalSlots="assigned"),
            Change("behaviour-changed", Severity.WARNING, "GET /overview", "dynamicTotalSlots", "zero", "assigned"),
        ),
        (
            lambda it: it["x-behaviour"].update(jsonCharset="utf-8"),
            Change("behaviour-changed", Severity.WARNING, "", "jsonCharset", "none", "utf-8"),
        ),
    ],
)
def test_change_of_an_operation_has_its_name(edit, change, changed):
    assert changed(edit) == (change,)


def test_breaking_changes_come_first(folder):
    changes = diff(load(folder=folder), load("docs-2024-10", folder=folder))
    breaking = [change.is_breaking for change in changes]
    assert any(breaking)
    assert breaking == sorted(breaking, reverse=True)
    assert Change("response-required-property-removed", Severity.ERROR, "GET /overview", "200 works") in changes


def test_only_the_encryption_of_credentials_and_a_message_differ_between_two_releases(folder):
    changes = diff(load("2.3.9", folder=folder), load("2.3.10", folder=folder))
    assert {change.operation for change in changes} == {"POST /encrypt-config", "POST /submit-job"}
    facts = {change.place for change in changes if change.id == "behaviour-changed"}
    of_credentials = {"nonTextValue", "sensitiveKeys", "listValue", "shadeOptions"}
    assert {"nonTextValue", "sensitiveKeys", "unknownConnector"} <= facts <= {*of_credentials, "unknownConnector"}


def test_every_release_changes_something_for_clients(folder):
    contracts = [load(folder=folder), *(load(overlay.name, folder=folder) for overlay in overlays(folder=folder))]
    assert all(diff(old, new) for old, new in pairwise(contracts))
