"""The operations tagged jobs. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, IllegalArgument

from vendor_seatunnel.contract import types

_LONG = range(-(2**63), 2**63)


async def get_running_jobs() -> types.RunningJobs | Answer:
    """List the running jobs: GET /running-jobs.

    Clauses:
    - running-jobs.lists-running (MUST): A running job is in the list, with its id, name and state.
    - running-jobs.no-ended (MUST): A job that has reached the history is not in the list.
    - running-jobs.same-as-details (MUST): The id, name, create time, options and plan of a job are the same in the
      list and in its details.
    - running-jobs.options-as-text (MUST): The options of a job are those of its `env`, with every value as a
      string.
    - running-jobs.order (SHOULD): The list is ordered as the fact `listOrder` (here `unspecified`) specifies.
    - running-jobs.response-time (SHOULD): The list is answered within 5 seconds, whatever the number of jobs.
    """
    return []


async def get_job_info(*, job_id: str) -> types.JobInfo | Answer:
    """Get the details of a job: GET /job-info/{jobId}.

    Clauses:
    - job-info.members (MUST): The response for a known job always has its id, name, state, create time, plan and
      counters.
    - job-info.running-members (MUST): The response for a running job also has its options, jars and savepoint flag,
      but no end time and no error.
    - job-info.finished-members (MUST): The response for an ended job also has its end time and its error, but no
      options and no savepoint flag. At first it can still have the running form, as the fact `afterEnd` (here
      `finished-form`) specifies.
    - job-info.unknown-id (MUST): An unknown job id is answered with 200 and the single member `jobId`, whose value
      is as the fact `unknownJob` (here `echo-number`) specifies.
    - job-info.unknown-id-time (SHOULD): The response for an unknown id takes at most a second longer than that for
      a known one.
    - job-info.asked-job (MUST): The response describes the requested job.
    - job-info.missing-id (MUST): A path without an id, with or without a trailing slash, is answered with 400 and
      the message `The jobId must not be empty.`.
    - job-info.invalid-id (MUST): An id that is not an integer, or is outside the 64-bit range, is answered with 400
      and a message that quotes it.
    - job-info.signs-and-zeros (SHOULD): A plus sign and leading zeros don't change which job an id refers to, and a
      minus sign makes the id negative.
    - job-info.trailing-slash (SHOULD): A slash after an id is part of the id, so the id is not an integer.
    - job-info.counts (MUST): When a batch job has finished, its counters show the rows that its sources read and
      its sinks wrote.
    - job-info.vertices (MUST): The plan has a vertex for every source and sink of the config, and one for the
      transforms between them, each with its own number, its type and its name. A source or sink also has its
      tables.
    - job-info.vertex-names (SHOULD): The name of a vertex contains its pipeline, its type and position, and the
      plugin name as spelled in the config.
    - job-info.edges (MUST): The edges are grouped by pipeline, and each edge leads from one vertex of the plan to
      another, in the direction of the rows.
    - job-info.pipelines (SHOULD): Sources and sinks that share no table are planned as separate pipelines, numbered
      from one.
    - job-info.error-message (MUST): The error of a job is a string if the job failed, and null otherwise.
    - job-info.unscheduled-job (SHOULD): A request for a job that ended without ever being scheduled is answered as
      the fact `unscheduledJob` (here `server-error`) specifies.
    """
    if int(job_id) not in _LONG:
        raise IllegalArgument(f'For input string: "{job_id}"')
    return {"jobId": str(int(job_id))}


async def get_running_job(*, job_id: str) -> types.JobInfo | Answer:
    """Get the details of a job (older path): GET /running-job/{jobId}.

    Clauses:
    - running-job.same-job (MUST): The id, name, state, create time and plan of a job are the same as in
      `/job-info/{jobId}`.
    - running-job.ended-too (MUST): A job that has ended is also returned.
    - running-job.all-counters (MUST): The response for a known job has all counters, in total and by table.
    - running-job.tables-add-up (MUST): The row and byte counts by table add up to the totals.
    - running-job.unknown-id (MUST): An unknown job id is answered with 200 and the single member `jobId`, whose
      value is as the fact `unknownJob` (here `echo-number`) specifies.
    - running-job.invalid-id (MUST): An id that is missing, is not an integer, or is outside the 64-bit range is
      answered with 400.
    """
    return await get_job_info(job_id=job_id)


async def get_finished_jobs() -> types.FinishedJobs | Answer:
    """List the finished jobs: GET /finished-jobs.

    Clauses:
    - finished-jobs.lists-ended (MUST): An ended job is in the list regardless of its end state, with its id, name,
      state, error and times.
    - finished-jobs.no-running (MUST): A running job is not in the list, unless it runs again from its savepoint.
    - finished-jobs.order (SHOULD): Jobs are ordered by end time as the fact `listOrder` (here `oldest-first`)
      specifies, in the list of all states and in that of one.
    - finished-jobs.failed-with-error (MUST): A failed job is listed with its error as a string, and any other job
      with null.
    - finished-jobs.response-time (SHOULD): The list is answered within 5 seconds, whatever the number of jobs.
    """
    return []


async def get_finished_jobs_by_state(*, state: str) -> types.FinishedJobs | Answer:
    """List the finished jobs of one state: GET /finished-jobs/{state}.

    Clauses:
    - finished-jobs.only-that-state (MUST): Every job of the list ended in the requested state, and no job of the
      history that ended in this state is missing.
    - finished-jobs.state-matching (SHOULD): The state is compared as the fact `stateMatching` (here `ignore-case`)
      specifies.
    - finished-jobs.unknown-state (MUST): A string that is not a state, or a state in which no job ended, is
      answered with 200 and an empty list.
    - finished-jobs.savepoint-state (MUST): A job that was stopped with a savepoint is listed under
      `SAVEPOINT_DONE`.
    - finished-jobs.whole-segment (SHOULD): A slash or an extra segment after the state is part of the state, so
      nothing matches.
    """
    return []
