"""`GET /finished-jobs` and `GET /finished-jobs/{state}`: the history."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import LISTS_ENDED, UNKNOWN_STATE, accepted, entry, ids
from seatunnel_conformance.arrange.job_reads import LISTED_ONCE
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.waiting import LIST_LIMIT, list_seconds
from seatunnel_conformance.checks.job_views import FEW, has_no_page_beyond, has_pages
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.forms import END_STATES, ResponseForm, changed
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import HISTORY
from seatunnel_openapi import Contract

BY_STATE = "/finished-jobs/{state}"


@check("finished-jobs.lists-ended")
def lists_ended(contract: Contract, jobs: Jobs) -> None:
    """A client that did not see the end of a job looks for it in this list; a missing job counts as lost."""
    ends = jobs.of_each_end()
    items = jobs.listed(HISTORY, *(job.id for job in ends.values())).items
    for state, job in ends.items():
        listed = entry(items, job.id)
        assert (listed["jobName"], listed["jobStatus"]) == (job.name, state)
        assert violations(contract, _form(contract).name, listed) == []


@check("finished-jobs.no-running")
def no_running(jobs: Jobs) -> None:
    """A scheduler sees a running job in the list as ended, and starts it a second time."""
    job = jobs.running()
    assert job.id not in ids(jobs.listed(HISTORY, job.id).items)


@check("finished-jobs.order")
def order(contract: Contract, jobs: Jobs) -> None:
    """A client that shows the most recent job reads it from the wrong end of the list, and shows the oldest one."""
    stated = contract.operation("get_finished_jobs").behaviour.choice("listOrder")
    row = _ended_in_a_row(jobs)
    for path, ended in {"/finished-jobs": row, "/finished-jobs/FINISHED": row[:-1]}.items():
        in_order = ended[:: 1 if stated == "oldest-first" else -1]
        listed = ids(jobs.recently_ended(path, *row))
        assert [job_id for job_id in listed if job_id in in_order] == in_order


@check("finished-jobs.failed-with-error")
def failed_with_error(jobs: Jobs) -> None:
    """A console shows no cause for a failed job, or shows a job that succeeded as failed."""
    ends = {"FAILED": jobs.failed(), "FINISHED": jobs.finished(), **jobs.of_each_end(leave_out=True)}
    for state, job in ends.items():
        for path, see in (("/finished-jobs", LISTS_ENDED), (BY_STATE.replace("{state}", state), LISTED_ONCE)):
            error = entry(jobs.listed(path, job.id).items, job.id, see)["errorMsg"]
            if state == "FAILED":
                assert isinstance(error, str)
                assert error.strip()
            else:
                assert error is None


@check("finished-jobs.only-that-state")
def only_that_state(jobs: Jobs) -> None:
    """A script that restarts all cancelled jobs misses some, or restarts other jobs, too."""
    for state, job in sorted(jobs.of_each_end(leave_out=True).items()):
        items = jobs.listed(f"{HISTORY}/{state}", job.id).items
        assert {item["jobStatus"] for item in items} == {state}
        assert entry(items, job.id, LISTED_ONCE)["jobName"] == job.name


@check("finished-jobs.state-matching")
def state_matching(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that writes the state in lower case gets jobs from one deployment, and none from another."""
    stated = contract.operation("get_finished_jobs_by_state").behaviour.choice("stateMatching")
    for state, job in jobs.of_each_end(leave_out=True).items():
        if target.wire.lists.is_long(f"{HISTORY}/{state}"):
            continue  # the lists of the other states are enough to show the deviation
        listed = [item for item in target.get(BY_STATE, state=state.lower()).items if item["jobId"] == job.id]
        assert len(listed) == (1 if stated == "ignore-case" else 0)
        for item in listed:
            usual = entry(jobs.listed(f"{HISTORY}/{state}", job.id).items, job.id, LISTED_ONCE)
            assert changed(usual, item) == {}, f"the lists of {state} and {state.lower()} differ for the job {job.id}"


@check("finished-jobs.unknown-state")
def unknown_state(target: Target, jobs: Jobs) -> None:
    """A client that asks for a state of a newer release gets an error instead of an empty list."""
    jobs.finished()
    for state in (UNKNOWN_STATE, "RUNNING", "FINISHE", "INISHED", "FINISHEDX"):
        assert accepted(target.get(BY_STATE, state=state)) == []


@check("finished-jobs.savepoint-state")
def savepoint_state(jobs: Jobs) -> None:
    """A script that restarts jobs from their savepoints lists the state `SAVEPOINT_DONE`, and misses some of them."""
    job = jobs.saved()
    assert entry(jobs.listed(f"{HISTORY}/SAVEPOINT_DONE", job.id).items, job.id)["jobStatus"] == "SAVEPOINT_DONE"


@check("finished-jobs.whole-segment")
def whole_segment(target: Target, jobs: Jobs) -> None:
    """A client that appends a slash to the state gets jobs here, but an empty list from other deployments."""
    jobs.finished()
    assert accepted(target.get("/finished-jobs/FINISHED/")) == []
    assert accepted(target.get("/finished-jobs/FINISHED/x")) == []


def _ended_in_a_row(jobs: Jobs) -> list[str]:
    """Run jobs that end one after the other, the last one stopped, and return their ids.

    Sorting them by id, name or submission gives another order.
    """
    last = jobs.submitted(jobs.endless())
    first, *others = [jobs.own(jobs.batch(), job_id=job_id) for job_id in sorted(jobs.new_id() for _ in range(3))]
    row = [*others, first]
    for job in row:
        jobs.start(job)
        jobs.ended(job)
    jobs.until_moving(last)
    jobs.stop_accepted(last)
    jobs.ended_by_stop(last)
    # An engine may list a job only a moment after its end.
    jobs.listed_soon(lambda: [one for one in ids(jobs.listed(f"{HISTORY}/CANCELED").items) if one == last.id])
    jobs.target.observer.touch(last.id)
    return [job.id for job in (*row, last)]


@check("finished-jobs.page", alone=True, reads=True)
def page(target: Target, jobs: Jobs) -> None:
    """A console that shows a long list page by page leaves out jobs, or can't tell the number of pages."""
    if target.allow_writes:
        jobs.of_each_end(leave_out=True)  # several pages need several jobs
    short = [state for state in END_STATES if not target.wire.lists.is_long(f"{HISTORY}/{state}")]
    for path in (HISTORY, *(f"{HISTORY}/{state}" for state in (*short[:1], UNKNOWN_STATE))):
        has_pages(target, path)
    for state in short[1:]:
        has_pages(target, f"{HISTORY}/{state}", most=FEW)


@check("finished-jobs.page-out-of-range")
def page_out_of_range(target: Target, contract: Contract) -> None:
    """A client that counts pages from 0 gets an empty page, as if no job had ended."""
    has_no_page_beyond(target, contract, "get_finished_jobs")


def _form(contract: Contract) -> ResponseForm:
    return ResponseForm.named(contract, contract.operation("get_finished_jobs").behaviour.choice("form"))


@check("finished-jobs.response-time")
def response_time(target: Target, figures: list[str]) -> None:
    """A request for the history times out on a cluster that has run many jobs."""
    assert list_seconds(target, "/finished-jobs", figures) < LIST_LIMIT
