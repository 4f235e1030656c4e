"""The order of the states of a job."""

from __future__ import annotations

from typing import Final

STAGES: Final = {
    # The engine queues a job before it is pending, so these can come in any order.
    **dict.fromkeys(("INITIALIZING", "CREATED", "PENDING", "SCHEDULED", "RUNNING"), 0),
    **dict.fromkeys(("FAILING", "CANCELING", "DOING_SAVEPOINT"), 1),
    **dict.fromkeys(("FINISHED", "FAILED", "CANCELED", "SAVEPOINT_DONE"), 2),
}
"""The stage of each state: 0 running, 1 ending, 2 ended."""

END_STATES: Final = tuple(state for state, stage in STAGES.items() if stage == max(STAGES.values()))
