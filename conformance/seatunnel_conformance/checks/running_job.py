"""`GET /running-job/{jobId}`, the older path for one job, and `GET /running-jobs`, the jobs that have not ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from operator import ge
from typing import Any

from seatunnel_conformance.arrange.configurations import TABLES
from seatunnel_conformance.arrange.expectations import (
    BEYOND_LONG,
    NEGATIVE_ID,
    accepted,
    added_up,
    by_table,
    entry,
    ids,
    refused,
    stated,
    unknown,
)
from seatunnel_conformance.arrange.job_reads import LISTS_RUNNING, takes_page
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.arrange.waiting import LIST_LIMIT, list_seconds, settled
from seatunnel_conformance.checks.job_views import TICK, as_by_others, has_no_page_beyond, has_pages, on_first_page
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.observe.forms import END_STATES, JobForms
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.text.differences import canonical
from seatunnel_openapi import Contract

PATH = "/running-job/{jobId}"

_TOTALS = {"SourceReceivedCount", "SinkWriteCount", "SourceReceivedBytes", "SinkWriteBytes"}


@check("running-job.same-job")
def same_job(jobs: Jobs) -> None:
    """A client that changes from this older path to `/job-info` sees another job under the same id."""
    job = jobs.finished()
    as_by_others(jobs, "get_running_job", job, "FINISHED", ("jobId", "jobName", "jobStatus", "createTime", "jobDag"))


@check("running-job.ended-too")
def ended_too(target: Target, jobs: Jobs) -> None:
    """A client that only uses this path waits forever for the end of its job."""
    job = jobs.finished()
    document = accepted(target.get(PATH, jobId=job.id))
    assert document["jobId"] == job.id
    assert document["jobStatus"] == "FINISHED"


@check("running-job.all-counters")
def all_counters(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A chart of a counter stays empty, because the response lacks the counter."""
    forms = JobForms.of(contract, "get_running_job")
    running = accepted(target.get(PATH, jobId=jobs.running().id))
    ended = accepted(target.get(PATH, jobId=jobs.finished().id))
    assert violations(contract, forms.running.name, running, "metrics") == []
    assert violations(contract, forms.finished.name, ended, "metrics") == []
    assert ended["metrics"]["SourceReceivedCount"] == str(ROWS)
    assert ended["metrics"]["SinkWriteCount"] == str(ROWS)
    key = {"table": "fake", "vertex-and-table": "Source[0].fake"}[contract.behaviour.choice("tableKeys")]
    assert ended["metrics"]["TableSourceReceivedCount"] == {key: str(ROWS)}
    by_table(_metrics(target, jobs.finished_parallel()), TABLES)


@check("running-job.tables-add-up")
def tables_add_up(target: Target, jobs: Jobs) -> None:
    """A report by table has fewer or more rows than the report of the whole job."""
    for job in (jobs.finished(), jobs.finished_parallel(), jobs.running()):
        assert _metrics(target, job).keys() >= _TOTALS
        added_up(partial(_metrics, target, job))
    for job in (jobs.finished(), jobs.running()):
        metrics = _metrics(target, job)
        for side in ("TableSource", "TableSink"):
            tables = {tuple(sorted(found)) for name, found in metrics.items() if name.startswith(side)}
            assert len(tables) == 1, f"the counters {side}… name different tables: {canonical(tables)}"


def _metrics(target: Target, job: OwnJob) -> Mapping[str, Any]:
    found: Mapping[str, Any] = accepted(target.get(PATH, jobId=job.id))["metrics"]
    return found


@check("running-job.unknown-id")
def unknown_id(target: Target, contract: Contract, unused_id: str) -> None:
    """A client can't recognise that a job no longer exists, and polls it forever."""
    for asked in (unused_id, NEGATIVE_ID):
        unknown(contract, "get_running_job", asked, target.get(PATH, jobId=asked))


@check("running-job.invalid-id")
def invalid_id(target: Target) -> None:
    """A client that sends a damaged id concludes that its job does not exist."""
    for path in ("", "/1/", "/1/x"):
        refused(target.get(f"/running-job{path}"), 400)
    for asked in ("abc", "1.5", BEYOND_LONG):
        refused(target.get(PATH, jobId=asked), 400)


@check("running-jobs.lists-running")
def lists_running(jobs: Jobs) -> None:
    """A console leaves out a running job, so its users can't stop the job there."""
    job = jobs.running()
    listed = entry(jobs.listed("/running-jobs", job.id).items, job.id)
    assert (listed["jobName"], listed["jobStatus"]) == (job.name, "RUNNING")


@check("running-jobs.no-ended")
def no_ended(target: Target, jobs: Jobs) -> None:
    """A scheduler that waits until its job has left this list waits forever."""
    ended = jobs.of_each_end(leave_out=True)
    listed = ids(target.get("/running-jobs").items)
    for job in ended.values():
        assert job.id not in listed


