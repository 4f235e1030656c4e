from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.checkpoints import Position, Savepoints


def test_latest_position_replaces_the_one_before():
    savepoints = Savepoints(limit=10)
    savepoints.keep(JobId(1), Position({(1, 0): 5}))
    savepoints.keep(JobId(1), Position({(1, 0): 9}))
    assert savepoints.latest(JobId(1)) == Position({(1, 0): 9})


def test_dropped_and_unknown_jobs_have_no_position():
    savepoints = Savepoints(limit=10)
    savepoints.keep(JobId(1), Position())
    savepoints.drop(JobId(1))
    savepoints.drop(JobId(2))
    assert savepoints.latest(JobId(1)) is None


def test_longest_untouched_position_goes_when_there_are_too_many():
    savepoints = Savepoints(limit=2)
    for number in (1, 2, 1, 3):
        savepoints.keep(JobId(number), Position())
    assert [number for number in (1, 2, 3) if savepoints.latest(JobId(number))] == [1, 3]
