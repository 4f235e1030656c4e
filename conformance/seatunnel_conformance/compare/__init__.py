"""Compares two deployments: sends the same requests to both, and finds short histories with different responses.

    from seatunnel_conformance.compare import BOUNDS, ComparePlan, compare

    urls = "http://localhost:8080", "http://localhost:8081"
    comparison = compare(ComparePlan(urls, (load("2.3.9"), load("2.3.10")), BOUNDS["standard"], seed=1))
    print(comparison.same, comparison.smallest)

A history is a sequence of requests: a recorded scenario, or the beginning of one whose last request hypothesis has
changed (`histories`). `pair` plays it on both deployments at once, `run` finds differences and removes steps that they
don't need, and `result` has the report.
"""

from seatunnel_conformance.compare.pair import ComparedStep
from seatunnel_conformance.compare.result import DeploymentComparison
from seatunnel_conformance.compare.run import BOUNDS, ComparePlan, compare

__all__ = ["BOUNDS", "ComparePlan", "ComparedStep", "DeploymentComparison", "compare"]