@check("running-jobs.same-as-details")
def same_as_details(jobs: Jobs) -> None:
    """A user who opens a job from the list finds other data in its details."""
    job = jobs.running()
    entry(jobs.listed("/running-jobs", job.id).items, job.id, LISTS_RUNNING)
    as_by_others(jobs, "get_running_jobs", job, "RUNNING", ("jobId", "jobName", "createTime", "envOptions", "jobDag"))


@check("running-jobs.options-as-text")
def options_as_text(target: Target, jobs: Jobs) -> None:
    """A generated client that expects strings can't read an option that is a number."""
    texts: dict[str, tuple[Any, str]] = {
        "number": (7, "7"),
        "flag": (True, "true"),
        "ratio": (0.5, "0.5"),
        "text": (" a ", " a "),
    }
    texts |= {"list": ([1, "x"], "[1, x]"), "object": ({"a": 1}, "{a=1}")}
    config = jobs.endless({f"conformance.{name}": value for name, (value, _) in texts.items()})
    job = jobs.submitted(config)
    jobs.until_moving(job)
    options = entry(target.get("/running-jobs").items, job.id, LISTS_RUNNING)["envOptions"]
    jobs.stop(job.id)
    expected = {f"conformance.{name}": text for name, (_, text) in texts.items()} | {"job.mode": "STREAMING"}
    assert {name: options.get(name) for name in expected} == expected
    assert options.keys() == config["env"].keys()


@check("running-jobs.order")
def order(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A console that shows the newest jobs on its first page shows old ones."""
    stated = contract.operation("get_running_jobs").behaviour.choice("listOrder")
    if stated == "unspecified":
        raise NotObservable("the contract of this release states no order")
    first = jobs.running()
    second = jobs.moving()
    listed = [job_id for job_id in ids(target.get("/running-jobs").items) if job_id in {first.id, second.id}]
    jobs.stop(second.id)
    assert listed == ([first.id, second.id] if stated == "oldest-first" else [second.id, first.id])


@check("running-jobs.page", alone=True, reads=True)
def page(target: Target, jobs: Jobs) -> None:
    """A console that shows a long list page by page leaves out jobs, or can't tell the number of pages."""
    several = [jobs.running(), jobs.moving()] if target.allow_writes else []  # several pages need several jobs
    has_pages(target, "/running-jobs")
    for job in several[1:]:
        jobs.stop(job.id)


@check("running-jobs.page-out-of-range")
def page_out_of_range(target: Target, contract: Contract) -> None:
    """A client that counts pages from 0 gets an empty page, as if no job was running."""
    has_no_page_beyond(target, contract, "get_running_jobs")


@check("running-jobs.no-end-state")
def no_end_state(target: Target, jobs: Jobs) -> None:
    """A console shows an ended job as running."""
    jobs.canceled()
    jobs.running()
    if before := _listed_as_ended(target):
        time.sleep(TICK)  # an engine may list a job for a moment after its end
        for job_id, state in _listed_as_ended(target).items():
            assert before.get(job_id) != state, f"/running-jobs still lists the job {job_id}, which is {state}"


def _listed_as_ended(target: Target) -> dict[str, str]:
    listed = {job["jobId"]: job["jobStatus"] for job in target.get("/running-jobs").items}
    return {job_id: state for job_id, state in listed.items() if state in END_STATES}


@check("running-jobs.summary")
def summary(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that needs only names has to read the plans and counters of all jobs."""
    job, stopped = jobs.running(), jobs.moving()
    items = stated(contract, "get_running_jobs_summary", target.get("/running-jobs/summary"))
    listed, _ = entry(items, job.id), entry(items, stopped.id)
    whole = entry(target.get("/running-jobs").items, job.id, LISTS_RUNNING)
    members = ("jobId", "jobName", "jobStatus", "createTime")
    assert listed == {name: whole[name] for name in members}
    if takes_page(contract.operation("get_running_jobs_summary")):
        assert on_first_page(target, "/running-jobs/summary", job.id) in (listed, None)
    jobs.stop_accepted(stopped)
    jobs.must_end(stopped)

    def is_listed(path: str) -> bool:
        return stopped.id in ids(target.get(path).items)

    runs, is_shown = settled(lambda: (is_listed("/running-jobs"), is_listed("/running-jobs/summary")), ge)
    assert runs or not is_shown, f"the ended job {stopped.id} is not in the list of running jobs, but in the summary"


@check("running-jobs.slot-usage")
def slot_usage(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A user who looks for the job that fills a worker sees no slots, or those of another job."""
    job = jobs.running()
    listed = stated(contract, "get_slot_usage", target.get("/running-jobs/slot-usage"))
    for usage in listed:
        counts = (usage["pipelineSlotCounts"], usage["workerSlotCounts"])
        assert not usage["slotSourceAvailable"] or {sum(slots.values()) for slots in counts} == {usage["slotCount"]}
    own = next(usage for usage in listed if usage["jobId"] == job.id)
    assert own["slotCount"] > 0 or not own["slotSourceAvailable"]


@check("running-jobs.response-time")
def response_time(target: Target, figures: list[str]) -> None:
    """A console that polls the list, such as the web UI, times out on a cluster with many jobs."""
    assert list_seconds(target, "/running-jobs", figures) < LIST_LIMIT
