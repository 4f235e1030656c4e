"""The states of a job, as far as their order goes."""

from __future__ import annotations

from typing import Final

STAGES: Final = {
    # The engine queues a job before it calls it pending, so these may come in any order among themselves.
    **dict.fromkeys(("INITIALIZING", "CREATED", "PENDING", "SCHEDULED", "RUNNING"), 0),
    **dict.fromkeys(("FAILING", "CANCELING", "DOING_SAVEPOINT"), 1),
    **dict.fromkeys(("FINISHED", "FAILED", "CANCELED", "SAVEPOINT_DONE"), 2),
}
"""How far a job has come in each state."""

END_STATES: Final = tuple(state for state, stage in STAGES.items() if stage == max(STAGES.values()))
