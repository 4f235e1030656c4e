"""The faults for all tools: the same number of every kind, selected by a seed."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, islice, zip_longest
from typing import Final

from seatunnel_conformance.faults.catalogue import PLAIN, Expected, Fault
from seatunnel_conformance.faults.plan import every_fault
from seatunnel_openapi import Contract

POOL: Final = 40
"""How many faults of each generated kind the sample is drawn from: as many as `seatunnel-v2 faults` tries."""


def sample(contract: Contract, seed: int, per_kind: int) -> list[Fault]:
    """Return up to `per_kind` faults of each kind that have to be found, and of each with changes that harm nobody.

    The kinds come in turns, so that a smaller sample is the beginning of a larger one. Faults that only show on a
    deployment of another configuration are left out, and those after which a run is to be undecided.
    """
    return taken(every_fault(contract, seed, POOL), seed, per_kind)


def taken(faults: Iterable[Fault], seed: int, per_kind: int) -> list[Fault]:
    """Select from each kind, and order the selection by taking one of each kind in turn."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    hands = defaultdict[tuple[str, Expected], list[Fault]](list)
    for fault in faults:
        if fault.deployment == PLAIN and fault.expected is not Expected.UNDECIDED:
            hands[fault.kind, fault.expected].append(fault)
    dealt = [islice(chance.sample(hand, len(hand)), per_kind) for _, hand in sorted(hands.items())]
    return [fault for fault in chain.from_iterable(zip_longest(*dealt)) if fault is not None]
