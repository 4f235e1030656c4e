"""Checks fail on the faults of the catalogue that break their clauses, and say what is wrong."""

import re
from collections.abc import Callable
from functools import cache
from itertools import count, starmap

import httpx2
import pytest

from seatunnel_conformance.arrange import waiting
from seatunnel_conformance.arrange.nodes import other_nodes
from seatunnel_conformance.checks.registry import all_checks
from seatunnel_conformance.faults.catalogue import (
    FAILOVER,
    PLAIN,
    CombinedEffect,
    Fault,
    FaultEffect,
    Maker,
    all_faults,
    effect_of,
    fault_named,
)
from seatunnel_conformance.faults.changes import edited, is_ok, twice
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.kinds import harmless
from seatunnel_conformance.replay import recorded_releases
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import load, proposals, releases
from seatunnel_openapi.contract import Clause, Level

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]


@cache
def known(release: str) -> frozenset[str]:
    return frozenset(clause.id for clause in load(release).clauses)


DOCUMENTED, *_ = releases()
LATER = [
    (one, clause, [name for name in (*proposals(), *releases()) if clause in known(name)][-1])
    for one in all_faults()
    for clause in one.breaks
    # Each failover needs a new cluster: see `test_failover.py`.
    if clause not in known(DOCUMENTED) and one.deployment != FAILOVER
]
NODES = [(one, clause, "2.3.13") for one in all_faults() if one.kind == "cluster" for clause in one.breaks]
CASES = [*LATER, *NODES]


DEPLOYED: dict[str, tuple[str, ...]] = {"context-path": ("--context-path", "/seatunnel"), "two-nodes": ("--nodes", "2")}
"""The options of `serve` for the deployments that faults need, beside that with fixed slots."""


def nodes_without_the_fault(url: str) -> tuple[str, ...]:
    """Return the other nodes of a deployment, or its only one."""
    with Target(url) as target:
        return tuple(other_nodes(target)) or (url,)


@pytest.fixture
def tried(broken: Broken, judge: Judge, reference_as: Broken) -> Callable[[FaultEffect, Fault, str, str], Outcome]:
    """Return a function that makes the check of a clause with an effect, on the deployment that a fault needs."""

    def judged(effect: FaultEffect, one: Fault, clause: str, release: str) -> Outcome:
        options = DEPLOYED.get(one.deployment, ())
        more = {"engine": "slot-service: {dynamic-slot: false, slot-num: 8}"} if one.deployment == "fixed-slots" else {}
        nodes = nodes_without_the_fault(reference_as(release, *options, **more))
        return judge(clause, broken(effect, release, *options, **more), release, nodes=nodes)

    return judged


@pytest.mark.parametrize(("one", "clause", "release"), CASES, ids=[f"{one.id}/{clause}" for one, clause, _ in CASES])
def test_check_fails_on_the_fault_and_passes_without(one: Fault, clause: str, release: str, tried: Judge):
    # That every check passes on a single node of the newest release is tested in test_releases.py.
    if (one.deployment, release) != (PLAIN, releases()[-1]):
        clean = tried(FaultEffect(), one, clause, release)
        assert clean.verdict is Verdict.PASS, clean.reason
    outcome = tried(one.make(), one, clause, release)
    assert outcome.verdict is Verdict.FAIL, f"{outcome.verdict}: {outcome.reason}"


def faults_of(clause: str) -> list[Fault]:
    """Return the faults that break a clause, beginning with those that name it first."""
    found = [one for one in all_faults() if clause in one.breaks]
    return sorted(found, key=lambda one: (one.deployment != PLAIN, one.breaks.index(clause)))


