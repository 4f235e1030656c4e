"""Validation of responses against the schemas of a contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import count, islice
from typing import Any, Final

import jsonschema_rs

from seatunnel_conformance.text.differences import NOTHING, Difference, shown
from seatunnel_openapi import Contract
from seatunnel_openapi.documents import copied, reached, walk

_SHOWN: Final = 5

_PIECE: Final = 50
"""Items of a list that are validated at a time."""

_MOST: Final = 10_000
"""The maximum number of JSON values in a document to collect all errors of."""

_UNLIKE: Final = 10
"""The weight of each member that only another alternative has; a missing member has weight 1."""


def violations(contract: Contract, schema: str, document: Any, member: str = "") -> list[Difference]:
    """Validate a document against a component schema, and return at most five errors.

    Members that the schema does not have are allowed. With `member`, only the errors in this member are returned.
    """
    return violations_of(_validator(contract, schema, closed=False), document, member)


def is_valid(contract: Contract, schema: str, document: Any) -> bool:
    """Return whether a document is valid against a component schema and has no further members.

    This is much faster than `violations`.
    """
    try:
        return _validator(contract, schema, closed=True).is_valid(document)
    except ValueError:
        # As in `violations_of`.
        return False


def violations_of(validator: jsonschema_rs.Draft4Validator, document: Any, member: str = "") -> list[Difference]:
    """Validate a document, and return at most five errors; with `member`, only errors in this member."""
    try:
        found = _errors(validator, document)
        return list(islice((one for one in found if one.place.removeprefix("/").startswith(member)), _SHOWN))
    except ValueError as problem:
        # It is nested too deeply or has an unpaired surrogate, so no schema of the contract allows it.
        return [Difference("", "a document that can be validated", str(problem))]


def _errors(validator: jsonschema_rs.Draft4Validator, document: Any) -> Iterator[Difference]:
    """Yield the errors of a document.

    A long list is validated in pieces. In other large documents, only the first error is found: the library collects
    all errors in memory before it returns one.
    """
    if not isinstance(document, list) or len(document) <= _PIECE:
        yield from (_difference(leaf) for error in _collected(validator, document) for leaf in _closest(error))
        return
    for start in range(0, len(document), _PIECE):
        for error in _collected(validator, document[start : start + _PIECE]):
            yield from (_difference(leaf, start) for leaf in _closest(error))


def _collected(validator: jsonschema_rs.Draft4Validator, document: Any) -> Iterator[jsonschema_rs.ValidationError]:
    if _is_small(document):
        yield from validator.iter_errors(document)
        return
    try:
        validator.validate(document)
    except jsonschema_rs.ValidationError as error:
        yield error


def _is_small(document: Any) -> bool:
    counter, left = count(1), [document]
    while left:
        if next(counter) > _MOST:
            return False
        value = left.pop()
        if isinstance(value, (list, dict)):
            left += value.values() if isinstance(value, dict) else value
    return True


def _closest(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Return the errors in the best fitting alternative of an `anyOf` or `oneOf`, or another error alone."""
    if error.kind.name not in {"anyOf", "oneOf"} or not isinstance(error.kind.value, list):
        return [error]
    options = [[leaf for one in errors for leaf in _closest(one)] for errors in error.kind.value]
    shaped = [errors for errors in options if errors and not any(_is_of_another_type(one, error) for one in errors)]
    return min(shaped, key=lambda errors: sum(map(_weight, errors)), default=[error])


def _weight(error: jsonschema_rs.ValidationError) -> int:
    """Return the weight of an error in the choice of the best fitting alternative; lower is better."""
    if error.kind.name == "not":  # it excludes members of other alternatives (`_without`)
        excluded = {name for form in error.kind.value.get("anyOf", ()) for name in form.get("required", ())}
        return _UNLIKE * max(1, len(excluded.intersection(error.instance if isinstance(error.instance, dict) else ())))
    return len(error.kind.value) if error.kind.name == "additionalProperties" else 1


def _is_of_another_type(one: jsonschema_rs.ValidationError, whole: jsonschema_rs.ValidationError) -> bool:
    return one.kind.name in {"type", "enum"} and list(one.instance_path) == list(whole.instance_path)


def _difference(error: jsonschema_rs.ValidationError, start: int = 0) -> Difference:
    place = list(error.instance_path)
    if place and start:
        place[0] = int(place[0]) + start
    where = "".join(f"/{part}" for part in place)
    found = shown(error.instance, where)
    match error.kind.name:
        case "required":
            return Difference(f"{where}/{error.kind.value}", "a member", NOTHING)
        case "additionalProperties":
            return Difference(f"{where}/{error.kind.value[0]}", NOTHING, "a member")
        case "anyOf" | "oneOf" if isinstance(error.kind.value, list):
            return Difference(where, " or ".join(_rule(one[0]) for one in error.kind.value if one), found)
    return Difference(where, _rule(error), found)


def _rule(error: jsonschema_rs.ValidationError) -> str:
    """Return the violated keyword of a schema with its value, in words for the most frequent keywords."""
    kind = error.kind
    match kind.name:
        case "type":
            return " or ".join(f"{'an' if name[0] in 'aio' else 'a'} {name}" for name in kind.value)
        case "enum":
            return " or ".join(shown(option) for option in kind.value)
        case "pattern":
            return f"a string that matches {kind.value}"
        case "not":
            return _negated(kind.value)
    return f"{kind.name} {shown(kind.value)}"


