"""An effect that changes nothing, and counts requests."""

from collections import Counter

from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.target.deployment import READING


class Counting(FaultEffect):
    """Counts requests by method, and changes nothing."""

    def __init__(self) -> None:
        self.methods: Counter[str] = Counter()

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        self.methods[exchange.method] += 1
        return exchange

    @property
    def changing(self) -> int:
        """The number of requests that could change the target."""
        return sum(number for method, number in self.methods.items() if method not in READING)
