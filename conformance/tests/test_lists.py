"""Lists of jobs are read once for all checks, long ones rarely, and are not kept where no check can read them."""

import json
import time

import pytest

from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.target.bodies import MOST_VALUES
from seatunnel_conformance.target.exchange import REMEMBERED, Request, Response
from seatunnel_conformance.target.lists import LONG, MANY, ListReads

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
