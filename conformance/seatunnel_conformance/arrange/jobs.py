"""The suite's own jobs on a target: few rows, names unique to the run, stopped at the end of the run.

Only ids that this run has generated, and jobs that the target shows under the run's name, are submitted or stopped. If
a step in this module fails, the clause that needs it can't be checked (`ArrangementFailed`); another check covers the
step itself.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from seatunnel_conformance.arrange.forms import JobForms, counters
from seatunnel_conformance.arrange.journal import Journal
from seatunnel_conformance.arrange.slots import Slots
from seatunnel_conformance.arrange.states import STAGES
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive, LimitMissed, NoSlots, UnknownForm
from seatunnel_conformance.target.alarm import TimeIsUp, time_limit
from seatunnel_conformance.target.bodies import is_readable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response, cut
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_openapi import Contract

NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})

ROWS = 5
"""Rows of a batch job of the suite."""

GRACE = 1.0
"""Seconds for which an accepted job may be unknown to `/job-info`, or shown in no form of the contract."""

SETTLING = 1.0
"""Seconds until the id of an ended job is used again; half a second is enough, as measured."""

PATIENCE = 10.0
"""Seconds of waiting after which another job tests whether the target is only slow."""

LARGEST = (20_000, 2**20)
"""The most JSON values and bytes of a job; the suite's have a few dozen values and a few thousand bytes."""

LOST = 3
"""After this many jobs that were accepted but never shown, no more are submitted."""

STOPPABLE = 3.0
"""Seconds to wait for a job to start before it is stopped."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two polls, growing from the first to the second value."""


@dataclass(frozen=True, slots=True)
class OwnJob:
    """A job of this run: id as decimal text, name, configuration as sent."""

    id: str
    name: str
    config: Mapping[str, Any]


