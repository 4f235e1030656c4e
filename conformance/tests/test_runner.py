"""The run: its checks on several threads, and what ends it."""

import gc
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from makers import Make, MakeApp, ReferenceAs, Serve

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import LimitReached, SuiteError
from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, Report, RunFinished
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.run import workers
from seatunnel_conformance.run.attempts import Needs, PlannedCheck
from seatunnel_conformance.run.kinds import ClauseCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.runner import RunBroken, run
from seatunnel_conformance.run.workers import Workers, changes_jobs, needs_of
from seatunnel_conformance.target.limits import RequestLimits
from seatunnel_openapi import load

FAILURE = b'{"status": "fail", "message": null}'
ONLY = ("job-info.unknown-id", "job-info.missing-id")


def test_run_that_is_interrupted_ends_and_says_so(serve: Serve, one_answer: MakeApp):
    def interrupt(event: Event) -> None:
        if isinstance(event, CheckStarted):
            raise KeyboardInterrupt

    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", seed=1, only=ONLY)
    report = run(settings, interrupt)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert report.footer.missing > 0


def test_run_whose_interrupt_was_made_something_else_of_ends_after_that_check(
    serve: Serve, one_answer: MakeApp, monkeypatch: pytest.MonkeyPatch
):
    outcome = Workers.outcome

    def interrupted(workers: Workers, check: PlannedCheck) -> Outcome:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        return outcome(workers, check)

    monkeypatch.setattr(Workers, "outcome", interrupted)
    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", seed=1, only=ONLY)
    assert run(settings).footer.exit is RunExit.INTERRUPTED


def test_interrupt_that_was_lost_ends_the_wait_for_a_check(
    serve: Serve, one_answer: MakeApp, monkeypatch: pytest.MonkeyPatch
):
    outcome, over, ended = Workers.outcome, threading.Event(), list[PlannedCheck]()

    def interrupted(workers: Workers, check: PlannedCheck) -> Outcome:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        return outcome(workers, check)

    def waiting(_: Workers, check: PlannedCheck) -> Outcome:
        over.wait(60)
        ended.append(check)
        raise SuiteError("nobody waits for this")

    monkeypatch.setattr(Workers, "outcome", interrupted)
    monkeypatch.setattr(Workers, "_run", waiting)
    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", seed=1, only=ONLY)
    assert run(settings).footer.exit is RunExit.INTERRUPTED
    assert not ended
    over.set()


def test_interrupt_between_the_starts_of_two_threads_ends_the_run(
    serve: Serve, one_answer: MakeApp, monkeypatch: pytest.MonkeyPatch
):
    start, threads = threading.Thread.start, list[threading.Thread]()

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        threads.append(thread)
        signal.raise_signal(signal.SIGTERM)

    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", workers=3, only=ONLY)
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    assert run(settings).footer.exit is RunExit.INTERRUPTED
    assert len(threads) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_first_interrupt_does_not_end_the_cleanup(
    times: int, serve: Serve, one_answer: MakeApp, monkeypatch: pytest.MonkeyPatch
):
    close, signals = Context.close, iter([True] * times)

    def interrupted(context: Context) -> list[str]:
        if next(signals, False):
            signal.raise_signal(signal.SIGTERM)
        return close(context)

    monkeypatch.setattr(Context, "close", interrupted)
    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", seed=1, only=ONLY)
    with nullcontext() if times == 1 else pytest.raises(KeyboardInterrupt):
        assert run(settings).footer.exit is RunExit.INTERRUPTED


def test_defect_of_the_suite_ends_the_run_after_the_cleanup(serve: Serve, one_answer: MakeApp, tmp_path: Path):
    path = tmp_path / "report.ndjson"
    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", only=ONLY, reports={"ndjson": path})

    def fail(event: Event) -> None:
        if isinstance(event, CheckStarted):
            raise SuiteError

    with pytest.raises(RunBroken) as broken:
        run(settings, fail)
    assert "SuiteError" in broken.value.hint
    assert Report.read(path).footer.missing > 0


def test_run_needs_no_pytest():
    code = "import sys, seatunnel_conformance.run.runner, seatunnel_conformance.checks.http; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pytest" not in names


@pytest.mark.slow
def test_what_the_program_around_a_run_leaves_open_is_no_matter_of_the_run(
    serve: Serve, one_answer: MakeApp, monkeypatch: pytest.MonkeyPatch
):
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    settings = Settings(url=serve(one_answer(400, FAILURE)), release="documented", seed=1, only=ONLY)

    def leave_a_socket_open(event: Event) -> None:
        if isinstance(event, RunFinished):
            # In a reference cycle, so that only the garbage collector deletes it.
            circle: list[Any] = [socket.socket()]
            circle.append(circle)

    report = run(settings, leave_a_socket_open)
    assert report.footer.exit is RunExit.DEVIATES
    gc.collect()
    assert len(complaints) == 1


