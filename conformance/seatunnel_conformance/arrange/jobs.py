"""The jobs of the suite on a target. They have few rows and unique names, and stop at the end of the run.

A run submits and stops only ids that it has generated, and jobs that the target shows under a name of the run. If a
required job is missing or wrong, only the check of the clause that requires it fails. Other checks are skipped and name
it (`Unarranged`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import count
from threading import RLock
from typing import Any, Final, Self

from seatunnel_conformance.arrange.configurations import NO_OPTIONS, ROWS, Configurations
from seatunnel_conformance.arrange.job_reads import (
    END,
    FAILED_END,
    FAILURE_ENDS,
    FIRST_PAUSE,
    NEVER_UNKNOWN,
    PATIENCE,
    RESTART,
    RESTARTED,
    SHOWN,
    STOP_ENDS,
    STOPPABLE,
    STOPPED,
    STOPPED_END,
    SUBMITTED,
    Awaited,
    Document,
    JobReads,
    OwnJob,
    runs_on,
    text_of,
)
from seatunnel_conformance.arrange.leftovers import UNKNOWN, Journal, stop_left
from seatunnel_conformance.arrange.waiting import polled
from seatunnel_conformance.errors import (
    ArrangementFailed,
    EndedByItself,
    Inconclusive,
    LimitMissed,
    NoSlots,
    StopLost,
    Unarranged,
)
from seatunnel_conformance.observe.forms import END_STATES, is_lost_stop
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import HISTORY, ForeignJob, id_of
from seatunnel_conformance.target.job_guard import RUNNING as RUNNING_LIST
from seatunnel_openapi import Contract, in_own_words

__all__ = ["NO_OPTIONS", "ROWS", "Jobs", "OwnJob"]

SETTLING = 1.0
"""Seconds after which the id of an ended job is used again. Engines were ready after half a second."""

MOST_ASKED = 10
"""The number of jobs at each end of a list that are compared with `/job-info`."""

_FEW = 8
"""The maximum number of jobs that are looked up one by one at the end of a run."""

_NUMBERS: Final[defaultdict[str, Iterator[int]]] = defaultdict(lambda: count(1))
"""The counters for names of jobs by run. All contexts of a run share one, so that no two jobs have the same name."""

LOST = 3
"""After this number of accepted jobs that were never shown, no more are submitted."""

_NOT_RESTARTED = "a job that was started from its savepoint does not run, although one submitted later has ended"
_STOPPED = "a stopped job"


@dataclass(slots=True, repr=False)
class Jobs(JobReads, Configurations):
    """The jobs of one run on one target. `limit` is the maximum number of seconds to wait for a job.

    It is thread-safe: the first thread makes a shared job, and the others wait for this job.
    """

    journal: Journal = field(default_factory=Journal)
    _shared: dict[str, OwnJob | Unarranged] = field(default_factory=dict)
    _making: defaultdict[str, RLock] = field(default_factory=lambda: defaultdict(RLock))

    @classmethod
    def on(cls, url: str, contract: Contract, *, allow_writes: bool = False) -> Self:
        """Return the jobs of a new run on a deployment that responds as the contract's release does."""
        target = Target(url, allow_writes=allow_writes, connection=Connection(speaks=contract.release))
        return cls(target, in_own_words(contract))

    def __repr__(self) -> str:
        return f"<jobs of run {self.run}>"

    @property
    def latest(self) -> list[str]:
        """The ids of the jobs that were submitted last and may still run."""
        return [*self._alive][-MOST_ASKED:]

    @property
    def run(self) -> str:
        """The name of the run, which the names of its jobs contain."""
        return self.target.own.run

    def new_id(self) -> str:
        """Return a new random job id."""
        return self.target.own.generate()

    def new_name(self) -> str:
        """Wait for free slots, and return a new job name with the prefix of the run."""
        self._slots.wait(self.target)
        return f"{self.target.own.prefix}{next(_NUMBERS[self.target.own.run])}"

    def own(self, config: Mapping[str, Any], *, job_id: str | None = None, suffix: str = "") -> OwnJob:
        """Return a new job. It is not submitted yet, and is stopped at the end of the run."""
        job = OwnJob(job_id or self.new_id(), self.new_name() + suffix, config)
        self._alive[job.id] = job.name
        self.journal.job(job.id, job.name)
        return job

    def claim(self, receipt: object) -> None:
        """Register a job id from a receipt. At the end of the run, the job is stopped if its name is one of the run.

        Anything that is not an id is ignored: jobs are also found by their names.
        """
        if (job_id := id_of({"jobId": receipt})) is not None:
            self.target.own.claimed |= {job_id} - self.target.own.generated
            self._alive[job_id] = self.target.own.prefix
            self.journal.job(job_id, self.target.own.prefix)

    def send(self, job: OwnJob, **parameters: str) -> Response:
        """Submit a job with its id and name, and return the response without assertions."""
        query = {"jobId": job.id, "jobName": job.name, **parameters}
        # A job that starts again from its savepoint was removed from here when it had ended.
        self._alive[job.id] = job.name
        return self.target.post("/submit-job", query=query, body=job.config)

    def submitted(self, config: Mapping[str, Any] | None = None, *, suffix: str = "") -> OwnJob:
        """Submit a job, by default a batch job, and return it. Raises `ArrangementFailed` if it is not accepted."""
        job = self.own(config or self.batch(), suffix=suffix)
        self.start(job)
        return job

    def start(self, job: OwnJob) -> None:
        """Submit a job of the run. Raises `ArrangementFailed` if it is not accepted."""
        if self._lost >= LOST:
            raise ArrangementFailed(f"/job-info has shown none of {LOST} accepted jobs", NEVER_UNKNOWN)
        response = self.send(job)
        if response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be submitted: {response!r}", SUBMITTED)

    def first_shown(self) -> OwnJob:
        """Submit a batch job, and return it as soon as `/job-info` shows it in any form."""
        job = self.submitted()
        self.wait(job, SHOWN, self.forms.shows_job)
        return job

    def finished(self) -> OwnJob:
        """Return a finished batch job, the same for the whole run."""
        return self._once("finished", lambda: self._make_ended(self.batch()), "FINISHED", END.see)

    def finished_parallel(self) -> OwnJob:
        """Return a finished batch job of two pipelines, the same for the whole run."""
        return self._once("parallel", lambda: self._make_ended(self.parallel()), "FINISHED", END.see)

    def running(self) -> OwnJob:
        """Return a running job that has moved rows, the same for the whole run; checks must not stop it.

        Raises `EndedByItself` if it has ended without a stop; the next call makes another job.
        """
        with self._making["running"]:
            job = self._once("running", self.moving)
            document = self.info(job.id)
            if document.get("jobStatus") != "RUNNING":
                # If nobody has stopped it, `streaming-runs-on` must report that.
                del self._shared["running"]
                is_stopped = job.id in self.target.own.named_again
                if document.get("jobStatus") in ({"FINISHED", "FAILED"} if is_stopped else END_STATES):
                    raise EndedByItself(text_of(document))
                job = self._once("running", self.moving)
            return job

    def canceled(self) -> OwnJob:
        """Return a job that was stopped without a savepoint, the same for the whole run."""
        return self._once("canceled", self.stopped, "CANCELED", STOP_ENDS[False])

    def saved(self) -> OwnJob:
        """Return a job that was stopped with a savepoint, the same for the whole run."""
        return self._once("saved", lambda: self.stopped(savepoint=True), "SAVEPOINT_DONE", STOP_ENDS[True])

    def failed(self) -> OwnJob:
        """Return a failed job, the same for the whole run."""
        return self._once("failed", self._make_failed, "FAILED", FAILURE_ENDS)

    def of_each_end(self, *, leave_out: bool = False) -> dict[str, OwnJob]:
        """Return the shared ended jobs by their end state.

        With `leave_out`, jobs with another end state on the target are left out, because other checks report them. If
        no job is left, the error of the first job is raised.
        """
        makers = {
            "FINISHED": self.finished,
            "FAILED": self.failed,
            "CANCELED": self.canceled,
            "SAVEPOINT_DONE": self.saved,
        }
        found: dict[str, OwnJob] = {}
        for state, make in makers.items():
            with suppress(*([ArrangementFailed] if leave_out else [])):
                found[state] = make()
        return found or self.of_each_end()

    def _once(self, kind: str, make: Callable[[], OwnJob], end: str | None = None, see: str = "") -> OwnJob:
        with self._making[kind]:
            if kind not in self._shared:
                try:
                    self._shared[kind] = job = make()
                    if end is not None:
                        self._must_have_end(job, end, see)
                except Unarranged as error:
                    # The error is kept, so that later checks do not wait for such a job again.
                    self._shared[kind] = error
            found = self._shared[kind]
        if isinstance(found, Unarranged):
            raise found
        return found

    def _must_have_end(self, job: OwnJob, end: str, see: str) -> None:
        """Raise `ArrangementFailed` if both `/job-info` and the history show another end state of a job than `end`."""
        shown = self.info(job.id).get("jobStatus")
        if shown == end or shown not in END_STATES:
            return
        with suppress(AssertionError):
            listed = self.listed(HISTORY, job.id).items
            if (job.id, shown) in [(item.get("jobId"), item.get("jobStatus")) for item in listed]:
                raise ArrangementFailed(f"the job {job.id} has ended {shown} instead of {end}", see)

    def _make_failed(self) -> OwnJob:
        job = self.submitted(self.failing())
        self._must_have_ended(job, "a job that fails", FAILED_END)
        return job

    def _make_ended(self, config: Mapping[str, Any]) -> OwnJob:
        job = self.submitted(config)
        self.ended(job)
        return job

    def moving(self) -> OwnJob:
        """Submit an endless job, and return it when it has moved rows. An engine can lose a stop that comes earlier."""
        job = self.submitted(self.endless())
        self.until_moving(job)
        return job

    def stopped(self, *, savepoint: bool = False) -> OwnJob:
        """Submit an endless job, stop it, and return it after its end."""
        for _ in range(2):
            job = self.moving()
            self.stop_accepted(job, savepoint=savepoint)
            if not is_lost_stop(self._must_have_ended(job, _STOPPED, STOPPED_END[savepoint])):
                break
        return job

    def _must_have_ended(self, job: OwnJob, what: str, awaited: Awaited) -> Document:
        """Wait for the end of a job, and return its object.

        Raises `ArrangementFailed` if a job that is submitted later ends first: then the target is not just slow.
        """
        try:
            return self.ended(job, awaited)
        except LimitMissed:
            if (left := self._left_behind(job)) is not None:
                raise ArrangementFailed(runs_on(what, left), awaited.see) from None
            return self.info(job.id)

    def until_restarted(self, job: OwnJob) -> Document:
        """Wait until a job that was started from its savepoint runs, and return its object.

        Raises `ArrangementFailed` if a job that is submitted later ends first: then the target is not just slow.
        """
        try:
            return self.wait(job, RESTARTED, self._runs)
        except LimitMissed:
            self.ended(self.submitted())
            document = polled(partial(self.info, job.id), self._runs, min(PATIENCE, self.limit), FIRST_PAUSE)
            if not self._runs(document):
                raise ArrangementFailed(f"{_NOT_RESTARTED}: {text_of(document)}", RESTART) from None
            return document

    def stop(self, job_id: str, *, savepoint: bool = False) -> Response:
        """Stop a job of the run, and return the response without assertions."""
        return self.target.post("/stop-job", body={"jobId": job_id, "isStopWithSavePoint": savepoint})

    def stop_accepted(self, job: OwnJob, *, savepoint: bool = False) -> None:
        """Stop a job of the run. Raises `ArrangementFailed` if the stop is not accepted."""
        response = self.stop(job.id, savepoint=savepoint)
        if response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be stopped: {response!r}", STOPPED)

    def ended_by_stop(self, job: OwnJob, *, savepoint: bool = False) -> Document:
        """Wait for the end of a job that was stopped, and return its object. Raises `LimitMissed` and `StopLost`."""
        document = self.ended(job, STOPPED_END[savepoint])
        if is_lost_stop(document):
            raise StopLost(f"{_STOPPED} is {text_of(document)}")
        return document

    def _left_behind(self, job: OwnJob) -> Document | None:
        """Submit another job, and wait for its end. If `job` still runs then, return its object, otherwise None."""
        self.ended(self.submitted())
        document = self.info(job.id)
        return None if self.forms.is_over(document) else document

    def must_end(self, job: OwnJob, *, savepoint: bool = False) -> Document:
        """Wait for the end of a job that was stopped, and return its object.

        Raises `StopLost` as `ended_by_stop`, and `AssertionError` if a job that was submitted later ends first: the
        target is not just slow. Raises the error of `canceled` or `saved` if no stop of this kind works on this target.
        """
        try:
            return self.ended_by_stop(job, savepoint=savepoint)
        except LimitMissed:
            try:
                self.saved() if savepoint else self.canceled()
            except ArrangementFailed as known:
                shown = self.info(job.id)  # a variable, so that the finding has its exchange
                raise ArrangementFailed(runs_on(_STOPPED, shown), known.see) from None
            if (left := self._left_behind(job)) is not None:
                raise AssertionError(runs_on(_STOPPED, left)) from None
            return self.info(job.id)

    def settle(self) -> None:
        """Wait until the id of an ended job can be used again."""
        time.sleep(SETTLING)

    def stop_when_moving(self, job: OwnJob) -> None:
        """Wait until a job of the run has read rows, and stop it."""
        self.until_moving(job)
        self.stop(job.id)

    def release(self) -> None:
        """Stop the jobs of a check that did not pass, if the target has slots for only one check at a time."""
        if self._slots.at_once == 1:
            for job_id in self._alive.keys() - {job.id for job in self._shared.values() if isinstance(job, OwnJob)}:
                if self._is_stopped(job_id, STOPPABLE):
                    del self._alive[job_id]

    def close(self) -> list[str]:
        """Stop the running jobs, and return the ids of jobs that may still run."""
        until, known = time.monotonic() + STOPPABLE, list(self._alive)
        left = list[str]()
        self._alive |= dict.fromkeys(self.target.own.unnamed - self._alive.keys(), "")
        for job_id in self._listed_as_ended():
            self._alive.pop(job_id, None)
        for job_id in sorted(self._alive, key=self.target.own.unanswered.__contains__):
            if self._is_stopped(job_id, until - time.monotonic()):
                del self._alive[job_id]
        if self.target.own.submits and self.target.governor.ended is None:
            with suppress(Inconclusive):
                left = [UNKNOWN]
                left = stop_left(self.target, known).left
        left = list(dict.fromkeys([*self._alive, *left]))
        self._alive.clear()
        self._shared.clear()
        return left

    def _listed_as_ended(self) -> set[str]:
        """Return the ids that are in the list of ended jobs, but not in the list of running jobs.

        Empty if the run has few jobs, or a list can't be read.
        """
        # Looking up hundreds of jobs one by one could take longer than the cleanup may.
        if len(self._alive) <= _FEW:
            return set()
        try:
            ended, running = self.target.listed(HISTORY, 0.0).json, self.listed(RUNNING_LIST).json
            found = {item["jobId"] for item in ended} - {item["jobId"] for item in running}
        except (Inconclusive, AssertionError, LookupError, TypeError):
            return set()
        return found - self.target.own.named_again  # one that was started again was in an older list

    def _is_stopped(self, job_id: str, seconds: float) -> bool:
        """Stop a job if it still runs. Return whether it has ended, is unknown, or was stopped."""
        until = time.monotonic() + seconds
        try:
            unanswered = self.target.own.unanswered
            while job_id in unanswered and time.monotonic() < until and not self._needs_stop(self.asked(job_id)):
                time.sleep(FIRST_PAUSE)
            document = self.until_stoppable(job_id, until - time.monotonic())
            return not self._needs_stop(document) or self.stop(job_id).status == HTTPStatus.OK
        except ForeignJob:
            # If the target does not show a job under a name of the run, an id from a receipt is that of another job.
            return job_id not in self.target.own.generated
        except Inconclusive as error:
            return isinstance(error, NoSlots)  # it never ran

    def _needs_stop(self, document: Document) -> bool:
        # A job must be stopped unless it is known to have ended.
        return self.forms.shows_job(document) and not self.forms.is_over(document)
