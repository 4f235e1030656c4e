from itertools import pairwise

from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.cluster import JobIds


def test_id_has_the_digits_of_the_engines_ids(clock):
    # 2024 gives the 18 digits of the documentation page's examples.
    assert len(str(JobIds(clock).next())) == 18


def test_ids_only_grow_even_beyond_a_milliseconds_share(clock):
    ids = JobIds(clock)
    numbers = [ids.next() for _ in range(1000)]
    assert all(before < after for before, after in pairwise(numbers))
    assert {number & 0xFFFF for number in numbers} == {1}


def test_ids_repeat_with_the_clock(clock):
    first, second = JobIds(clock), JobIds(ManualClock())
    assert [second.next() for _ in range(3)] == [first.next() for _ in range(3)]