REASONS = [
    ("unknown-id-is-404", "job-info.unknown-id", "was answered 404"),
    ("unknown-id-has-another-answer", "job-info.unknown-id", 'at /jobId: expected "", found "'),
    ("unknown-id-has-another-answer", "running-job.unknown-id", 'at /jobId: expected "", found "'),
    ("asked-id-on-another-job", "job-info.asked-job", 'at /jobName: expected "conformance-'),
    ("overview-has-numbers", "overview.members", "at /runningJobs: expected a string, found "),
    ("overview-has-numbers", "GET /overview", "at /totalSlot: expected a string, found 0"),
    ("finished-count-counts-all-ended", "overview.counts-match-lists", 'at /finishedJobs: expected "'),
    ("tag-filter-is-ignored", "overview.tag-filter", "at workers: expected 0, found 1"),
    ("tags-have-no-effect", "update-tags.replaces", "expected at least 1, found 0"),
    ("state-filter-is-ignored", "finished-jobs.only-that-state", 'expected ["CANCELED"], found ["CANCELED", "F'),
    ("unknown-state-lists-all", "finished-jobs.unknown-state", "NO_SUCH_STATE"),
    ("history-is-reversed", "finished-jobs.order", 'at item 0: expected "'),
    ("stop-is-swallowed", "life-cycle.stop-ends", "has not ended, although a job that was submitted later has"),
    (
        "stop-takes-no-savepoint",
        "life-cycle.savepoint-stop-ends",
        'at /jobStatus: expected "SAVEPOINT_DONE", found "CANCELED"',
    ),
    ("batch-stops-the-first-only", "stop-jobs.stops-all", "has not ended, although a job that was submitted later has"),
    ("ids-are-rounded", "submit-job.receipt", 'at /jobId: expected "'),
    ("receipts-are-reversed", "submit-jobs.receipts", 'at /0/jobName: expected "conformance-'),
    ("given-name-is-ignored", "submit-job.given-name", "conformance-other"),
    ("accepted-jobs-stay-unknown", "life-cycle.never-unknown", 'as unknown: {"jobId": ""}'),
    ("accepted-jobs-stay-unknown", "submit-job.receipt", '", found ""'),
    ("missing-section-gets-a-default", "submit-job.missing-section", "at status: expected 500, found 200"),
    ("error-loses-message", "http.error-shape", "at /message: expected a member, found nothing"),
    ("error-loses-message", "GET /job-info/{jobId}", "at /message: expected a member, found nothing"),
    ("missing-id-has-another-message", "job-info.missing-id", ' instead of "The jobId must not be empty."'),
    ("empty-body-is-accepted", "http.empty-body", "was answered"),
    ("sink-secrets-stay", "encrypt-config.encodes", 'at /sink/0/username: expected "c2VhdHVubmVs", found "seatunnel"'),
    ("written-count-is-zero", "job-info.counts", 'at /metrics/sinkWriteCount: expected "7", found "0"'),
    ("failed-jobs-say-nothing", "job-info.error-message", "expected a string, found null"),
    ("ended-jobs-keep-running-in-the-list", "running-jobs.no-ended", "expected a list without "),
    ("ended-jobs-keep-running-in-the-list", "life-cycle.in-one-list", 'expected a list without "'),
    ("no-match-lists-all", "logs.no-match", 'at /0: expected nothing, found {"logLink": "", "logName": "zzz-none"'),
    ("json-charset-is-another", "http.json-content-type", "at content-type: expected no charset, found charset "),
    ("wrong-method-is-404", "http.unsupported-method", "at status: expected 405, found 404"),
    ("log-file-is-a-page", "log.file", 'at content-type: expected "text/plain", found "text/html"'),
    ("comments-begin-within-quotes", "submit-job.name-from-env", '//no#comment", found "'),
    ("reading-has-numbers", "monitoring.text-values", "at /processors: expected a string, found "),
]
"""A fault, the check that fails on it, and a text that its reason or one of its findings has to contain."""


@pytest.mark.parametrize(
    ("fault_id", "check_id", "text"), REASONS, ids=list(starmap("{}/{}".format, (r[:2] for r in REASONS)))
)
def test_check_says_what_is_wrong(fault_id: str, check_id: str, text: str, broken: Broken, judge: Judge):
    outcome = judge(check_id, broken(fault_named(fault_id).make()))
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert text in "\n".join([outcome.reason, *(finding.detail for finding in outcome.findings)])
    assert all("\ncurl " in f"\n{finding.curl}" for finding in outcome.findings)


SHOWN = {check_id for _, check_id, _ in REASONS}

NEWEST = recorded_releases()[-1]
"""The newest release that has a recording."""


def must(release: str) -> dict[str, Clause]:
    return {clause.id: clause for clause in load(release).clauses if clause.level is Level.MUST}


def tried_before(clause: Clause) -> bool:
    """Return whether a trial on another release is enough for a clause of the newest one.

    Clauses that the documented release does not have are in `LATER`. For others, check and fault are the same functions
    for both releases, and the text is the same. Facts can differ nevertheless, so checks that only read, which are
    quick, are tried again.
    """
    documented = must(DOCUMENTED).get(clause.id)
    return documented is None or (documented.text == clause.text and CHECKS[clause.id].writes)


def is_failover(clause: Clause) -> bool:
    return all(one.deployment == FAILOVER for one in faults_of(clause.id))


CHECKS = {check.clause_id: check for check in all_checks()}
TRIALS = [
    *((DOCUMENTED, clause_id) for clause_id in must(DOCUMENTED) if clause_id not in SHOWN),
    *((NEWEST, clause.id) for clause in must(NEWEST).values() if not (tried_before(clause) or is_failover(clause))),
]


