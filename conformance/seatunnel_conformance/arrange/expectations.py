"""Assertions that several checks share. As in checks, `text.asserts` compiles them, to report the compared values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from seatunnel_conformance.arrange.job_reads import LISTED_ONCE, LISTS_RUNNING, NO_ENDED, Document, OwnJob, text_of
from seatunnel_conformance.arrange.jobs import MOST_ASKED, ROWS, Jobs
from seatunnel_conformance.errors import ArrangementFailed, EntryMissing, MemberMissing
from seatunnel_conformance.observe.accusation import wrong_totals
from seatunnel_conformance.observe.forms import ROW_COUNTS, JobDocument, counters
from seatunnel_conformance.observe.schemas import response_schema, violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import HISTORY, RUNNING
from seatunnel_conformance.text.differences import canonical
from seatunnel_openapi import Contract

LISTS_ENDED: Final = "finished-jobs.lists-ended"
"""The id of the clause that requires that an ended job is listed, with its members."""

UNKNOWN_STATE: Final = "NO_SUCH_STATE"

BEYOND_LONG: Final = "9223372036854775808"
"""2^63, the smallest number that is too large for a job id."""

BELOW_LONG: Final = "-9223372036854775809"
"""-2^63 - 1, the largest number that is too small for a job id."""

NEGATIVE_ID: Final = "-3"
"""A negative job id that other clients don't choose."""

REFUSALS: Final[Mapping[str, int]] = {"server-error": 500, "bad-request": 400}
"""The statuses for the values of facts that name an error."""

_MORE_READS: Final = 3

EMPTY_BODY: Final = "Request body is empty."
BROKEN_JSON: Final = "Invalid JSON format in request body."
MISSING_ID: Final = "jobId cannot be empty."


def accepted(response: Response) -> Any:
    """Assert that the status is 200, and return the JSON body."""
    assert response.status == 200, response
    return response.json


def reduced(found: Any, expected: Any) -> Any:
    """Return a JSON value without the members that `expected` does not have (see `http.further-members`)."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        return {name: reduced(found[name], value) for name, value in expected.items() if name in found}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [reduced(*pair) for pair in zip(found, expected, strict=True)]
    return found


def cluster_counts(node: Target) -> dict[str, str]:
    """Return the numbers of jobs and workers of the cluster in the overview of a node."""
    overview = accepted(node.get("/overview"))
    return {name: count for name, count in overview.items() if name.endswith("Jobs") or name == "workers"}


def answered(response: Response, expected: Any) -> None:
    """Assert that the status is 200 and that the JSON body has the expected members."""
    assert reduced(accepted(response), expected) == expected


def stated(contract: Contract, operation_id: str, response: Response) -> Any:
    """Assert that the status is 200 and that the body matches the contract's schema, and return the JSON body."""
    found = accepted(response)
    assert violations(contract, response_schema(contract, operation_id), found) == []
    return found


@dataclass(frozen=True, slots=True)
class Wording:
    """The expected message of an error: a text, in one of the forms of the fact `errorMessage`."""

    text: str
    form: str

    def fits(self, message: str) -> bool:
        """Return whether a message has this form and text. In a stack trace, a cause may have the text."""
        trace = r"\n\tat [\s\S]+"
        traced = rf"([\s\S]+\nCaused by: )?[\w.$]+: {{}}{trace}"
        forms = {"text": "{}", "class-and-text": rf"[\w.$]+: {{}}({trace})?", "stack-trace": traced}
        return re.fullmatch(forms[self.form].format(re.escape(self.text)), message) is not None

    def __str__(self) -> str:
        shown = json.dumps(self.text if self.form == "text" else f"CLASS: {self.text}")
        return f"{shown} with a stack trace" if self.form == "stack-trace" else shown


def refused(response: Response, status: int, message: Wording | None = None) -> None:
    """Assert that a response is an error with this status and, if given, this message."""
    assert response.status == status, response
    error = response.members
    assert {"status", "message"} <= error.keys(), response
    assert error["status"] == "fail", response
    said = str(error["message"])
    first, _, trace = said.partition("\n")
    shown = json.dumps(first) + (" and more lines" if trace else "")
    assert message is None or message.fits(said), f"the message is {shown} instead of {message}"


def worded(contract: Contract, text: str) -> Wording:
    """Return the expected message of an error with this text, in the form that the contract states."""
    return Wording(text, contract.behaviour.choice("errorMessage"))


def unknown(contract: Contract, operation_id: str, asked: str, response: Response) -> None:
    """Assert that a response is the one for an unknown job: status 200, and a `jobId` as the fact `unknownJob` states.

    `asked` is the requested id.
    """
    facts = contract.operation(operation_id).behaviour
    texts = {"empty": "", "echo-text": asked, "echo-number": asked.removeprefix("+").lstrip("0") or "0"}
    found = {"found": False} if "found" in contract.schema(facts.choice("unknownForm"))["properties"] else {}
    assert accepted(response) == {"jobId": texts[facts.choice("unknownJob")]} | found


