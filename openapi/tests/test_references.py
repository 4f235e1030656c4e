import pytest

from seatunnel_openapi import DocumentError
from seatunnel_openapi.documents import pointer, resolve, walk

DOCUMENT = {
    "a": {"b/c": [{"$ref": "#/d"}, 5], "m~n": 1, "p q": 2},
    "d": {"$ref": "#/a/m~0n"},
    "loop": {"$ref": "#/pool"},
    "pool": {"$ref": "#/loop"},
}


@pytest.mark.parametrize(
    ("reference", "value"), [("#/a/b~1c/1", 5), ("#/a/m~0n", 1), ("#/a/p%20q", 2), ("#/d", 1), ("#/a/b~1c/0", 1)]
)
def test_reference_is_followed_to_its_end(reference, value):
    assert resolve(DOCUMENT, {"$ref": reference}) == value


@pytest.mark.parametrize("node", [5, "text", None, {"a": 1}, {"$ref": {"a": "a member that is no reference"}}])
def test_node_without_reference_stands_for_itself(node):
    assert resolve(DOCUMENT, node) is node


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("#/loop", "refers to itself"),
        ("other.yaml#/a", "is not within the document"),
        ("#/x", "can't be resolved: 'x' does not exist"),
        ("#/a/b~1c/7", "can't be resolved: '7' does not exist"),
        ("#/a/b~1c/first", "can't be resolved: 'first' does not exist"),
        ("#/a/b~1c/-1", "can't be resolved: '-1' does not exist"),
        ("#/a/m~0n/x", "can't be resolved: 'x' does not exist"),
    ],
)
def test_reference_that_leads_nowhere_says_where_it_ends(reference, problem):
    with pytest.raises(DocumentError) as caught:
        resolve(DOCUMENT, {"$ref": reference})
    assert caught.value.message == f"The reference {reference!r} {problem}."


def test_walk_spells_places_as_pointer_does():
    places = dict(walk(DOCUMENT))
    assert places[pointer("a", "b/c", "1")] == 5
    assert places[pointer("a", "m~n")] == 1
    assert places["#"] is DOCUMENT
