"""Checks fail on the faults of the catalogue that break their clauses, and say what is wrong."""

from collections.abc import Callable
from itertools import starmap

import pytest

from seatunnel_conformance.faults.catalogue import PLAIN, Fault, FaultEffect, all_faults, fault_named
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.kinds.stops import LateSavepointIs500
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_openapi import load, releases
from seatunnel_openapi.clauses import Level

pytestmark = pytest.mark.slow

Broken = Callable[..., str]
Judge = Callable[..., Outcome]


def known(release: str) -> frozenset[str]:
    return frozenset(clause.id for clause in load(release).clauses)


DOCUMENTED, *_ = releases()
LATER = [(one, clause) for one in all_faults() for clause in one.breaks if clause not in known(DOCUMENTED)]


@pytest.mark.parametrize(("one", "clause"), LATER, ids=[f"{one.id}/{clause}" for one, clause in LATER])
def test_check_of_a_later_release_fails_on_the_fault_and_passes_without(
    one: Fault, clause: str, broken: Broken, judge: Judge
):
    release = [name for name in releases() if clause in known(name)][-1]
    clean = judge(clause, broken(FaultEffect(), release), release)
    assert clean.verdict is Verdict.PASS, clean.reason
    outcome = judge(clause, broken(one.make(), release), release)
    assert outcome.verdict is Verdict.FAIL, f"{outcome.verdict}: {outcome.reason}"


def faults_of(clause: str) -> list[Fault]:
    """Return the faults that break a clause, those first that name it first."""
    found = [one for one in all_faults() if clause in one.breaks and one.deployment == PLAIN]
    return sorted(found, key=lambda one: one.breaks.index(clause))


REASONS = [
    ("unknown-id-is-404", "job-info.unknown-id", "was answered 404"),
    ("unknown-id-is-told-otherwise", "job-info.unknown-id", '200 [application/json] {"jobId":"'),
    ("unknown-id-is-told-otherwise", "running-job.unknown-id", '200 [application/json] {"jobId":"'),
    ("asked-id-on-another-job", "job-info.asked-job", "jobName"),
    ("overview-has-numbers", "overview.members", 'is not of type "string"'),
    ("overview-has-numbers", "GET /overview", 'is not of type "string"'),
    ("finished-count-counts-all-ended", "overview.counts-match-lists", "assert"),
    ("tag-filter-is-ignored", "overview.tag-filter", "assert"),
    ("tags-are-set-in-vain", "update-tags.replaces", "assert 0 >= 1"),
    ("state-filter-is-ignored", "finished-jobs.only-that-state", "CANCELED"),
    ("unknown-state-lists-all", "finished-jobs.unknown-state", "NO_SUCH_STATE"),
    ("history-is-reversed", "finished-jobs.order", "assert"),
    ("stop-is-swallowed", "life-cycle.stop-ends", "has not ended, although a job that was submitted later has"),
    ("stop-takes-no-savepoint", "life-cycle.savepoint-stop-ends", "'CANCELED' == 'SAVEPOINT_DONE'"),
    ("batch-stops-the-first-only", "stop-jobs.stops-all", "has not ended, although a job that was submitted later has"),
    ("ids-are-rounded", "submit-job.receipt", "jobId"),
    ("receipts-are-reversed", "submit-jobs.receipts", "assert"),
    ("given-name-is-ignored", "submit-job.given-name", "conformance-other"),
    ("accepted-jobs-stay-unknown", "life-cycle.never-unknown", "{'jobId': ''}"),
    ("accepted-jobs-stay-unknown", "submit-job.receipt", "assert '' =="),
    ("missing-section-gets-a-default", "submit-job.missing-section", "was answered 200"),
    ("error-loses-message", "http.error-shape", "message"),
    ("error-loses-message", "GET /job-info/{jobId}", "is a required property"),
    ("empty-body-is-accepted", "http.empty-body", "was answered"),
    ("sink-secrets-stay", "encrypt-config.encodes", "assert 'seatunnel' =="),
    ("written-count-is-zero", "job-info.counts", "assert '0' == '5'"),
    ("failed-jobs-say-nothing", "job-info.error-message", "None"),
    ("ended-jobs-keep-running-in-the-list", "running-jobs.no-ended", "assert"),
    ("ended-jobs-keep-running-in-the-list", "life-cycle.in-one-list", "assert"),
    ("no-match-lists-all", "logs.no-match", "assert"),
    ("reading-has-numbers", "monitoring.text-values", "int"),
]
"""A fault, the check that fails on it, and a text that its reason or one of its findings has to contain."""


@pytest.mark.parametrize(
    ("fault_id", "check_id", "text"), REASONS, ids=list(starmap("{}/{}".format, (r[:2] for r in REASONS)))
)
def test_check_says_what_is_wrong(fault_id: str, check_id: str, text: str, broken: Broken, judge: Judge):
    outcome = judge(check_id, broken(fault_named(fault_id).make()))
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert text in "\n".join([outcome.reason, *(finding.detail for finding in outcome.findings)])
    assert all(finding.curl.startswith("curl ") for finding in outcome.findings)


SHOWN = {check_id for _, check_id, _ in REASONS}
MUST = [clause.id for clause in load().clauses if clause.level is Level.MUST and faults_of(clause.id)]


@pytest.mark.parametrize("clause", [clause for clause in MUST if clause not in SHOWN])
def test_check_of_a_must_clause_fails_on_a_fault(clause: str, broken: Broken, judge: Judge):
    outcomes = (judge(clause, broken(one.make())) for one in faults_of(clause))
    assert any(outcome.verdict is Verdict.FAIL for outcome in outcomes)


@pytest.mark.parametrize("check_id", ["overview.counts-match-lists", "overview.jobs-unfiltered"])
def test_check_passes_on_a_cluster_that_never_rests(check_id: str, broken: Broken, judge: Judge):
    outcome = judge(check_id, broken(fault_named("somebody-elses-jobs-keep-ending").make()))
    assert outcome.verdict is Verdict.PASS, outcome.reason


class OtherMember(LateSavepointIs500):
    """A member that is not the master, in a cluster of two: it may answer late savepoints with 500."""

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if exchange.is_for("get_system_monitoring_information") and exchange.ok:
            return exchange.with_change(lambda readings: readings * 2)
        return super().on_response(exchange)


@pytest.mark.parametrize(("member", "verdict"), [(OtherMember, Verdict.PASS), (LateSavepointIs500, Verdict.FAIL)])
def test_late_savepoint_is_an_error_of_other_members_than_the_master_only(
    member: type[FaultEffect], verdict: Verdict, broken: Broken, judge: Judge
):
    assert judge("stop-job.ended-job", broken(member())).verdict is verdict


def test_context_path_is_not_the_root_that_a_path_can_lead_out_of(reference_as: Callable[..., str], judge: Judge):
    outcome = judge("http.unreadable-path", reference_as("documented", "--context-path", "/seatunnel"))
    assert outcome.verdict is Verdict.PASS, outcome.reason
