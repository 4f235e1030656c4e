"""What the node measures when telemetry is on: the engine's families, with this process's figures.

The names, labels and types are those of the releases (research on later releases, 1.16).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seatunnel_server.engine.domain import Family, JobStatus

_CLUSTER = {"cluster": "seatunnel"}
_COUNTED = (
    JobStatus.CANCELED,
    JobStatus.CANCELING,
    JobStatus.CREATED,
    JobStatus.PENDING,
    JobStatus.FAILED,
    JobStatus.FAILING,
    JobStatus.FINISHED,
    JobStatus.RUNNING,
    JobStatus.SCHEDULED,
)
_TYPES: Mapping[JobStatus, str] = {JobStatus.CANCELING: "cancelling"}


def families(statuses: Iterable[JobStatus], *, address: str) -> tuple[Family, ...]:
    """Return what a node measures that has jobs in these states."""
    counts = dict.fromkeys(_COUNTED, 0)
    for status in statuses:
        if status in counts:
            counts[status] += 1
    jobs = tuple(
        ({**_CLUSTER, "type": _TYPES.get(status, status.lower())}, float(count)) for status, count in counts.items()
    )
    return (
        Family("job_count", "All job counts of seatunnel cluster", "gauge", jobs),
        Family("node_count", "Cluster node total count", "gauge", ((_CLUSTER, 1.0),)),
        Family("node_state", "Whether is up of seatunnel node", "gauge", (({**_CLUSTER, "address": address}, 1.0),)),
    )
