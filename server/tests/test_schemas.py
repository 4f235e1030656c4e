import time

import pytest

from seatunnel_server.api.validation import SchemaCompiler, converted
from seatunnel_server.errors import SchemaBroken

DOCUMENT = {
    "components": {
        "schemas": {
            "Tree": {
                "type": "object",
                "required": ["n"],
                "properties": {
                    "n": {"type": "integer", "format": "int64"},
                    "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                    "note": {"type": "string", "nullable": True, "enum": ["a"]},
                },
            },
            "Trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}, "x-why": "", "description": ""},
            "FewTrees": {"type": "array", "maxItems": 1, "items": {"$ref": "#/components/schemas/Tree"}},
            "Mixed": {
                "allOf": [{"$ref": "#/components/schemas/Tree"}, {"properties": {"m": {}}}],
                "properties": {"k": {}},
            },
        }
    }
}


@pytest.fixture
def schemas():
    return SchemaCompiler(DOCUMENT)


def refusal(schemas, name, value):
    return schemas.compile({"$ref": f"#/components/schemas/{name}"}, name).refusal(value)


def test_recursive_schema_accepts_and_refuses_at_any_depth(schemas):
    assert refusal(schemas, "Tree", {"n": 1, "below": [{"n": 2, "below": [{"n": 3}]}]}) is None
    found = refusal(schemas, "Tree", {"n": 1, "below": [{"n": 2, "below": [{}]}]})
    assert '"n" is a required property' in found
    assert found.endswith("at /below/0/below/0")


def test_nullable_holds_beside_an_enum(schemas):
    assert refusal(schemas, "Tree", {"n": 1, "note": None}) is None
    assert refusal(schemas, "Tree", {"n": 1, "note": "b"}) is not None


def test_nullable_holds_beside_one_of(schemas):
    schema = schemas.compile({"nullable": True, "oneOf": [{"type": "string"}, {"type": "integer"}]}, "it")
    assert [schema.refusal(value) is None for value in (None, "a", 1, [])] == [True, True, True, False]


def test_int64_is_a_range(schemas):
    assert refusal(schemas, "Tree", {"n": 2**63 - 1}) is None
    assert refusal(schemas, "Tree", {"n": 2**63}) is not None
    assert refusal(schemas, "Tree", {"n": -(2**63) - 1}) is not None


@pytest.mark.parametrize(
    ("schema", "value", "accepted"),
    [
        ({"type": "string", "pattern": r"^\d+$"}, "1\n", False),
        ({"type": "string", "pattern": r"^\d+$"}, "\u0661", False),
        ({"type": "integer"}, 1.0, False),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, False),
        ({"type": "number"}, True, False),
        ({"type": "object"}, {"a": 10**30}, True),
        ({"not": {"type": "object"}}, [], True),
    ],
)
def test_words_of_openapi_have_their_own_meaning(schemas, schema, value, accepted):
    assert (schemas.compile(schema, "it").refusal(value) is None) is accepted


def test_what_is_no_json_is_refused_not_raised(schemas):
    assert "no" in schemas.compile({"type": "string"}, "it").refusal("\ud800")


def test_reason_is_one_short_line(schemas):
    found = schemas.compile({"type": "string"}, "it").refusal({"a": "x" * 10_000})
    assert "\n" not in found
    assert len(found) < 300


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ([{"n": 1}] * 9 + [{"n": "a"}] * 300_000, "/9/n"),
        ({"total": 1, "data": [1] * 300_000}, "/data/0"),
        ({"total": {"n": 1, "below": [{"n": number} for number in "ab" * 100_000]}}, "/total/below/0/n"),
        ({"total": {"n": 1, "note": "b"}}, "/total/note"),
        ({"total": 1, **{f"x{number}": 0 for number in range(100_000)}}, "/"),
        (7, "/"),
    ],
    ids=["list", "page", "recursive", "nullable", "further members", "of no type"],
)
def test_first_error_decides_however_many_there_are(value, where):
    compiler = SchemaCompiler(DOCUMENT, masks_values=True)
    page = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "total": {"anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Tree"}]},
            "data": {"$ref": "#/components/schemas/Trees"},
        },
    }
    schema = compiler.compile({"oneOf": [{"$ref": "#/components/schemas/Trees"}, page]}, "it")
    begun = time.thread_time()
    assert schema.refusal(value).endswith(f" at {where}")
    assert time.thread_time() - begun < 0.5  # the validator itself needs seconds


def test_list_that_only_says_what_its_items_are_is_proven_by_them(schemas):
    trees = schemas.compile({"$ref": "#/components/schemas/Trees"}, "Trees")
    assert trees.item is schemas.compile({"$ref": "#/components/schemas/Tree"}, "Tree")
    assert schemas.compile({"$ref": "#/components/schemas/FewTrees"}, "FewTrees").item is None


def test_properties_are_those_of_all_parts(schemas):
    assert list(schemas.properties({"$ref": "#/components/schemas/Mixed"})) == ["n", "below", "note", "m", "k"]
    assert list(schemas.item_properties({"$ref": "#/components/schemas/Trees"})) == ["n", "below", "note"]


def test_examples_and_extensions_are_left_out():
    assert converted({"type": "string", "example": 1, "x-a": 2}) == {"type": "string"}
    assert converted({"properties": {"example": {"x-b": 1}}}) == {"properties": {"example": {}}}
    assert converted({"additionalProperties": False}) == {"additionalProperties": False}


def test_broken_schema_is_named(schemas):
    with pytest.raises(SchemaBroken, match="the thing"):
        schemas.compile({"type": "string", "pattern": "("}, "the thing")
