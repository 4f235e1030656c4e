"""Random histories on correct, wrong, busy and slow servers."""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import FaultEffect, effect_of, fault_named
from seatunnel_conformance.faults.changes import error, put, shown
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.model.snapshot import workers
from seatunnel_conformance.report.outcomes import HISTORIES, Outcome, Verdict
from seatunnel_conformance.run import stateful as run
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load

pytestmark = pytest.mark.slow

Broken = Callable[[FaultEffect], str]
Judge = Callable[..., dict[str, Outcome]]


@pytest.fixture
def histories(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Return a function that runs the stateful tests of some clauses against an address."""
    monkeypatch.setattr(run, "_LONGEST_SEARCH", 0.5)
    registry.all_checks()
    contexts = []

    def judged(url: str, *clauses: str, release: str = "documented", **more: Any) -> dict[str, Outcome]:
        contract = load(release)
        only = tuple(f"{clause}, {HISTORIES}" for clause in clauses or ("*",))
        settings = Settings(
            **{
                "url": url,
                "release": release,
                "only": only,
                "seed": 3,
                "run": secrets.token_hex(3),
                "wait": 20.0,
                "reference": True,
                **more,
            }
        )
        context = Context.set_up(settings, contract)
        context.tags.latency = 1.0
        contexts.append(context)
        return {one.id.partition(",")[0]: run_check(context, one) for one in select(settings, contract).checks}

    yield judged
    for context in contexts:
        context.close()


def reasons(outcomes: dict[str, Outcome]) -> list[str]:
    return [
        f"{outcome.id}: {outcome.reason}"
        for outcome in outcomes.values()
        if outcome.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}
    ]


def test_reference_server_keeps_every_rule(reference: str, histories: Judge):
    outcomes = histories(reference)
    assert reasons(outcomes) == []
    passed = [clause for clause, outcome in outcomes.items() if outcome.verdict is Verdict.PASS]
    assert len(passed) > 20
    assert sum(outcome.requests for outcome in outcomes.values()) > 100


def test_same_seed_makes_the_same_histories(reference: str, histories: Judge, monkeypatch: pytest.MonkeyPatch):
    from seatunnel_conformance.model.checker import CommandHistory  # noqa: PLC0415 - watched here

    told: list[list[str]] = []
    note = CommandHistory.note

    def listening(self: CommandHistory, sentence: str, exchanges: Any) -> None:
        told[-1].append(re.sub(r"conformance-\w+", "job", sentence))
        note(self, sentence, exchanges)

    monkeypatch.setattr(CommandHistory, "note", listening)
    for seed in (5, 5, 6):
        told.append([])
        histories(reference, "life-cycle.times", seed=seed)
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("ended-jobs-lose-their-names", "submit-job.given-name"),
        ("stop-takes-no-savepoint", "life-cycle.savepoint-stop-ends"),
        ("history-drops-the-last", "life-cycle.listed-once"),
        ("running-count-is-off-by-one", "overview.counts-match-lists"),
        ("id-in-use-is-refused", "submit-job.id-of-running-job"),
    ],
)
def test_broken_server_fails_by_the_rule_that_it_breaks(broken: Broken, histories: Judge, fault: str, clause: str):
    outcome = histories(broken(fault_named(fault).make()), clause)[clause]
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert outcome.why.startswith("A client")
    finding = outcome.findings[0]
    assert re.search(r"^1\. ", finding.detail, re.MULTILINE)
    assert "curl -sS -i --path-as-is -H 'Content-Type: application/json'" in finding.curl


def test_failure_is_told_by_a_short_history(broken: Broken, histories: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "_LONGEST_SEARCH", 20.0)
    outcome = histories(broken(fault_named("create-time-moves").make()), "life-cycle.times")["life-cycle.times"]
    steps = re.findall(r"^\d+\. .*", outcome.findings[0].detail, re.MULTILINE)
    assert len(steps) == 1
    assert "submit" in steps[0]
    *_, comment, seen = outcome.findings[0].curl.splitlines()
    assert comment == "# these responses show the problem"
    assert "/job-info/" in seen


def test_stop_that_is_never_done_is_a_failure(broken: Broken, histories: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("seatunnel_conformance.arrange.jobs.PATIENCE", 1.0)
    outcome = histories(
        broken(fault_named("stop-is-swallowed").make()), "life-cycle.stop-ends", "life-cycle.savepoint-stop-ends"
    )
    assert Verdict.FAIL in {one.verdict for one in outcome.values()}


def test_refused_stop_is_no_job_that_does_not_end(broken: Broken, histories: Judge):
    refusing = effect_of(error(409), "stop_job")
    outcomes = histories(broken(refusing()), "stop-job.receipt", "life-cycle.batch-ends", wait=2.0)
    verdicts = {name: outcome.verdict for name, outcome in outcomes.items()}
    assert verdicts["stop-job.receipt"] is Verdict.FAIL
    assert verdicts["life-cycle.batch-ends"] in {Verdict.PASS, Verdict.SKIPPED}, outcomes[
        "life-cycle.batch-ends"
    ].reason


def test_slow_server_is_inconclusive(broken: Broken, histories: Judge):
    """Jobs of this server never start in the time for which the run waits."""
    slow = effect_of(shown(put(jobStatus="PENDING"), doc.is_running))
    outcomes = histories(broken(slow()), "life-cycle.*", wait=0.3)
    first, *others = outcomes.values()
    assert first.verdict is Verdict.INCONCLUSIVE
    assert {outcome.verdict for outcome in others} == {Verdict.SKIPPED}
    assert all(outcome.see == first.id for outcome in others)
    assert all("did not come within 0.3 s" in outcome.reason for outcome in outcomes.values())


def test_member_that_refuses_to_save_ended_jobs_makes_no_false_alarm(broken: Broken, reference: str, histories: Judge):
    """The node is not the master: it answers 500 to such stops, and stops only the jobs before them in the list."""

    refusals = []

    def is_refused(stop: dict[str, Any]) -> bool:
        shown = httpx2.get(f"{reference}/job-info/{stop['jobId']}").json()
        return stop.get("isStopWithSavePoint") is True and shown.get("jobStatus") != "RUNNING"

    class SecondMember(FaultEffect):
        def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
            if not exchange.is_for("stop_job", "stop_jobs"):
                return exchange
            stops = exchange.request_json if exchange.is_for("stop_jobs") else [exchange.request_json]
            refused = next((at for at, stop in enumerate(stops) if is_refused(stop)), None)
            if refused is None:
                return exchange
            refusals.append(refused)
            httpx2.post(f"{reference}/stop-jobs", json=stops[:refused])
            return exchange.with_error(500, "SavePointFailedException")

        def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
            if exchange.is_for("get_system_monitoring_information"):
                members = exchange.document
                return exchange.with_json([*members, members[0] | {"isMaster": "false"}])
            return exchange

    outcomes = histories(broken(SecondMember()))
    assert reasons(outcomes) == []
    assert refusals


def test_cluster_without_slots_is_inconclusive(broken: Broken, histories: Judge):
    """No slots are free, so that jobs fail before they begin."""
    failed = put(jobStatus="FAILED", errorMsg="org.apache…NoEnoughResourceException: …")
    outcomes = histories(broken(effect_of(shown(failed, doc.is_ended))()), "life-cycle.*")
    first, *others = outcomes.values()
    assert first.verdict is Verdict.INCONCLUSIVE
    assert {outcome.verdict for outcome in others} == {Verdict.SKIPPED}
    assert all(outcome.see == first.id for outcome in others)


@contextmanager
def traffic(url: str, contract: Contract) -> Iterator[list[str]]:
    """Start, end and stop jobs of other clients all the time, and yield the list of their ids."""
    stop, ids = threading.Event(), []
    with Target(url, allow_writes=True) as target:
        others = Jobs(target, contract)

        def come_and_go() -> None:
            while not stop.is_set():
                jobs = [others.submitted(config) for config in (others.batch(), others.endless(), others.failing())]
                ids.extend(job.id for job in jobs)
                stop.wait(0.1)
                others.stop_when_moving(jobs[1])

        thread = threading.Thread(target=come_and_go)
        thread.start()
        try:
            yield ids
        finally:
            stop.set()
            thread.join()
            others.close()


def test_busy_cluster_makes_no_false_alarm_and_keeps_its_jobs(
    broken: Broken, reference: str, histories: Judge, contract: Contract
):
    bodies: list[bytes] = []

    def watched(it: ProxiedExchange) -> ProxiedExchange:
        if it.method == "POST":
            bodies.append(it.target.encode() + it.request.body)
        return it

    with traffic(reference, contract) as ids:
        outcomes = histories(broken(effect_of(watched, before=True)()))
    assert reasons(outcomes) == []
    assert len(ids) > 9
    assert not any(job_id.encode() in body for job_id in ids for body in bodies)


def test_nothing_is_left_behind(reference: str, histories: Judge):
    with Target(reference) as target:
        before = Counter(job["jobName"] for job in target.get("/running-jobs").items)
        outcomes = histories(reference, "life-cycle.*", run="leftover")
        assert Verdict.PASS in {outcome.verdict for outcome in outcomes.values()}
        after = Counter(job["jobName"] for job in target.get("/running-jobs").items)
        assert not [name for name in after - before if "leftover" in name]
        assert workers(target, {"conformance-leftover": "one"}) == 0
