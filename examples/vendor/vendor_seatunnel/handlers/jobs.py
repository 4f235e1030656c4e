"""The operations tagged jobs: yours to write. New ones are appended; nothing else is changed."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, IllegalArgument

from vendor_seatunnel.contract import types

_LONG = range(-(2**63), 2**63)


async def get_running_jobs() -> types.RunningJobs | Answer:
    """List the running jobs: GET /running-jobs.

    What the conformance suite holds it to:
    - running-jobs.lists-running (MUST): A running job is in the list, with its id, name and state.
    - running-jobs.no-ended (MUST): A job that has reached the history is not in the list.
    - running-jobs.same-as-details (MUST): Id, name, create time, options and plan of a job are the same in the list
      and in its details.
    - running-jobs.options-as-text (MUST): The options of a job are those of its `env`, with every value as text.
    - running-jobs.order (SHOULD): The list is ordered as the fact `listOrder` says.
    """
    return []


async def get_job_info(*, job_id: str) -> types.JobInfo | Answer:
    """Get the details of a job: GET /job-info/{jobId}.

    What the conformance suite holds it to:
    - job-info.members (MUST): The answer about a known job always has its id, name, state, create time, plan and
      counters.
    - job-info.running-members (MUST): The answer about a running job also has its options, jars and savepoint flag,
      and neither an end time nor an error.
    - job-info.finished-members (MUST): The answer about an ended job also has its end time and its error, and
      neither options nor savepoint flag.
    - job-info.unknown-id (MUST): An unknown id is answered with 200 and the single member `jobId`, whose text is
      what the fact `unknownJob` says.
    - job-info.asked-job (MUST): The job in the answer is the one that was asked for.
    - job-info.missing-id (MUST): A path without an id, with or without a slash at its end, is answered with 400 and
      the message `The jobId must not be empty.`.
    - job-info.invalid-id (MUST): An id that is no integer, or lies outside of 64 bits, is answered with 400 and a
      message that quotes it.
    - job-info.signs-and-zeros (SHOULD): A plus sign and zeros before an id don't change which job is meant, and a
      minus sign makes it a negative one.
    - job-info.trailing-slash (SHOULD): A slash behind an id belongs to it, so that it is no integer.
    - job-info.counts (MUST): When a batch job has finished its counters tell the rows that its sources read and its
      sinks wrote.
    - job-info.vertices (MUST): The plan has a vertex for every source and sink of the config, each with a number of
      its own, its kind, its name and its tables.
    - job-info.vertex-names (SHOULD): The name of a vertex tells its pipeline, its kind and position, and the plugin
      as the config spells it.
    - job-info.edges (MUST): The edges are listed by pipeline, and each leads from one vertex of the plan to
      another.
    - job-info.pipelines (SHOULD): Sources and sinks that share no table are planned as pipelines of their own,
      numbered from one.
    - job-info.error-message (MUST): The error of a job is null unless the job failed, and text if it did.
    - job-info.unscheduled-job (SHOULD): A job that ended without ever being scheduled is answered as the fact
      `unscheduledJob` says.
    """
    if int(job_id) not in _LONG:
        raise IllegalArgument(f'For input string: "{job_id}"')
    return {"jobId": str(int(job_id))}


async def get_running_job(*, job_id: str) -> types.JobInfo | Answer:
    """Get the details of a job, the older way: GET /running-job/{jobId}.

    What the conformance suite holds it to:
    - running-job.same-job (MUST): Id, name, state, create time and plan of a job are those of `/job-info/{jobId}`.
    - running-job.ended-too (MUST): A job that has ended is answered as well.
    - running-job.all-counters (MUST): The answer about a known job has all counters, in total and by table.
    - running-job.tables-add-up (MUST): The row and byte counts by table add up to the totals.
    - running-job.unknown-id (MUST): An unknown id is answered with 200 and the single member `jobId`, whose text is
      what the fact `unknownJob` says.
    - running-job.invalid-id (MUST): An id that is missing, is no integer, or lies outside of 64 bits is answered
      with 400.
    """
    return await get_job_info(job_id=job_id)


async def get_finished_jobs() -> types.FinishedJobs | Answer:
    """List the finished jobs: GET /finished-jobs.

    What the conformance suite holds it to:
    - finished-jobs.lists-ended (MUST): An ended job is in the list whatever its end state, with its id, name,
      state, error and times.
    - finished-jobs.no-running (MUST): A job that runs is not in the list.
    - finished-jobs.order (SHOULD): The list, of all states or of one, is ordered by end as the fact `listOrder`
      says.
    - finished-jobs.failed-with-error (MUST): A failed job is listed with the text of its error, and any other with
      null.
    """
    return []


async def get_finished_jobs_by_state(*, state: str) -> types.FinishedJobs | Answer:
    """List the finished jobs of one state: GET /finished-jobs/{state}.

    What the conformance suite holds it to:
    - finished-jobs.only-that-state (MUST): Every job of the list ended in the state that was asked for, and no such
      job of the history is missing.
    - finished-jobs.state-matching (SHOULD): The state is compared as the fact `stateMatching` says.
    - finished-jobs.unknown-state (MUST): Text that is no state, or a state in which no job ended, is answered with
      200 and an empty list.
    - finished-jobs.savepoint-state (MUST): A job that was stopped with a savepoint is listed under
      `SAVEPOINT_DONE`.
    - finished-jobs.whole-segment (SHOULD): A slash or a further segment behind the state belongs to it, so that
      nothing matches.
    """
    return []
