"""What a recording must not tell: the jobs of other people.

Scenarios look at their own jobs only. But a deployment may answer with more than was asked for, and releases that
nobody has recorded yet may list what older ones don't. So the names of foreign jobs are learned before and after, and
an answer that holds one is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from seatunnel_conformance.replay.scenarios import Player

_LISTS: Final = ("/running-jobs", "/finished-jobs", "/pending-jobs")
_TELLING: Final = 4
"""Letters of a name that can't occur by chance."""


def foreign_names(player: Player, own: str) -> frozenset[str]:
    """Return the names of the jobs that a deployment lists and that aren't the player's.

    `own` is the text of the scenarios: a name in it gives nothing away. Raises `NoAnswer`.
    """
    every = (job for path in _LISTS for job in _listed(player, path))
    names = (str(job.get("jobName", "")) for job in every if str(job.get("jobId")) not in player.job_ids)
    return frozenset(name for name in names if len(name) >= _TELLING and name not in own)


def tells(exchange: Any, names: frozenset[str]) -> bool:
    """Tell whether a text of an exchange holds one of the names."""
    if isinstance(exchange, str):
        return any(name in exchange for name in names)
    if isinstance(exchange, dict):
        return any(tells(inner, names) for inner in (*exchange, *exchange.values()))
    return isinstance(exchange, list) and any(tells(inner, names) for inner in exchange)


def _listed(player: Player, path: str) -> Iterator[Mapping[str, Any]]:
    found = player.wire.send({"method": "GET", "path": path}, keep=False).json
    # Later releases put pages around their lists.
    pages = found.values() if isinstance(found, dict) else [found]
    for page in pages:
        yield from (job for job in page if isinstance(job, dict)) if isinstance(page, list) else ()
