"""On a server with one deviation, the check of one clause fails, and the checks that depend on it point to that one."""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from makers import Broken, Make, ReferenceAs
from widely_deviating import EVER_RUNNING, EXTENDED, RENAMED, STALE_LISTS, STOP_IGNORED, late_form, recounted

from seatunnel_conformance.arrange import leftovers
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import ArrangementFailed, LimitMissed, MemberMissing, Reason, SuiteError
from seatunnel_conformance.faults.catalogue import FaultEffect, effect_of, fault_named
from seatunnel_conformance.faults.changes import body, both, edited, error, header, is_ok, status, twice
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.run.attempts import Causes
from seatunnel_conformance.run.kinds import ClauseCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.releases import choose
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.run.workers import run_check
from seatunnel_openapi import load

RELEASE = "2.3.10"

JOBS = ("job-info", "running-job", "finished-jobs", "life-cycle", "stop-job", "submit-job")
"""The groups of clauses whose checks need jobs."""

Judged = dict[str, Outcome]
Judge = Callable[..., Judged]


@pytest.fixture
def judged(broken: Broken) -> Iterator[Judge]:
    """Return a function that runs the checks of clauses, in order, against a server with a fault."""

    def judge(
        effect: FaultEffect, *only: str, wait: float = 2.0, release: str = RELEASE, every: bool = False
    ) -> Judged:
        contract = load(release)
        # Other tests may have left jobs on the server.
        settings = Settings(
            broken(effect, release), release, only=only or JOBS, wait=wait, reference=True, dedicated=True
        )
        context = Context.set_up(settings, contract)
        contexts.callback(context.close)
        checks = [one for one in select(settings, contract).checks if every or isinstance(one.kind, ClauseCheck)]
        return {one.id: run_check(context, one) for one in checks}

    with ExitStack() as contexts:
        yield judge


def failed(outcomes: Judged) -> set[str]:
    return {one.id for one in outcomes.values() if one.verdict is Verdict.FAIL}


def inconclusive(outcomes: Judged) -> dict[str, str]:
    return {one.id: one.reason for one in outcomes.values() if one.verdict is Verdict.INCONCLUSIVE}


def pointing(outcomes: Judged) -> dict[str, str]:
    """Return the clause that each skipped check points to, by check."""
    return {one.id: one.see for one in outcomes.values() if one.verdict is Verdict.SKIPPED and one.see}


@pytest.mark.slow
def test_renamed_member_fails_the_clauses_that_state_it(judged: Judge):
    outcomes = judged(RENAMED(), *JOBS, "http.further-members")
    assert failed(outcomes) == {"job-info.finished-members", "finished-jobs.lists-ended", "http.further-members"}
    said = "at /finishTime: expected a member, found nothing\nat /endedAt: expected nothing, found a member"
    assert said in outcomes["job-info.finished-members"].findings[0].detail
    assert not inconclusive(outcomes)
    assert pointing(outcomes) == {"life-cycle.times": "job-info.finished-members"}


@pytest.mark.slow
def test_unknown_version_gets_the_contract_that_fits(broken: Broken):
    found = choose(Settings(broken(RENAMED(), RELEASE)))
    assert found.contract.release in {"2.3.9", "2.3.10", "2.3.11"}
    assert "there is no contract of 9.9.9" in found.note


@pytest.mark.slow
def test_extension_of_a_vendor_fails_no_must_clause(judged: Judge):
    outcomes = judged(EXTENDED(), *JOBS, "overview", "running-jobs", "submit-jobs", "stop-jobs", "http.further-members")
    assert failed(outcomes) == {"http.further-members"}
    detail = outcomes["http.further-members"].findings[0].detail
    assert detail == "the contract does not have `vendorNote` in GET /overview"


@pytest.mark.slow
def test_extension_of_one_operation_is_no_difference_to_another(judged: Judge):
    outcomes = judged(EXTENDED(), "jobs.checkpoint-history", release="2.3.13")
    assert not failed(outcomes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "profile"),
    [
        *((operation, "smoke") for operation in ("GET /overview", "GET /finished-jobs", "POST /stop-job")),
        ("GET /overview, recorded as overview/plain", "read-only"),
        ("GET /thread-dump, recorded as thread-dump/plain", "read-only"),
    ],
)
def test_generated_and_recorded_requests_permit_an_extension(
    broken: Broken, judge: Callable[..., Outcome], check: str, profile: str
):
    assert judge(check, broken(EXTENDED(), RELEASE), RELEASE, profile=profile).verdict is Verdict.PASS


