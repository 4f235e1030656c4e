"""Drafts the contract of a deployment that no release describes: an overlay with the differences from the nearest one.

    samples        responses of the deployment, to reads and to jobs of its own
    differences    how they differ from the schemas of a contract: members, types, operations
    operations     operations that a log or a page names, and no contract has
    probes         facts that are asked for directly
    trials         which values of facts make the failing checks pass
    suspicion      which differences are suspected faults although a release has them
    draft          the overlay, and the recording that it points into
    learning       all of it, in order

The machine drafts, a human decides: what contradicts a MUST clause and is in no release, or in one that nothing else
shows, is a *suspected fault*, and is a comment in the draft unless it is accepted.
"""

from seatunnel_conformance.learn.learning import LearnedContract, LearningPlan, learn

__all__ = ["LearnedContract", "LearningPlan", "learn"]