def stays_unknown(jobs: Jobs, job_id: str) -> None:
    """Assert that `/job-info` shows no job for an id. `job-info.unknown-id` checks the form of the response."""
    found = jobs.info(job_id)
    assert not jobs.forms.shows_job(found), f"/job-info shows a job with the id {job_id}: {text_of(found)}"


def shown(jobs: Jobs, job: OwnJob) -> Document:
    """Request `/job-info` for a job, assert that the status is 200, and return the JSON object of the job."""
    response = jobs.target.get("/job-info/{jobId}", jobId=job.id)
    assert response.status == 200, response
    return jobs.of_job(jobs.forms.shown(response.members), job.id)


def moved(jobs: Jobs, document: Document, rows: int = ROWS, names: Collection[str] = ROW_COUNTS) -> None:
    """Assert that the counters `names` of a finished job are the number of rows that it has moved.

    Raises `ArrangementFailed` if the counters of the suite's plain batch job are wrong, too.
    """
    found, expected = _counts(document, names), dict.fromkeys(names, str(rows))
    if found != expected and _counts(jobs.info(jobs.finished().id), ROW_COUNTS) != dict.fromkeys(ROW_COUNTS, str(ROWS)):
        raise ArrangementFailed(f"the counters of finished jobs are wrong: {canonical(found)}", "job-info.counts")
    assert found == expected


def _counts(document: Document, names: Collection[str]) -> dict[str, str | None]:
    counted = counters(document["metrics"])
    return {name: counted.get(name) for name in names}


def added_up(read: Callable[[], Any]) -> None:
    """Assert that the counters by table add up to their totals; `read` returns the metrics of a job.

    If they don't, the metrics are read again: while rows move, a total can be of another moment than its parts.
    """
    wrong = wrong_totals(read())
    for _ in range(_MORE_READS):
        again = wrong_totals(read()) if wrong else {}
        wrong = {name: sums for name, sums in again.items() if name in wrong}
    problems = ", ".join(f"{name} is {sums}" for name, sums in wrong.items())
    assert wrong == {}, f"wrong totals of tables: {problems}"


def by_table(metrics: Mapping[str, Any], tables: Mapping[str, int]) -> None:
    """Assert that the row counts by table in a finished job's metrics, if present, have these values."""
    expected = {table: str(rows) for table, rows in tables.items()}
    for name in {"TableSourceReceivedCount", "TableSinkWriteCount"} & metrics.keys():
        # The fact `tableKeys` states what precedes the name of a table in a key.
        found = {key.rpartition(".")[2]: count for key, count in metrics[name].items()}
        assert found == expected, f"{name} is {canonical(found)}, not {canonical(expected)}"


def entry(items: list[Any], job_id: str, see: str = "") -> Mapping[str, Any]:
    """Return the item of a list of jobs with this id, and assert that there is exactly one.

    If `see` is the id of the clause that requires the item, a missing item raises `EntryMissing`. With `LISTS_ENDED` as
    `see`, reading a missing member of the item raises `MemberMissing`.
    """
    found = [item for item in items if isinstance(item, Mapping) and item.get("jobId") == job_id]
    if see and not found:
        raise EntryMissing(job_id, see)
    assert len(found) == 1, f"the job {job_id} is in the list {len(found)} times, not once"
    return JobDocument(found[0], partial(MemberMissing, see=see)) if see == LISTS_ENDED else found[0]


def started_once(jobs: Jobs, job_id: str, name: str) -> None:
    """Assert that `/job-info` shows a job with this id and name, and that no list has another job of this name."""
    listed = [*jobs.listed(RUNNING, job_id).items, *jobs.recently_ended(HISTORY, job_id)]
    named = {job["jobId"] for job in listed if job.get("jobName") == name}
    assert named <= {job_id}, "one submission started two jobs, or another one than the receipt says"
    document = jobs.info(job_id)
    assert (document["jobId"], document["jobName"]) == (job_id, name)


def ids(items: list[Any]) -> list[str]:
    """Return the ids of a list of jobs."""
    return [item["jobId"] for item in items]


def misplaced(jobs: Jobs, path: str) -> tuple[str, str] | None:
    """Return the id of the clause that a list of jobs breaks according to `/job-info`, and the problem; or None.

    The list of running jobs has an ended job or lacks a running job of the run, or another list has an unknown job.
    """
    listed = [str(item.get("jobId")) for item in jobs.listed(path).items if isinstance(item, dict)]
    for job_id in dict.fromkeys([*listed[:MOST_ASKED], *listed[-MOST_ASKED:]]):
        document = jobs.asked(job_id)
        ended = jobs.forms.is_over(document) and not jobs.forms.running.fits(document)
        if ended if path == RUNNING else document and not jobs.forms.shows_job(document):
            broken = NO_ENDED if path == RUNNING else LISTED_ONCE
            return broken, f"{path} has the job {job_id}, of which /job-info shows {text_of(document)}"
    for job_id in jobs.latest if path == RUNNING else ():
        if job_id not in listed and jobs.asked(job_id).get("jobStatus") == "RUNNING":
            return LISTS_RUNNING, f"{path} lacks the job {job_id}, which runs"
    return None
