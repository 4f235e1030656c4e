"""The operations tagged stops. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel.contract import types


async def stop_job(*, request: Request[types.Stop]) -> types.StoppedJob | Answer:
    """Stop a job: POST /stop-job.

    Clauses:
    - stop-job.receipt (MUST): A stop is answered with 200 and the id as it was sent, as a string.
    - stop-job.number-or-text (MUST): The id may be a number or a string.
    - stop-job.savepoint-words (SHOULD): Only `true`, as a boolean or as a string in any letter case, requests a
      savepoint.
    - stop-job.unknown-id (MUST): A stop of an unknown job id is answered with 200, and the id stays unknown.
    - stop-job.ended-job (MUST): A stop of an ended job is answered with 200, with or without a savepoint, and the
      job does not change. In a cluster of several members, a member other than the master may answer with 500 if a
      savepoint is requested.
    - stop-job.savepoint-at-worker (SHOULD): The master answers a stop with a savepoint at once, with 200. Any other
      member answers when the savepoint is complete, or with 500 if the job has ended or is unknown.
    - stop-job.again (SHOULD): A second stop of the same job is answered like the first one.
    - stop-job.missing-id (MUST): A body without `jobId`, or with a null `jobId`, is answered with 400 and the
      message `jobId cannot be empty.`.
    - stop-job.invalid-id (MUST): A `jobId` that is not an integer, or is outside the 64-bit range, is answered with
      400.
    """
    raise Unimplemented


async def stop_jobs(*, request: Request[types.Stops]) -> types.StoppedJobs | Answer:
    """Stop several jobs: POST /stop-jobs.

    Clauses:
    - stop-jobs.receipts (MUST): Stops are answered with 200 and a list of the ids, as numbers, in the order of the
      request.
    - stop-jobs.stops-all (MUST): Every job of the list is stopped, with a savepoint if its item requests one.
    - stop-jobs.small-number (SHOULD): An id that is a number of at most 32 bits is handled as the fact
      `smallNumber` (here `fails-after-stop`) specifies.
    - stop-jobs.text-id (SHOULD): An id that is a string is answered with 500, and the job is stopped anyway.
    - stop-jobs.one-by-one (SHOULD): When an item fails, the jobs after it keep running.
    - stop-jobs.no-stops (MUST): An empty list is answered with 200 and an empty list.
    - stop-jobs.not-a-list (SHOULD): JSON that is not a list of objects is answered with 500.
    - stop-jobs.missing-id (MUST): An item without `jobId`, or with a null `jobId`, is answered with 400 and the
      message `jobId cannot be empty.`.
    - stop-jobs.invalid-id (MUST): A `jobId` that is not an integer, or is outside the 64-bit range, is answered
      with 400.
    - stop-jobs.unknown-id (MUST): The id of an unknown job and the id of an ended job are answered like any other
      id.
    """
    raise Unimplemented
