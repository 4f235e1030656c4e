from datetime import UTC, datetime

import pytest

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.environment import CheckpointStore, Position


@pytest.fixture
def save():
    """Return a function that saves the position of a job in a store."""

    def save(store, number, position=Position()):  # noqa: B008 - frozen
        store.add(JobId(number), position, "savepoint", datetime.now(UTC))

    return save


def test_latest_position_replaces_the_one_before(save):
    store = CheckpointStore(limit=10)
    save(store, 1, Position({1: 5}))
    save(store, 1, Position({1: 9}))
    assert store.position(JobId(1)) == Position({1: 9})


def test_dropped_and_unknown_jobs_have_no_position(save):
    store = CheckpointStore(limit=10)
    save(store, 1)
    store.drop(JobId(1))
    store.drop(JobId(2))
    assert store.position(JobId(1)) is None


def test_longest_untouched_position_goes_when_there_are_too_many(save):
    store = CheckpointStore(limit=2)
    for number in (1, 2, 1, 3):
        save(store, number)
    assert [number for number in (1, 2, 3) if store.position(JobId(number))] == [1, 3]
