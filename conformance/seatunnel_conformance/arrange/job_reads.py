"""Reads the suite's own jobs on a target, and waits for their states."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeAlias

from seatunnel_conformance.arrange.configurations import ROWS
from seatunnel_conformance.arrange.waiting import Patience, Slots, polled
from seatunnel_conformance.errors import ArrangementFailed, DetailsRefused, LimitMissed, NoSlots
from seatunnel_conformance.observe.forms import END_STATES, STAGES, JobDocument, JobForms, counters
from seatunnel_conformance.observe.observer import is_wrong_refusal
from seatunnel_conformance.observe.rules import Timeline
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response, cut, is_readable
from seatunnel_conformance.target.job_guard import HISTORY, LISTS
from seatunnel_conformance.target.reads import FIRST_PAGE
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

GRACE = 1.0
"""Seconds for which an accepted job may be unknown to `/job-info`."""

FORM_GRACE = 10.0
"""Seconds for which an ended job may be shown in the running form (`life-cycle.running-form-at-end`)."""

PATIENCE = 10.0
"""Seconds to wait for a job. Then another job shows whether the target is only slow."""

LARGEST = (20_000, 2**20)
"""The maximum number of JSON values and of bytes of a job. Jobs of the suite have far fewer."""

LOOKING = 5.0
"""Seconds of waiting. Then other operations are read: they may be ahead of `/job-info`."""

STOPPABLE = 3.0
"""The maximum number of seconds to wait for the start of a job before it is stopped."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two polls: the pause grows from the first to the second value."""

NO_RESOURCES: Final = "NoEnoughResource"
"""Part of the error of a job that found no slots. This is not a deviation of the target."""

FAILURE_ENDS: Final = "life-cycle.failure-ends"
STOP_ENDS: Final = {False: "life-cycle.stop-ends", True: "life-cycle.savepoint-stop-ends"}
RESTART: Final = "life-cycle.restart"
RUNS_ON: Final = "life-cycle.streaming-runs-on"
NEVER_UNKNOWN: Final = "life-cycle.never-unknown"
SUBMITTED: Final = "submit-job.receipt"
STOPPED: Final = "stop-job.receipt"
ENDS_ONCE: Final = "life-cycle.end-is-final"
ASKED_JOB: Final = "job-info.asked-job"
MEMBERS: Final = "job-info.members"
PIPELINES: Final = "job-info.pipelines"
LISTS_RUNNING: Final = "running-jobs.lists-running"
NO_ENDED: Final = "running-jobs.no-ended"
LISTED_ONCE: Final = "life-cycle.listed-once"
DETAILS: Final = "GET /job-info/{jobId}, with jobs"
"""The ids of clauses and checks that report it if a job that checks need is missing or wrong."""


class Awaited(NamedTuple):
    """A state of a job for which a run waits at most `most` seconds. The clause `see` requires the state.

    Waits after the first unsuccessful one for `what` are short (see `Patience`).
    """

    what: str
    see: str
    most: float | None = None


END: Final = Awaited("the end of a job", "life-cycle.batch-ends")
FAILED_END: Final = END._replace(see=FAILURE_ENDS)
STOPPED_END: Final = {
    False: Awaited("the end of a stopped job", STOP_ENDS[False], PATIENCE),
    True: Awaited("the end of a job that was stopped with a savepoint", STOP_ENDS[True], PATIENCE),
}
SHOWN: Final = Awaited("an accepted job in /job-info", NEVER_UNKNOWN)
RUNNING: Final = Awaited("a job in state RUNNING", RUNS_ON)
ROWS_READ: Final = Awaited("a running job that has read rows", "job-info.counts", PATIENCE)
RESTARTED: Final = Awaited("a job that was started from its savepoint, in state RUNNING", RESTART)
FORM: Final = "the finished form of an ended job"
LISTED: Final = "an item in a list of jobs"
STARTED: Final = "a job that can be stopped"

Document: TypeAlias = dict[str, Any]
"""The JSON object of `/job-info`. If it shows a job, reading a member that it lacks raises `MemberMissing`."""


@dataclass(frozen=True, slots=True)
class OwnJob:
    """A job of this run: its id as decimal text, its name, and its configuration as it was sent."""

    id: str
    name: str
    config: Mapping[str, Any]


