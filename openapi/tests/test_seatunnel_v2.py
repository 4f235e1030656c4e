"""Rules for the project's own document beyond valid OpenAPI. A test for each check shows that it can fail."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from seatunnel_openapi import Contract, DocumentError, JsonObject, Operation, load, proposals, releases
from seatunnel_openapi.documents import read_yaml, resolve, walk

OPENAPI = Path(__file__).parents[1]
BASE = OPENAPI / "seatunnel-v2.yaml"

EXTENSIONS = {
    "x-behaviour",
    "x-clauses",
    "x-client-clauses",
    "x-deviation",
    "x-evidence",
    "x-extensions",
    "x-means",
    "x-openapi-router-controller",
    "x-retired-clauses",
}
GROUPS_OF_THE_DOCUMENT = {"http", "life-cycle", "nodes", "failover"}


def every(items: Any) -> list[Any]:
    """Return the items as a list, and fail if it is empty, since then a check of every item tests nothing."""
    listed = list(items)
    assert listed
    return listed


# Examples


def broken_examples(contract: Contract) -> list[str]:
    components = {"components": contract.document["components"]}
    broken = []
    for example in every(contract.examples()):
        validator = OAS30Validator({**example.schema, **components}, format_checker=oas30_format_checker)
        broken += [f"{example.where}: {error.message}" for error in validator.iter_errors(example.value)]
    return broken


def unexampled(contract: Contract) -> list[str]:
    """Name the bodies that no example shows."""
    bodies = [
        (f"{operation.id} {name}", media_type, body)
        for operation in every(contract.operations)
        for name, holder in [("request", operation.request_body or {}), *operation.responses.items()]
        for media_type, body in holder.get("content", {}).items()
    ]
    return [f"{name} {kind}" for name, kind, body in every(bodies) if not ("example" in body or body.get("examples"))]


def test_every_example_is_as_its_schema_says(contract):
    assert broken_examples(contract) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('example: "9"', "example: 9"),
        ("{value: false}", "{value: maybe}"),
        ("example: RUNNING", "example: 5"),
        ('JobId: {type: string, example: "5"}', "JobId: {type: integer}"),
    ],
)
def test_example_that_is_not_as_its_schema_says_is_found(edited, old, new):
    assert broken_examples(load(folder=edited(old, new))) != []


@pytest.mark.parametrize(
    ("release", "form", "whole"),
    [
        (
            "2.3.13",
            "LatestCheckpoint",
            {"checkpointId": 1, "checkpointType": None, "status": "FAILED", "triggerTimestamp": 0, "stateSize": 0},
        ),
        ("3.0.0", "JobDagOrNone", {"jobId": "1", "envOptions": {}, "vertexInfoMap": [], "pipelineEdges": {}}),
        ("2.3.12", "StartTime", "2026-03-14 00:00:00"),
    ],
)
def test_what_can_be_absent_is_whole_or_absent(release, form, whole):
    document = load(release).document
    validator = OAS30Validator({**document["components"]["schemas"][form], "components": document["components"]})
    parts = (
        [{key: value for key, value in whole.items() if key != left_out} for left_out in whole]
        if isinstance(whole, dict)
        else [whole[1:], ""]
    )

    assert validator.is_valid(whole)
    assert validator.is_valid({} if isinstance(whole, dict) else None)
    assert [part for part in parts if validator.is_valid(part)] == []


def test_every_body_has_an_example(contract):
    assert unexampled(contract) == []


def test_body_without_an_example_is_found(small):
    assert unexampled(small) == [
        "get_job 200 text/plain",
        "get_job 200 text/html",
        "submit_job request application/json",
    ]


def test_examples_of_successes_are_named_after_their_operation(contract):
    names = [
        (operation.id, name)
        for operation in every(contract.operations)
        for body in operation.responses["200"].get("content", {}).values()
        for name in body["examples"]
    ]
    assert [name for operation_id, name in every(names) if not name.startswith(pascal(operation_id))] == []


def pascal(operation_id: str) -> str:
    return "".join(word.capitalize() for word in operation_id.split("_"))


# Links


def broken_links(contract: Contract) -> list[str]:
    return [
        f"{operation.id} {link.status} {link.name}: {problem}"
        for operation in every(contract.operations)
        for link in operation.links()
        for problem in _link_problems(
            contract, operation, link.operation_id, {**link.parameters, "body": link.request_body}
        )
    ]


def _link_problems(contract: Contract, source: Operation, target_id: str, values: JsonObject) -> Iterator[str]:
    target = next((each for each in contract.operations if each.id == target_id), None)
    if target is None:
        yield f"there is no operation {target_id!r}"
        return
    body = values.pop("body")
    known = {name for each in target.parameters for name in (each["name"], f"{each['in']}.{each['name']}")}
    yield from (f"{target_id} has no parameter {name!r}" for name in values if name not in known)
    given = {name.rpartition(".")[2] for name in values}
    needed = {each["name"] for each in target.parameters if each.get("required")}
    yield from (f"{target_id} needs {name!r}" for name in sorted(needed - given))
    for expression in (text for _, text in walk([*values.values(), body]) if isinstance(text, str)):
        yield from _expression_problems(source, expression)


def _expression_problems(source: Operation, expression: str) -> Iterator[str]:
    """Check a runtime expression of a link against the parameters and examples of the operation that has the link."""
    for side, place in re.findall(r"\$(request|response)\.([^\s}]+)", expression):
        kind, _, pointer = place.partition("#")
        if kind != "body":
            name = kind.partition(".")[2]
            if name not in {each["name"] for each in source.parameters}:
                yield f"{source.id} has no parameter {name!r} for {expression}"
        elif pointer and not any(
            _leads(example.value, pointer) for example in source.examples() if side in example.where
        ):
            yield f"no example of {source.id} has {pointer} for {expression}"


def _leads(value: Any, pointer: str) -> bool:
    try:
        resolve({"value": value}, {"$ref": f"#/value{pointer}"})
    except DocumentError:
        return False
    return True


def test_every_link_leads_to_an_operation_with_what_that_needs(contract):
    assert len([link for operation in contract.operations for link in operation.links()]) >= 10
    assert broken_links(contract) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("operationId: get_job\n              param", "operationId: job\n              param", "no operation 'job'"),
        ("parameters: {jobId:", "parameters: {id:", "get_job has no parameter 'id'"),
        ('parameters: {jobId: "$response.body#/jobId"}', "parameters: {}", "get_job needs 'jobId'"),
        ("$response.body#/jobId", "$response.body#/id", "no example of submit_job has /id"),
        ("$response.body#/jobId", "$request.query.jobId", "submit_job has no parameter 'jobId'"),
    ],
)
def test_link_that_leads_astray_is_found(edited, old, new, problem):
    edited('example: "7"', "example: {jobId: seven}")
    assert problem in " ".join(broken_links(load(folder=edited(old, new))))


def test_link_to_what_an_example_has_is_sound(edited):
    assert broken_links(load(folder=edited('example: "7"', "example: {jobId: seven}"))) == []


# References and components


def references(node: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield every reference of a document: its JSON pointer and its target."""
    for where, inner in walk(node):
        if isinstance(inner, dict) and isinstance(inner.get("$ref"), str):
            yield where, inner["$ref"]


