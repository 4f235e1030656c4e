"""Checks of the health monitors."""

from collections.abc import Callable
from typing import Any

import pytest
from asgi import App, Asked, app

from seatunnel_conformance.checks.monitoring import documented_keys, unanswered
from seatunnel_conformance.observe.schemas import item_schema
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load


def test_incomplete_reading_is_requested_again(serve: Callable[[App], str], contract: Contract) -> None:
    whole = dict.fromkeys(contract.schema(item_schema(contract, "get_system_monitoring_information"))["required"], "1")
    lacking = {name: value for name, value in whole.items() if name != "load.system"}
    answers: list[Any] = [[lacking], [whole]]

    def answer(_: Asked) -> tuple[int, Any]:
        return 200, answers.pop(0) if len(answers) > 1 else answers[0]

    with Target(serve(app(answer))) as target:
        documented_keys(target, contract)
        answers[:] = [[lacking]]
        with pytest.raises(AssertionError):
            documented_keys(target, contract)


def test_member_that_does_not_respond_has_no_reading_and_a_port_that_is_a_number(serve: Callable[[App], str]) -> None:
    contract = load("3.0.0")
    whole = dict.fromkeys(contract.schema("MemberReading")["required"], "1")
    silent = {"host": "10.0.0.1", "port": 5801, "error": "timeout"}
    answers: list[Any] = [[whole, silent]]
    with Target(serve(app(lambda _: (200, answers[0])))) as target:
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
    serve: Callable[[App], str], path: str, failures: int, status: int, requests: int
) -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> tuple[int, Any]:
        asked.append(request)
        return (500, {"message": "Index 1 out of bounds for length 1"}) if len(asked) <= failures else (200, [])

    with Target(serve(app(answer))) as target:
        path, _, query = path.partition("?")
        assert target.get(path, query=query).status == status
        assert (len(asked), target.wire.governor.sent) == (requests, requests)
        target.get(path, query=query)
        again = 3 if status == 500 and requests > 1 else 1
        assert len(asked) == requests + again, "what was repeated in vain is repeated less"


def test_job_whose_rates_are_not_numbers_yet_is_requested_again(serve: Callable[[App], str]) -> None:
    message = "java.lang.NumberFormatException: Character N is neither a decimal digit number, decimal point, nor"
    answers: list[Any] = [
        (400, {"status": "fail", "message": message}),
        (200, {"jobId": "5"}),
        (400, {"message": "no"}),
    ]
    with Target(serve(app(lambda _: answers.pop(0)))) as target:
        assert target.get("/job-info/5").status == 200
        assert target.get("/job-info/5").status == 400
    assert answers == []


def test_reading_that_has_lost_values_is_requested_again(serve: Callable[[App], str]) -> None:
    whole, disturbed = [{"load.system": "1", "load.process": "1"}], [{"load.system": "1"}]
    answers: list[Any] = [whole, disturbed, disturbed, whole, disturbed]
    shown = app(lambda _: (200, answers.pop(0) if len(answers) > 1 else answers[0]))
    with Target(serve(shown)) as target:
        found = [target.get("/system-monitoring-information").items for _ in range(3)]
        assert found == [whole, whole, disturbed]
        assert target.wire.governor.sent == 10
        target.send("HEAD", "/system-monitoring-information")
        assert target.wire.governor.sent == 11, "HEAD has no values that could be lost"


def test_reading_with_too_many_values_is_no_measure_for_others(serve: Callable[[App], str]) -> None:
    mixed_up, whole = [{"load": "1", "heap": "1", "load.pro": "1"}], [{"load": "1", "heap": "1"}]
    answers: list[Any] = [mixed_up, whole]
    shown = app(lambda _: (200, answers.pop(0) if len(answers) > 1 else answers[0]))
    with Target(serve(shown)) as target:
        sent = []
        for _ in range(4):
            before = target.wire.governor.sent
            target.get("/system-monitoring-information")
            sent.append(target.wire.governor.sent - before)
    assert sent == [1, 6, 6, 1]
