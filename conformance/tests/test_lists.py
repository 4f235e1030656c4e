"""Lists of jobs are read once for all checks, long ones rarely, and are not kept where no check can read them."""

import json
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatunnel_conformance.arrange.job_reads import JobReads
from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.generated.sending import WireAdapter
from seatunnel_conformance.target.bodies import MOST_VALUES
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import REMEMBERED, Request, Response
from seatunnel_conformance.target.reads import LONG, MANY, ListReads, LongList
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import load

REQUEST = Request("GET", "http://127.0.0.1:8080", "/finished-jobs")


def noted(body: bytes, *, seconds: float = 0.0, path: str = "/finished-jobs", status: int = 200) -> ListReads:
    lists = ListReads()
    lists.note(path, REQUEST, Response(status, [], body, seconds))
    return lists


def test_list_is_used_by_a_check_that_needs_no_later_moment():
    begun = time.monotonic()
    lists = noted(b"[]")
    read = lists.since("/finished-jobs", begun - 1)
    assert read is not None
    assert read.response.items == []
    assert lists.since("/finished-jobs", time.monotonic()) is None
    assert lists.since("/running-jobs", begun) is None


@pytest.mark.parametrize(("path", "status"), [("/finished-jobs", 500), ("/finished-jobs/summary", 200)])
def test_what_is_no_whole_list_is_not_kept(path: str, status: int):
    assert noted(b"[]", path=path, status=status).since(path, 0.0) is None


def test_long_list_rests_for_some_times_its_duration_and_a_short_one_never():
    assert noted(b"[]", seconds=2.0).rest("/finished-jobs") == 0.0
    long = noted(b"[%b]" % (b" " * LONG), seconds=2.0)
    assert long.is_long("/finished-jobs")
    assert long.rest("/finished-jobs") == pytest.approx(8.0, abs=1.0)


def test_number_of_jobs_decides_before_the_first_read():
    lists = ListReads()
    lists.count("/finished-jobs", MANY + 1)
    assert lists.is_long("/finished-jobs")


def test_list_that_no_check_can_read_is_not_kept_and_stays_long():
    lists = noted(json.dumps([{}] * MOST_VALUES).encode())
    read = lists.since("/finished-jobs", 0.0)
    assert read is not None
    assert len(read.response.body) == REMEMBERED
    assert lists.is_long("/finished-jobs")
    with pytest.raises(ResponseTooLong):
        _ = read.response.items


@dataclass
class Paged:
    """A target with 250 ended jobs, "0" the oldest, whose whole list nobody may read."""

    newest_first: bool
    wire: Any = field(default_factory=lambda: SimpleNamespace(lists=noted(b"[%b]" % (b" " * LONG))))

    def get(self, _: str, *, query: dict[str, str]) -> Any:
        jobs = [str(number) for number in range(250)][:: -1 if self.newest_first else 1]
        first, rows = int(query["page"]) - 1, int(query["rows"])
        return SimpleNamespace(members={"total": len(jobs), "data": jobs[first * rows :][:rows]})


def test_last_jobs_of_a_long_list_are_on_its_pages():
    contract = load("2.3.13")
    newest_first = contract.list_order("get_finished_jobs") == "newest-first"
    found = JobReads(cast(Target, Paged(newest_first)), contract).recently_ended("/finished-jobs")
    assert {"247", "248", "249"} <= {*found}
    assert len(found) < 250


@pytest.mark.parametrize(
    ("query", "sent"), [("?page=1&rows=10", True), ("?page=1&rows=2147483647", False), ("?x=1", False)]
)
def test_page_that_is_the_whole_list_is_not_requested_by_generated_tests(query: str, sent: bool):  # noqa: FBT001 - a parameter
    wire = SimpleNamespace(lists=noted(b"[%b]" % (b" " * LONG)), context_path="")
    adapter, request = WireAdapter(cast(Wire, wire)), Request("GET", "http://127.0.0.1:8080", f"/finished-jobs{query}")
    if sent:
        assert adapter._known(request) is None
    else:
        with pytest.raises(LongList):
            adapter._known(request)


def test_list_of_log_files_can_be_long():
    assert noted(b"[%b]" % (b" " * LONG), path="/logs").is_long("/logs")
