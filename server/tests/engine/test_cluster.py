import pytest

from seatunnel_server.engine.memory.cluster import Node


def node(*, slots: int = 2, dynamic: bool = False, tags: dict[str, str] | None = None) -> Node:
    return Node(slots=slots, dynamic=dynamic, tags=tags or {})


def test_fixed_slots_are_handed_out_until_too_few_are_free() -> None:
    fixed = node(slots=3)
    assert fixed.take(2)
    assert not fixed.take(2)
    assert (fixed.total_slots, fixed.free_slots) == (3, 1)
    assert fixed.take(1)
    fixed.give_back(3)
    assert fixed.free_slots == 3


def test_dynamic_slots_are_as_many_as_jobs_hold() -> None:
    dynamic = node(slots=1, dynamic=True)
    assert dynamic.take(40)
    assert (dynamic.total_slots, dynamic.free_slots) == (40, 0)
    dynamic.give_back(40)
    assert dynamic.total_slots == 0


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, True),
        ({"team": "alpha"}, True),
        ({"team": "alpha", "node": "n1"}, True),
        ({"team": "Alpha"}, False),
        ({"Team": "alpha"}, False),
        ({"team": "alpha", "node": "n2"}, False),
        ({"other": ""}, False),
    ],
)
def test_node_is_found_by_tags_that_it_carries_exactly(wanted: dict[str, str], found: bool) -> None:  # noqa: FBT001
    assert node(tags={"team": "alpha", "node": "n1"}).carries(wanted) is found


def test_new_tags_replace_all_old_ones() -> None:
    tagged = node(tags={"team": "alpha"})
    tagged.replace_tags({"node": "n1"})
    assert not tagged.carries({"team": "alpha"})
    assert tagged.carries({"node": "n1"})
    tagged.replace_tags({})
    assert tagged.carries({})
    assert not tagged.carries({"node": "n1"})
