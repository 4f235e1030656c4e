"""Reads that checks share, rare reads of long lists, and reads that other clients disturb."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asgi import Asked, app
from makers import Serve

from seatunnel_conformance.arrange.job_reads import JobReads
from seatunnel_conformance.checks.monitoring import documented_keys, unanswered
from seatunnel_conformance.errors import ArrangementFailed, ResponseTooLong
from seatunnel_conformance.generated.engine import WireAdapter
from seatunnel_conformance.target.deployment import ResponseObserver, Target
from seatunnel_conformance.target.exchange import MOST_VALUES, REMEMBERED, Request, Response
from seatunnel_conformance.target.reads import FIRST_PAGE, LONG, MANY, ListReads, LongList
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract, load

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


def test_first_page_of_a_list_is_read_once_for_all_jobs_that_have_not_changed(serve: Serve):
    asked = list[str]()

    def answer(request: Asked) -> tuple[int, Any]:
        asked.append(request.target)
        return 200, {"total": 0, "data": []}

    with Target(serve(app(answer))) as target:
        begun = time.monotonic()
        for _ in range(3):
            assert target.first_page("/finished-jobs", begun) == {"total": 0, "data": []}
        target.first_page("/finished-jobs", time.monotonic())
        target.get("/finished-jobs", query={"page": "2", "rows": "100"})
    assert asked == [*["/finished-jobs?page=1&rows=100"] * 2, "/finished-jobs?page=2&rows=100"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/finished-jobs", 500), ("/finished-jobs/summary", 200), ("/finished-jobs?page=2&rows=100", 200)],
)
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
    """A target with 250 ended jobs, "0" the oldest, which refuses to send the whole list."""

    newest_first: bool
    wire: Any = field(default_factory=lambda: SimpleNamespace(lists=noted(b"[%b]" % (b" " * LONG))))
    observer: ResponseObserver = field(default_factory=ResponseObserver)

    def get(self, _: str, *, query: dict[str, str]) -> Any:
        jobs = [str(number) for number in range(250)][:: -1 if self.newest_first else 1]
        first, rows = int(query["page"]) - 1, int(query["rows"])
        return SimpleNamespace(members={"total": len(jobs), "data": jobs[first * rows :][:rows]})

    def first_page(self, path: str, _since: float) -> Any:
        return self.get(path, query=FIRST_PAGE).members


def test_last_jobs_of_a_long_list_are_on_its_pages():
    contract = load("2.3.13")
    newest_first = contract.list_order("get_finished_jobs") == "newest-first"
    found = JobReads(cast(Target, Paged(newest_first)), contract).recently_ended("/finished-jobs")
    assert {"247", "248", "249"} <= {*found}
    assert len(found) < 250


def test_error_instead_of_a_page_points_to_the_check_of_pages():
    target = cast(Target, Paged(newest_first=True))
    target.first_page = lambda *_: {"status": "fail", "message": "a start time is null"}  # type: ignore[method-assign]
    with pytest.raises(ArrangementFailed, match=r"has no pages: .*a start time is null") as failed:
        JobReads(target, load("2.3.13")).recently_ended("/finished-jobs")
    assert failed.value.see == "finished-jobs.page"


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


@pytest.mark.parametrize(("seconds", "most"), [(0.1, 50), (1.0, 8)])
def test_few_pages_of_a_slow_list_are_requested_by_generated_tests(seconds: float, most: int):
    lists = noted(b"[%b]" % (b" " * LONG), seconds=seconds)
    adapter = WireAdapter(cast(Wire, SimpleNamespace(lists=lists, context_path="")))
    sent = 0
    with suppress(LongList):
        for page in range(50):
            adapter._known(Request("GET", "http://127.0.0.1:8080", f"/finished-jobs?page={page}"))
            sent += 1
    assert sent == most


def test_list_of_log_files_can_be_long():
    assert noted(b"[%b]" % (b" " * LONG), path="/logs").is_long("/logs")


def hurried(url: str) -> Target:
    """Return a target whose pauses take no time."""
    target = Target(url)
    target.governor.sleep = lambda _: None
    return target


def test_incomplete_reading_is_requested_again(serve: Serve, contract: Contract) -> None:
    whole = dict.fromkeys(contract.schema("MemberReading")["required"], "1")
    lacking = {name: value for name, value in whole.items() if name != "load.system"}
    answers: list[Any] = [[lacking], [whole]]

    def answer(_: Asked) -> tuple[int, Any]:
        return 200, answers.pop(0) if len(answers) > 1 else answers[0]

    with hurried(serve(app(answer))) as target:
        documented_keys(target, contract)
        answers[:] = [[lacking]]
        with pytest.raises(AssertionError):
            documented_keys(target, contract)


def test_member_that_does_not_respond_has_no_reading_and_a_port_that_is_a_number(serve: Serve) -> None:
    contract = load("3.0.0")
    whole = dict.fromkeys(contract.schema("MemberReading")["required"], "1")
    silent = {"host": "10.0.0.1", "port": 5801, "error": "timeout"}
    answers: list[Any] = [[whole, silent]]
    with hurried(serve(app(lambda _: (200, answers[0])))) as target:
        for check in (documented_keys, unanswered):
            check(target, contract)
        answers[0] = [whole]
        unanswered(target, contract)
        for wrong in (silent | {"port": "5801"}, silent | {"error": "gone"}, {"host": "10.0.0.1", "port": 5801}):
            answers[0] = [whole, wrong]
            with pytest.raises(AssertionError):
                unanswered(target, contract)


@pytest.mark.parametrize(
    ("path", "failures", "status", "requests"),
    [
        ("/system-monitoring-information", 2, 200, 3),
        ("/logs", 1, 200, 2),
        ("/logs", 9, 500, 6),
        ("/logs?a=%zz", 9, 500, 3),
        ("/overview", 1, 500, 1),
    ],
)
def test_reading_that_another_client_disturbed_is_requested_again(
    serve: Serve, path: str, failures: int, status: int, requests: int
) -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> tuple[int, Any]:
        asked.append(request)
        return (500, {"message": "Index 1 out of bounds for length 1"}) if len(asked) <= failures else (200, [])

    with hurried(serve(app(answer))) as target:
        path, _, query = path.partition("?")
        assert target.get(path, query=query).status == status
        assert (len(asked), target.wire.governor.sent) == (requests, requests)
        target.get(path, query=query)
        again = 3 if status == 500 and requests > 1 else 1
        assert len(asked) == requests + again, "what was repeated in vain is repeated less"


def test_job_whose_rates_are_not_numbers_yet_is_requested_again(serve: Serve) -> None:
    message = "java.lang.NumberFormatException: Character N is neither a decimal digit number, decimal point, nor"
    answers: list[Any] = [
        (400, {"status": "fail", "message": message}),
        (200, {"jobId": "5"}),
        (400, {"message": "no"}),
    ]
    with hurried(serve(app(lambda _: answers.pop(0)))) as target:
        assert target.get("/job-info/5").status == 200
        assert target.get("/job-info/5").status == 400
    assert answers == []


def test_reading_that_has_lost_values_is_requested_again(serve: Serve) -> None:
    whole, disturbed = [{"load.system": "1", "load.process": "1"}], [{"load.system": "1"}]
    answers: list[Any] = [whole, disturbed, disturbed, whole, disturbed]
    shown = app(lambda _: (200, answers.pop(0) if len(answers) > 1 else answers[0]))
    with hurried(serve(shown)) as target:
        found = [target.get("/system-monitoring-information").items for _ in range(3)]
        assert found == [whole, whole, disturbed]
        assert target.wire.governor.sent == 10
        target.send("HEAD", "/system-monitoring-information")
        assert target.wire.governor.sent == 11, "HEAD has no values that could be lost"


def test_reading_with_too_many_values_is_no_measure_for_others(serve: Serve) -> None:
    mixed_up, whole = [{"load": "1", "heap": "1", "load.pro": "1"}], [{"load": "1", "heap": "1"}]
    answers: list[Any] = [mixed_up, whole]
    shown = app(lambda _: (200, answers.pop(0) if len(answers) > 1 else answers[0]))
    with hurried(serve(shown)) as target:
        sent = []
        for _ in range(4):
            before = target.wire.governor.sent
            target.get("/system-monitoring-information")
            sent.append(target.wire.governor.sent - before)
    assert sent == [1, 6, 6, 1]
