"""Two deployments compared: the same requests to both, and the smallest history that they answer differently.

    from seatunnel_conformance.compare import BOUNDS, ComparePlan, compare

    urls = "http://localhost:8080", "http://localhost:8081"
    comparison = compare(ComparePlan(urls, (load("2.3.9"), load("2.3.10")), BOUNDS["standard"], seed=1))
    print(comparison.same, comparison.smallest)

A history is a scenario of the recordings, or one that hypothesis makes up from the contract (`histories`). `pair` plays
it on both sides at once, with jobs of its own; `search` looks for differences and makes them small; `report` shows it
all.
"""

from seatunnel_conformance.compare.pair import Compared, Pair, SideLost
from seatunnel_conformance.compare.result import Comparison, Finding
from seatunnel_conformance.compare.run import BOUNDS, Bounds, ComparePlan, compare

__all__ = ["BOUNDS", "Bounds", "ComparePlan", "Compared", "Comparison", "Finding", "Pair", "SideLost", "compare"]
