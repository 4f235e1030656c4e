"""A value that is lost or changed in one kind of request or response fails the check of its clause."""

import re
from collections.abc import Callable
from html import escape
from itertools import count
from typing import Any

import pytest

from seatunnel_conformance.faults.catalogue import FaultEffect, fault_named
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.target.job_guard import OwnIds

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]


class Parameters(FaultEffect):
    """A function of the query parameters of an operation."""

    def __init__(self, operation: str, change: Callable[[list[tuple[str, str]]], Any]) -> None:
        self.operation, self.change = operation, change

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_asked = exchange.is_for(self.operation) and exchange.query
        return exchange.with_request(query=self.change(exchange.query)) if is_asked else exchange


class Texts(FaultEffect):
    """A function of each text in the JSON responses of an operation, or in the JSON bodies of its requests."""

    def __init__(self, operation: str, change: Callable[[str], Any], *, before: bool = False) -> None:
        self.operation, self.change, self.before = operation, change, before

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_sent = self.before and exchange.is_for(self.operation)
        return exchange.with_request_body(self._changed(exchange.request_json)) if is_sent else exchange

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if self.before or not exchange.is_for(self.operation) or exchange.document is None:
            return exchange
        return exchange.with_json(self._changed(exchange.document))

    def _changed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._changed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._changed(inner) for inner in value]
        return self.change(value) if isinstance(value, str) else value


class FalseIsTrue(FaultEffect):
    """Every flag counts as true, whatever its value."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.is_for("stop_jobs", "submit_jobs"):
            return exchange
        body = re.sub(rb'(SavePoint": "?)false', rb"\1true", exchange.request.body)
        return exchange.with_request_body(body)


class WithoutEmpty(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        found = exchange.document
        if not exchange.is_for("encrypt_config") or "conformance" not in found:
            return exchange
        kept = {name: value for name, value in found["conformance"].items() if value != {}}
        return exchange.with_json({**found, "conformance": kept})


class PlusIsAPlus(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return (
            exchange.with_target(exchange.target.replace("+", "%2B")) if exchange.is_for("get_overview") else exchange
        )


class EveryOtherCountIsZero(FaultEffect):
    def __init__(self) -> None:
        self.readings = 0

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        self.readings += exchange.is_for("get_running_jobs")
        if not exchange.is_for("get_running_jobs") or self.readings % 2:
            return exchange
        return exchange.with_body(re.sub(rb'(Count":)"\d+"', rb'\1"0"', exchange.received.body))


class OneReceiptForEachId(FaultEffect):
    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        found = exchange.document
        if not exchange.is_for("stop_jobs") or not isinstance(found, list):
            return exchange
        return exchange.with_json([item for at, item in enumerate(found) if item not in found[:at]])


class JobsFilesAreJson(FaultEffect):
    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        is_asked = exchange.is_for("read_logs") and not exchange.query
        return exchange.with_request(query=[("format", "json")]) if is_asked else exchange


class ListIsAlwaysAPage(FaultEffect):
    """The list of all log files is a page, whatever is requested."""

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        return exchange.with_request(query=[]) if exchange.is_for("list_logs") else exchange


def renamed(change: Callable[[str], str]) -> Parameters:
    return Parameters("submit_job", lambda query: [(name, change(text)) for name, text in query])


LOST = [
    ("submit-job.given-name", renamed(lambda text: re.sub("[\U00010000-\U0010ffff]", "?", text))),
    ("submit-job.given-name", renamed(lambda text: text[:255])),
    ("submit-job.given-name", Texts("get_job_info", escape)),
    ("submit-job.savepoint-words", renamed(lambda text: "true" if text in {"1", "yes"} else text)),
    ("logs.format-words", Parameters("read_logs", lambda query: dict(query).items())),
    ("logs.default-format", JobsFilesAreJson()),
    ("encrypt-config.rest-unchanged", Texts("encrypt_config", lambda text: int(text) if text.isdigit() else text)),
    ("encrypt-config.rest-unchanged", Texts("encrypt_config", lambda text: " ".join(text.splitlines()))),
    ("encrypt-config.rest-unchanged", WithoutEmpty()),
    ("running-jobs.options-as-text", Texts("get_running_jobs", str.strip)),
    ("overview.exact-tags", PlusIsAPlus()),
    ("stop-jobs.receipts", OneReceiptForEachId()),
    ("stop-jobs.stops-all", FalseIsTrue()),
    ("submit-jobs.optional-params", FalseIsTrue()),
    ("update-tags.replaces", Texts("update_tags", lambda text: text if text.isascii() else "?", before=True)),
]


@pytest.mark.parametrize(("check", "effect"), LOST, ids=[f"{at}-{check}" for at, (check, _) in enumerate(LOST)])
def test_lost_value_fails_the_check_of_its_clause(broken: Broken, judge: Judge, check: str, effect: FaultEffect):
    assert judge(check, broken(effect, "2.3.10"), "2.3.10").verdict is Verdict.FAIL


def test_list_that_is_no_json_is_not_blamed_on_the_list_of_a_job(broken: Broken, judge: Judge):
    outcome = judge("logs.by-job-id", broken(ListIsAlwaysAPage(), "2.3.10"), "2.3.10")
    assert outcome.see == "logs.json-list"


def test_counters_that_fall_are_told_of_the_list_that_shows_them(broken: Broken, judge: Judge):
    outcome = judge("GET /running-jobs, with jobs", broken(EveryOtherCountIsZero(), "2.3.10"), "2.3.10")
    assert re.match("GET /running-jobs was.* counters of a job fell: ", outcome.reason)


def test_neighbour_of_an_id_is_the_same_double(broken: Broken, judge: Judge, monkeypatch: pytest.MonkeyPatch):
    """The id below each of these ids is rounded down, and the id itself is rounded up."""
    ids = count(2 * 10**17 + 17, 64)

    def generate(own: OwnIds, *_: Any, **__: Any) -> str:
        own.generated.add(job_id := str(next(ids)))
        return job_id

    monkeypatch.setattr(OwnIds, "generate", generate)
    url = broken(fault_named("ids-are-compared-as-doubles").make(), "2.3.10")
    assert judge("job-info.asked-job", url, "2.3.10").verdict is Verdict.FAIL
