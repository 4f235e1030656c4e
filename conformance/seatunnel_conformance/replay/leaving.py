"""What a player leaves on a target: none of its jobs running, and the tags that the node is to have."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.errors import LimitReached
from seatunnel_conformance.replay.scenarios import Player
from seatunnel_conformance.replay.wire import Answer, NoAnswer
from seatunnel_conformance.target.job_guard import ForeignJob

_END: Final = ("finishTime", "finishedTime")
"""What the end of a job is called: by engines, and by the documentation."""


def stop_own_jobs(player: Player) -> list[str]:
    """Stop the player's jobs that still run, within the time for tidying up; return the ids of those that it could not.

    Those are the ids that it has drawn and sent, and those that the target has chosen and shows under the run's name.
    """
    own = player.wire.guard.own
    with player.wire.to.governor.tidying():
        return [job_id for job_id in sorted(own.submitted | own.claimed) if not _is_over(player, job_id)]


def put_tags(player: Player, tags: Mapping[str, str]) -> None:
    """Give the node its tags; of a target that is gone they are gone, too."""
    with contextlib.suppress(NoAnswer, LimitReached), player.wire.to.governor.tidying():
        _asked(player, "POST", "/update-tags", json=dict(tags))


def _is_over(player: Player, job_id: str) -> bool:
    """Tell whether a job has ended, is not known, was told to stop, or is somebody else's."""
    try:
        shown = _asked(player, "GET", f"/job-info/{job_id}").json
        if not isinstance(shown, dict) or "jobStatus" not in shown or any(shown.get(name) for name in _END):
            return True
        return _asked(player, "POST", "/stop-job", json={"jobId": job_id}).status == HTTPStatus.OK
    except (NoAnswer, LimitReached):
        return False
    except ForeignJob:
        return True


def _asked(player: Player, method: str, path: str, **body: Any) -> Answer:
    return player.wire.send({"method": method, "path": path, **body}, keep=False)