@dataclass(slots=True, repr=False)
class Jobs:
    """The jobs of one run on one target. `limit` is the time to wait for a job, in seconds.

    The copies of the workers of a run share the jobs; a job for all checks is made by the first that needs it, while
    the others wait.
    """

    target: Target
    contract: Contract
    limit: float = 60.0
    journal: Journal = field(default_factory=Journal)
    _alive: dict[str, str] = field(default_factory=dict)
    _shared: dict[str, OwnJob | Inconclusive] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _making: dict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _lost: int = 0
    _slots: Slots = field(default_factory=Slots)

    def __repr__(self) -> str:
        return f"<jobs of run {self.run}>"

    @property
    def run(self) -> str:
        """The run's name, which the names of its jobs contain."""
        return self.target.own.run

    @property
    def forms(self) -> JobForms:
        """The forms in which `/job-info` shows a job."""
        return JobForms.of(self.contract, "get_job_info")

    def new_id(self) -> str:
        """Return a new id."""
        return self.target.own.generate()

    def new_name(self) -> str:
        """Return a new job name with the run's prefix."""
        return f"{self.target.own.prefix}{next(self._numbers)}"

    def batch(self, options: Mapping[str, Any] = NO_OPTIONS, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of a job that writes `rows` rows to the console and then ends.

        `options` are additional members of its `env`.
        """
        return self._config({"job.mode": "BATCH", **options}, self.source(rows=rows), self.sink())

    def endless(self, options: Mapping[str, Any] = NO_OPTIONS) -> dict[str, Any]:
        """Return the configuration of a job that moves a few rows and runs until it is stopped."""
        env = {"job.mode": "STREAMING", "checkpoint.interval": 5000, **options}
        return self._config(env, self.source(), self.sink())

    def failing(self) -> dict[str, Any]:
        """Return the configuration of a job that starts and fails at its first row, without a retry."""
        reads, writes = self._table_options()
        config = self._config({"job.mode": "BATCH", "job.retry.times": 0}, self.source(), self.sink("numbers"))
        query = "select CAST(name AS INT) as n from fake"
        config["transform"] = [{"plugin_name": "Sql", reads: "fake", writes: "numbers", "query": query}]
        return config

    def source(self, table: str = "fake", *, rows: int = ROWS, **options: Any) -> dict[str, Any]:
        """Return a FakeSource that writes rows of two columns to a table."""
        columns = {"fields": {"name": "string", "age": "int"}}
        named = {self._table_options()[1]: table}
        return {"plugin_name": "FakeSource", **named, "row.num": rows, "schema": columns, **options}

    def sink(self, table: str = "fake", **options: Any) -> dict[str, Any]:
        """Return a Console that reads a table."""
        return {"plugin_name": "Console", self._table_options()[0]: table, **options}

    def _table_options(self) -> tuple[str, str]:
        facts = self.contract.operation("submit_job").behaviour
        return facts.names("inputKeys")[0], facts.names("outputKeys")[0]

    def _config(self, env: Mapping[str, Any], source: Mapping[str, Any], sink: Mapping[str, Any]) -> dict[str, Any]:
        return {"env": {"parallelism": 1, **env}, "source": [source], "transform": [], "sink": [sink]}

    def own(self, config: Mapping[str, Any], *, job_id: str | None = None, suffix: str = "") -> OwnJob:
        """Return a new job for submission, which will be stopped at the end of the run."""
        self._slots.wait(self.target)
        job = OwnJob(job_id or self.new_id(), self.new_name() + suffix, config)
        self._alive[job.id] = job.name
        self.journal.job(job.id, job.name)
        return job

    def claim(self, job_id: str) -> None:
        """Register a job whose id the target has generated, to stop it at the end if it has the run's name."""
        self.target.own.claimed.add(job_id)
        self._alive[job_id] = self.target.own.prefix
        self.journal.job(job_id, self.target.own.prefix)

    def send(self, job: OwnJob, **parameters: str) -> Response:
        """Submit a job with its id and name, and return the response without assertions."""
        query = {"jobId": job.id, "jobName": job.name, **parameters}
        return self.target.post("/submit-job", query=query, body=job.config)

    def submitted(self, config: Mapping[str, Any] | None = None) -> OwnJob:
        """Submit a job, by default a batch job, and return it. Raises `ArrangementFailed` if it is not accepted."""
        if self._lost >= LOST:
            raise ArrangementFailed(f"/job-info has shown none of {LOST} accepted jobs")
        job = self.own(config or self.batch())
        response = self.send(job)
        if response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be submitted: {response!r}")
        return job

    def finished(self) -> OwnJob:
        """Return a finished batch job, the same for the whole run."""
        return self._once("finished", lambda: self._make_ended(self.batch()))

    def running(self) -> OwnJob:
        """Return a running job that has moved rows, the same for the whole run; checks must not stop it."""
        job = self._once("running", self.moving)
        if self.info(job.id).get("jobStatus") != "RUNNING":
            # The target, or a check, has stopped it.
            with self._making["running"]:
                if self._shared.get("running") is job:
                    del self._shared["running"]
            job = self._once("running", self.moving)
        return job

    def canceled(self) -> OwnJob:
        """Return a job that was stopped without a savepoint, the same for the whole run."""
        return self._once("canceled", self.stopped)

    def saved(self) -> OwnJob:
        """Return a job that was stopped with a savepoint, the same for the whole run."""
        return self._once("saved", lambda: self.stopped(savepoint=True))

    def failed(self) -> OwnJob:
        """Return a failed job, the same for the whole run."""
        return self._once("failed", lambda: self._make_ended(self.failing()))

    def _once(self, kind: str, make: Callable[[], OwnJob]) -> OwnJob:
        with self._making[kind]:
            if kind not in self._shared:
                try:
                    self._shared[kind] = make()
                except Inconclusive as error:
                    # Kept, so that later checks do not wait for the same job again.
                    self._shared[kind] = error
            found = self._shared[kind]
        if isinstance(found, Inconclusive):
            raise found
        return found

    def _make_ended(self, config: Mapping[str, Any]) -> OwnJob:
        job = self.submitted(config)
        self.ended(job)
        return job

    def moving(self) -> OwnJob:
        """Submit an endless job and return it after it has moved rows: before that, the engine can lose a stop."""
        job = self.submitted(self.endless())
        self.until_moving(job)
        return job

    def until_moving(self, job: OwnJob) -> None:
        """Wait until a job is running and has read rows."""
        self.wait(job, "a running job that has read rows", self._has_read)

    def until_stoppable(self, job_id: str, seconds: float = STOPPABLE) -> None:
        """Wait until the engine can't lose a stop of the job, for `seconds` at most."""
        deadline = time.monotonic() + seconds
        while self._is_beginning(self.info(job_id)) and time.monotonic() < deadline:
            time.sleep(LONGEST_PAUSE / 5)

    def _is_beginning(self, document: Mapping[str, Any]) -> bool:
        return STAGES.get(str(document.get("jobStatus"))) == 0 and not self._has_read(document)

    def _has_read(self, document: Mapping[str, Any]) -> bool:
        count = counters(document.get("metrics")).get("sourcereceivedcount", "0")
        return document.get("jobStatus") == "RUNNING" and count.isdecimal() and int(count) > 0

    def stopped(self, *, savepoint: bool = False) -> OwnJob:
        """Submit an endless job, stop it, and return it after its end."""
        job = self.moving()
        response = self.stop(job.id, savepoint=savepoint)
        if response.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be stopped: {response!r}")
        self.ended(job)
        return job

    def stop(self, job_id: str, *, savepoint: bool = False) -> Response:
        """Stop an own job, and return the response without assertions."""
        return self.target.post("/stop-job", body={"jobId": job_id, "isStopWithSavePoint": savepoint})

    def info(self, job_id: str) -> dict[str, Any]:
        """Return the object of `/job-info`; an empty one if the response is not an object with status 200.

        Raises `NoSlots` for an own job without slots, `ArrangementFailed` for a response that is too long.
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
            response = response.shortened()  # schemathesis keeps the error, and with it this frame
            raise ArrangementFailed(f"the response of /job-info for the job {job_id} is too long")
        try:
            found = response.json if response.status == HTTPStatus.OK else {}
        except AssertionError:
            return {}
        return found if isinstance(found, dict) else {}

    def _may_wait(self, job_id: str) -> bool:
        """Return whether `/job-info` fails for an own job until it is scheduled."""
        fact = self.contract.operation("get_job_info").behaviour.get("waitingJob")
        return job_id in self._alive and fact == "server-error"

    def _found_no_slots(self, job_id: str) -> bool:
        """Return whether an own job has failed before it was scheduled, as jobs without slots do."""
        fact = self.contract.operation("get_job_info").behaviour.get("unscheduledJob")
        if not self._slots.fixed or job_id not in self._alive or fact != "server-error":
            return False
        return any(isinstance(item, dict) and item.get("jobId") == job_id for item in self._failed_jobs())

    def _failed_jobs(self) -> list[Any]:
        try:
            return self.target.get("/finished-jobs/{state}", state="FAILED").items
        except AssertionError:
            return []

    def ended(self, job: OwnJob) -> dict[str, Any]:
        """Wait until `/job-info` shows a job in its finished form, and return that form.

        The end state is not enough: the engine shows it in the running form for a moment.
        """
        return self.wait(job, "the finished form of a job", self._has_ended)

    def must_end(self, job: OwnJob) -> dict[str, Any]:
        """Wait for the end of a job that was stopped, and return its finished form.

        After a time-out, a second job is submitted. If that one ends and the first still runs, the target is not just
        slow: `AssertionError`.
        """
        try:
            return replace(self, limit=min(self.limit, PATIENCE)).ended(job)
        except LimitMissed:
            self.ended(self.submitted())
            document = self.info(job.id)
            if not self._has_ended(document):
                raise AssertionError(
                    f"the job has not ended, although a job that was submitted later has: {document}"
                ) from None
            return document

    def must_finish(self, job: OwnJob) -> dict[str, Any]:
        """Wait for the end of a batch job, and return its finished form.

        Raises `LimitMissed` if it still moves rows, `AssertionError` if it has written all rows and does not end.
        """
        try:
            return self.ended(job)
        except LimitMissed:
            document = self.info(job.id)
            if counters(document.get("metrics")).get("sinkwritecount") == str(ROWS):
                raise AssertionError(f"the job has written all rows and does not end: {document}") from None
            raise

    def _has_ended(self, document: Mapping[str, Any]) -> bool:
        return self.forms.finished.fits(document) and document.get("jobStatus") != "RUNNING"

    def wait(self, job: OwnJob, awaited: str, found: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Poll `/job-info` until `found`, and return its object. Raises `LimitMissed` after `limit` seconds."""
        return next(document for document in self._polled(job, awaited) if found(document))

    def documents(self, job: OwnJob) -> Iterator[dict[str, Any]]:
        """Yield the objects of `/job-info` up to the finished form. Raises `LimitMissed` after `limit` seconds."""
        for document in self._polled(job, "the end of a job"):
            yield document
            if self._has_ended(document):
                return

    def _polled(self, job: OwnJob, awaited: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of `/job-info`, with growing pauses, for `limit` seconds."""
        begun, pause = time.monotonic(), FIRST_PAUSE
        while True:
            document, waited = self.info(job.id), time.monotonic() - begun
            if self._has_ended(document):
                self._alive.pop(job.id, None)
            yield document
            if not self.is_known(document) and waited > GRACE:
                if "jobStatus" in document:
                    raise UnknownForm(f"/job-info shows the job {job.id} in no form of the contract: {document}")
                self._lost += 1
                raise ArrangementFailed(f"/job-info does not show the accepted job {job.id}: {cut(str(document), 200)}")
            if waited > self.limit:
                raise LimitMissed(f"{awaited} ({job.id})", self.limit, cut(json.dumps(document), 200))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def states(self, job: OwnJob) -> list[str]:
        """Return the sequence of states of a job up to its end."""
        seen: list[str] = []
        for document in self.documents(job):
            state = document.get("jobStatus")
            if isinstance(state, str) and seen[-1:] != [state]:
                seen.append(state)
        return seen

    def settle(self) -> None:
        """Wait until the id of an ended job can be used again."""
        time.sleep(SETTLING)

    def stop_when_moving(self, job: OwnJob) -> None:
        """Wait until an own job moves rows, and stop it."""
        self.until_moving(job)
        self.stop(job.id)

    def listed_soon(self, read: Callable[[], list[Any]]) -> list[Any]:
        """Read a list until it is not empty, for `PATIENCE` seconds."""
        deadline = time.monotonic() + PATIENCE
        while not (found := read()) and time.monotonic() < deadline:
            time.sleep(LONGEST_PAUSE)
        return found

    def is_known(self, document: Mapping[str, Any]) -> bool:
        """Return whether an object of `/job-info` shows a job, in any form."""
        return self.forms.running.fits(document) or self.forms.finished.fits(document)

    def close(self) -> list[str]:
        """Stop the jobs that still run, and return the ids of those that could not be stopped."""
        until = time.monotonic() + STOPPABLE
        with suppress(TimeIsUp), time_limit(self.target.governor.seconds_left):
            for job_id in list(self._alive):
                if self._is_stopped(job_id, until - time.monotonic()):
                    del self._alive[job_id]
        left = list(self._alive)
        self._alive.clear()
        self._shared.clear()
        return left

    def _is_stopped(self, job_id: str, seconds: float) -> bool:
        """Stop a job if it still runs. Returns whether nothing is left to do for it."""
        try:
            self.until_stoppable(job_id, seconds)
            return not self._needs_stop(job_id) or self.stop(job_id).status == HTTPStatus.OK
        except ForeignJob:
            return True  # a receipt had this id, but the target does not show the job under the run's name
        except Inconclusive as error:
            return isinstance(error, NoSlots)  # it never ran

    def _needs_stop(self, job_id: str) -> bool:
        document = self.info(job_id)
        # In any form: a job must be stopped unless it is known to have ended.
        return "jobStatus" in document and not self._has_ended(document)