@pytest.mark.slow
def test_engine_that_shows_the_running_form_for_long_is_judged_by_states(judged: Judge):
    outcomes = judged(late_form()())
    assert "job-info.finished-members" in failed(outcomes)
    assert failed(outcomes) <= {"job-info.finished-members", "life-cycle.restart", "submit-job.id-of-ended-job"}
    detail = outcomes["job-info.finished-members"].findings[0].detail
    assert "at /errorMsg: expected a member, found nothing" in detail
    assert "at /finishTime: expected a member, found nothing" in detail
    assert "at /envOptions: expected nothing, found a member" in detail
    assert not inconclusive(outcomes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("effect", "fails", "innocent", "depend"),
    [
        (recounted(lambda _: 0), "job-info.counts", ("life-cycle", "stop-job", "finished-jobs"), ()),
        (recounted(lambda asked: 10**6 - asked), "life-cycle.counters-never-fall", ("stop-job", "finished-jobs"), ()),
        (EVER_RUNNING, "life-cycle.batch-ends", (), ("job-info.counts", "finished-jobs.order")),
        (STALE_LISTS, "finished-jobs.lists-ended", ("job-info", "stop-job", "submit-job"), ()),
    ],
    ids=["frozen counters", "shrinking counters", "job that never ends", "stale lists"],
)
def test_deviation_fails_its_clause_and_no_others(
    judged: Judge, effect: Callable[[], FaultEffect], fails: str, innocent: tuple[str, ...], depend: tuple[str, ...]
):
    outcomes = judged(effect())
    assert fails in failed(outcomes)
    assert not {one for one in failed(outcomes) if one.startswith(innocent)}
    assert {*depend} <= pointing(outcomes).keys()
    assert not inconclusive(outcomes)


@pytest.mark.slow
def test_stop_that_is_not_done_is_one_finding(judged: Judge):
    outcomes = judged(STOP_IGNORED())
    ends = {"life-cycle.stop-ends", "life-cycle.savepoint-stop-ends"}
    assert failed(outcomes) == ends
    assert {"stop-job.receipt", "life-cycle.restart", "job-info.asked-job"} <= pointing(outcomes).keys()
    assert set(pointing(outcomes).values()) == ends
    assert not inconclusive(outcomes)


@pytest.mark.slow
def test_operation_that_breaks_its_connections_is_reported_once(judged: Judge):
    outcomes = judged(fault_named("job-info-closes-the-connection").make(), "job-info", "finished-jobs")
    assert not failed(outcomes)
    assert len(inconclusive(outcomes)) == 1
    assert set(pointing(outcomes).values()) == inconclusive(outcomes).keys()


@pytest.mark.slow
def test_list_that_is_no_json_is_a_failure_of_its_own_checks_only(judged: Judge):
    only = ("running-jobs.lists-running", "overview.counts-match-lists", "submit-job.generated-id")
    outcomes = judged(fault_named("html-instead-of-json").make(), *only)
    assert failed(outcomes) == {only[0]}
    assert set(outcomes) == set(only)


@pytest.mark.slow
def test_refused_submissions_are_one_finding(judged: Judge):
    refused = effect_of(error(500), "submit_job", before=True)
    outcomes = judged(refused(), "job-info", "finished-jobs", "life-cycle", "stop-job", "submit-job.receipt")
    assert failed(outcomes) <= {"submit-job.receipt", "life-cycle.generated-ids"}
    assert set(pointing(outcomes).values()) == {"submit-job.receipt"}
    assert len(pointing(outcomes)) > 30
    assert not inconclusive(outcomes)


@pytest.mark.slow
def test_target_that_is_gone_is_reported_once(reference_as: ReferenceAs):
    contract = load(RELEASE)
    with Proxy(reference_as(RELEASE), contract) as proxy:
        settings = Settings(proxy.url, RELEASE, only=JOBS, wait=2.0, reference=True)
        context, checks = Context.set_up(settings, contract), select(settings, contract).checks
        outcomes = {one.id: run_check(context, one) for one in checks[:3]}
    begun = time.monotonic()
    gone = {one.id: run_check(context, one) for one in checks[3:]}
    assert time.monotonic() - begun < 20
    context.close()
    assert not inconclusive(outcomes)
    assert len(inconclusive(gone)) <= 2
    assert "can't be reached" in next(iter(inconclusive(gone).values()))
    left = [one for one in gone.values() if one.verdict is not Verdict.INCONCLUSIVE]
    assert {one.verdict for one in left} == {Verdict.SKIPPED}
    assert all(one.reason.startswith("not run: ") for one in list(left)[5:])


def depends(error: SuiteError, see: str) -> Reason:
    return replace(error.reason, see=see)


def test_check_of_the_clause_reports_a_cause_for_all():
    causes = Causes(frozenset({"submit-job.receipt"}))
    error = ArrangementFailed("a job could not be submitted", "submit-job.receipt")
    assert causes.judge(error, "job-info.counts") == (Verdict.SKIPPED, depends(error, "submit-job.receipt"))
    assert causes.judge(error, "submit-job.receipt") == (Verdict.FAIL, error.reason)


def test_cause_that_no_planned_check_reports_is_reported_by_the_first_that_meets_it():
    clauses = frozenset({"life-cycle.batch-ends"})
    causes, error = Causes(clauses=clauses), LimitMissed("the end of a job", 30.0, "{}", "life-cycle.batch-ends")
    assert causes.judge(error, "job-info.counts") == (Verdict.INCONCLUSIVE, depends(error, "life-cycle.batch-ends"))
    assert causes.judge(error, "job-info.edges") == (Verdict.SKIPPED, depends(error, "job-info.counts"))