def unused_components(document: JsonObject) -> set[str]:
    """Name the components that nothing outside the components leads to, not even through others.

    Security schemes are not looked at: they are named, not referred to.
    """
    reached: set[str] = set()
    waiting = [target for _, target in references({**document, "components": {}})]
    while waiting:
        if (target := waiting.pop()) not in reached:
            reached.add(target)
            waiting += [inner for _, inner in references(resolve(document, {"$ref": target}))]
    kinds = {kind: held for kind, held in document["components"].items() if kind != "securitySchemes"}
    return {f"#/components/{kind}/{name}" for kind, held in kinds.items() for name in held} - reached


def test_every_reference_resolves(contract):
    broken = []
    for where, target in every(references(contract.document)):
        try:
            resolve(contract.document, {"$ref": target})
        except DocumentError as error:
            broken.append(f"{where}: {error}")
    assert broken == []


def test_every_component_is_used(contract):
    assert unused_components(contract.document) == set()


def test_component_that_only_an_unused_one_uses_is_found(small):
    document = small.copy_document()
    assert unused_components(document) == {"#/components/responses/Error"}
    document["components"]["schemas"]["Old"] = {"$ref": "#/components/schemas/Older"}
    document["components"]["schemas"]["Older"] = {"type": "string"}
    assert {"#/components/schemas/Old", "#/components/schemas/Older"} <= unused_components(document)


