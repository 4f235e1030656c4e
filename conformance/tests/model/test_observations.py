"""Observations of a target while its jobs change."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.model.snapshot import observe
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.reads import ListReads


class Changing:
    """A target with one running job. With `comes_and_goes`, it has another job, which ends after the first overview."""

    wire = SimpleNamespace(lists=ListReads())

    def __init__(self, *, comes_and_goes: bool) -> None:
        self.comes_and_goes = comes_and_goes
        self.ended: list[dict[str, str]] = []

    def get(self, path: str, **_: Any) -> Response:
        if path == "/overview":
            running = 2 if self.comes_and_goes and not self.ended else 1
            shown: Any = {"runningJobs": str(running), "finishedJobs": str(len(self.ended))}
            self.ended = [{"jobId": "2", "createTime": "now"}] if self.comes_and_goes else []
        elif path == "/running-jobs":
            shown = [{"jobId": "1", "createTime": "now"}]
        else:
            shown = self.ended if path in {"/finished-jobs", "/finished-jobs/FINISHED"} else []
        return _json(shown)


@pytest.mark.parametrize(
    ("target", "counted"),
    [
        (Changing(comes_and_goes=False), {"runningJobs": ("1", "1"), "finishedJobs": ("0", "0", "0")}),
        (Changing(comes_and_goes=True), {}),
    ],
    ids=["unchanged", "changed"],
)
def test_counts_are_compared_with_lists_only_if_no_job_came_and_went(target: Changing, counted: dict[str, Any]):
    assert observe(cast(Target, target), cast(Jobs, None), []).counted == counted


class Late(Changing):
    """A target that counts a new job at once, but lists it only from the second read of the list on."""

    def __init__(self, path: str) -> None:
        super().__init__(comes_and_goes=False)
        self.path, self.reads = path, 0
        self.ended = [{"jobId": "2", "createTime": "now", "jobStatus": "FINISHED"}]

    def get(self, path: str, **named: Any) -> Response:
        if path == "/overview":
            return _json({"runningJobs": "1", "finishedJobs": "1"})
        self.reads += path == self.path
        return _json([]) if path == self.path and self.reads == 1 else super().get(path, **named)


@pytest.mark.parametrize(
    ("path", "compared"),
    [
        ("/running-jobs", {"finishedJobs"}),
        ("/finished-jobs/FINISHED", {"runningJobs"}),
        ("/finished-jobs", {"runningJobs"}),
    ],
)
def test_count_is_not_compared_with_a_list_that_lags_behind(path: str, compared: set[str]):
    assert observe(cast(Target, Late(path)), cast(Jobs, None), []).counted.keys() == compared


def _json(document: Any) -> Response:
    return Response(200, [("content-type", "application/json")], json.dumps(document).encode())
