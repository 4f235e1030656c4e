"""The requests of scenarios over the suite's own connections: with its credentials, limits and notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.jobs import Jobs
from seatunnel_conformance.recorded.choice import named_ids
from seatunnel_conformance.replay.wire import Answer, Wire, body_of
from seatunnel_conformance.target import READING, Target


class TargetWire(Wire):
    """Sends through a target. Nothing that names somebody else's job is sent to change anything."""

    def __init__(self, target: Target, jobs: Jobs, own: set[str]) -> None:
        """Take the target, the run's jobs, and the ids that the player makes up or is told, as it fills them."""
        super().__init__(target.url)
        self.target = target
        self.jobs = jobs
        self.own = own

    def open(self) -> None:
        """Do nothing: the target connects when it is asked."""

    def send(self, request: Mapping[str, Any], *, keep: bool) -> Answer:  # noqa: ARG002 - the target keeps what it can
        """Send one request. Raises `Inconclusive` for trouble with the network, `NotObservable` for a job of others."""
        if request["method"] not in READING:
            self._require_own(named_ids(request))
        if request["path"].startswith("/submit-job"):
            self._take_over(named_ids(request))
        headers = dict(request.get("headers", {}))
        body = body_of(request, headers)
        headers |= {"Transfer-Encoding": "chunked"} if request.get("chunked") else {}
        target = self.target.outside() if request.get("absolute") else self.target
        got = target.send(request["method"], request["path"], headers=headers, body=body)
        return Answer(got.status, {name: got.header(name) or "" for name, _ in got.fields}, got.body, closes=False)

    def _require_own(self, job_ids: set[str]) -> None:
        for job_id in job_ids - self.own:
            if self.jobs.is_known(self.jobs.info(job_id)):
                raise NotObservable(f"it names the job {job_id}, which is somebody else's here")

    def _take_over(self, job_ids: set[str]) -> None:
        """Count jobs as this run's, and have them stopped at its end, before they are there."""
        self.own |= job_ids
        for job_id in job_ids:
            self.jobs.adopt(job_id)