def test_components_have_names_in_pascal_case(contract):
    names = [name for held in every(contract.document["components"].values()) for name in held]
    assert [name for name in names if not re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", name)] == []


def test_json_bodies_are_described_by_components(contract):
    schemas = [
        (operation.id, body.get("schema"))
        for operation in every(contract.operations)
        for holder in [operation.request_body or {}, *operation.responses.values()]
        for media_type, body in holder.get("content", {}).items()
        if media_type == "application/json"
    ]
    assert [(name, schema) for name, schema in every(schemas) if not (schema and set(schema) == {"$ref"})] == []


# Operations


def test_operations_are_the_documented_ones(documented):
    assert {f"{operation.method} {operation.path} {operation.id}" for operation in documented.operations} == {
        "GET /overview get_overview",
        "GET /running-jobs get_running_jobs",
        "GET /job-info/{jobId} get_job_info",
        "GET /running-job/{jobId} get_running_job",
        "GET /finished-jobs get_finished_jobs",
        "GET /finished-jobs/{state} get_finished_jobs_by_state",
        "GET /system-monitoring-information get_system_monitoring_information",
        "POST /submit-job submit_job",
        "POST /submit-jobs submit_jobs",
        "POST /stop-job stop_job",
        "POST /stop-jobs stop_jobs",
        "POST /encrypt-config encrypt_config",
        "POST /update-tags update_tags",
        "GET /logs list_logs",
        "GET /logs/{jobIdOrFile} read_logs",
        "GET /log list_node_logs",
        "GET /log/{file} read_node_log",
    }


def test_operation_ids_are_a_verb_and_a_noun(contract):
    verb_noun = re.compile(r"(get|list|read|submit|stop|encrypt|update|set|reset)(_[a-z]+)+")
    assert [each.id for each in every(contract.operations) if not verb_noun.fullmatch(each.id)] == []


def test_each_operation_says_what_it_is_and_who_serves_it(contract):
    tags = {tag["name"] for tag in contract.document["tags"]}
    for operation in every(contract.operations):
        raw = operation.document
        assert re.fullmatch(r"[A-Z][a-z]+ [^.]+", raw["summary"]), operation.id
        assert len(raw["description"]) > 40, operation.id
        assert raw["tags"] == [operation.tag], operation.id
        assert operation.tag in tags, operation.id
        assert raw["x-openapi-router-controller"] == f"seatunnel_server.api.handlers.{operation.tag}", operation.id


def test_summaries_and_response_descriptions_are_not_repeated_for_want_of_words(contract):
    summaries = [operation.document["summary"] for operation in every(contract.operations)]
    assert len(set(summaries)) == len(summaries)
    words = [
        response["description"].strip()
        for operation in contract.operations
        for response in operation.responses.values()
    ]
    assert [text for text in every(words) if len(text.split()) < 3 or not text.endswith(".")] == []


def test_each_operation_has_its_success_and_the_failures_that_any_request_can_meet(contract):
    assert [each.id for each in every(contract.operations) if not {"200", "400", "500"} <= set(each.responses)] == []


def test_operation_with_a_body_states_that_a_body_can_be_too_large(contract):
    assert [
        each.id for each in every(contract.operations) if (each.request_body is None) == ("413" in each.responses)
    ] == []


# Extensions of ours


def test_only_known_extensions_are_used(contract):
    used = {
        key for _, node in walk(contract.document) if isinstance(node, dict) for key in node if key.startswith("x-")
    }
    assert used | {"x-deviation", "x-means"} == EXTENSIONS


def test_every_fact_of_the_schema_is_stated_where_it_belongs(contract):
    schema = read_yaml(OPENAPI / "behaviour.schema.json")
    defined = {name: set(resolve(schema, facts).get("properties", {})) for name, facts in schema["properties"].items()}
    stated = {operation.id: set(operation.behaviour) for operation in contract.operations}
    stated["document"] = set(contract.behaviour)
    assert stated == {name: defined[name] for name in stated}


def test_every_definition_of_facts_is_that_of_an_operation_of_some_release():
    defined = set(read_yaml(OPENAPI / "behaviour.schema.json")["properties"]) - {"document"}
    assert defined == {each.id for release in (*releases(), *proposals()) for each in load(release).operations}


def test_forms_in_facts_are_schemas(contract):
    forms = [
        operation.behaviour.choice(name)
        for operation in contract.operations
        for name in operation.behaviour
        if re.search("(^f|F)orm$", name)
    ]
    assert all(contract.schema(form) for form in every(forms))


def test_operations_that_every_node_answers_alike_are_reads_of_the_release(contract):
    operations = {operation.id: operation for operation in contract.operations}
    assert {operations[name].method for name in contract.behaviour.names("sameAtEveryNode")} == {"GET"}


def test_every_operation_has_clauses(contract):
    assert [operation.id for operation in every(contract.operations) if not operation.clauses] == []


def test_clauses_are_grouped_by_the_path_that_they_are_about(contract):
    for operation in every(contract.operations):
        group = operation.path.split("/")[1].replace("system-monitoring-information", "monitoring")
        assert {clause.group for clause in operation.clauses} <= {group}, operation.id
    shared = {clause.group for clause in contract.clauses if clause.operation_id is None}
    assert shared <= GROUPS_OF_THE_DOCUMENT


def test_no_two_clauses_say_the_same(contract):
    texts = [(clause.operation_id, clause.text) for clause in every(contract.clauses)]
    assert len(set(texts)) == len(texts)
