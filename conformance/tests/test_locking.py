"""What belongs to a whole node is touched by one process at a time."""

import subprocess
import sys
import uuid

import pytest

from seatunnel_conformance.arrange.tags import Lock
from seatunnel_conformance.errors import LimitMissed


@pytest.fixture
def lock() -> Lock:
    """A lock that nobody else knows of."""
    made = Lock(f"test {uuid.uuid4()}", patience=0.2)
    yield made
    made.release()
    made.path.unlink(missing_ok=True)


def test_lock_that_is_held_is_not_given_again(lock: Lock):
    lock.acquire()
    with pytest.raises(LimitMissed, match="the lock that another process holds"):
        Lock(lock.name, patience=0.1).acquire()


def test_lock_that_was_given_back_is_given_again(lock: Lock):
    lock.acquire()
    lock.release()
    other = Lock(lock.name, patience=0.1)
    other.acquire()
    other.release()


def test_lock_may_be_taken_twice_by_its_holder(lock: Lock):
    lock.acquire()
    lock.acquire()


def test_locks_of_other_names_do_not_mind(lock: Lock):
    lock.acquire()
    other = Lock(f"{lock.name} other", patience=0.1)
    other.acquire()
    other.release()
    other.path.unlink()


def test_lock_goes_with_the_process_that_held_it(lock: Lock):
    code = f"import os\nfrom seatunnel_conformance.arrange.tags import Lock\nLock({lock.name!r}).acquire()\nos._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    lock.acquire()
