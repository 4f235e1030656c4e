"""The suite's own jobs on a target: few rows, run-unique names, stopped at the end whatever happened.

Only ids that this run has drawn, or jobs that the target shows under its name, are ever submitted or stopped. Steps
here are arrangements: when one does not work, the clause that needs it could not be tried (`ArrangementFailed`); the
step has a check of its own.
"""

from __future__ import annotations

import json
import time
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
from seatunnel_conformance.target.exchange import Answer, cut
from seatunnel_conformance.target.job_guard import ForeignJob
from seatunnel_openapi import Contract

NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})

ROWS = 5
"""Rows of a batch job of the suite."""

GRACE = 1.0
"""Seconds for which a job that was taken may be unknown to `/job-info` or be shown in no form of the contract."""

SETTLING = 1.0
"""Seconds for which an id is not used again after its job has ended; measured: half a second is enough."""

PATIENCE = 10.0
"""Seconds after which it is tried whether a target is slow, or does not do what it has said."""

LARGEST = (20_000, 2**20)
"""JSON values and bytes that are read of a job; one of the suite takes a few dozen and a few thousand."""

LOST = 3
"""Jobs that were taken and never shown, after which no more are submitted to arrange something."""

STOPPABLE = 3.0
"""Seconds that are given to a job to begin before it is stopped, whatever it does."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two polls: it begins with the one and grows to the other."""


@dataclass(frozen=True, slots=True)
class OwnJob:
    """A job of this run: its id as decimal text, its name, the configuration that was sent."""

    id: str
    name: str
    config: Mapping[str, Any]


