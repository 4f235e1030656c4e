"""The operations tagged stops: yours to write. New ones are appended; nothing else is changed."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel.contract import types


async def stop_job(*, request: Request[types.Stop]) -> types.StoppedJob | Answer:
    """Stop a job: POST /stop-job.

    What the conformance suite holds it to:
    - stop-job.receipt (MUST): A stop is answered with 200 and the id as it was sent, as text.
    - stop-job.number-or-text (MUST): The id may be a number or text.
    - stop-job.savepoint-words (SHOULD): Only `true`, as a truth value or as text in any letter case, asks for a
      savepoint.
    - stop-job.unknown-id (MUST): The id of no job is answered with 200, and stays unknown.
    - stop-job.ended-job (MUST): The id of an ended job is answered with 200, with or without savepoint, and the job
      stays as it is.
    - stop-job.again (SHOULD): A second stop of the same job is answered like the first.
    - stop-job.missing-id (MUST): A body without `jobId`, or with null there, is answered with 400 and the message
      `jobId cannot be empty.`.
    - stop-job.invalid-id (MUST): A `jobId` that is no integer, or lies outside of 64 bits, is answered with 400.
    """
    raise Unimplemented


async def stop_jobs(*, request: Request[types.Stops]) -> types.StoppedJobs | Answer:
    """Stop several jobs: POST /stop-jobs.

    What the conformance suite holds it to:
    - stop-jobs.receipts (MUST): Stops are answered with 200 and a list of the ids, as numbers and in the order of
      the request.
    - stop-jobs.stops-all (MUST): Every job of the list is stopped, each with a savepoint if its item says so.
    - stop-jobs.small-number (SHOULD): An id of 32 bits is taken as the fact `smallNumber` says.
    - stop-jobs.text-id (SHOULD): An id that is text is answered with 500, and the job is stopped all the same.
    - stop-jobs.one-by-one (SHOULD): When an item fails, the jobs behind it keep running.
    - stop-jobs.no-stops (MUST): An empty list is answered with 200 and an empty list.
    - stop-jobs.not-a-list (SHOULD): JSON that is no list of objects is answered with 500.
    - stop-jobs.missing-id (MUST): An item without `jobId`, or with null there, is answered with 400 and the message
      `jobId cannot be empty.`.
    - stop-jobs.invalid-id (MUST): A `jobId` that is no integer, or lies outside of 64 bits, is answered with 400.
    - stop-jobs.unknown-id (MUST): The id of no job, and that of an ended one, is answered like any other.
    """
    raise Unimplemented
