"""What holds between the details of a job, the lists that it is in, and the counts."""

from __future__ import annotations

from collections.abc import Iterator

from seatunnel_conformance.arrange.forms import Form, end_member
from seatunnel_conformance.arrange.states import END_STATES
from seatunnel_conformance.model.looks import FINISHED, RUNNING
from seatunnel_conformance.model.scene import Case, Scene, case, differing, invariant


@invariant("running-job.same-job", shown_by=("/job-info/", "/running-job/"))
def same_job(scene: Scene) -> Iterator[Case]:
    """A client that knows only one of the two routes works with other facts than one that knows the other."""
    for job, document in scene.still():
        other = scene.look.details.get(job.own.id, {})
        if "jobStatus" in other:
            wrong = differing(document, other, ("jobId", "jobName", "jobStatus", "createTime", "jobDag"))
            yield case(not wrong, f"/job-info and /running-job differ about {job.own.id}: {wrong}")


@invariant("running-jobs.lists-running", patient=True, shown_by=("/job-info/", RUNNING))
def lists_running(scene: Scene) -> Iterator[Case]:
    """A client that watches the list believes a job that is not there to have ended."""
    for job, document in scene.still():
        entries = scene.look.entries(RUNNING, job.own.id)
        if document["jobStatus"] == "RUNNING" and entries is not None:
            yield case(len(entries) == 1, f"{len(entries)} entries for the running job {job.own.id}")
            wrong = [differing(document, entry, ("jobId", "jobName", "jobStatus")) for entry in entries]
            yield case(not any(wrong), f"list and details differ about {job.own.id}: {wrong}")


@invariant("running-jobs.no-ended", patient=True, shown_by=("/job-info/", RUNNING))
def no_ended(scene: Scene) -> Iterator[Case]:
    """A client that watches the list waits for ever for a job that has ended."""
    for job, document in scene.at_rest():
        entries = scene.look.entries(RUNNING, job.own.id)
        if entries is not None:
            yield case(not entries, f"the job {job.own.id} is {document['jobStatus']}, and in the list of running ones")


@invariant("running-jobs.same-as-details", patient=True, shown_by=("/job-info/", RUNNING))
def same_as_details(scene: Scene) -> Iterator[Case]:
    """A client that shows the list and then the details would contradict itself."""
    for job, document in scene.still():
        for entry in scene.look.entries(RUNNING, job.own.id) or ():
            wrong = differing(document, entry, ("jobName", "createTime", "envOptions", "jobDag"))
            yield case(not wrong, f"list and details differ about {job.own.id}: {wrong}")


@invariant("finished-jobs.lists-ended", patient=True, shown_by=("/job-info/", FINISHED))
def lists_ended(scene: Scene) -> Iterator[Case]:
    """A client that reads the history misses a job, or reports another end than it had."""
    form = Form.named(scene.contract, scene.contract.operation("get_finished_jobs").behaviour.choice("form"))
    ends = end_member(scene.forms.finished), end_member(form)
    for job, document in scene.at_rest():
        for entry in scene.look.entries(FINISHED, job.own.id) or ():
            wrong = differing(document, entry, ("jobId", "jobName", "jobStatus", "errorMsg", "createTime"))
            times_of_end = document.get(ends[0]), entry.get(ends[1])
            yield case(not wrong, f"history and details differ about {job.own.id}: {wrong}")
            yield case(times_of_end[0] == times_of_end[1], f"two end times of {job.own.id}: {times_of_end}")


@invariant("life-cycle.in-one-list", patient=True, shown_by=(RUNNING, FINISHED))
def in_one_list(scene: Scene) -> Iterator[Case]:
    """A client that adds both lists up counts a job twice, or never."""
    for job, _ in scene.still():
        running, finished = (scene.look.entries(path, job.own.id) for path in (RUNNING, FINISHED))
        if job.starts == 1 and running is not None and finished is not None:
            times = f"{len(running)} times in {RUNNING}, {len(finished)} times in {FINISHED}"
            yield case(len(running) + len(finished) == 1, f"the job {job.own.id} is {times}")


@invariant("life-cycle.listed-once", patient=True, shown_by=(FINISHED,))
def listed_once(scene: Scene) -> Iterator[Case]:
    """A client that counts by state counts a job twice, or never."""
    for job, document in scene.at_rest():
        paths = {FINISHED: 1, **{f"{FINISHED}/{state}": int(state == document["jobStatus"]) for state in END_STATES}}
        found = {path: scene.look.entries(path, job.own.id) for path in paths}
        wrong = {path: len(got) for path, got in found.items() if got is not None and len(got) != paths[path]}
        if all(got is not None for got in found.values()):
            yield case(
                not wrong, f"the job {job.own.id} ended {document['jobStatus']}, and is listed so often: {wrong}"
            )


@invariant("overview.counts-match-lists", patient=True, shown_by=("/overview", RUNNING, FINISHED))
def counts_match_lists(scene: Scene) -> Iterator[Case]:
    """A client that shows the counts beside the lists would contradict itself."""
    for name, (count, length) in scene.look.counted.items():
        yield case(count == str(length), f"{name} is {count!r}, and the list has {length} jobs")


@invariant("update-tags.replaces", shown_by=("/overview",))
def tags_replaced(scene: Scene) -> Iterator[Case]:
    """A client that moves a node to another group leaves it in the old one as well."""
    if any(due for due, _ in scene.tagged.values()):
        for value, (due, found) in scene.tagged.items():
            yield case(
                (found > 0) is due, f"the node {'has' if due else 'has not'} the tag {value}: {found} workers found"
            )


@invariant("update-tags.clears", shown_by=("/overview",))
def tags_cleared(scene: Scene) -> Iterator[Case]:
    """A client that takes a node out of its group still sends work to it."""
    if not any(due for due, _ in scene.tagged.values()):
        for value, (_, found) in scene.tagged.items():
            yield case(found == 0, f"the node has no tags, and {found} workers are found by the tag {value}")