@pytest.mark.parametrize(("release", "clause"), TRIALS, ids=[f"{release}-{clause}" for release, clause in TRIALS])
def test_check_of_a_must_clause_fails_on_a_fault(release: str, clause: str, tried: Judge):
    assert any(tried(one.make(), one, clause, release).verdict is Verdict.FAIL for one in faults_of(clause))


def test_time_of_a_response_is_no_difference_between_nodes(reference_as: Broken, judge: Judge):
    url = reference_as("3.1.0", "--nodes", "2")
    outcome = judge("nodes.same-jobs", url, "3.1.0", nodes=nodes_without_the_fault(url))
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_members_without_addresses_are_counted(reference_as: Broken, judge: Judge):
    """The documented form of `/system-monitoring-information` has no addresses."""
    outcome = judge("monitoring.one-per-member", reference_as("documented", "--nodes", "2"))
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_checks_of_a_cluster_need_a_second_node(judge: Judge, reference: str):
    outcome = judge("nodes.same-members", reference)
    assert (outcome.verdict, outcome.reason) == (
        Verdict.SKIPPED,
        "only one node of the cluster is given; --node adds another",
    )


def test_every_must_clause_has_a_fault():
    assert all(faults_of(clause) for release in (DOCUMENTED, NEWEST) for clause in must(release))


@pytest.mark.parametrize(
    "check_id", ["overview.counts-match-lists", "overview.jobs-unfiltered", "GET /finished-jobs, with jobs"]
)
def test_check_passes_on_a_cluster_that_never_rests(
    check_id: str, broken: Broken, judge: Judge, monkeypatch: pytest.MonkeyPatch
):
    # A job ends with every fifth request.
    monkeypatch.setattr(harmless, "monotonic", count(step=0.2).__next__)
    monkeypatch.setattr(waiting, "LIMIT", 1.0)
    outcome = judge(check_id, broken(fault_named("somebody-elses-jobs-keep-ending").make()))
    assert outcome.verdict is Verdict.PASS, outcome.reason


OF_TWO = effect_of(edited(twice), "get_system_monitoring_information", when=is_ok)
"""A member of a cluster of two, which is not the master."""


def ran_elsewhere(it: ProxiedExchange) -> ProxiedExchange:
    """A node that ran no part of any job, and so has no log file of a job."""
    if it.is_for("list_node_logs"):
        return it.with_text(re.sub(r"<li><a [^>]*>job-.*?</li>", "", it.received.body.decode()))
    is_file = it.is_for("read_logs") and it.value.startswith("job-")
    return it.with_status(400).with_body(b"") if is_file else it


@pytest.mark.parametrize(
    ("check_id", "make"),
    [("stop-job.ended-job", fault_named("late-savepoint-is-500").make), ("logs.by-job-id", effect_of(ran_elsewhere))],
    ids=["late savepoint", "log files elsewhere"],
)
def test_response_is_right_for_a_member_of_a_cluster_only(check_id: str, make: Maker, broken: Broken, judge: Judge):
    assert judge(check_id, broken(CombinedEffect([OF_TWO(), make()]))).verdict is Verdict.PASS
    assert judge(check_id, broken(make())).verdict is Verdict.FAIL


def test_notice_before_the_end_of_a_long_log_needs_a_long_log(reference_as: Broken, judge: Judge):
    assert judge("logs.long-file", reference_as("3.1.0"), "3.1.0").verdict is Verdict.SKIPPED


def test_server_whose_configuration_limits_logs_sends_the_end_of_a_long_one(reference_as: Broken, judge: Judge):
    url = reference_as("3.1.0", engine="http: {log-response-max-size-mb: 1}")
    rows = {"plugin_name": "FakeSource", "row.num": 15_000, "schema": {"fields": {"name": "string"}}}
    job = {"env": {"job.mode": "BATCH"}, "source": [rows], "sink": [{"plugin_name": "Console"}]}
    assert httpx2.post(f"{url}/submit-job?jobId=7", json=job, trust_env=False).status_code == 200
    while httpx2.get(f"{url}/job-info/7", trust_env=False).json()["jobStatus"] != "FINISHED":
        pass
    outcome = judge("logs.long-file", url, "3.1.0")
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_context_path_is_not_the_root_that_a_path_can_lead_out_of(reference_as: Callable[..., str], judge: Judge):
    outcome = judge("http.unreadable-path", reference_as("documented", "--context-path", "/seatunnel"))
    assert outcome.verdict is Verdict.PASS, outcome.reason