def _negated(schema: Mapping[str, Any]) -> str:
    """Return a description of the values that do not match a schema."""
    match schema:
        case {"anyOf": [*options]} if all(option.keys() == {"required"} for option in options):
            return f"an object without {', '.join(name for option in options for name in option['required'])}"
        case {"not": {"pattern": pattern}}:
            return f"a string that matches {pattern}"
        case {"minProperties": 1, "not": {"$ref": name}}:
            return f"an empty object, or a whole {name.rpartition('/')[2]}"
    return f"a value that does not match the schema {shown(schema)}"


def response_schema(contract: Contract, operation_id: str, media_type: str = "application/json") -> str:
    """Return the name of the component schema for an operation's responses with status 200; empty without one."""
    schema = contract.operation(operation_id).response_schema(200, media_type) or {}
    return str(schema.get("$ref", "")).rpartition("/")[2]


@cache
def _validator(contract: Contract, name: str, closed: bool) -> jsonschema_rs.Draft4Validator:  # noqa: FBT001 - for the cache
    return validator_of(contract, {"$ref": f"#/components/schemas/{name}"}, closed=closed)


def validator_of(
    contract: Contract, schema: Mapping[str, Any], *, closed: bool = False
) -> jsonschema_rs.Draft4Validator:
    """Return the validator of a schema of the contract's document."""
    # References are resolved within the schema, so it contains the components that it refers to.
    document = contract.document if closed else opened(contract)
    schemas = document["components"]["schemas"]
    components = {name: _plain(schemas[name]) for name in reached(document, schema) if name in schemas}
    return jsonschema_rs.Draft4Validator({"allOf": [_plain(schema)], "components": {"schemas": components}})


@cache
def opened(contract: Contract) -> dict[str, Any]:
    """Return the contract's document with objects of responses opened to further members. Callers must not change it.

    Objects that are only in requests and errors stay closed. An alternative of a response must not have members that
    are only in another one, or every form of a job would match. If a body can be a list, or an object with the same
    items as values, the object may have any objects: generated tests already send the items in lists.
    """
    document = contract.published
    schemas = {name: {**schema} for name, schema in document["components"]["schemas"].items()}
    closed = {name: set(schema["properties"]) for name in schemas if is_closed(schema := contract.schema(name))}
    for name in closed.keys() - reached(
        document, [operation.responses.get("200") for operation in contract.operations]
    ):
        schemas[name]["additionalProperties"] = False
    for schema in schemas.values():
        names = [str(form.get("$ref", "")).rpartition("/")[2] for form in contract.forms(schema)]
        if names and closed.keys() >= set(names):
            every = set().union(*(closed[name] for name in names))
            keyword = "oneOf" if "oneOf" in schema else "anyOf"
            forms = zip(schema[keyword], names, strict=True)
            schema[keyword] = [_without(form, every - closed[name]) for form, name in forms]
        items = [form["items"] for form in schema.get("anyOf", ()) if "items" in form]
        for place, form in enumerate(schema.get("anyOf", ())):
            if form.get("additionalProperties") in items:
                schema["anyOf"] = [*schema["anyOf"]]
                schema["anyOf"][place] = {**form, "additionalProperties": {"type": "object"}}
    return {**document, "components": {**document["components"], "schemas": schemas}}


def sending_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a document that allows only its examples as request bodies.

    Generated sequences of requests then begin with valid requests.
    """
    changed: dict[str, Any] = copied(document)
    components = changed["components"]
    for body in components["requestBodies"].values():
        for content in body["content"].values():
            if "examples" in content:
                names = [example["$ref"].rpartition("/")[2] for example in content["examples"].values()]
                content["schema"] = {"enum": [components["examples"][name]["value"] for name in names]}
    return changed


def further_members(contract: Contract, schema: Mapping[str, Any], document: Any, place: str = "") -> Iterator[str]:
    """Yield JSON pointers to members that a schema lacks, in objects that allow no further members."""
    schema = contract.resolve(schema)
    if forms := contract.forms(schema):
        schema = max(map(contract.resolve, forms), key=partial(likeness, document))
    if isinstance(document, list):
        for item in document:
            yield from further_members(contract, schema.get("items", {}), item, f"{place}/*")
    if isinstance(document, dict):
        known = schema.get("properties", {})
        for name, value in document.items():
            if name in known:
                yield from further_members(contract, known[name], value, f"{place}/{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{place}/{name}"


def likeness(document: Any, schema: Mapping[str, Any], plain: Callable[[str], str] = str) -> float:
    """Return a score of how well the members of a document fit an alternative; higher is better.

    Names are compared after the change `plain`.
    """
    if isinstance(document, list) or schema.get("type") == "array":
        return float(isinstance(document, list) and schema.get("type") == "array")
    members = set(map(plain, schema.get("properties", ())))
    found = set(map(plain, document)) if isinstance(document, dict) else set()
    return len(members & found) - 0.5 * len(members ^ found)


@cache
def property_names(contract: Contract) -> frozenset[str]:
    """Return the names of the properties of all schemas of a contract."""
    schemas = (node for _, node in walk(contract.document) if isinstance(node, dict))
    return frozenset(name for schema in schemas for name in schema.get("properties", ()))


def is_closed(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema describes an object that allows no further members."""
    return schema.get("additionalProperties") is False and "properties" in schema


def _without(schema: Mapping[str, Any], members: Iterable[str]) -> dict[str, Any]:
    return {"allOf": [schema, {"not": {"anyOf": [{"required": [name]} for name in sorted(members)]}}]}


def _plain(node: Any) -> Any:
    """Replace `nullable` of OpenAPI 3.0, the only used keyword that JSON Schema draft 4 lacks."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in {"nullable", "example", "examples"}}
    return {"anyOf": [plain, {"enum": [None]}]} if node.get("nullable") is True else plain
