"""What a run may change is known before it does, and no check changes more."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from throwaway import Handler, listening

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.profiles import profile_named
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.run.kinds.clauses import BY_A_CLAUSE, MORE_BY_A_CLAUSE
from seatunnel_conformance.run.kinds.drawn import of_histories
from seatunnel_conformance.run.planned import BY_SEARCHES
from seatunnel_conformance.run.selection import Allowances, Changes, select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.limits import Governor, RequestLimits, Reserve
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi import Contract, load


def planned(contract: Contract, **given: Any) -> Changes:
    usual = {"url": "http://localhost", "release": "documented", "run": "abc", "reference": True}
    settings = Settings(**{**usual, **given})
    return Allowances(settings, contract, select(settings, contract).checks).changes()


def test_reading_changes_nothing(contract: Contract):
    assert planned(contract, profile="read-only").rows == ()
    assert planned(contract, reference=False).total == 0


def test_rows_tell_where_requests_go_and_add_up(contract: Contract):
    found = planned(contract, only=("stop-job.unknown-id", "POST /encrypt-config"))
    rows = {(row.what, row.operations): row.checks for row in found.rows}
    assert rows["generated", ("POST /encrypt-config",)] == 1
    assert any("POST /stop-job" in operations for what, operations in rows if what == "checks of clauses")
    assert found.total == sum(row.at_most for row in found.rows) == found.as_json()["atMost"]
    assert found.names == {"jobs": "conformance-abc-*", "tags": "conformance-abc"}
    assert "jobs named conformance-abc-*" in found.line


def test_histories_of_all_rules_are_made_once(contract: Contract):
    one, all_ = (planned(contract, only=(only,)) for only in ("life-cycle.stop-ends", "random histories"))
    histories = of_histories(profile_named("standard")) + BY_SEARCHES
    assert all_.total == histories
    assert one.total == BY_A_CLAUSE + MORE_BY_A_CLAUSE + histories


@pytest.mark.parametrize(("profile", "more"), [("standard", 10), ("full", 100)])
def test_random_cases_are_counted_beside_those_that_always_come(contract: Contract, profile: str, more: int):
    smoke, deep = (
        planned(contract, only=("GET /overview", "POST /stop-job"), profile=name) for name in ("smoke", profile)
    )
    few, many = ({row.operations: row.at_most for row in found.rows} for found in (smoke, deep))
    assert ("other methods on GET paths",) in many
    assert many["POST /stop-job",] > few["POST /stop-job",] + more


@pytest.mark.parametrize(("scenario", "most"), [("overview/plain", 0), ("stop-job/unknown-id", 4)])
def test_recorded_scenario_changes_what_its_requests_change(scenario: str, most: int):
    found = planned(load("2.3.10"), release="2.3.10", only=(f"*recorded as {scenario}",), profile="full")
    assert found.total == most


def test_check_that_would_change_more_than_it_may_is_stopped():
    governor = Governor(RequestLimits(), "http://h")
    with governor.changing(1):
        governor.count_change()
        with pytest.raises(LimitReached, match="has used up its requests that change the target"):
            governor.count_change()
        with governor.cleanup():
            governor.count_change()
    governor.count_change()


def test_what_one_check_takes_of_the_reserve_is_gone_for_the_next():
    governor, reserve = Governor(RequestLimits(), "http://h"), Reserve(1)
    for share in (1, 0):
        with governor.changing(share, reserve):
            for _ in range(2 * share):
                governor.count_change()
            with pytest.raises(LimitReached, match="has used up its requests that change the target"):
                governor.count_change()
    assert reserve.left == 0


@dataclass
class Recorder:
    """A proxy that answers by itself, `{}` to everything, and keeps what it was asked."""

    url: str
    heard: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    class Recording(Handler):
        def keep(self) -> None:
            self.content()
            kept.heard.append((self.command, self.path))
            self.respond({}, 302, Location=f"{kept.url}/elsewhere")

        do_GET = do_POST = do_HEAD = do_OPTIONS = keep
        do_PUT = do_DELETE = do_PATCH = do_TRACE = do_QUERY = keep

    with listening(Recording) as url:
        kept = Recorder(url)
        yield kept


@pytest.mark.slow
def test_no_kind_of_check_changes_another_machine_or_follows_it_elsewhere(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url), user="ann", password=Secret("secret"))
    settings = Settings(url="http://engine.example:8080", release="documented", connection=connection, wait=1.0)
    with closing(Context.set_up(settings, contract)) as context:
        for one in select(settings, contract).checks:
            run_check(context, one)
    assert len(recorder.heard) > 200
    assert {method for method, _ in recorder.heard} <= READING
    assert [path for _, path in recorder.heard if not path.startswith("http://engine.example:8080/")] == []


@pytest.mark.slow
def test_other_methods_are_tried_where_the_target_may_be_changed(recorder: Recorder, contract: Contract):
    connection = Connection(proxy=Secret(recorder.url))
    settings = Settings(
        url="http://engine.example", release="documented", connection=connection, allow_writes=True, only=("GET /log",)
    )
    with closing(Context.set_up(settings, contract)) as context:
        for one in select(settings, contract).checks:
            run_check(context, one)
    assert "DELETE" in {method for method, _ in recorder.heard}