Planned = dict[str, PlannedCheck]
Together = list[set[str]]

RELEASE = "2.3.12"


@pytest.fixture
def settings() -> Settings:
    return Settings("http://127.0.0.1:9", release=RELEASE, reference=True, limits=RequestLimits(run=60.0))


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    with closing(Context.set_up(settings, load(RELEASE))) as context:
        yield context


@pytest.fixture
def planned(settings: Settings) -> dict[str, PlannedCheck]:
    return {check.id: check for check in select(settings, load(RELEASE)).checks}


def all_with(need: Needs | None, planned: Planned) -> list[PlannedCheck]:
    return [check for check in planned.values() if (need in needs_of(check) if need else not needs_of(check))]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, outcome: Make) -> list[set[str]]:
    """Let checks only wait for a moment. Returns the checks that ran at the start of each check."""
    now, seen, lock = set[str](), list[set[str]](), threading.Lock()

    def check(_: Context, one: PlannedCheck) -> Outcome:
        with lock:
            now.add(one.id)
            seen.append(set(now))
        time.sleep(0.01)
        with lock:
            now.remove(one.id)
        return outcome(one.id)

    monkeypatch.setattr(workers, "run_check", check)
    return seen


def run_all(context: Context, checks: list[PlannedCheck], number: int = 4) -> None:
    found = Workers(context, checks, number)
    assert [found.outcome(check).id for check in checks] == [check.id for check in checks]
    found.stop()


@pytest.mark.parametrize(
    ("need", "workers_and_most"),
    [
        (None, (4, 4)),
        pytest.param(None, (1, 1), marks=pytest.mark.slow),
        *((Needs.TAGS, (8, 1)), (Needs.QUIET, (8, 1)), (Needs.HISTORIES, (8, 2)), (Needs.GENERATION, (8, 3))),
    ],
)
def test_checks_run_at_the_same_time_but_few_that_need_the_same(
    context: Context, planned: Planned, running: Together, need: Needs | None, workers_and_most: tuple[int, int]
):
    number, most = workers_and_most
    run_all(context, all_with(need, planned), number)
    assert max(map(len, running)) == most


@pytest.mark.parametrize(("at_once", "most"), [(None, 8), (2, 2)])
def test_as_many_checks_have_jobs_as_there_are_slots_for(
    context: Context, planned: Planned, running: Together, at_once: int | None, most: int
):
    context.jobs._slots.at_once = at_once
    run_all(context, [check for check in all_with(Needs.SLOTS, planned) if len(needs_of(check)) == 1], number=8)
    assert max(map(len, running)) == most


def test_no_check_has_jobs_where_there_are_no_slots_for_them(context: Context, planned: Planned, running: Together):
    context.jobs._slots.at_once = 0
    checks = [check for check in all_with(Needs.SLOTS, planned) if not check.skipped]
    found = Workers(context, checks, 4)
    assert {found.outcome(check).reason for check in checks} == {
        "the target has a fixed number of slots, of which fewer than 4 are free"
    }
    assert running == []
    found.stop()


def test_no_check_of_tags_runs_beside_histories_which_set_them(context: Context, planned: Planned, running: Together):
    either = [{check.id for check in all_with(need, planned)} for need in (Needs.TAGS, Needs.HISTORIES)]
    run_all(context, [planned[check_id] for check_id in set.union(*either)], number=8)
    assert not [together for together in running if all(together & ids for ids in either)]


def test_nothing_changes_jobs_while_they_are_counted(context: Context, planned: Planned, running: Together):
    run_all(context, list(planned.values()), number=8)
    counting = {check.id for check in all_with(Needs.QUIET, planned)}
    for together in running:
        if together & counting:
            assert not [one for one in together - counting if changes_jobs(planned[one])]
    assert max(map(len, running)) > 1


def test_shared_jobs_are_made_at_the_same_time_before_jobs_are_counted(
    context: Context, planned: Planned, running: Together, monkeypatch: pytest.MonkeyPatch
):
    counting, begun = {check.id for check in all_with(Needs.QUIET, planned)}, list[set[str]]()
    arranged = threading.Barrier(len(workers._SHARED), lambda: begun.append(counting & set().union(*running)))
    monkeypatch.setattr(workers, "_SHARED", [lambda _: arranged.wait(5)] * arranged.parties)
    run_all(context, list(planned.values()), number=8)
    assert begun == [set()]


def test_no_job_ends_while_a_recorded_scenario_reads_a_page_of_jobs():
    """A page with one row shows the newest job."""
    contract = load("2.3.13")
    settings = Settings("http://localhost", release="2.3.13", profile="full", reference=True)
    recorded = "GET /finished-jobs, recorded as finished-jobs/own-finished"
    (found,) = (check for check in select(settings, contract).checks if check.id == recorded)
    assert Needs.QUIET in needs_of(found)