@dataclass(slots=True, repr=False)
class Jobs:
    """The jobs of one run on one target. `limit` is how long a job may take to get anywhere, in seconds."""

    target: Target
    contract: Contract
    limit: float = 60.0
    journal: Journal = field(default_factory=Journal)
    _alive: dict[str, str] = field(default_factory=dict)
    _shared: dict[str, OwnJob | Inconclusive] = field(default_factory=dict)
    _count: int = 0
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
        """The shapes in which `/job-info` shows a job."""
        return JobForms.of(self.contract, "get_job_info")

    def new_id(self) -> str:
        """Return an id that nobody uses."""
        return self.target.own.draw()

    def new_name(self) -> str:
        """Return a name for a job, which tells whose it is."""
        self._count += 1
        return f"{self.target.own.prefix}{self._count}"

    def batch(self, options: Mapping[str, Any] = NO_OPTIONS, *, rows: int = ROWS) -> dict[str, Any]:
        """Return the configuration of a job that writes `rows` rows to the console and ends.

        `options` are further members of its `env`.
        """
        return self._config({"job.mode": "BATCH", **options}, self.source(rows=rows), self.sink())

    def endless(self, options: Mapping[str, Any] = NO_OPTIONS) -> dict[str, Any]:
        """Return the configuration of a job that moves a few rows and then runs on until it is stopped."""
        env = {"job.mode": "STREAMING", "checkpoint.interval": 5000, **options}
        return self._config(env, self.source(), self.sink())

    def failing(self) -> dict[str, Any]:
        """Return the configuration of a job that is planned and run, and fails at its first row, once and for all."""
        reads, writes = self._table_options()
        config = self._config({"job.mode": "BATCH", "job.retry.times": 0}, self.source(), self.sink("numbers"))
        query = "select CAST(name AS INT) as n from fake"
        config["transform"] = [{"plugin_name": "Sql", reads: "fake", writes: "numbers", "query": query}]
        return config

    def source(self, table: str = "fake", *, rows: int = ROWS, **options: Any) -> dict[str, Any]:
        """Return a FakeSource that puts rows of two columns out under the name of a table."""
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
        """Return a job of this run that is about to be submitted; from now on it will be stopped at the end."""
        self._slots.wait(self.target)
        job = OwnJob(job_id or self.new_id(), self.new_name() + suffix, config)
        self._alive[job.id] = job.name
        self.journal.job(job.id, job.name)
        return job

    def claim(self, job_id: str) -> None:
        """Take a job for the run's whose id the target has chosen: stopped at the end, if it bears the run's name."""
        self.target.own.claimed.add(job_id)
        self._alive[job_id] = self.target.own.prefix
        self.journal.job(job_id, self.target.own.prefix)

    def send(self, job: OwnJob, **parameters: str) -> Answer:
        """Submit a job under its own id and name, and return the answer unjudged."""
        query = {"jobId": job.id, "jobName": job.name, **parameters}
        return self.target.post("/submit-job", query=query, body=job.config)

    def submitted(self, config: Mapping[str, Any] | None = None) -> OwnJob:
        """Submit a batch job, or another, and return it once the target has taken it."""
        if self._lost >= LOST:
            raise ArrangementFailed(f"/job-info has shown none of {LOST} jobs that were taken")
        job = self.own(config or self.batch())
        answer = self.send(job)
        if answer.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be submitted: {answer!r}")
        return job

    def finished(self) -> OwnJob:
        """Return a batch job that has ended by itself: one for the whole run."""
        return self._once("finished", lambda: self._make_ended(self.batch()))

    def running(self) -> OwnJob:
        """Return an endless job that has moved rows: one for the whole run, not to be stopped by a check."""
        job = self._once("running", self.moving)
        if self.info(job.id).get("jobStatus") != "RUNNING":
            # A check, or the target, has ended it in spite of everything.
            del self._shared["running"]
            job = self._once("running", self.moving)
        return job

    def canceled(self) -> OwnJob:
        """Return a job that was stopped without a savepoint and has ended: one for the whole run."""
        return self._once("canceled", self.stopped)

    def saved(self) -> OwnJob:
        """Return a job that was stopped with a savepoint and has ended: one for the whole run."""
        return self._once("saved", lambda: self.stopped(savepoint=True))

    def failed(self) -> OwnJob:
        """Return a job that has failed: one for the whole run."""
        return self._once("failed", lambda: self._make_ended(self.failing()))

    def _once(self, kind: str, make: Callable[[], OwnJob]) -> OwnJob:
        if kind not in self._shared:
            try:
                self._shared[kind] = make()
            except Inconclusive as trouble:
                # Remembered, so that the checks after this one do not wait for the same thing again.
                self._shared[kind] = trouble
        found = self._shared[kind]
        if isinstance(found, Inconclusive):
            raise found
        return found

    def _make_ended(self, config: Mapping[str, Any]) -> OwnJob:
        job = self.submitted(config)
        self.ended(job)
        return job

    def moving(self) -> OwnJob:
        """Submit an endless job and return it when it has moved rows: before that, the engine can lose a stop."""
        job = self.submitted(self.endless())
        self.until_moving(job)
        return job

    def until_moving(self, job: OwnJob) -> None:
        """Wait until a job runs and has read rows."""
        self.wait(job, "a running job that has read rows", self._has_read)

    def until_stoppable(self, job_id: str, seconds: float = STOPPABLE) -> None:
        """Wait until a stop of a job can't be lost, some seconds at most: stopped earlier, it may never end."""
        deadline = time.monotonic() + seconds
        while self._is_beginning(self.info(job_id)) and time.monotonic() < deadline:
            time.sleep(LONGEST_PAUSE / 5)

    def _is_beginning(self, document: Mapping[str, Any]) -> bool:
        return STAGES.get(str(document.get("jobStatus"))) == 0 and not self._has_read(document)

    def _has_read(self, document: Mapping[str, Any]) -> bool:
        count = counters(document.get("metrics")).get("sourcereceivedcount", "0")
        return document.get("jobStatus") == "RUNNING" and count.isdecimal() and int(count) > 0

    def stopped(self, *, savepoint: bool = False) -> OwnJob:
        """Return an endless job that was stopped and has come to its end."""
        job = self.moving()
        answer = self.stop(job.id, savepoint=savepoint)
        if answer.status != HTTPStatus.OK:
            raise ArrangementFailed(f"a job could not be stopped: {answer!r}")
        self.ended(job)
        return job

    def stop(self, job_id: str, *, savepoint: bool = False) -> Answer:
        """Ask for the stop of an own job and return the answer unjudged."""
        return self.target.post("/stop-job", body={"jobId": job_id, "isStopWithSavePoint": savepoint})

    def info(self, job_id: str) -> dict[str, Any]:
        """Return what `/job-info` says of a job; an empty object when that is no object with status 200.

        Raises `NoSlots` for an own job that found none, and `ArrangementFailed` where more is said than is read.
        """
        answer, until = self.target.get("/job-info/{jobId}", jobId=job_id), time.monotonic() + GRACE
        while answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            if self._found_no_slots(job_id):
                raise NoSlots(job_id)
            if not self._may_wait(job_id) or time.monotonic() > until:
                break
            time.sleep(FIRST_PAUSE)
            answer = self.target.get("/job-info/{jobId}", jobId=job_id)
        if not is_readable(answer.body, *LARGEST):
            answer = answer.shortened()  # schemathesis keeps the error, and with it what is held here
            raise ArrangementFailed(f"/job-info says more about the job {job_id} than is read")
        try:
            found = answer.json if answer.status == HTTPStatus.OK else {}
        except AssertionError:
            return {}
        return found if isinstance(found, dict) else {}

    def _may_wait(self, job_id: str) -> bool:
        """Whether an own job can't be looked at before it was scheduled, which takes a moment."""
        fact = self.contract.operation("get_job_info").behaviour.get("waitingJob")
        return job_id in self._alive and fact == "server-error"

    def _found_no_slots(self, job_id: str) -> bool:
        """Whether an own job that can't be looked at has failed unscheduled, as those without slots do."""
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
        """Wait until `/job-info` shows a job in its finished form, and return that.

        The end state alone is not enough: for a moment the engine shows it in the running form.
        """
        return self.wait(job, "the finished form of a job", self._has_ended)

    def must_end(self, job: OwnJob) -> dict[str, Any]:
        """Wait for the end of a job that was told to stop, and return its finished form.

        Waiting in vain proves nothing against a slow target. But one that takes, runs and ends a whole other job
        meanwhile is not slow: it has not done what it has said, an assertion.
        """
        try:
            return replace(self, limit=min(self.limit, PATIENCE)).ended(job)
        except LimitMissed:
            self.ended(self.submitted())
            document = self.info(job.id)
            if not self._has_ended(document):
                raise AssertionError(
                    f"the job has not ended, although another one ran from submission to end meanwhile: {document}"
                ) from None
            return document

    def must_finish(self, job: OwnJob) -> dict[str, Any]:
        """Wait for the end of a batch job, and return its finished form.

        Waiting in vain for a job that still moves rows proves nothing. One that has written all of its rows and does
        not end is an assertion.
        """
        try:
            return self.ended(job)
        except LimitMissed:
            document = self.info(job.id)
            if counters(document.get("metrics")).get("sinkwritecount") == str(ROWS):
                raise AssertionError(f"the job has written all of its rows, and does not end: {document}") from None
            raise

    def _has_ended(self, document: Mapping[str, Any]) -> bool:
        return self.forms.finished.fits(document) and document.get("jobStatus") != "RUNNING"

    def wait(self, job: OwnJob, awaited: str, found: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Poll `/job-info` until `found`, and return that answer. Raises `LimitMissed` after `limit` seconds."""
        return next(document for document in self._polled(job, awaited) if found(document))

    def documents(self, job: OwnJob) -> Iterator[dict[str, Any]]:
        """Yield what `/job-info` says of a job, up to its finished form. Raises `LimitMissed` after `limit` seconds."""
        for document in self._polled(job, "the end of a job"):
            yield document
            if self._has_ended(document):
                return

    def _polled(self, job: OwnJob, awaited: str) -> Iterator[dict[str, Any]]:
        """Yield what `/job-info` says of a job, with growing pauses, for `limit` seconds."""
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
                raise ArrangementFailed(f"/job-info shows no job {job.id}, which was taken: {cut(str(document), 200)}")
            if waited > self.limit:
                raise LimitMissed(f"{awaited} ({job.id})", self.limit, cut(json.dumps(document), 200))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def states(self, job: OwnJob) -> list[str]:
        """Return the states that are seen of a job up to its end, each as often as it was entered."""
        seen: list[str] = []
        for document in self.documents(job):
            state = document.get("jobStatus")
            if isinstance(state, str) and seen[-1:] != [state]:
                seen.append(state)
        return seen

    def settle(self) -> None:
        """Give the engine the moment between a job's end and the one in which its id can be used again."""
        time.sleep(SETTLING)

    def stop_when_moving(self, job: OwnJob) -> None:
        """Stop an own job as soon as a stop can't be lost any more."""
        self.until_moving(job)
        self.stop(job.id)

    def listed_soon(self, read: Callable[[], list[Any]]) -> list[Any]:
        """Read a list until something is in it, for a few seconds; what still is not there is not there."""
        deadline = time.monotonic() + PATIENCE
        while not (found := read()) and time.monotonic() < deadline:
            time.sleep(LONGEST_PAUSE)
        return found

    def is_known(self, document: Mapping[str, Any]) -> bool:
        """Tell whether an answer of `/job-info` shows a job, in whatever form."""
        return self.forms.running.fits(document) or self.forms.finished.fits(document)

    def close(self) -> list[str]:
        """Stop what still runs and return the ids that could not be stopped. Nothing that happens here is judged."""
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
        """Stop a job if it still runs; tell whether it has ended or will, or is somebody else's."""
        try:
            self.until_stoppable(job_id, seconds)
            return not self._needs_stop(job_id) or self.stop(job_id).status == HTTPStatus.OK
        except ForeignJob:
            return True  # a receipt has named it, and the target does not show it under the run's name
        except Inconclusive as trouble:
            return isinstance(trouble, NoSlots)  # it never ran

    def _needs_stop(self, job_id: str) -> bool:
        document = self.info(job_id)
        # Whatever form it is shown in: a job that is not known to have ended has to be stopped.
        return "jobStatus" in document and not self._has_ended(document)
