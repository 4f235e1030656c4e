from dataclasses import dataclass

import pytest

from seatunnel_server.engine.memory.cluster import Cluster, SlotService


def service(*, slots: int = 2, dynamic: bool = False, tags: dict[str, str] | None = None) -> SlotService:
    return SlotService(slots=slots, dynamic=dynamic, tags=tags or {})


@dataclass(eq=False)
class Member:
    slots: SlotService


def cluster(*services: SlotService) -> Cluster:
    return Cluster(Member(each) for each in services)


def assigned(it: Cluster) -> list[int]:
    return [member.slots.assigned for member in it.members]


def test_fixed_slots_are_handed_out_until_too_few_are_free():
    fixed = cluster(service(slots=3))
    allocation = fixed.take(2)
    assert fixed.take(2) is None
    assert (fixed.master.slots.total_slots, fixed.free_slots) == (3, 1)
    rest = fixed.take(1)
    fixed.give_back(allocation + rest)
    assert fixed.free_slots == 3


def test_dynamic_slots_are_as_many_as_jobs_hold():
    dynamic = cluster(service(slots=1, dynamic=True))
    allocation = dynamic.take(40)
    slots = dynamic.master.slots
    assert (slots.total_slots, slots.free_slots) == (40, 0)
    dynamic.give_back(allocation)
    assert slots.total_slots == 0


def test_slots_are_spread_and_begin_where_fewest_are_taken():
    three = cluster(*(service(dynamic=True) for _ in range(3)))
    three.take(2)
    assert assigned(three) == [1, 1, 0]
    three.take(1)
    assert assigned(three) == [1, 1, 1]
    three.take(7)
    assert assigned(three) == [4, 3, 3]


def test_slots_come_from_nodes_that_have_some():
    unequal = cluster(service(slots=1), service(slots=5))
    assert unequal.take(5) is not None
    assert assigned(unequal) == [1, 4]
    assert unequal.take(2) is None
    assert assigned(unequal) == [1, 4]


def test_job_gets_slots_only_where_its_tags_are():
    tagged = cluster(service(dynamic=True), service(dynamic=True, tags={"team": "alpha"}))
    assert tagged.take(3, {"team": "alpha"}) is not None
    assert assigned(tagged) == [0, 3]
    assert tagged.take(1, {"team": "beta"}) is None


def test_node_that_has_been_there_longest_is_the_master():
    pair = cluster(service(), service())
    first, second = pair.members
    pair.remove(first)
    assert pair.master is second
    pair.join(first)
    assert pair.members == (second, first)


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
def test_node_is_found_by_tags_that_it_carries_exactly(wanted, found):
    assert service(tags={"team": "alpha", "node": "n1"}).has_tags(wanted) is found


def test_new_tags_replace_all_old_ones():
    tagged = service(tags={"team": "alpha"})
    tagged.replace_tags({"node": "n1"})
    assert not tagged.has_tags({"team": "alpha"})
    assert tagged.has_tags({"node": "n1"})
    tagged.replace_tags({})
    assert tagged.has_tags({})
    assert not tagged.has_tags({"node": "n1"})