@pytest.mark.slow
def test_checks_that_count_jobs_begin_right_after_a_quick_one(context: Context, planned: Planned, running: Together):
    run_all(context, list(planned.values()), number=2)
    counting = {check.id for check in all_with(Needs.QUIET, planned)}
    (first,) = running[0]
    assert not planned[first].writes
    assert running[1] & counting


@pytest.mark.slow
def test_checks_run_one_at_a_time_after_a_large_response(context: Context, planned: Planned, running: Together):
    context.target.governor.usage.large = True
    run_all(context, all_with(None, planned))
    assert max(map(len, running)) == 1


class Following:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.finished_ids: list[str] = []

    def __call__(self, event: Event) -> None:
        assert isinstance(event, CheckStarted | CheckFinished)
        is_end = isinstance(event, CheckFinished)
        self.told.append(event.outcome.id if is_end else event.id)
        self.finished_ids += [event.outcome.id] if is_end else []


def test_listener_is_told_of_each_check_when_it_starts_and_ends(context: Context, planned: Planned, running: Together):
    checks, following = all_with(Needs.TAGS, planned), Following()
    found = Workers(context, checks, 4, on_event=following)
    found.outcome(checks[-1])
    found.stop()
    assert sorted(following.told) == sorted(2 * [check.id for check in checks if check.id in following.told])
    assert len(following.told) == 2 * len(running)


def test_check_that_does_not_end_is_ended_with_the_run(
    context: Context, planned: Planned, monkeypatch: pytest.MonkeyPatch
):
    check = all_with(None, planned)[0]
    monkeypatch.setattr(workers, "_ENDING", 0.3)
    monkeypatch.setattr(workers, "run_check", lambda *_: time.sleep(5))
    context.target.governor.limits = replace(context.target.governor.limits, run=0.2)
    begun, following = time.monotonic(), Following()
    found = Workers(context, [check], 2, on_event=following)
    ended = found.outcome(check)
    found.stop()
    assert ended.verdict is Verdict.INCONCLUSIVE
    assert following.finished_ids == [check.id]
    assert "--max-time" in ended.reason
    assert time.monotonic() - begun < 4


def test_stopped_workers_begin_no_check_and_send_nothing(context: Context, planned: Planned, running: Together):
    checks = all_with(None, planned)
    found = Workers(context, checks, 2)
    found.outcome(checks[0])
    found.stop()
    begun = len(running)
    time.sleep(0.1)
    assert len(running) == begun < len(checks)
    with pytest.raises(LimitReached):
        context.for_worker().target.governor.wait_to_send()


def test_defect_of_the_suite_is_the_reason_of_its_check(
    context: Context, planned: Planned, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise ImportError("no such module")

    monkeypatch.setattr(ClauseCheck, "run", fail)
    check = all_with(None, planned)[0]
    ended = Workers(context, [check], 2).outcome(check)
    assert ended.verdict is Verdict.INCONCLUSIVE
    assert ended.reason.startswith("the suite itself failed: ImportError: no such module (fail, line ")


def test_error_of_the_suite_ends_its_check_only(
    context: Context, planned: Planned, monkeypatch: pytest.MonkeyPatch, outcome: Make
):
    first, second = all_with(None, planned)[:2]

    def check(_: Context, one: PlannedCheck) -> Outcome:
        if one is first:
            raise RuntimeError
        return outcome(one.id)

    monkeypatch.setattr(workers, "run_check", check)
    found = Workers(context, [first, second], 2)
    with pytest.raises(RuntimeError):
        found.outcome(first)
    assert found.outcome(second).id == second.id


@pytest.mark.slow
def test_workers_share_names_and_jobs(reference_as: ReferenceAs, settings: Settings):
    settings = replace(settings, url=reference_as(RELEASE))
    found: list[Any] = []
    with closing(Context.set_up(settings, load(RELEASE))) as context, ExitStack() as connections:
        several = [context.for_worker() for _ in range(4)]
        for each in several:
            connections.enter_context(each.target)
        jobs = [each.jobs for each in several]
        threads = [threading.Thread(target=lambda each=each: found.append(each.finished())) for each in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({job.id for job in found}) == 1
        assert len({each.new_name() for each in jobs}) == len(jobs)


@pytest.mark.slow
def test_verdicts_and_their_order_do_not_depend_on_the_number_of_workers(reference_as: ReferenceAs, settings: Settings):
    only = ("job-info", "overview", "submit-job.h*", "update-tags", "GET /overview")
    one = replace(settings, url=reference_as(RELEASE), only=only, skip=("*, random histories",), seed=1)
    reports = [run(replace(one, workers=number)) for number in (1, 8)]
    first, second = ([(each.id, each.verdict) for each in report.outcomes] for report in reports)
    assert first == second
