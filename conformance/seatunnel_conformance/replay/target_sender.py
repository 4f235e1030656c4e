"""Sends the requests of scenarios through the suite's own target, with its credentials and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.replay.aliases import ids_in
from seatunnel_conformance.replay.sender import Address, ReplayResponse, Sender, body_of
from seatunnel_conformance.target.bodies import require_readable
from seatunnel_conformance.target.deployment import Target


class TargetSender(Sender):
    """Sends through a target, which records the exchanges, and registers the jobs that it submits."""

    def __init__(self, target: Target, jobs: Jobs) -> None:
        super().__init__(Address(target.url, governor=target.governor))
        self.target, self.jobs, self.wire = target, jobs, target.wire

    def close(self) -> None:
        """Leave the connections open, because they are shared."""

    def send(self, request: Mapping[str, Any], *, keep: bool) -> ReplayResponse:  # noqa: ARG002 - the target keeps what it can
        """Send one request. Raises `Inconclusive` for network errors."""
        if request["path"].startswith("/submit-job"):
            # Registered first, so that they are stopped at the end of the run.
            for job_id in ids_in(request) & self.guard.own.generated:
                self.jobs.claim(job_id)
        headers = dict(request.get("headers", {}))
        body = body_of(request, headers)
        headers |= {"Transfer-Encoding": "chunked"} if request.get("chunked") else {}
        target = self.target.outside() if request.get("absolute") else self.target
        response = target.send(request["method"], request["path"], headers=headers, body=body)
        if "json" in response.media_type:
            require_readable(response.body)
        return ReplayResponse.of(response)