def test_time_out_is_no_failure_of_its_own_clause():
    error = LimitMissed("the end of a job", 30.0, "{}", "life-cycle.batch-ends")
    assert Causes().judge(error, "life-cycle.batch-ends")[0] is Verdict.INCONCLUSIVE


def test_check_that_passes_is_inconclusive_if_others_point_to_it(outcome: Make):
    causes = Causes(frozenset({"submit-job.receipt"}))
    causes.judge(ArrangementFailed("a job could not be submitted", "submit-job.receipt"), "job-info.counts")
    found = causes.concluded(outcome("submit-job.receipt"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "it passed, but a check that depends on it did not: a job could not be submitted"


def test_missing_member_is_a_failure_where_the_clause_that_states_it_has_passed(outcome: Make):
    causes = Causes(frozenset({"job-info.finished-members"}))
    causes.concluded(outcome("job-info.finished-members"))
    error = MemberMissing("errorMsg", "job-info.finished-members")
    assert causes.judge(error, "job-info.error-message") == (Verdict.FAIL, error.reason)


DETAILS_FAIL = effect_of(
    error(500, 'Cannot invoke "java.lang.Long.longValue()" because "startTimestamp" is null'),
    "get_job_info",
    when=is_ok,
)
"""The details of every job are a server error, as those of waiting jobs were on an engine of April 2026."""


@pytest.mark.slow
def test_error_about_an_accepted_job_is_a_finding_of_its_operation(judged: Judge):
    clause, whole_run = "submit-job.given-id", "GET /job-info/{jobId}, whole run"
    outcomes = judged(DETAILS_FAIL(), clause, whole_run, release="development-2026-07-01")
    assert (outcomes[clause].verdict, outcomes[clause].reason.rpartition("; ")[2]) == (
        Verdict.SKIPPED,
        f"see {whole_run}",
    )
    assert outcomes[whole_run].verdict is Verdict.FAIL
    assert "at status: expected 200, found 500 with " in outcomes[whole_run].reason
    assert "startTimestamp" in outcomes[whole_run].reason
    alone = judged(DETAILS_FAIL(), clause, release="development-2026-07-01")[clause]
    assert (alone.verdict, "was answered 500" in alone.reason) == (Verdict.FAIL, True)


FILES_ARE_TWICE = effect_of(edited(twice), "get_system_monitoring_information", "list_logs", "read_logs")
"""A node on one host with another one asks both for their log files at its own port, and so lists its own twice."""


@pytest.mark.slow
def test_nodes_on_one_host_that_list_their_log_files_twice_are_one_finding(judged: Judge):
    outcomes = judged(FILES_ARE_TWICE(), "logs.json-list", "logs.by-job-id")
    assert failed(outcomes) == {"logs.json-list"}
    assert "listed twice: several members have the host 127.0.0.1" in outcomes["logs.json-list"].reason
    assert pointing(outcomes) == {"logs.by-job-id": "logs.json-list"}


METRICS_ANSWER_BELOW = effect_of(
    both(
        status(200), header("Content-Type", "text/plain;charset=utf-8"), body(b"# HELP jvm_threads_current Threads\n")
    ),
    when=lambda it: it.path.startswith("/metrics/realtime"),
)
"""The paths below `/metrics` are answered by `/metrics`, as on an engine without the operations there."""


@pytest.mark.slow
def test_operation_that_is_not_there_is_said_once(judged: Judge):
    release, missing = "development-2026-07-01", "GET /metrics/realtime/jobs"
    only = (missing, "metrics.realtime-jobs", "http.json-content-type", "http.accept-ignored", "http.trailing-slash")
    outcomes = judged(METRICS_ANSWER_BELOW(), *only, release=release, every=True)
    assert failed(outcomes) == {missing}
    assert outcomes[missing].reason.startswith(f"the target does not have {missing}: ")
    assert "see GET /metrics/realtime/" in outcomes["http.json-content-type"].reason


@pytest.mark.slow
def test_run_whose_journal_no_longer_fits_on_the_disk_says_so_once_and_begins_no_further_check(
    reference: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Generated requests and histories submit jobs, too: hooks of their libraries can raise the error."""
    written, append = list[Any](), leftovers._append

    def full(path: Path, entry: Any) -> None:
        written.append(entry)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(path, entry)

    monkeypatch.setattr(leftovers, "_append", full)
    path = tmp_path / "j.ndjson"
    report = run(Settings(reference, only=("POST /submit-job*", "GET /logs"), reference=True, journal=path))
    assert report.footer.exit is RunExit.UNDECIDED
    said = f"the journal {path} can't be written: No space left on device"
    assert [one.reason for one in report.outcomes if one.verdict is Verdict.INCONCLUSIVE] == [said]
    assert {one.reason for one in report.outcomes if one.verdict is Verdict.SKIPPED} >= {f"not run: {said}"}
    assert len(written) == 4
