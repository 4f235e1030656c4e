"""The tags of a node are restored at the end of a run."""

import json
from pathlib import Path
from typing import Any

import pytest
from asgi import Asked, app
from makers import Serve

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.nodes import Tags
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import loggers
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_openapi import load


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


def test_tags_are_restored_if_the_run_is_stopped_while_a_check_has_set_others(serve: Serve, tmp_path: Path):
    changes: list[Any] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        changes.extend([json.loads(asked.body)] if asked.method == "POST" else [])
        return 200, {"workers": [{"tags": {"owner": "ops"}}]}

    settings = Settings(serve(app(answer)), allow_writes=True, dedicated=True, journal=tmp_path / "journal.ndjson")
    context = Context.set_up(settings, load("documented"))
    worker = context.for_worker()
    worker.tags.set({"owner": "nobody"})
    with context.stopped([worker]):
        worker.tags.restore()
    context.close()
    assert changes == [{"owner": "nobody"}, {"owner": "ops"}]
    assert list(tmp_path.iterdir()) == []


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
