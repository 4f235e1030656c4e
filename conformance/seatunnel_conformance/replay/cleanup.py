"""Cleanup after a replay: stops the player's jobs and restores tags."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.scenarios import Player
from seatunnel_conformance.replay.sender import NoResponse, ReplayResponse
from seatunnel_conformance.target.job_guard import ForeignJob

_END: Final = ("finishTime", "finishedTime")
"""The members for the end time, of engines and of the documentation."""


def stop_own_jobs(player: Player) -> list[str]:
    """Stop the player's running jobs, within the time for the cleanup; return the ids of those that it could not stop.

    Its jobs have ids that it has generated and sent, or that the target has generated and shows under the run's name.
    """
    own = player.sender.guard.own
    with player.sender.to.governor.cleanup():
        return [job_id for job_id in sorted(own.submitted | own.claimed) if not _is_over(player, job_id)]


def put_tags(player: Player, tags: Mapping[str, str]) -> None:
    """Set the tags of every node; if the target is gone, so are its tags."""
    request = {"method": "POST", "path": "/update-tags", "json": dict(tags)}
    for node in player.sender.nodes:
        with contextlib.suppress(NoResponse, LimitReached), player.sender.to.governor.cleanup():
            node.send(request, keep=False)


def _is_over(player: Player, job_id: str) -> bool:
    """Stop a job if it runs. Returns whether nothing is left to do for it."""
    try:
        shown = _asked(player, "GET", f"/job-info/{job_id}").json
        if not isinstance(shown, dict) or "jobStatus" not in shown or any(shown.get(name) for name in _END):
            return True
        return _asked(player, "POST", "/stop-job", json={"jobId": job_id}).status == HTTPStatus.OK
    except (NoResponse, LimitReached):
        return False
    except ForeignJob:
        return True


def _asked(player: Player, method: str, path: str, **body: Any) -> ReplayResponse:
    return player.sender.send({"method": method, "path": path, **body}, keep=False)
