"""What belongs to a whole node is touched by one process at a time, and restored."""

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from asgi import Asked, app
from makers import Serve

from seatunnel_conformance.arrange.tags import Lock, Tags
from seatunnel_conformance.checks import loggers
from seatunnel_conformance.errors import ArrangementFailed, LimitMissed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_openapi import load


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


def test_all_locks_are_in_one_folder(lock: Lock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = Lock(f"{lock.name} other")
    for each in (lock, other):
        each.acquire()
        each.release()
    assert [path.name for path in tmp_path.iterdir()] == ["seatunnel-v2-locks"]
    assert {path.name for path in (tmp_path / "seatunnel-v2-locks").iterdir()} == {lock.path.name, other.path.name}


def test_lock_goes_with_the_process_that_held_it(lock: Lock):
    code = f"import os\nfrom seatunnel_conformance.arrange.tags import Lock\nLock({lock.name!r}).acquire()\nos._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    lock.acquire()


def test_tags_that_the_node_shows_are_restored(serve: Serve):
    changes: list[Any] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        changes.extend([json.loads(asked.body)] if asked.method == "POST" else [])
        return 200, {"workers": [{"tags": {"owner": "ops"}}]}

    with Target(serve(app(answer)), allow_writes=True, own=OwnIds(dedicated=True)) as target:
        tags = Tags(target, "run")
        tags.set({tags.name: "here"})
        tags.restore()
    assert changes == [{"conformance-run": "here"}, {"owner": "ops"}]


def test_refused_tags_are_no_failure_of_the_overview(serve: Serve):
    with Target(serve(app(lambda _: (403, {}))), allow_writes=True, own=OwnIds(dedicated=True)) as target:
        tags = Tags(target, "run")
        tags.set({tags.name: "here"})
        with pytest.raises(ArrangementFailed, match="could not be set") as raised:
            tags.found(lambda: 0)
        tags.restore()
    assert raised.value.see == "update-tags.success"


@pytest.mark.parametrize("check", [loggers.override, loggers.unknown_level, loggers.revert])
def test_level_is_reset_if_the_response_to_its_change_is_an_error(serve: Serve, check: Any):
    changes: list[str] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        changes.extend([] if asked.method == "GET" else [asked.method])
        read = {"name": loggers.OWN, "level": "INFO", "origin": "EFFECTIVE"}
        return (500, {}) if asked.method == "POST" else (200, read)

    needs = {"target": Target(serve(app(answer)), allow_writes=True), "contract": load("3.0.0")}
    with needs["target"], pytest.raises(AssertionError):
        check(**{name: needs[name] for name in check.__annotations__.keys() & needs.keys()})
    assert changes == ["POST", "DELETE"]
