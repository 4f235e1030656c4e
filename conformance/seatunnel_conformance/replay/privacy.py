"""Keeps the names of foreign jobs out of recordings.

Scenarios read their own jobs only. But a deployment may return more than the request asked for, and new releases may
list more than older ones. So the names of foreign jobs are read before and after, and responses that contain one are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.replay.scenarios import Player

_LISTS: Final = ("/running-jobs", "/finished-jobs", "/pending-jobs")
_TELLING: Final = 4
"""The shortest name that is searched for; shorter ones could occur by chance."""


def foreign_names(player: Player, own: str) -> frozenset[str]:
    """Return the names of the foreign jobs that a deployment lists.

    `own` is the text of the scenarios, whose names are public. Raises `NoResponse`.
    """
    every = (job for path in _LISTS for job in _listed(player, path))
    names = (str(job.get("jobName", "")) for job in every if str(job.get("jobId")) not in player.job_ids)
    return frozenset(name for name in names if len(name) >= _TELLING and name not in own)


def contains_name(exchange: Any, names: frozenset[str]) -> bool:
    """Return whether an exchange contains one of the names."""
    if isinstance(exchange, str):
        return any(name in exchange for name in names)
    if isinstance(exchange, dict):
        return any(contains_name(inner, names) for inner in (*exchange, *exchange.values()))
    return isinstance(exchange, list) and any(contains_name(inner, names) for inner in exchange)


def _listed(player: Player, path: str) -> Iterator[Mapping[str, Any]]:
    found = player.sender.send({"method": "GET", "path": path}, keep=False).json
    # Later releases return pages of lists.
    pages = found.values() if isinstance(found, dict) else [found]
    for page in pages:
        yield from (job for job in page if isinstance(job, dict)) if isinstance(page, list) else ()
