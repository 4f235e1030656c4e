"""Selects generated faults at random, the same number from each operation if possible."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, islice, zip_longest
from typing import Final

from seatunnel_conformance.faults import schema_walk, whole_responses
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_conformance.faults.generated import connections, lists, methods, states, values
from seatunnel_conformance.faults.generated.equivalent import explained
from seatunnel_openapi import Contract

_KINDS: Final = (schema_walk, whole_responses, values, lists, methods, connections, states)
"""The modules that generate faults."""


def sampled(contract: Contract, seed: int, number: int) -> list[Fault]:
    """Return up to `number` faults of each kind, the same for the same contract, seed and number."""
    kinds = (module.faults(contract) for module in _KINDS)
    return [
        explained(fault, contract)
        for kind in kinds
        for fault in _in_turns(kind, random.Random(seed), number)  # noqa: S311 - no secret
    ]


def _in_turns(faults: Iterable[Fault], chance: random.Random, number: int) -> list[Fault]:
    """Select from each operation in turn, so that the one with the largest schema does not fill the sample."""
    by_operation = defaultdict[str, list[Fault]](list)
    for fault in faults:
        by_operation[fault.id.split(":")[1]].append(fault)
    hands = [chance.sample(hand, len(hand)) for hand in by_operation.values()]
    rounds = chain.from_iterable(zip_longest(*hands))
    return list(islice((fault for fault in rounds if fault is not None), number))
