"""Drafts the contract of a deployment that no release describes: an overlay with the differences from the nearest one.

    samples        responses of the deployment to reads, and about a job that the suite runs there
    differences    how these responses differ from the schemas of a contract (members, types, operations), and which
                   differences are more likely faults of the deployment
    operations     operations that no contract has, but a log of requests or a page names
    probes         facts whose values are found with requests for this purpose
    trials         facts whose values are found by running failing checks again under other values
    draft          writes the overlay, and the recording with its evidence
    learning       runs all of these in order

A difference that contradicts a MUST clause is a *suspected fault* if no release has it, or if the deployment is too
unlike the releases that have it. The draft has it as a comment until a user accepts it.
"""

from seatunnel_conformance.learn.learning import LearnedContract, LearningPlan, learn

__all__ = ["LearnedContract", "LearningPlan", "learn"]