@dataclass(slots=True, repr=False)
class JobReads:
    """Reads jobs of one run, and waits for their states. `limit` is the maximum number of seconds of a wait."""

    target: Target
    contract: Contract
    limit: float = 30.0
    patience: Patience = field(default_factory=Patience, kw_only=True)
    _alive: dict[str, str] = field(default_factory=dict, kw_only=True)
    _lost: int = field(default=0, kw_only=True)
    _slots: Slots = field(default_factory=Slots, kw_only=True)

    def __post_init__(self) -> None:
        self.patience.limit = self.limit

    @property
    def forms(self) -> JobForms:
        """The forms of the responses of `/job-info`."""
        return JobForms.of(self.contract, "get_job_info")

    def info(self, job_id: str) -> Document:
        """Return the object of `/job-info` for a job, as `asked` does.

        Raises `ArrangementFailed` for another job, `BodyMismatch` if a response with status 200 is not JSON.
        """
        response = self._details(job_id)
        found = response.json if response.status == HTTPStatus.OK else None
        return self.of_job(self._shown(response, found, job_id), job_id)

    def of_job(self, document: Document, job_id: str) -> Document:
        """Return the object of `/job-info` for a job. Raises `ArrangementFailed` for another job."""
        shown = document.get("jobId") or job_id  # an unknown job can have an empty one
        if shown != job_id and (self.forms.shows_job(document) or str(shown) != job_id):
            raise ArrangementFailed(f"/job-info for {job_id} shows the job {shown}", ASKED_JOB)
        return document

    def asked(self, job_id: str) -> Document:
        """Return the object of `/job-info` for a job; an empty one if the response is no object with status 200.

        Reading a member of the empty object raises `ArrangementFailed`. Raises `NoSlots` for a job of the run that
        found no slots, `ArrangementFailed` for a response that is too long.
        """
        response = self._details(job_id)
        return self._shown(response, response.json_as(dict) if response.status == HTTPStatus.OK else None, job_id)

    def _shown(self, response: Response, found: Any, job_id: str) -> Document:
        if response.status != HTTPStatus.OK:
            error = ArrangementFailed(f"/job-info was answered {response.status}", MEMBERS)
            if job_id in self._alive and is_wrong_refusal(self.contract.operation("get_job_info"), response.status):
                error = DetailsRefused(job_id, response.status)
            return JobDocument({}, lambda _: error)
        return self.forms.shown(found if isinstance(found, dict) else {})

    def _details(self, job_id: str) -> Response:
        """Return the response of `/job-info`. Waits while it is 500 for an own job that is not scheduled yet.

        Raises the errors of `asked`.
        """
        response, until = self.target.get("/job-info/{jobId}", jobId=job_id), time.monotonic() + GRACE
        while response.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            if self._found_no_slots(job_id):
                raise NoSlots(job_id)
            if not self._may_wait(job_id) or time.monotonic() > until:
                break
            time.sleep(FIRST_PAUSE)
            response = self.target.get("/job-info/{jobId}", jobId=job_id)
        if not is_readable(response.body, *LARGEST):
            response = response.shortened()  # schemathesis keeps the error with this frame, and so the response
            raise ArrangementFailed(f"the response of /job-info for the job {job_id} is too long", ASKED_JOB)
        return response

    def _may_wait(self, job_id: str) -> bool:
        """Return whether `/job-info` may fail for a job of the run until it is scheduled."""
        fact = self.contract.operation("get_job_info").behaviour.get("waitingJob")
        return job_id in self._alive and fact == "server-error"

    def _found_no_slots(self, job_id: str) -> bool:
        """Return whether a job of the run has failed unscheduled, because it found no slots."""
        fact = self.contract.operation("get_job_info").behaviour.get("unscheduledJob")
        if not self._slots.fixed or job_id not in self._alive or fact != "server-error":
            return False
        return any(isinstance(item, dict) and item.get("jobId") == job_id for item in self.failed_jobs())

    @property
    def has_fixed_slots(self) -> bool:
        """Whether the target has shown a free slot. With dynamic slots, it shows none."""
        return self._slots.fixed

    def checks_at_once(self) -> int | None:
        """Return the number of checks that can have jobs at the same time in the free slots; None: no limit."""
        self._slots.count(self.target)
        return self._slots.at_once

    def failed_jobs(self) -> list[Any]:
        """Return the items of the list of failed jobs; empty if it can't be read."""
        return self.target.get("/finished-jobs/{state}", state="FAILED").json_as(list) or []

    def ended(self, job: OwnJob, awaited: Awaited = END) -> Document:
        """Wait until a job has ended, and return its object. Wait a moment longer for the finished form of the object.

        Engines may show an ended job in the running form for a moment. Raises `LimitMissed`.
        """
        document = self._in_finished_form(job, self._polled(job, awaited, self.forms.is_over))
        self._alive.pop(job.id, None)
        return document

    def _in_finished_form(self, job: OwnJob, document: Document) -> Document:
        """Wait until a job with an end state is shown in the finished form, and return its object.

        If the finished form does not come, return the last object. Raises `LimitMissed` if the end state does not stay.
        """
        begun, limit, waited = time.monotonic(), self.patience.seconds(FORM, FORM_GRACE), 0.0
        while not self.forms.finished.fits(document):
            if waited and waited >= limit and self.forms.is_over(document):
                self.patience.timed_out(FORM, waited)
                return document
            if waited > self.limit:
                raise LimitMissed(f"an end state that stays ({job.id})", waited, text_of(document), ENDS_ONCE)
            time.sleep(FIRST_PAUSE if limit < GRACE else LONGEST_PAUSE / 5)
            document, waited = self.info(job.id), time.monotonic() - begun
        if waited:
            self.patience.came(FORM, waited)
        return document

    def must_finish(self, job: OwnJob) -> Document:
        """Wait for the end of a batch job, and return its object.

        Raises `LimitMissed` if the job still moves rows, `AssertionError` if it wrote all rows and does not end.
        """
        try:
            return self.ended(job)
        except LimitMissed as missed:
            document = self._until_over_or_written(job)
            if self.forms.is_over(document):
                return document
            if _has_written(document):
                raise AssertionError(f"the job has written all rows and does not end: {text_of(document)}") from None
            raise missed from None

    def _until_over_or_written(self, job: OwnJob) -> Document:
        """Wait at most `PATIENCE` seconds until a job has written all rows, then at most as long for its end."""
        read, seconds = partial(self.info, job.id), min(PATIENCE, self.limit)
        polled(read, lambda shown: _has_written(shown) or self.forms.is_over(shown), seconds, LONGEST_PAUSE)
        return polled(read, self.forms.is_over, seconds, LONGEST_PAUSE)

    def wait(self, job: OwnJob, awaited: Awaited, found: Callable[[Mapping[str, Any]], bool]) -> Document:
        """Poll `/job-info` until `found` returns true for its object, and return the object. Raises `LimitMissed`.

        Raises `ArrangementFailed` if `found` is true for the objects of all other operations, but not for that of
        `/job-info`.
        """
        must_agree = partial(self._must_agree, job, awaited, found)
        try:
            return self._polled(job, awaited, found, must_agree)
        except LimitMissed:
            must_agree()
            raise

    def _must_agree(self, job: OwnJob, awaited: Awaited, found: Callable[[Mapping[str, Any]], bool]) -> None:
        """Raise `ArrangementFailed` if `found` is true for all other operations, and then false for `/job-info`."""
        listed = [item for path in LISTS for item in self.listed(path).json_as(list) or [] if _is_of(item, job)]
        older = self.target.get("/running-job/{jobId}", jobId=job.id).json_as(dict) or {}
        if not listed or not _is_of(older, job) or not all(map(found, [older, *listed])):
            return
        time.sleep(GRACE)
        document = self.info(job.id)
        if awaited != SHOWN and not found(document):
            self.patience.timed_out(awaited.what, 0.0, DETAILS)
            shown = f"/job-info shows {text_of(document)}, other operations {text_of(older)}"
            raise ArrangementFailed(f"{awaited.what} ({job.id}): {shown}", DETAILS)

    def _polled(
        self, job: OwnJob, awaited: Awaited, found: Callable[[Document], bool], look: Callable[[], None] = lambda: None
    ) -> Document:
        """Poll `/job-info`, with growing pauses, until `found` is true of its object, and return the object.

        `look` is called every `LOOKING` seconds. Raises `LimitMissed`, and `ArrangementFailed` for an unknown job.
        """
        begun = looked = time.monotonic()
        pause, limit = FIRST_PAUSE, self.patience.seconds(awaited.what, awaited.most)
        while not found(document := self.info(job.id)):
            now = time.monotonic()
            if now - looked > LOOKING:
                look()
                looked = time.monotonic()
            if "jobStatus" not in document and now - begun > GRACE:
                if self.forms.shows_job(document):
                    raise self.forms.missing("jobStatus")
                self._lost += 1
                shown = text_of(document)
                raise ArrangementFailed(f"/job-info does not show the accepted job {job.id}: {shown}", NEVER_UNKNOWN)
            if now - begun >= limit:
                see = self.patience.timed_out(awaited.what, now - begun, awaited.see)
                raise LimitMissed(f"{awaited.what} ({job.id})", limit, text_of(document), see)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self.patience.came(awaited.what, time.monotonic() - begun)
        return document

    def until_moving(self, job: OwnJob) -> None:
        """Wait until a job runs and has read rows. If its counters never show rows, wait only until it runs.

        Raises `ArrangementFailed` if the job has ended, `NoSlots` if it found no slots.
        """
        runs = self.wait(job, RUNNING, lambda shown: self._runs(shown) or self.forms.is_over(shown))
        if not self._runs(runs):
            if NO_RESOURCES in str(runs.get("errorMsg")):
                raise NoSlots(job.id)
            raise ArrangementFailed(f"a job that should run has ended: {text_of(runs)}", RUNS_ON)
        if not self._has_read(runs):
            with suppress(LimitMissed):  # the check of the counters reports it
                self.wait(job, ROWS_READ, self._has_read)

    def until_stoppable(self, job_id: str, seconds: float = STOPPABLE) -> Document:
        """Wait until a job has read rows or ended, for at most `seconds`, and return its object.

        Before that, an engine can lose a stop of the job.
        """
        read = partial(self.asked, job_id)
        return self.patience.poll(
            STARTED, seconds, read, lambda document: not self._is_beginning(document), LONGEST_PAUSE / 5
        )

    def _is_beginning(self, document: Mapping[str, Any]) -> bool:
        if self._runs(document):
            return not (self._has_read(document) or self.patience.is_hopeless(ROWS_READ.what))
        return STAGES.get(str(document.get("jobStatus"))) == 0

    def _runs(self, document: Mapping[str, Any]) -> bool:
        return document.get("jobStatus") == "RUNNING"

    def _has_read(self, document: Mapping[str, Any]) -> bool:
        count = counters(document.get("metrics")).get("sourcereceivedcount", "0")
        return count.isdecimal() and int(count) > 0

    def timeline(self, job: OwnJob) -> Timeline:
        """Return the timeline of a job: the objects of `/job-info` so far."""
        return Timeline.of(job.id, job.name, self.forms, self.target.observer.shown(job.id))

    def ended_timeline(self, job: OwnJob) -> Timeline:
        """Return the timeline of an ended job. Raises `MemberMissing` if no response after its end has all members."""
        found, shown = self.timeline(job), self.target.observer.shown(job.id)
        lacking = [name for one in shown if self.forms.is_over(one) for name in sorted(self.forms.always - one.keys())]
        if lacking and not found.ended:
            raise self.forms.missing(lacking[0])
        return found

    def listed(self, path: str, *job_ids: str) -> Response:
        """Return a list of jobs that was read after the last change of the given jobs. Without ids, it is read now."""
        changed = map(self.target.observer.changed, job_ids)
        return self.target.listed(path, max(changed, default=time.monotonic()))

    def recently_ended(self, path: str, *job_ids: str) -> list[Any]:
        """Return the items of a list of ended jobs, read after these jobs ended; of a long list with pages, the newest.

        Raises `ArrangementFailed` for a response that is not a page.
        """
        operation = self.contract.operation("get_finished_jobs")
        if not (takes_page(operation) and self.target.wire.lists.is_long(path)):
            return self.listed(path, *job_ids).items
        page = self.target.first_page(path, max(map(self.target.observer.changed, job_ids), default=time.monotonic()))
        found = [page]
        if "total" in page and self.contract.list_order(operation.id) != "newest-first":
            last = -(-page["total"] // int(FIRST_PAGE["rows"]))
            pages = [{**FIRST_PAGE, "page": str(number)} for number in range(max(last - 1, 1), last + 1)]
            found = [self.target.get(path, query=query).members for query in pages]
        if wrong := next((one for one in found if "data" not in one), None):
            raise ArrangementFailed(f"{path} has no pages: {cut(json.dumps(wrong))}", "finished-jobs.page")
        return [job for one in found for job in one["data"]]

    @property
    def short_state(self) -> str:
        """The first end state with a short list of jobs, or the last one if all lists are long."""
        long = self.target.wire.lists.is_long
        return next((state for state in END_STATES if not long(f"{HISTORY}/{state}")), END_STATES[-1])

    def listed_soon(self, read: Callable[[], list[Any]]) -> list[Any]:
        """Read a list until it is not empty, for at most `PATIENCE` seconds, and return it."""
        return self.patience.poll(LISTED, PATIENCE, read, bool, LONGEST_PAUSE)


def takes_page(operation: Operation) -> bool:
    """Return whether an operation has the parameter `page`."""
    return any(parameter["name"] == "page" for parameter in operation.parameters)


def _is_of(document: Any, job: OwnJob) -> bool:
    return isinstance(document, Mapping) and document.get("jobId") == job.id


def _has_written(document: Document) -> bool:
    """Return whether a batch job of the suite has written all of its rows."""
    return counters(document.get("metrics")).get("sinkwritecount") == str(ROWS)


def runs_on(what: str, document: Document) -> str:
    """Return the message that a job has not ended, with its object."""
    return f"{what} has not ended, although a job that was submitted later has: {text_of(document)}"


def text_of(document: Document) -> str:
    """Return the first 200 characters of an object as JSON, for a message."""
    return cut(json.dumps(document), 200)
